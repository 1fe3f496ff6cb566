#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# A user at the shell on the serial console: what one types in the first hour, and what comes.
# Each line is a test; expected texts were taken from the same tools on Linux, or follow from
# what the line says.
import hashlib
import os
import re
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + "/../lib")
from outpost import TOP, done, equal, ok
from serial import Shell

KILLED = "[1] + Terminated                 sleep 1000\n"
shell = Shell()
t = shell.equal

# redirections, pipelines, here-documents, globs
t("echo one >/tmp/x; echo two >>/tmp/x; cat </tmp/x", "one\ntwo\n", "output to a file, appended")
t("tr a-z A-Z </tmp/x | rev | sort | head -1", "ENO\n", "a pipeline of four")
t("nosuch 2>/tmp/err; cut -d: -f3- /tmp/err", " nosuch: not found\n", "stderr to a file", status=0)
t("ls /nosuch 2>&1 >/dev/null | wc -l", "1\n", "stderr into a pipe")
t("exec 5>/tmp/y; echo five >&5; exec 5>&-; cat /tmp/y", "five\n", "a descriptor of one's own")
t("(read a; read b; echo $b$a) </tmp/x", "twoone\n", "read takes one line at a time")
shell.run("cat >/tmp/here <<END\nsum $((40+2)) $(echo sub)\n'quoted'\nEND")
t("cat /tmp/here", "sum 42 sub\n'quoted'\n", "a here-document")
t("cd /tmp; touch g1 g2 h1; echo g* ?1 [gh]2 nosuch*; cd", "g1 g2 g1 h1 g2 nosuch*\n", "globs")
t("echo $(echo $(echo a; echo b) | tr -d ' ')", "ab\n", "substitution inside substitution")
t("false; echo $? $((7%4)) ${nosuch:-default} $(( 1<<62 ))", "1 3 default 4611686018427387904\n",
  "parameters and arithmetic")
t("f() { local x=1; return $((x+2)); }; f", "", "a function's status", status=3)
t("case $PWD in /r*) echo root;; *) echo other;; esac", "root\n", "case")
t("sh -c 'exit 7'", "", "a status", status=7)
t("sh -c 'kill -SEGV $$'", "Segmentation fault\n", "death by a signal is said", status=139)

# processes
t("i=0; while [ $i -lt 1000 ]; do (exit 3); i=$((i+$?-2)); done; echo $i", "1000\n",
  "a loop that forks 1,000 times")
t("for i in 1 2; do sleep 0.0$i & done; wait; echo waited",
  "waited\n[2] + Done                       sleep 0.0${i}\n"
  "[1] + Done                       sleep 0.0${i}\n", "background and wait")
t("sleep 1000 & sleep 0.1; kill %1; wait $! 2>/dev/null; echo $?", "143\n" + KILLED, "kill of a job")
t("trap 'echo trapped' USR1; kill -USR1 $$; trap - USR1", "trapped\n", "a trap")
t("sh -c 'trap \"echo bye\" EXIT; exit 5'", "bye\n", "a trap at exit", status=5)
t("sh -c 'trap \"\" TERM; kill -TERM $$; echo alive'", "alive\n", "an ignored signal")
t("timeout 0.1 sleep 1000", "", "timeout", status=124)
t("echo $$ >/tmp/pid; ps | grep -c \" $(cat /tmp/pid) .*sh$\"", "1\n", "ps shows the shell")
t("ps -A | sed 1d | wc -l", "4\n", "and, with -A, all: the shell and the pipeline")
shell.send("sleep 1000\r")
shell.expect("sleep 1000\n")
shell.run("\x03")
equal(shell.status, 130, "^C ends a program")
shell.send("cat | cat >/tmp/typed\r")
shell.expect("\n")
shell.send("a line\rlast\x04\x04")
shell.until_prompt()
t("cat /tmp/typed", "a line\nlast", "^D ends what is typed")
shell.send("sleep 1000\r")
shell.expect("sleep 1000\n")
shell.send("\x1a")
shell.until_prompt()
t("jobs", "[1] + Stopped                    sleep 1000\n", "^Z stops a program")
t("bg >/dev/null; jobs", "[1] + Running                    sleep 1000\n", "bg has it go on")
t("kill %1; wait %1 2>/dev/null; echo $?", "143\n" + KILLED, "and it can be killed")

# tools
t("ls -l /etc/passwd | tr -s ' ' | cut -d' ' -f1,3,4,5,8",
  f"-rw-r--r-- root root {os.path.getsize(TOP + '/user/root/etc/passwd')} /etc/passwd\n", "ls -l")
t("find /bin -name 'sha*sum' | sort | xargs basename -a | head -2", "sha1sum\nsha224sum\n", "find, xargs")
t("seq 1 20 | sed -n '/5/p;s/^1\\(.\\)$/<\\1>/p' | paste -sd, -", "5,<0>,<1>,<2>,<3>,<4>,15,<5>,<6>,<7>,<8>,<9>\n",
  "sed")
t("seq 1000 | grep -c '[37]$'", "200\n", "grep")
t("seq 1000 | sort -r | tail -2 | tr '\\n' ' '", "10 1 ", "sort")
t("seq 100 | awk '{s+=$1} END {printf \"%d %.3f\\n\", s, sqrt(2)}'", "5050 1.414\n", "awk")
t("echo 'scale=10; 4*a(1); 2^64' | bc -l", "3.1415926532\n18446744073709551616\n", "bc")
t("mkdir -p a/b; date >a/b/c; tar c a | (mkdir t; cd t; tar x); diff -r a t/a && echo same; rm -r a t",
  "same\n", "tar through a pipe")
t("seq 5 >o; sed s/3/x/ o >n; diff -u o n >p; patch -s o p; cmp o n && echo patched; rm o n p", "patched\n",
  "diff and patch")
numbers = hashlib.md5("".join(f"{i}\n" for i in range(1, 30001)).encode()).hexdigest()
t("seq 30000 | minigzip | minigzip -d | md5sum", f"{numbers}  -\n", "minigzip there and back")
t("seq 30000 | bzip2 | bzcat | md5sum", f"{numbers}  -\n", "bzip2, and toybox's reader of it")
ok(re.search(r"\nMem: +\d{9}", shell.run("free")), "free")
ok(" up 0 min" in shell.run("uptime"), "uptime")
ok("sh -l" in shell.run("top -b -n 1"), "top, once")
t("stty size; stty -echo; stty -a | grep -o -- '-echo '; stty echo", "24 80\n-echo \n", "stty")
shell.send("top\r")
first = shell.expect("ARGS")
shell.expect("ARGS")
shell.send("q")
shell.until_prompt()
ok(b"Tasks:" in first, "top refreshes, and q leaves")

# A user's bomb of forks, under a limit.
shell.run("(su -s /bin/sh nobody -c 'ulimit -p 50; f() { f & f & exec sleep 100; }; f' >/dev/null 2>&1 &)")
shell.run("until [ $(pgrep -u nobody | wc -l) -ge 40 ]; do sleep .1; done")
t("echo still here | tr a-z A-Z; seq 3 | sort -r | tr '\\n' ' '", "STILL HERE\n3 2 1 ", "a bomb leaves the console usable")
shell.run("while pgrep -u nobody >/dev/null; do pkill -l KILL -u nobody; done")
t("ps -A -o user | grep nobody | wc -l", "0\n", "and can be ended")
shell.run("help | head -1")
equal(shell.status, 0, "help")
shell.send("\x04")
equal(shell.ended(), 0, "^D ends the session")
done()

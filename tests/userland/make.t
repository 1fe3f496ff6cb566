#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# GNU make in the guest: a parallel build whose makes share four job slots, what is up to date,
# recipes that fail, ^C. What comes out follows from tests/data/make/Makefile.
import os
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + "/../lib")
from outpost import DATA, done, equal, no_panic, ok, run
from serial import Shell

OPTIONS = ["--add", f"{DATA}/make:/src"]


def most_at_once(log):
    """How many jobs were at work, at the most, in a log of "+" and "-"."""
    now = most = 0
    for line in log.split():
        now += 1 if line == "+" else -1
        most = max(most, now)
    return most if now == 0 else -1


# The script's last lines: results, then the log of the jobs.
result = run("sh", "-c", "cd /src; make -s -j4 || exit; cd /tmp/b; cat sum sub1/all sub2/all; cat /tmp/log",
             options=[*OPTIONS, "-s", "2"])
lines = result.stdout.decode().split()
equal((lines[:5], result.stderr, result.status), (["51", "left", "right", "left", "right"], b"", 0),
      "make -j4 with makes below it: the right results", result)
equal(len(lines[5:]), 56, "each recipe was run once")
equal(most_at_once("\n".join(lines[5:])), 4, "never more than four jobs, once four")
no_panic(result, "and the server's state is right")

result = run("sh", "-c", """cd /src; make -s -j3 /tmp/b/sum LOG=/dev/null
make -q /tmp/b/sum LOG=/dev/null; echo $?
rm /tmp/b/six.length; make -n -s /tmp/b/sum LOG=/dev/null | grep -c length
make -s -j2 -k fails 2>&1; echo $?; cat /tmp/b/fails.*
yes 'all:;@exit 7' | head -n 1 | make -f - 2>/dev/null; echo $?
printf 'A=$(shell echo $$((6*7)))\\nifeq ($A,42)\\nall:;@echo $(words $(wildcard /src/*))\\nendif' | make -f -""",
             options=OPTIONS)
equal(result.stdout.decode().splitlines(),
      ["0", "2", "make: *** [Makefile:32: /tmp/b/fails.1] Error 3",
       "make: *** Deleting file '/tmp/b/fails.1'", "make: Target 'fails' not remade because of errors.",
       "2", "whole", "2", "2"],
      "up to date, what would be done, a failed recipe, -k, a makefile on stdin, $(shell)", result)

shell = Shell(OPTIONS)
shell.run("cd /src; mkdir /tmp/b")
shell.send("make /tmp/b/slow\r")
shell.expect("started\n")
shell.send("\x03")
output = shell.until_prompt()
ok("Deleting file '/tmp/b/slow'" in output and "Interrupt" in output and shell.status in (2, 130),
   "^C ends make and its recipe, and the half-made file goes", output, shell.status)
shell.equal("ps -A | grep -c [s]leep; ls /tmp/b", "0\n", "nothing is left running")
shell.send("\x04")
equal(shell.ended(), 0, "^D ends the session")
done()

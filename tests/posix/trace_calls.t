#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# trace-calls: each call with its arguments and result, of a program that is otherwise as it would
# be without: its fds, signals, exit status and output. With -f of all its children; lines of
# several threads stay apart. What is not traced is not: children without -f, set-id programs.
import os
import re
import subprocess
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + "/../lib")
from outpost import TOP, done, equal, no_panic, ok, run, scratch
from ring import ring

PROGRAM = scratch("traced")
subprocess.run([f"{TOP}/scripts/outpost-cc", "-O1", "-w", f"{TOP}/tests/posix/traced.c", "-o", PROGRAM],
               check=True)
ADD = ["--add", f"{PROGRAM}:/bin/traced"]


def shell(script, **others):
    return run("sh", "-c", script, options=ADD, **others)


def lines(result):
    """What was traced, without times."""
    return re.sub(r" <\d+\.\d{6}>$", "", result.stderr.decode(), flags=re.M).splitlines()


result = run("trace-calls", "traced", "values", options=ADD)
found = lines(result)
equal((result.status, result.stdout), (0, b""), "the program's status and output", result)
ok(found[0].startswith('execve("/bin/traced", ["traced", "values"], 0x') and
   found[0].endswith(" vars */) = 0"), "the first line", *found[:2])
equal([re.sub(r"0x7f00\w+", "STACK", line) for line in found[found.index(
    next(line for line in found if line.startswith("openat"))):]],
      ['openat(AT_FDCWD, "/no/such", O_RDWR|O_CREAT|O_LARGEFILE|O_CLOEXEC, 0640) = -1 ENOENT',
       'pipe2([3, 4], 0) = 0',
       r'writev(4, ["one\n", "t\001\""], 2) = 7',
       r'read(3, "one\nt\001\"", 64) = 7',
       'fstat(3, {mode=010600, size=0}) = 0',
       'lseek(3, -3, SEEK_END) = -1 ESPIPE',
       'fcntl(3, F_SETFD, 1) = 0',
       'nanosleep({0 s, 1 ns}, NULL) = 0',
       'rt_sigprocmask(SIG_UNBLOCK, [SIG33 SIG34], NULL, 8) = 0',
       'rt_sigaction(SIGUSR1, STACK, STACK, 8) = 0',
       'rt_sigprocmask(SIG_BLOCK, ~[SIG32 SIG33 SIG34], [], 8) = 0',
       'tkill(2, SIGUSR1) = 0',
       'rt_sigprocmask(SIG_SETMASK, [], NULL, 8) = 0',
       '--- SIGUSR1 ---',
       'io_setup(5, 0, 0, 0, 0, 0) = -1 ENOSYS',
       'syscall_900(1, 0, 0, 0, 0, 0) = -1 ENOSYS',
       'write(4, 0x8, 5) = -1 EFAULT',
       'mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x100000000000',
       'exit_group(0) = ?', '+++ exited with 0 +++'], "values", result)
no_panic(result, "the server's state is right")

result = shell("trace-calls -o /tmp/t traced closes; echo $?; tail -n 3 /tmp/t")
equal(re.sub(r" <[\d.]+>", "", result.stdout.decode()),
      '5\nchdir("/tmp") = 0\nexit_group(5) = ?\n+++ exited with 5 +++\n',
      "it goes on when the program has closed all its fds", result)
no_panic(result, "the server's state is right")

result = run("trace-calls", "traced", "forks", options=ADD)
ok(result.status == 9 and 'chdir("/parent") = -1 ENOENT' in lines(result) and
   "/child" not in result.stderr.decode(), "children are not traced", result)
result = run("trace-calls", "-f", "traced", "forks", options=ADD)
found = lines(result)
ok('3 chdir("/child") = -1 ENOENT' in found and "3 +++ exited with 9 +++" in found and
   '2 chdir("/parent") = -1 ENOENT' in found, "with -f they are", result)

LINE = re.compile(r"\d+ (?:(\w+)\([^\n<]*\) = [^\n<]*|\w+\([^\n<]* <unfinished \.\.\.>"
                  r"|<\.\.\. (\w+) resumed>[^\n<]*\) = [^\n<]*|--- \w+ ---|\+\+\+ [^\n]+ \+\+\+)")
PIPES = ["sh", "-c", "for i in 1 2 3; do seq 40 | sort -n | tail -n 1; done"]
for how, program, options in (("threads", ["traced", "threads"], ["-s", "4"]),
                              ("sleepers", ["traced", "sleepers"], []),
                              ("pipes", PIPES, ["-s", "2"])):
    result = run("trace-calls", "-f", *program, options=[*ADD, *options])
    found = lines(result)
    wrong = [line for line in found if not LINE.fullmatch(line)]
    equal(wrong, [], f"{how}: each line is whole", result)
    pending, torn = {}, []  # of each thread: the call that is not finished; execve has no end
    for line in found:
        thread, text = line.split(" ", 1)
        resumed = re.match(r"<\.\.\. (\w+) resumed>", text)
        if pending.pop(thread, None) != (resumed and resumed[1]) and "+++" not in text:
            torn.append(line)
        if text.endswith("<unfinished ...>") and not text.startswith("execve("):
            pending[thread] = text.split("(")[0]
    equal(torn, [], f"{how}: a thread resumes what it had not finished, and nothing else", result)
    if how == "threads":
        equal(sum("chdir(" in line for line in found), 300, "threads: all calls are there", result)
    elif how == "pipes":
        equal(result.stdout, b"40\n" * 3, "pipes: the programs' output", result)
    no_panic(result, "the server's state is right")

# How it ends.
result = run("trace-calls", "traced", "faults", options=ADD)
equal((result.status, lines(result)[-2:]), (139, ["--- SIGSEGV at 0x2 ---", "+++ killed by SIGSEGV +++"]),
      "a fault", result)
result = shell("mkfifo /tmp/f; sleep 100 >/tmp/f & trace-calls traced waits </tmp/f 2>/tmp/t & "
               "until grep -q 'read(0' /tmp/t && grep -q ') S ' /proc/$!/stat; do sleep .1; done; "
               "tail -n 1 /tmp/t; echo; kill $!; wait $!; echo $?; tail -n 3 /tmp/t")
equal(re.sub(r"0x7f00\w+", "ADDRESS", re.sub(r" <[\d.]+>", "", result.stdout.decode())).splitlines(),
      ["read(0", "143", "read(0, ADDRESS, 1) = ? (interrupted by a signal)", "--- SIGTERM ---", "+++ killed by SIGTERM +++"],
      "a call that does not end is seen, and the signal that ends it", result)
result = shell("trace-calls traced values 2>&1 >/dev/null | head -n 1 | cut -c 1-21; "
               "trace-calls nosuch 2>/tmp/t; echo $?; trace-calls /etc/passwd 2>/tmp/t; echo $?; tail -n 2 /tmp/t;"
               "trace-calls -o /no/such true 2>/dev/null; echo $?")
equal(re.sub(r" <[\d.]+>", "", result.stdout.decode()).splitlines()[:3], ['execve("/bin/traced",', "127", "126"],
      "a reader that goes away, a program that is not there", result)
ok("trace-calls: /etc/passwd: Permission denied" in result.stdout.decode() and
   "= -1 EACCES" in result.stdout.decode() and result.stdout.endswith(b"\n125\n"), "and one that is none", result)
no_panic(result, "the server's state is right")

result = shell("cp /bin/traced /bin/own; chmod 4755 /bin/own; chmod 777 /tmp; "
               "traced as trace-calls -f -o /tmp/t sh -c 'own forks; traced forks'; "
               "grep -c /child /tmp/t; grep -c /parent /tmp/t; grep -c 'execve(./bin/own' /tmp/t")
equal(result.stdout, b"1\n1\n1\n", "a set-id program is not traced for others", result)

# What is traced does the same: programs that look closely at signals, forks and cancellation.
names = ["cancel", "eintr", "exec", "fork", "handlers", "handover", "spawn", "signals", "threads"]
names = [name for name in names if os.path.exists(f"{TOP}/build/tests/user/{name}")]
ring("user", names, before=["trace-calls", "-f", "-o", "/dev/null"])
done()

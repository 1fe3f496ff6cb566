#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# A program that crashes, and the POSIX server crashing, each harm no more than themselves.
import os
import re
import subprocess
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + "/../lib")
from outpost import TOP, done, equal, no_panic, ok, run, run_many, scratch

CRASHES = {
    "null-write": ("*(volatile int *)8 = 1;", 139, "0x8"),
    "null-call": ("((void (*)(void))0)();", 139, "0x0"),
    "illegal": ("__asm__ volatile(\".word 0\");", 132, ""),
    "foreign-call": ("__asm__ volatile(\"li a7, 64; ecall\" ::: \"a0\", \"a7\");", 159, ""),
    "wild-read": ("return *(volatile int *)0xdead000000;", 139, "0xdead000000"),
    "kernel-read": ("return *(volatile int *)0xffffffc000000000;", 139, "0xffffffc000000000"),
    "write-text": ("*(volatile int *)main = 1;", 139, ""),
    "overflow": ("volatile char big[4096]; big[argc] = 1; return main(argc + big[argc], argv);",
                 139, ""),
}


def build(name, body):
    source, program = scratch(f"{name}.c", f"int main(int argc, char **argv)\n{{ (void)argc; (void)argv; "
                              f"{body} return 0; }}\n"), scratch(name)
    subprocess.run([f"{TOP}/scripts/outpost-cc", "-O0", "-w", source, "-o", program], check=True)
    return ["--add", f"{program}:/tmp/{name}"]


for name, (body, status, address) in CRASHES.items():
    options = build(name, body)
    result = run(f"/tmp/{name}", options=options)
    equal(result.status, status, f"{name}: status {status}", result)
    if name == "null-write":
        lines = result.log_lines(name)
        ok(len(lines) == 1 and address in lines[0] and re.search(r"pc[ =]0x[0-9a-f]+", lines[0]),
           "one line on the log: program, cause, address, pc", result)
        print(f"# {lines}")
        result = run_many([[f"/tmp/{name}"], ["hello"]], options=options)
        equal((result.status, result.stdout), (0, b"Hello world.\n"),
              "the next program in the same boot runs", result)
    no_panic(result, f"{name}: no panic")

CRASH = "local f = io.open('/dev/crash', 'w') f:setvbuf('no') f:write('x') print('not reached')"
result = run_many([["lua", "-e", CRASH], ["hello"]])
equal((result.status, result.stdout), (137, b""), "the POSIX server crashes: status 137", result)
ok(result.log_lines("init: posix died"), "init says it", result)
no_panic(result, "no panic")
done()

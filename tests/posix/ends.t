#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# How programs end: the exit status a program gives is the run's; a signal's is 128 and its
# number; what stdio had in its buffer is written by exit and by nothing else.
import os
import subprocess
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + "/../lib")
from outpost import TOP, done, equal, no_panic, run, run_many, scratch

PROGRAM = scratch("ends")
subprocess.run([f"{TOP}/scripts/outpost-cc", "-O1", f"{TOP}/tests/posix/ends.c", "-o", PROGRAM],
               check=True)

for how, status, stdout in (
        (["return", "0"], 0, "return at_exit"),
        (["return", "7"], 7, "return at_exit"),
        (["exit", "255"], 255, "exit at_exit"),
        (["exit", "256"], 0, "exit at_exit"),
        (["quick", "3"], 3, ""),
        (["abort"], 134, ""),
        (["raise", "15"], 143, ""),
        (["later", "15"], 143, "later still here"),
        (["kill"], 137, "")):
    result = run("/tmp/ends", *how, options=["--add", f"{PROGRAM}:/tmp/ends"])
    equal((result.status, result.stdout.decode()), (status, stdout), " ".join(how), result)
    no_panic(result, " ".join(how) + ": no panic")

# What comes next is as the boot image had it, whatever a program does to /boot/run.
result = run_many([["lua", "-e", "f = io.open('/boot/run', 'w') f:write('nosuch\\0\\0') f:close()"],
                   ["hello"]])
equal((result.status, result.stdout), (0, b"Hello world.\n"), "/boot/run is not changed", result)
done()

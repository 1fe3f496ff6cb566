#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# Nothing that a program may ask for keeps interrupts off for long: 2,000 sleepers woken from one
# word or by their deadlines, 1 GiB unmapped, 16 MiB cloned, a process with 500 threads killed, one
# with 2,000 resumed or posted to, a chain of 400 owners of locks.
# The records are those of one run with --icount, so the figures are the same every time.
import os
import re
import subprocess
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + "/../lib")
from outpost import TOP, done, equal, note, ok, run, scratch

LIMIT = 20000       # instructions
PROGRAM = f"{TOP}/build/tests/kernel/stretch"


def longest(trace, limit=LIMIT):
    """(exit status, what scripts/stretch says) of a trace."""
    said = subprocess.run([f"{TOP}/scripts/stretch", "-n", "3", "-m", str(limit), "-u", "0x57e7",
                           trace], stdout=subprocess.PIPE, check=False, text=True)
    return said.returncode, said.stdout


for what in ("wake", "expire", "unmap", "clone", "death", "resume", "post",
             "loans"):
    trace = scratch("trace")
    result = run("/t", what, options=["--icount", "--trace", trace, "--trace-size", "8388608",
                                      "-m", "2G", "--add", f"{PROGRAM}:/t"], seconds=180)
    equal(result.status, 0, f"{what}: done", result)
    status, said = longest(trace)
    ok(status == 0, f"{what}: interrupts are off for at most {LIMIT} instructions", said)
    found = re.match(r" *([\d,]+) ", said)
    ok(found and int(found.group(1).replace(",", "")) > 1000, f"{what}: there is something to see",
       said)
    note(said.splitlines()[0])
equal(longest(trace, 1000)[0], 1, "a limit that is lower is passed")
done()

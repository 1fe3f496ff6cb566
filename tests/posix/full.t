#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# Memory runs out, by files, holes of files, or a program's own memory: requests fail or
# succeed, the POSIX server stays, and what is removed can be used again. A server that is
# made to crash then finds the memory of its predecessor free again.
import os
import subprocess
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + "/../lib")
from outpost import TOP, done, equal, no_panic, ok, run, scratch

subprocess.run([f"{TOP}/scripts/outpost-cc", "-O1", f"{TOP}/tests/posix/full.c", "-o",
                scratch("full")], check=True)
SIZE = 20 << 20
EXPECTED = {
    "memory": f"file {SIZE}\nstat 0\n",
    "holes": f"file {SIZE}\nstat 0\nagain {SIZE // 4}\n",
    "file": f"file {SIZE}\nfull 1\nstat 0\ncut 1\nagain {SIZE // 4}\n",
}
for how, output in EXPECTED.items():
    result = run("full", how, options=["-m", "64M", "--add", f"{scratch('full')}:/bin/full"])
    equal((result.status, result.stdout.decode()), (0, output), f"{how}: the server stays",
          result)
    no_panic(result, f"{how}: no panic")

result = run("full", "crash", options=["-m", "64M", "--add", f"{scratch('full')}:/bin/full"])
equal(result.status, 137, "full and crashed: replaced", result)
ok(result.log_lines("server 2 of this boot"), "the second server runs", result)
no_panic(result, "no panic")
done()

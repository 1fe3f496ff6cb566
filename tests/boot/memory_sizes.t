#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# The machine may have little memory or much; too little is said in one line.
import os
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + "/../lib")
from outpost import DATA, done, equal, no_panic, ok, run

for size in ("64M", "1G", "4G"):
    result = run("lua", "/tmp/queens.lua", "5", options=["-m", size, "--add",
                                                        f"{DATA}/queens.lua:/tmp/queens.lua"])
    equal((result.status, result.stdout.splitlines()[-1:]), (0, [b"5 queens: 10 placements"]),
          f"-m {size} runs", result)
result = run("hello", options=["-m", "32M"])
no_panic(result, "-m 32M: no panic")
if result.status:
    lines = [line for line in result.log.splitlines() if "memory" in line]
    ok(len(lines) >= 1, "-m 32M: says what it needs", result)
else:
    equal(result.stdout, b"Hello world.\n", "-m 32M: runs", result)
for harts in ("2", "4"):
    result = run("hello", options=["-s", harts])
    equal((result.status, result.stdout), (0, b"Hello world.\n"), f"-s {harts} runs", result)
done()

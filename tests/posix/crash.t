#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# Each program of tests/posix/crash ends as its comment says: status, cause and address on
# the log, once; and after all of them, in the same boot, a program runs.
import glob
import os
import re
import subprocess
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + "/../lib")
from outpost import TOP, done, equal, no_panic, ok, run, run_many, scratch

expected = {}
options = []
for source in sorted(glob.glob(f"{TOP}/tests/posix/crash/*.c")):
    name = os.path.basename(source)[:-2]
    with open(source, encoding="utf-8") as file:
        match = re.search(r"/\* ends: (\d+) ([^,:]*)(?:, address (\w+))?:", file.read())
    expected[name] = int(match[1]), match[2], match[3] or ""
    subprocess.run([f"{TOP}/scripts/outpost-cc", "-O1", "-w", source, "-o", scratch(name)],
                   check=True)
    options += ["--add", f"{scratch(name)}:/tmp/{name}"]

result = run_many([[f"/tmp/{name}"] for name in expected] + [["hello"]], options=options)
equal((result.status, result.stdout), (0, b"Hello world.\n"), "after all: hello", result)
no_panic(result, "no panic")
for name, (status, cause, address) in expected.items():
    lines = result.log_lines(name)
    ok(len(lines) == 1 and cause in lines[0] and address in lines[0] and "pc" in lines[0],
       f"{name}: one line, {cause} {address}", *lines)
for name, (status, cause, address) in expected.items():
    equal(run(f"/tmp/{name}", options=options).status, status, f"{name}: status {status}")
done()

#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# Many of everything (tests/posix/scale.c): a tenth of it here, all of it with
# OUTPOST_SCALE=10. What was used is given back.
import os
import re
import subprocess
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + "/../lib")
from outpost import SECONDS, TOP, done, equal, no_panic, ok, run, scratch

PART = os.environ.get("OUTPOST_SCALE", "1")
subprocess.run([f"{TOP}/scripts/outpost-cc", "-O1", f"-I{TOP}", f"{TOP}/tests/posix/scale.c",
                "-o", scratch("scale")], check=True)
result = run("/bin/scale", PART, seconds=10 * SECONDS,
             options=["-m", "1G", "--append", "counters", "--add",
                      f"{scratch('scale')}:/bin/scale"])
lines = result.stdout.decode(errors="replace").splitlines()
for line in lines:
    match = re.match(r"(not )?ok \d+ - (.*)", line)
    if match:
        ok(not match.group(1), match.group(2), *lines)
ok(lines[-1:] == ["1..14"], "all cases ran", result)
counters = re.search(r"before pages=(\d+) objects=(\d+) after pages=(\d+) objects=(\d+)",
                     result.log)
ok(counters and counters.group(1, 2) == counters.group(3, 4),
   "pages and objects are as before", result)
equal(result.status, 0, "the program ends well", result)
no_panic(result, "no panic")
ok("state: 0 wrong" in result.log, "the server's state was checked", result)
done()

#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# Pages and objects in use are the same before and after programs have run: bootargs
# "counters" makes the POSIX server log both.
import os
import re
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + "/../lib")
from outpost import DATA, done, equal, note, ok, run_many

LINE = re.compile(r"counters: before pages=(\d+) objects=(\d+) after pages=(\d+) objects=(\d+)")
CASES = {
    "hello": [["hello"]],
    "hello twenty times": [["hello"]] * 20,
    "lua with files": [["lua", "/data/files.lua", "/tmp"], ["lua", "/data/queens.lua", "5"]],
    "not found": [["nosuch"]],
    "crash": [["lua", "-e", "string.rep('x', 1 << 40)"], ["hello"]],
}
for name, programs in CASES.items():
    result = run_many(programs, options=["--append", "counters", "--add", f"{DATA}:/data"])
    found = LINE.findall(result.log)
    ok(found, f"{name}: the server says its counters", result)
    for pages, objects, pages_after, objects_after in found:
        equal((pages_after, objects_after), (pages, objects), f"{name}: equal afterwards", result)
        note(f"pages {pages} objects {objects}")
done()

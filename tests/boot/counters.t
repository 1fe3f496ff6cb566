#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# Pages and objects in use are the same before and after programs have run. With bootargs
# "counters" the POSIX server logs those of each program's account, and init those of the
# kernel before it starts the POSIX server and after it has cleared all of it away.
import os
import re
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + "/../lib")
from outpost import DATA, done, equal, ok, run_many

LINE = re.compile(r"counters: before pages=(\d+) objects=(\d+) after pages=(\d+) objects=(\d+)")
KERNEL = re.compile(r"counters: (pages_free=\d+ objects=\d+ handles=\d+ mappings=\d+)")
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
    started = sum(program[0] != "nosuch" for program in programs)
    equal(len(found), started, f"{name}: the server says its counters", result)
    for pages, objects, pages_after, objects_after in found:
        equal((pages_after, objects_after), (pages, objects), f"{name}: equal afterwards", result)
    kernel = KERNEL.findall(result.log)
    ok(len(kernel) == 2, f"{name}: init says the kernel's counters", result)
    equal(kernel[-1:], kernel[:1], f"{name}: the kernel's are equal afterwards")
done()

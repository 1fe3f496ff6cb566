#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# Pages and objects in use are the same before and after programs have run. With bootargs
# "counters" the POSIX server logs those of each program's account, and init those of the
# kernel before it starts the POSIX server and after it has cleared all of it away. init and
# the driver themselves touch a few pages for the first time in between, always as many:
# what is missing of the free pages is compared with a session that ran no program at all.
import os
import re
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + "/../lib")
from outpost import DATA, done, equal, note, ok, run_many

PROGRAM = re.compile(r"counters: before pages=(\d+) objects=(\d+) after pages=(\d+) objects=(\d+)")
KERNEL = re.compile(r"counters: pages_free=(\d+) (objects=\d+ handles=\d+ mappings=\d+)")
CASES = {
    "nothing": [["nosuch"]],
    "hello": [["hello"]],
    "hello twenty times": [["hello"]] * 20,
    "lua with files": [["lua", "/data/files.lua", "/tmp"], ["lua", "/data/queens.lua", "5"]],
    "10 MiB": [["lua", "/data/tenmegs.lua"]],
}
idle_loss = None
for name, programs in CASES.items():
    result = run_many(programs, options=["--append", "counters", "--add", f"{DATA}:/data"])
    found = PROGRAM.findall(result.log)
    equal(len(found), len(programs), f"{name}: the server says its counters", result)
    for pages, objects, pages_after, objects_after in found:
        equal((pages_after, objects_after), (pages, objects), f"{name}: equal afterwards", result)
    kernel = KERNEL.findall(result.log)
    if not ok(len(kernel) == 2, f"{name}: init says the kernel's counters", result):
        continue
    (pages, before), (pages_after, after) = kernel
    equal(after, before, f"{name}: the kernel's objects are equal afterwards")
    loss = int(pages) - int(pages_after)
    idle_loss = loss if idle_loss is None else idle_loss
    equal(loss, idle_loss, f"{name}: as many pages are missing as without a program")
    note(f"free pages: {pages} before, {pages_after} after")
done()

#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# Earliest deadline first within one priority, from the trace of tests/boot/deadlines.c under
# --icount. The program stands in init's place: in a copy of the kernel its image replaces
# init's.
import json
import os
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + "/../lib")
from outpost import TOP, done, equal, ok, run, scratch

TAG, PART = 0x5ced, 1
NAMES = ("first", "second", "third", "none", "late", "early")


def read(path):
    with open(path, "rb") as file:
        return file.read()


kernel, init = read(f"{TOP}/build/kernel.elf"), read(f"{TOP}/build/user/init.flat")
program = read(f"{TOP}/build/user/test-deadlines.flat")
ok(kernel.count(init) == 1, "init's image is in the kernel, once")
ok(len(program) <= len(init), "and has room for the program's")
path, trace = scratch("kernel.elf"), scratch("trace")
with open(path, "wb") as file:
    file.write(kernel.replace(init, program.ljust(len(init), b"\0")))
result = run(options=["--icount", "--trace", trace], environment={"OUTPOST_KERNEL": path})
with open(trace, encoding="utf-8") as file:
    records = [json.loads(line) for line in file]
said = [(i, int(r["arg0"], 0), int(r["arg1"], 0)) for i, r in enumerate(records)
        if r["event"] == "user" and r["tag"] == TAG]
names = {which: NAMES[what - 2] for _, what, which in said if what != PART}
places = [i for i, what, _ in said if what == PART]
equal((len(names), len(places)), (6, 4), "six threads and two parts are on record", result)


def order(first, last):
    """Names of the threads that were switched to, each once in a row."""
    found = []
    for record in records[first:last]:
        name = names.get(record["to"]) if record["event"] == "switch" else None
        if name and found[-1:] != [name]:
            found.append(name)
    return found


if len(places) == 4:
    equal(order(*places[:2]), ["first", "second", "third", "none"],
          "the earliest deadline first, each to its end, and last who has none")
    equal(order(*places[2:]), ["late", "early", "late"],
          "an earlier deadline goes before one that runs, which goes on behind it")
done()

#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# A system in which everybody sleeps does nothing: between the two 'user' records of
# tests/kernel/neg_idle there is one timer event, and next to no traps. With --icount, so that
# nothing from outside comes in between.
import json
import os
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + "/../lib")
from outpost import TOP, done, equal, ok, run, scratch

TAG = 0x1d1e
trace = scratch("trace")
result = run("/t", options=["--icount", "--trace", trace,
                            "--add", f"{TOP}/build/tests/kernel/neg_idle:/t"])
equal(result.status, 0, "the program sleeps", result)
with open(trace, "rb") as file:
    records = [json.loads(line) for line in file]
marks = [i for i, r in enumerate(records) if r["event"] == "user" and TAG in r.values()]
if ok(len(marks) == 2, "its two records are there", len(records)):
    between = records[marks[0] + 1:marks[1]]
    timers = [r for r in between if r["event"] == "timer"]
    equal(len(timers), 1, "one timer event wakes it", *timers[:10])
    ok(len(between) < 100, "and not much else happens", len(between), *between[:100])
done()

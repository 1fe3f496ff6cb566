#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# What was closed is freed soon: under --icount, where a nanosecond is an instruction, twenty
# endpoints of tests/kernel/reaping.c are gone after a turn or two of a thread that spins beside them.
import os
import re
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + "/../lib")
from outpost import TOP, done, equal, ok, run

SLICE_NS = 10_000_000
result = run("/t", options=["--icount", "--add", f"{TOP}/build/tests/kernel/reaping:/t"])
equal(result.status, 0, "all are freed in the end", result)
found = dict(re.findall(r"^# (idle|busy) (\d+) ns$", result.stdout.decode(), re.M))
if ok(len(found) == 2, "it says how long that took", result):
    ok(int(found["idle"]) < SLICE_NS, f"at once when nobody else runs ({found['idle']} ns)")
    ok(int(found["busy"]) < 3 * SLICE_NS, f"in one turn of the reaper beside one who spins "
       f"({found['busy']} ns)")
done()

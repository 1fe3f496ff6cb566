#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# A hostile account does not make its neighbour's work dearer. From the traces of runs with
# --icount, where 1 ns is 1 instruction, between the two marks of tests/kernel/neighbour.c:
#
#   own      instructions while a thread of the neighbour's process was current. Whatever others do,
#            at whatever priority, the same work takes the same, within 20 %.
#   elapsed  instructions from mark to mark. Within 20 % while the others have lower priority. At
#            equal priority nothing is promised: each thread that is ready takes its 10 ms.
import json
import os
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + "/../lib")
from outpost import TOP, done, equal, note, ok, run, scratch

TAG = 0x6e62


def measure(mode):
    """(own, elapsed) instructions of the work."""
    trace = scratch("trace")
    result = run("/t", mode, options=["--icount", "--trace", trace, "--trace-size", "67108864",
                                      "--add", f"{TOP}/build/tests/kernel/neighbour:/t"],
                 seconds=180)
    equal(result.status, 0, f"{mode}: the work is done", result)
    with open(trace, encoding="utf-8") as file:
        records = [json.loads(line) for line in file]
    marks = [i for i, record in enumerate(records)
             if record["event"] == "user" and record["tag"] == TAG]
    if not ok(len(marks) == 2, f"{mode}: both marks are there"):
        return 0, 0
    first, last = (records[i] for i in marks)
    own, since, running = 0, first["time_ns"], True
    for record in records[marks[0]:marks[1] + 1]:
        if running:
            own += record["time_ns"] - since
        since = record["time_ns"]
        running = record["process"] == first["process"]
    return own, last["time_ns"] - first["time_ns"]


own, elapsed = measure("alone")
note(f"alone: {own} instructions of its own, {elapsed} from mark to mark")
ok(elapsed > own > 1000000, "there is work")
for mode in ("below", "equal"):
    theirs, lasting = measure(mode)
    note(f"{mode}: {theirs} of its own ({theirs / own:.3f}), {lasting} ({lasting / elapsed:.3f})")
    ok(theirs <= own * 1.2, f"{mode}: the work takes at most 20 % more instructions")
    if mode == "below":
        ok(lasting <= elapsed * 1.2, f"{mode}: and is done at most 20 % later")
done()

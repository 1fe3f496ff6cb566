#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# The schedule of tests/kernel/schedule.c on one hart, from the trace of a run with --icount: no
# spinner of middle priority runs while one of high priority waits for a low one, be it a server or
# the owner of a lock; within a priority the earliest deadline runs first; a wake that switches lets
# the woken run at once.
import json
import os
import re
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + "/../lib")
from outpost import TOP, done, equal, ok, run, scratch

TAG = 0x5ced
trace = scratch("trace")
result = run("/t", options=["--icount", "--trace", trace,
                            "--add", f"{TOP}/build/tests/kernel/schedule:/t"])
equal(result.status, 0, "the program ends well", result)
with open(trace, encoding="utf-8") as file:
    records = [json.loads(line) for line in file]
marks = [i for i, r in enumerate(records) if r["event"] == "user" and r["tag"] == TAG]
parts = {int(records[i]["arg0"], 0): (i, j) for i, j in zip(marks[::2], marks[1::2])}
# Names of threads in the order in which the program says them; each part has its own.
lines = re.findall(r"^# thread (\w+) (\d+)$", result.stdout.decode(), re.M)
names = {int(number): name for name, number in lines}


def schedule(part):
    """The named threads that ran in a part, each once in a row: they were switched to, or made
    a record."""
    first, last = parts[part]
    order = []
    for record in records[first:last]:
        number = record["to"] if record["event"] == "switch" else record["thread"]
        if number in names and order[-1:] != [names[number]]:
            order.append(names[number])
    return order


ok(1 in parts, "there is a part with a server")
order = schedule(1)
equal(order[:2], ["caller", "server"], "the caller runs, then the server for it", order)
ok("spinner" not in order[:order.index("caller", 1)] if "caller" in order[1:] else False,
   "and not the spinner, until the caller has its answer", order)
ok(2 in parts, "there is a part with a lock")
order = schedule(2)
ok("waiter" in order and "owner" in order, "the waiter runs, then the owner for it", order)
back = len(order) - 1 - order[::-1].index("waiter") if "waiter" in order else 0
ok("spinner" not in order[:back], "and not the spinner, until the waiter has the lock", order)
first, last = parts[2]
release = next((i for i in range(first, last) if records[i]["event"] == "call" and
                records[i]["call"] == "futex_wake" and names.get(records[i]["thread"]) == "owner"),
               last)
ran = [names[r["to"]] for r in records[release:last] if r["event"] == "switch" and
       r["to"] in names]
equal(ran[:2], ["waiter", "spinner"], "the owner is low again as soon as it lets go")
ok(3 in parts, "there is a part with deadlines")
equal(schedule(3), ["first", "second", "third", "none"],
      "the earliest deadline first, each to its end, and last who has none")
ok(7 in parts, "there is one in which an earlier deadline comes")
equal(schedule(7), ["late", "early", "late"], "it goes before one that runs")
ok(4 in parts, "there is a part with a wake that switches")
equal(schedule(4), ["waker", "switched", "waker", "ready"],
      "the woken runs at once, then its waker goes on, and last the one that was ready before")
ok(5 in parts, "there is one in which a better one is woken, too")
equal(schedule(5), ["giver", "better", "heir", "giver"],
      "the better one runs first, then the one who was switched to")
ok(6 in parts, "there is one with two that compute while a third is often woken")
ok({"one", "other"} <= set(schedule(6)), "both have their turns", schedule(6))
done()

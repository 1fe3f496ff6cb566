#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# With --icount, two runs do the same at the same instruction: every trace record of both,
# with its time (1 ns per instruction), is the same.
import hashlib
import json
import os
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + "/../lib")
from outpost import done, equal, note, ok, run, scratch

digests, records, logs = [], [], []
for number in (1, 2):
    trace = scratch(f"trace.{number}")
    result = run("hello", options=["--icount", "--trace", trace])
    equal((result.status, result.stdout), (0, b"Hello world.\n"), f"run {number}", result)
    with open(trace, "rb") as file:
        data = file.read()
    digests.append(hashlib.sha256(data).hexdigest())
    records.append([json.loads(line) for line in data.splitlines()])
    logs.append(result.log)
ok(len(records[0]) > 100, "there is a trace")
equal(len(records[0]), len(records[1]), "both have the same number of records")
for one, two in zip(*records):
    if one != two:
        equal(two, one, "the first different record")
        break
equal(digests[1], digests[0], "both traces are identical")
equal(logs[1], logs[0], "both logs are identical")
note(f"{records[0][-1]['time_ns']} instructions from reset to the last record")
done()

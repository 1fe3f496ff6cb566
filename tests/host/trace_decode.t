#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# Contract of scripts/trace-decode, on memory made here: rings are found by their headers
# and told from copies, records come out merged by time, overwritten ones are counted.
import json
import os
import struct
import subprocess
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + "/../lib")
from outpost import TOP, done, equal, ok, scratch

BASE, PAGE, MAGIC = 0x80000000, 4096, 0x4F5554504F535454
MEMORY = scratch("memory")
EVENTS = [line.split("(")[1].split(",")[0] for line in
          open(f"{TOP}/abi/trace.def", encoding="ascii") if line.startswith("X(")]


def ring(file, at, hart, capacity, records, head=None, self_physical=None):
    """Write a ring at this offset; records: (time, event, arguments)."""
    file.seek(at)
    file.write(struct.pack("<5Q", MAGIC, capacity, hart, 10_000_000,
                           BASE + at if self_physical is None else self_physical))
    file.seek(at + PAGE - 8)
    file.write(struct.pack("<Q", 64 * (len(records) if head is None else head)))
    for index, (time, event, arguments) in enumerate(records):
        file.seek(at + PAGE + index % capacity * 64)
        file.write(struct.pack("<QQIIHHI4Q", time, 0xC0 + hart, 7, 3, EVENTS.index(event), hart, 0,
                               *arguments))


def decode(*arguments):
    run = subprocess.run([f"{TOP}/scripts/trace-decode", MEMORY, *arguments], check=False,
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    return run.returncode, [json.loads(line) for line in run.stdout.splitlines()], run.stderr


with open(MEMORY, "wb") as memory:
    memory.truncate(1 << 30)
    ring(memory, 0x20000000, 0, 8, [(10, "boot", (1, 2, 3, 4)), (30, "call", (5, 0x1000, 0, (1 << 64) - 1)),
                                    (30, "call", (5, 0x1000, 0, (1 << 64) - 2048))])
    ring(memory, 0x3FFF0000, 1, 4, [(n, "user", (n, 0, 0, 0)) for n in range(15, 25)])
    ring(memory, 0x1000000, 0, 8, [(1, "boot", (0, 0, 0, 0))], self_physical=BASE + 0x20000000)
    ring(memory, 0x1100000, 0, 1 << 40, [(1, "boot", (0, 0, 0, 0))])
status, records, errors = decode()
equal(status, 0, "status 0", errors)
equal([record["time_ns"] for record in records], [1000, 2100, 2200, 2300, 2400, 3000, 3000],
      "merged by time; copies and broken headers left out")
ok("hart 1: 6 of 10 records were overwritten" in errors, "says how many were lost", errors)
equal((records[-2]["event"], records[-2].get("call"), records[-2].get("a0")),
      ("call", "vm_map", "0x1000"), "calls have names", records[-2])
equal(records[-2].get("result"), "E_INVALID", "statuses have names", records[-2])
equal(records[-1].get("result"), "sleeps", "so has no result yet", records[-1])
equal([records[0][key] for key in ("hart", "cause", "process", "thread", "phase")],
      [0, "0xc0", 3, 7, 1], "a record has all its fields", records[0])
status, _, _ = decode(scratch("out"))
equal(len(open(scratch("out"), encoding="ascii").readlines()), 7, "writes to a file")

with open(MEMORY, "wb") as memory:
    memory.truncate(1 << 20)
status, records, errors = decode()
ok(status == 1 and len(errors.splitlines()) == 1, "no trace: status 1 and one line", errors)
done()

#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# scripts/stretch on traces made by hand: where a stretch begins and ends, per hart.
import json
import os
import subprocess
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + "/../lib")
from outpost import TOP, done, equal, scratch


def longest(records, *options):
    """(status, length of the longest stretch) of records (time, hart, event, more)."""
    lines = []
    for time, hart, event, *more in records:
        lines.append(json.dumps({"time_ns": time, "hart": hart, "event": event, "process": 1,
                                 "thread": 1, **(more[0] if more else {})}))
    said = subprocess.run([f"{TOP}/scripts/stretch", "-n", "0", *options,
                           scratch("trace", "\n".join(lines) + "\n")],
                          stdout=subprocess.PIPE, check=False, text=True)
    return said.returncode, said.stdout.strip()


CALL = [(1000, 0, "call"), (1700, 0, "unmap"), (3000, 0, "call_return"), (9000, 0, "call"),
        (9100, 0, "call_return")]
equal(longest(CALL), (0, "2000"), "from a call to its last record; user mode does not count")
equal(longest(CALL, "-m", "1999"), (1, "2000"), "over the limit")
equal(longest(CALL, "-m", "2000"), (0, "2000"), "at the limit")
equal(longest([(0, 0, "trap"), (400, 0, "timer"), (500, 0, "switch"), (900, 0, "trap")]),
      (0, "500"), "a trap with a switch")
equal(longest([(0, 0, "call"), (100, 1, "trap"), (300, 0, "call_return"), (900, 1, "switch")]),
      (0, "800"), "each hart has its own")
equal(longest([(0, 0, "call"), (100, 0, "msg_call"), (200, 0, "sleep"), (300, 0, "switch"),
               (5000, 0, "msg_reply"), (5100, 0, "call_return")]),
      (0, "300"), "a reply by the fast way begins another")
equal(longest([(0, 0, "call"), (100, 0, "handle_make"), (600, 0, "msg_call"), (700, 0, "sleep")]),
      (0, "700"), "a call by the long way does not")
equal(longest([(0, 0, "call"), (100, 0, "sleep"), (200, 0, "object_drop"), (400, 0, "step"),
               (900, 0, "object_drop")]), (0, "500"), "a step of the reaper begins another")
USER = [(0, 0, "user", {"tag": 7}), (5000, 0, "call"), (5100, 0, "user", {"tag": 7})]
equal(longest(CALL + USER, "-u", "7"), (0, "100"), "only between two marks")
done()

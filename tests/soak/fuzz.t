#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# Ten million random kernel calls, on 1, 2 and 4 harts, with --icount and without, each run from
# another seed. What a run prints replays it: with --icount exactly, without as far as
# time allows. --icount is for one hart: with more QEMU lets one that waits in firmware for
# another spin to its next timer, and a run that takes a minute takes more than ten.
# SOAK_SEED is the first seed, SOAK_CALLS the number of calls.
import os
import re
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + "/../lib")
from outpost import done, note, ok
from ring import ring

WANTED = int(os.environ.get("SOAK_CALLS", 10_000_000))
ROUNDS = 800
seed = int(os.environ.get("SOAK_SEED", 1))
machines = [(1, []), (2, []), (4, []), (1, ["--icount"]), (4, []), (2, [])]
calls, runs = 0, 0
while calls < WANTED and runs < 100:
    harts, options = machines[runs % len(machines)]
    note(f"neg_fuzz {seed} {ROUNDS} on {harts} harts {' '.join(options)}")
    said = ring("kernel", ["neg_fuzz"], {"neg_fuzz": [seed, ROUNDS]}, harts=harts,
                options=options, seconds=600).get("neg_fuzz", "")
    found = re.search(r"^# (\d+) calls$", said, re.M)
    if not ok(found, f"seed {seed} ran to its end"):
        break
    calls += int(found.group(1))
    runs, seed = runs + 1, seed + ROUNDS
ok(calls >= WANTED, f"{calls} calls of {WANTED}")
done()

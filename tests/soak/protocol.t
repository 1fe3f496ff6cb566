#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# A million raw messages of hostile clients to the POSIX server (tests/kernel/neg_posix.c), on 1,
# 2 and 4 harts, each run from another seed: no crash, no hang, what others have is as it was, and
# the checker finds nothing wrong in the server's state. SOAK_SEED is the first seed, SOAK_REQUESTS
# the number of messages that are answered. A run's arguments repeat it as far as time allows.
import os
import re
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + "/../lib")
from outpost import done, note, ok
from ring import ring

WANTED = int(os.environ.get("SOAK_REQUESTS", 1_000_000))
ROUNDS = 150
seed = int(os.environ.get("SOAK_SEED", 1))
machines = [1, 4, 2]
answers, runs = 0, 0
while answers < WANTED and runs < 200:
    harts = machines[runs % len(machines)]
    note(f"neg_posix {seed} {ROUNDS} 4000 on {harts} harts")
    said = ring("kernel", ["neg_posix"], {"neg_posix": [seed, ROUNDS, 4000]}, harts=harts,
                seconds=600).get("neg_posix", "")
    found = re.search(r"^# (\d+) answers", said, re.M)
    if not ok(found, f"seed {seed} ran to its end"):
        break
    answers += int(found.group(1))
    runs, seed = runs + 1, seed + ROUNDS
ok(answers >= WANTED, f"{answers} answers of {WANTED}")
done()

#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# A million traps with all registers full, on 1, 2 and 4 harts. SOAK_SEED is the first seed.
import os
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + "/../lib")
from outpost import done, note
from ring import ring

seed = int(os.environ.get("SOAK_SEED", 1))
for harts, rounds in ((1, 84000), (2, 84000), (4, 84000)):      # of each of four threads
    note(f"registers {rounds} {seed} on {harts} harts")
    ring("kernel", ["registers"], {"registers": [rounds, seed]}, harts=harts, seconds=600)
    seed += 1
done()

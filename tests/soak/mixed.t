#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# tests/kernel/soak.c for five minutes on four harts, and shorter on others. SOAK_SECONDS is the
# length of the first, SOAK_SEED the first seed.
import os
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + "/../lib")
from outpost import done, note
from ring import ring

seconds = int(os.environ.get("SOAK_SECONDS", 300))
seed = int(os.environ.get("SOAK_SEED", 1))
for harts, length, options in ((4, seconds, []), (1, seconds // 10, []), (2, seconds // 10, []),
                               (8, seconds // 10, []), (1, 2, ["--icount"])):
    note(f"soak {length} {seed} on {harts} harts {' '.join(options)}")
    ring("kernel", ["soak"], {"soak": [length, seed]}, harts=harts, options=options,
         seconds=length + 300)
    seed += 1
done()

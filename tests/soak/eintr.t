#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# What signals do to calls that wait (tests/user/eintr.c): 1,000 random rounds on one hart and
# on four. EINTR_ROUNDS and EINTR_SEED choose others.
import os
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + "/../lib")
from outpost import done, note
from ring import ring

rounds = int(os.environ.get("EINTR_ROUNDS", 1000))
seed = int(os.environ.get("EINTR_SEED", 1))
for harts in (1, 4):
    note(f"eintr {rounds} {seed} on {harts} harts")
    ring("user", ["eintr"], {"eintr": [rounds, seed]}, harts=harts, seconds=600)
done()

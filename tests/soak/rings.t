#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# Every program of both rings on 1, 2, 4 and 8 harts, with Sstc and without.
import os
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + "/../lib")
from outpost import done, note
from ring import ring

for harts in (1, 2, 4, 8):
    for sstc in (True, False):
        note(f"{harts} harts, {'Sstc' if sstc else 'timer of the firmware'}")
        ring("kernel", harts=harts, sstc=sstc, seconds=600)
        ring("user", harts=harts, sstc=sstc, seconds=600)
done()

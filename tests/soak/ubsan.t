#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# The kernel that panics at undefined behaviour (make UBSAN=1): the kernel ring on each number of
# harts, the fuzzer and the mixed soak. SOAK_SEED is the seed.
import os
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + "/../lib")
from outpost import TOP, done, note
from ring import ring

seed = os.environ.get("SOAK_SEED", 1)
os.environ["OUTPOST_KERNEL"] = f"{TOP}/build/kernel-ubsan.elf"
for harts in (1, 2, 4):
    note(f"neg_fuzz {seed} 300, soak 10 {seed}, registers 10000 {seed} on {harts} harts")
    ring("kernel", arguments={"neg_fuzz": [seed, 300], "soak": [10, seed],
                              "registers": [10000, seed]}, harts=harts, seconds=600)
done()

#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# The kernel ring on a kernel that panics at undefined behaviour (make UBSAN=1), and one
# program on two harts.
import os
import subprocess
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + "/../lib")
from outpost import TOP, done, ok
from ring import ring

made = subprocess.run(["make", "-s", "-C", TOP, "UBSAN=1"], stdout=subprocess.PIPE,
                      stderr=subprocess.STDOUT, check=False, text=True)
if ok(made.returncode == 0, "the kernel builds with -fsanitize=undefined", made.stdout):
    os.environ["OUTPOST_KERNEL"] = f"{TOP}/build/kernel-ubsan.elf"
    ring("kernel")
    ring("kernel", ["neg_fuzz"], harts=2)
done()

#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# Programs of the kernel ring on two harts, and those with deadlines on a machine without
# Sstc, where the timer goes through firmware. make soak runs every program on each.
import os
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + "/../lib")
from outpost import done
from ring import ring

ring("kernel", ["calls_errors", "messages", "neg_ipc", "swap", "upcalls"], harts=2)
ring("kernel", ["neg_idle", "neg_ipc", "priority", "swap"], sstc=False)
done()

#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# The kernel ring (tests/kernel) on one hart.
import os
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + "/../lib")
from outpost import done
from ring import ring

ring("kernel")
done()

#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# The user ring (tests/user) on one hart and on four.
import os
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + "/../lib")
from outpost import done
from ring import ring

ring("user")
ring("user", harts=4)
done()

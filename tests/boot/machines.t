#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# Machines with less than QEMU's default hart: no Sstc (the timer goes through firmware), no
# address translation (one line, then the machine ends as failed).
import os
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + "/../lib")
from outpost import done, equal, no_panic, ok, run

result = run("lua", "-e", "print(os.getenv('HOME'))", options=[], qemu=["-cpu", "rv64,sstc=off"])
equal(result.status, 0, "without Sstc a program runs", result)
result = run("hello", qemu=["-cpu", "rv64,mmu=off"])
no_panic(result, "without Sv48: no panic")
lines = [line for line in result.log.splitlines() if "no Sv48 address translation" in line]
equal(len(lines), 1, "without Sv48: one line says so", result)
ok(result.status != 0, "without Sv48: the run fails", result)
done()

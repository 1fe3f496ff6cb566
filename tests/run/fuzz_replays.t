#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# A seed of the call fuzzer replays: with --icount two runs from one seed make the same calls, also
# on two harts, and another seed makes others.
import hashlib
import os
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + "/../lib")
from outpost import TOP, done, equal, ok, run, scratch


def calls(seed, harts):
    """Digest of the trace of five rounds."""
    trace = scratch("trace")
    result = run("/fuzz", str(seed), "5", options=["--icount", "--trace", trace, "-s", str(harts),
                                                   "--add", f"{TOP}/build/tests/kernel/neg_fuzz:/fuzz"])
    equal(result.status, 0, f"seed {seed} on {harts} harts", result)
    with open(trace, "rb") as file:
        data = file.read()
    ok(data.count(b'"call"') > 1000, "has made calls")
    return hashlib.sha256(data).hexdigest()


first = calls(7, 1)
equal(calls(7, 1), first, "the same seed makes the same calls")
ok(calls(8, 1) != first, "another seed makes others")
equal(calls(7, 2), calls(7, 2), "the same on two harts")
done()

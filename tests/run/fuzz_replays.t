#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# A seed of the call fuzzer replays: with --icount two runs from one seed make the same calls, and
# another seed makes others. On one hart: counting, QEMU lets a hart that waits for another run on to
# its next timer interrupt, so firmware's fences take virtual seconds.
import hashlib
import os
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + "/../lib")
from outpost import TOP, done, equal, ok, run, scratch


def calls(seed):
    """Digest of the trace of five rounds."""
    trace = scratch("trace")
    result = run("/fuzz", str(seed), "5", options=["--icount", "--trace", trace,
                                                   "--add", f"{TOP}/build/tests/kernel/neg_fuzz:/fuzz"])
    equal(result.status, 0, f"seed {seed}", result)
    with open(trace, "rb") as file:
        data = file.read()
    ok(data.count(b'"call"') > 1000, "has made calls")
    return hashlib.sha256(data).hexdigest()


first = calls(7)
equal(calls(7), first, "the same seed makes the same calls")
ok(calls(8) != first, "another seed makes others")
done()

#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# What goes in on stdin comes out on stdout, whatever the bytes, up to its end.
import os
import random
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + "/../lib")
from outpost import SECONDS, done, equal, note, run

COPY = "io.write(io.read('a'))"
seed = int(os.environ.get("OUTPOST_SEED", "1"))
note(f"seed {seed} (OUTPOST_SEED)")
million = random.Random(seed).randbytes(1 << 20)

for name, data in (("text without newline", b"a\nb"), ("nothing", b""),
                   ("all bytes", bytes(range(256)) * 20), ("escapes", b"\x10E\x10\x10W1,1;" * 999),
                   ("1 MiB at random", million)):
    result = run("lua", "-e", COPY, stdin=data, seconds=5 * SECONDS)
    equal(result.stdout, data, f"round trip: {name}", result)
    equal(result.status, 0, f"status 0: {name}", result)

lines = b"".join(b"line %d\n" % n for n in range(500))
result = run("lua", "-e", "local n = 0 for l in io.lines() do n = n + #l end print(n, io.read(1))",
             stdin=lines)
equal(result.stdout, b"%d\tnil\n" % (len(lines) - 500), "by lines, and its end stays", result)
result = run("lua", "-e", "print(io.read('a') == '')")
equal(result.stdout, b"true\n", "/dev/null is empty", result)
result = run("lua", "-e", "print(io.read('l'))", stdin=b"first\nsecond\n")
equal((result.stdout, result.status), (b"first\n", 0), "input may stay unread", result)
done()

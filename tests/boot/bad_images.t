#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# A boot image that is empty, cut or garbage: one clear line, a status, no panic, no hang.
import os
import random
import subprocess
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + "/../lib")
from bootimage import mutate_image
from outpost import TOP, done, no_panic, note, ok, run, scratch

with open(os.environ.get("OUTPOST_BOOT", f"{TOP}/build/boot.cpio"), "rb") as file:
    GOOD = file.read()
seed = int(os.environ.get("OUTPOST_SEED", "1"))
count = int(os.environ.get("OUTPOST_COUNT", "8"))
note(f"seed {seed} (OUTPOST_SEED), {count} mutations (OUTPOST_COUNT)")
subprocess.run([f"{TOP}/scripts/mkboot", scratch("bare"), ":/tmp"], check=True)
with open(scratch("bare"), "rb") as file:
    BARE = file.read()
BAD = {
    "empty": b"",
    "zeros": bytes(8192),
    "truncated": GOOD[:len(GOOD) // 2],
    "cut in its first header": GOOD[:50],
    "garbage": random.Random(seed).randbytes(100000),
    "without any program": BARE,
}


def boot(image):
    return run(environment={"OUTPOST_BOOT": scratch("image", image)})


for name, image in BAD.items():
    result = boot(image)
    lines = [line for line in result.log.splitlines() if "boot image" in line]
    ok(result.status != 0, f"{name}: a status that is not 0", result)
    ok(len(lines) == 1, f"{name}: one line", *lines, result)
    note(f"{result.status} {lines}")
    no_panic(result, f"{name}: no panic, no hang")
for number in range(seed, seed + count):
    image, kind = mutate_image(GOOD, number)
    result = boot(image)
    no_panic(result, f"mutation {number} ({kind}): no panic, no hang")
    note(f"status {result.status}")
done()

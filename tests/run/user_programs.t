#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# Runs the TAP programs of tests/user and tests/kernel (build/tests/...) in one boot and merges what
# they print: their tests are numbered on, and each program must keep its own plan.
import os
import re
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + "/../lib")
from outpost import SECONDS, TOP, done, no_panic, note, ok, run_many, skip

FOLDER = f"{TOP}/build/tests"
names = sorted(f"{ring}/{name}" for ring in ("kernel", "user")
               for name in (os.listdir(f"{FOLDER}/{ring}")
                            if os.path.isdir(f"{FOLDER}/{ring}") else [])
               if os.access(f"{FOLDER}/{ring}/{name}", os.X_OK))
if not names:
    skip("programs of tests/user and tests/kernel", f"none in {FOLDER}")
    done()

runs = []
for name in names:
    runs += [["lua", "-e", f"print('#@ {name}')"], [f"/tests/{name}"]]
result = run_many(runs + [["lua", "-e", "print('#@ end')"]], seconds=2 * SECONDS,
                  options=["--add", f"{FOLDER}/user:/tests/user",
                          "--add", f"{FOLDER}/kernel:/tests/kernel"])
parts = re.split(r"^#@ (\S+)\n", result.stdout.decode(errors="replace"), flags=re.M)[1:]
outputs = dict(zip(parts[::2], parts[1::2]))
for name in names:
    plan, count = None, 0
    for line in outputs.get(name, "").splitlines():
        match = re.match(r"(not )?ok\b *\d* *(?:- )?(.*)", line)
        if re.match(r"1\.\.\d+", line):
            plan = int(line[3:].split()[0])
        elif match:
            count += 1
            label, _, directive = match.group(2).partition(" # SKIP")
            if directive or line.endswith("# SKIP"):
                skip(f"{name}: {label}", directive.strip())
            else:
                ok(not match.group(1), f"{name}: {label}")
        else:
            note(line.lstrip("# "))
    ok(plan == count and count > 0, f"{name}: ran all its tests ({count} of {plan})",
       *result.log_lines(name))
ok("end" in outputs and result.status == 0, "all programs were started", result)
no_panic(result, "no panic")
done()

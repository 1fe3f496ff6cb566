#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# Clients that are killed at any instant (tests/posix/storm.c), and programs that use signals,
# threads and jobs hard (unrest.c), on one hart and on four: they leave no lock, count or buffer
# behind, which others see at once and the checker of the server's state afterwards.
# STORM_ROUNDS and STORM_SEED choose others; make soak has more of them.
import os
import re
import subprocess
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + "/../lib")
from outpost import SECONDS, TOP, done, equal, no_panic, note, ok, run, scratch

rounds = int(os.environ.get("STORM_ROUNDS", 3))
seed = int(os.environ.get("STORM_SEED", 1))


def storm(name, harts, *arguments):
    note(f"{name} {' '.join(map(str, arguments))} on {harts} harts")
    result = run(f"/{name}", *map(str, arguments), seconds=2 * SECONDS + 10 * rounds,
                 options=["-s", str(harts), "--append", "counters", "--add",
                          f"{scratch(name)}:/{name}"])
    lines = result.stdout.decode(errors="replace").splitlines()
    count = 0
    for line in lines:
        match = re.match(r"(not )?ok \d+ - (.*)", line)
        if match:
            ok(not match.group(1), match.group(2), *lines)
            count += 1
        elif line.startswith("#"):
            note(line[2:])
    equal(lines[-1:], [f"1..{count}"], "all cases ran", result)
    counters = re.search(r"before pages=(\d+) objects=(\d+) after pages=(\d+) objects=(\d+)",
                         result.log)
    ok(counters and counters.group(1, 2) == counters.group(3, 4),
       "pages and objects are as before", result)
    ok("state: 0 wrong" in result.log, "nothing of them is left in the server", result)
    equal(result.status, 0, "the program ends well", result)
    no_panic(result, "no panic")


for name in ("storm", "unrest"):
    subprocess.run([f"{TOP}/scripts/outpost-cc", "-O1", f"-I{TOP}",
                    f"{TOP}/tests/posix/{name}.c", "-o", scratch(name)], check=True)
for harts in (1, 4):
    storm("storm", harts, rounds, 60, seed)
    storm("unrest", harts, 3 * rounds, seed)
    seed += 1000000
done()

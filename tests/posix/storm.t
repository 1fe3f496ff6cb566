#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# Clients that are killed at any instant (tests/posix/storm.c), on one hart and on four: they
# leave no lock, count or buffer behind, which others see at once and the checker of the
# server's state afterwards. STORM_ROUNDS and STORM_SEED choose others; tests/soak/storm.t does.
import os
import re
import subprocess
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + "/../lib")
from outpost import SECONDS, TOP, done, equal, no_panic, note, ok, run, scratch

ROUNDS = os.environ.get("STORM_ROUNDS", "3")
KILLS = "60"
seed = int(os.environ.get("STORM_SEED", 1))
subprocess.run([f"{TOP}/scripts/outpost-cc", "-O1", f"-I{TOP}", f"{TOP}/tests/posix/storm.c",
                "-o", scratch("storm")], check=True)
for harts in ("1", "4"):
    note(f"storm {ROUNDS} {KILLS} {seed} on {harts} harts")
    result = run("/storm", ROUNDS, KILLS, str(seed), seconds=SECONDS + 10 * int(ROUNDS),
                 options=["-s", harts, "--append", "counters", "--add",
                          f"{scratch('storm')}:/storm"])
    lines = result.stdout.decode(errors="replace").splitlines()
    for line in lines:
        match = re.match(r"(not )?ok \d+ - (.*)", line)
        if match:
            ok(not match.group(1), match.group(2), *lines)
        elif line.startswith("#"):
            note(line[2:])
    equal(lines[-1:], ["1..11"], "all cases ran", result)
    counters = re.search(r"before pages=(\d+) objects=(\d+) after pages=(\d+) objects=(\d+)",
                         result.log)
    ok(counters and counters.group(1, 2) == counters.group(3, 4),
       "pages and objects are as before", result)
    ok("state: 0 wrong" in result.log, "nothing of them is left in the server", result)
    equal(result.status, 0, "the program ends well", result)
    no_panic(result, "no panic")
    seed += 1000000
done()

#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# A user who takes all that he is given of one thing comes to an end of his own: an error, to him
# and to nobody else. Another user's program goes on meanwhile.
import os
import subprocess
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + "/../lib")
from outpost import SECONDS, TOP, done, equal, no_panic, ok, run_many, scratch

subprocess.run([f"{TOP}/scripts/outpost-cc", "-O1", f"{TOP}/tests/posix/quota.c", "-o",
                scratch("quota")], check=True)
SPACE, FILES = "No space left on device", "Too many open files in system"
MEMORY, AGAIN = "Out of memory", "Resource temporarily unavailable"
ENDS = {
    "names": [SPACE], "directories": [SPACE], "links": [SPACE], "symlinks": [SPACE],
    "fifos": [SPACE], "bytes": [SPACE], "files": [SPACE], "mapped": ["ended", SPACE],
    "unlinked": [SPACE], "holes": [SPACE], "fds": [FILES, MEMORY, "No file descriptors available"], "pipes": [FILES, MEMORY],
    "memfds": [MEMORY, FILES, SPACE], "ptys": [AGAIN, SPACE],
    "locks": ["No locks available"], "signals": [AGAIN], "timers": [AGAIN, MEMORY],
    "processes": [AGAIN],
}
runs = []
for kind in sys.argv[1:] or ENDS:
    runs += [["quota", kind], ["sh", "-c", "cd /tmp && rm -rf hostile neighbour"]]
result = run_many(runs, seconds=4 * SECONDS,
                  options=["-m", "64M", "--add", f"{scratch('quota')}:/bin/quota"])
lines = result.stdout.decode(errors="replace").splitlines()
for kind in sys.argv[1:] or ENDS:
    at = [i for i, line in enumerate(lines) if line.startswith(f"{kind}: ")]
    said = lines[at[0]].partition(": ")[2] if at else "nothing"
    ok(said in ENDS[kind], f"{kind}: who takes them all is told so ({said})", result)
    equal(lines[at[0] + 1:at[0] + 2] if at else [], ["neighbour 0"],
          f"{kind}: another user does not notice", result)
no_panic(result, "no panic, and the state is whole")
done()

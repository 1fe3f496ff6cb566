#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# What is not built fails with an error, and the log says so once per call and process.
import os
import subprocess
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + "/../lib")
from outpost import TOP, done, equal, no_panic, ok, run_many, scratch

PROGRAM = scratch("not_built")
INOTIFY_INIT1 = "Linux call 26 "
subprocess.run([f"{TOP}/scripts/outpost-cc", "-O1", "-w", f"{TOP}/tests/posix/not_built.c",
                "-o", PROGRAM], check=True)

result = run_many([["/tmp/not_built"]] * 2, options=["--add", f"{PROGRAM}:/tmp/not_built"])
for line in result.stdout.decode().splitlines():
    if line.startswith(("ok ", "not ok ")):
        ok(line.startswith("ok"), line.split(" - ", 1)[1])
    else:
        print(f"# {line}")
equal(result.status, 0, "status 0", result)
equal(len(result.log_lines(INOTIFY_INIT1)), 2, "one line per process for an unknown call",
      *result.log_lines("not built"))
no_panic(result, "no panic")
done()

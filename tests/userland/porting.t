#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# docs/porting.md is true: its commands, run in order from the top of the tree, print what it
# says they print.
import os
import re
import shutil
import subprocess
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + "/../lib")
from outpost import TOP, done, equal, ok

with open(f"{TOP}/docs/porting.md", encoding="utf-8") as file:
    page = file.read()
# As a reader's shell has it: a make above this test says how to build Outpost, not figlet.
shell = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
steps = re.findall(r"^```sh\n(.*?)^```\n(?:```text\n(.*?)^```\n)?", page, re.M | re.S)
ok(len(steps) == page.count("```sh\n") == 6, "the page has six steps")
# The recipe that a reader keeps is none of this tree's.
RECIPE = f"{TOP}/musl-port/ports/hello"
shutil.rmtree(RECIPE, ignore_errors=True)
for commands, expected in steps:
    result = subprocess.run(["sh", "-euc", commands], cwd=TOP, stdin=subprocess.DEVNULL, check=False,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=600,
                            env=dict(shell, OUTPOST_READY="1"))
    equal((result.stdout.decode(), result.returncode), (expected, 0),
          commands.splitlines()[0], result.stderr.decode())
shutil.rmtree(RECIPE, ignore_errors=True)
done()

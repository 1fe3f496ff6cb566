#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# docs/porting.md is true: its commands, run in order from the top of the tree, print what it
# says they print. The tree is a copy: what a reader made by the same commands stays his.
import os
import re
import shutil
import subprocess
import sys
import tempfile
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + "/../lib")
from outpost import TOP, done, equal, ok

with open(f"{TOP}/docs/porting.md", encoding="utf-8") as file:
    page = file.read()
# As a reader's shell has it: a make above this test says how to build Outpost, not figlet.
shell = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
steps = re.findall(r"^```sh\n(.*?)^```\n(?:```text\n(.*?)^```\n)?", page, re.M | re.S)
ok(len(steps) == page.count("```sh\n") == 6, "the page has six steps")
# What takes long to build, or is what runs, is shared.
SHARED = ("boot.cpio", "downloads", "fetch.lock", "kernel.elf", "musl", "ports", "src", "sysroot")


def copy_tree(to):
    """Our files, without the recipe that a reader may have made."""
    left_out = {f"{TOP}/build", f"{TOP}/.git", f"{TOP}/musl-port/ports/hello"}
    shutil.copytree(TOP, to, symlinks=True,
                    ignore=lambda at, names: [n for n in names if f"{at}/{n}" in left_out])
    os.mkdir(f"{to}/build")
    for name in SHARED:
        os.symlink(f"{TOP}/build/{name}", f"{to}/build/{name}")


with tempfile.TemporaryDirectory(prefix="outpost-porting.") as work:
    copy_tree(f"{work}/tree")
    for commands, expected in steps:
        result = subprocess.run(["sh", "-euc", commands], cwd=f"{work}/tree",
                                stdin=subprocess.DEVNULL, check=False, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, timeout=600,
                                env=dict(shell, OUTPOST_READY="1"))
        equal((result.stdout.decode(), result.returncode), (expected, 0),
              commands.splitlines()[0], result.stderr.decode())
done()

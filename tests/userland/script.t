#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""usage: tests/userland/script.t [-l]
What scripts print in the guest is what they printed on Linux 6.12 for riscv64 with the same
programs: script.sh, 650 lines of POSIX shell, and coreutils.sh, the commands of GNU coreutils.
-l makes what they printed there anew, NAME.linux."""
import os
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + "/../lib")
from outpost import TOP, done, equal, no_panic, ok, run

HERE = f"{TOP}/tests/userland"

SCRIPTS = {"script": ("dash", "mawk", "toybox"), "coreutils": ("dash", "coreutils", "toybox")}


def write_linux(name, ports):
    """What the script prints on Linux, to its file."""
    log = f"{TOP}/build/linux/{name}.log"
    program = f"#!/bin/sh\nsh /{name}.sh >/said 2>&1; status=$?; cat /said; exit $status\n"
    said = run_on_linux(ports, [f"{HERE}/{name}.sh:/{name}.sh"], {name: program}, log)
    text, status = said.get(name, ("", -1))
    if status < 0:
        sys.exit(f"script.t: Linux did not run {name}.sh to its end: {log}")
    with open(f"{HERE}/{name}.linux", "w", encoding="utf-8") as file:
        file.write(f"# SPDX-License-Identifier: MIT\n# What {name}.sh prints on Linux: made by script.t -l.\n")
        file.writelines(line.rstrip() + "\n" for line in [*text.rstrip().split("\n"), f"status {status >> 8}"])


def compare(name, ports, harts):
    """Every line as on Linux?"""
    with open(f"{HERE}/{name}.linux", encoding="utf-8") as file:
        expected = file.read().split("\n")[2:-1]
    options = ["-s", harts, "--add", f"{HERE}/{name}.sh:/{name}.sh"]
    if "coreutils" in ports:
        options += ["--add", f"{TOP}/build/ports/coreutils/root/gnu:/gnu"]
    result = run("sh", "-c", f"exec sh /{name}.sh 2>&1", options=options)
    lines = [*result.stdout.decode(errors="replace").rstrip().split("\n"), f"status {result.status}"]
    lines = [line.rstrip() for line in lines]
    different = [f"line {i + 1}: {got!r}, on Linux {wanted!r}"
                 for i, (got, wanted) in enumerate(zip(lines, expected)) if got != wanted]
    ok(not different, f"{name}.sh on {harts} harts: every line as on Linux", *different[:20])
    equal(len(lines), len(expected), "and as many", result)
    no_panic(result, "and the server's state is right")


if sys.argv[1:] == ["-l"]:
    from linux import run_on_linux
    for script, programs in SCRIPTS.items():
        write_linux(script, programs)
elif sys.argv[1:]:
    sys.exit(__doc__)
for script, programs in SCRIPTS.items():
    for count in "1", "4":
        compare(script, programs, count)
done()

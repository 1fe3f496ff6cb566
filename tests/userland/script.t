#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""usage: tests/userland/script.t [-l]
script.sh, 650 lines of POSIX shell, prints in the guest what it printed on Linux 6.12 for
riscv64 with the same dash and toybox: script.linux, which -l makes anew."""
import os
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + "/../lib")
from outpost import TOP, done, equal, no_panic, ok, run

HERE = f"{TOP}/tests/userland"

if sys.argv[1:] == ["-l"]:
    from linux import run_on_linux
    text, status = run_on_linux(("dash", "mawk", "toybox"), [f"{HERE}/script.sh:/script.sh"],
                                {"script": "#!/bin/sh\nexec sh /script.sh 2>&1\n"},
                                f"{TOP}/build/linux/script.log").get("script", ("", -1))
    if status < 0:
        sys.exit(f"script.t: Linux did not run it to its end: {TOP}/build/linux/script.log")
    with open(f"{HERE}/script.linux", "w", encoding="utf-8") as file:
        file.write("# SPDX-License-Identifier: MIT\n# What script.sh prints on Linux: made by script.t -l.\n")
        file.writelines(line.rstrip() + "\n" for line in [*text.rstrip().split("\n"), f"status {status}"])
with open(f"{HERE}/script.linux", encoding="utf-8") as file:
    expected = file.read().split("\n")[2:-1]
for harts in "1", "4":
    result = run("sh", "-c", "exec sh /script.sh 2>&1", options=["-s", harts, "--add", f"{HERE}/script.sh:/script.sh"])
    lines = [*result.stdout.decode(errors="replace").rstrip().split("\n"), f"status {result.status}"]
    lines = [line.rstrip() for line in lines]
    different = [f"line {i + 1}: {got!r}, on Linux {wanted!r}"
                 for i, (got, wanted) in enumerate(zip(lines, expected)) if got != wanted]
    ok(not different, f"{harts} harts: every line as on Linux", *different[:20])
    equal(len(lines), len(expected), "and as many", result)
    no_panic(result, "and the server's state is right")
done()

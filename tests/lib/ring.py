# SPDX-License-Identifier: MIT
#
# Runs TAP programs of a ring (build/tests/kernel, build/tests/user) in one boot and merges
# what they print: their tests are numbered on, each program must keep its own plan, and the
# pages and objects in use are the same before and after each. Start reading at ring().
"""A ring of TAP programs on a machine of any number of harts."""

import os
import re

from outpost import SECONDS, TOP, equal, no_panic, note, ok, run_many, skip

PROGRAM = re.compile(r"counters: before (pages=\d+ objects=\d+) after (pages=\d+ objects=\d+)")
KERNEL = re.compile(r"counters: pages_free=\d+ (objects=\d+ handles=\d+ mappings=\d+)")


def programs_of(folder):
    """Names of the ring's programs, as they were built."""
    path = f"{TOP}/build/tests/{folder}"
    names = os.listdir(path) if os.path.isdir(path) else []
    return sorted(n for n in names if os.path.exists(f"{TOP}/tests/{folder}/{n}.c"))


def merge(output, name, result):
    """The tests of one program, as tests of this one."""
    plan, count = None, 0
    for line in output.splitlines():
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
       *result.log_lines(name.split("/")[-1]))


def counters_are_even(names, result):
    """What the server said of each program's account, and init of the whole kernel."""
    found = PROGRAM.findall(result.log)[1::2]       # every other program is lua
    equal(len(found), len(names), "the server says the counters of each program", result)
    for name, (before, after) in zip(names, found):
        equal(after, before, f"{name}: its account's counters are equal afterwards")
    kernel = KERNEL.findall(result.log)
    if ok(len(kernel) == 2, "init says the kernel's counters before and after", result):
        equal(kernel[1], kernel[0], "and they are equal")


def ring(folder, names=None, arguments=None, harts=1, sstc=True, seconds=3 * SECONDS,
         options=(), before=()):
    """Run the programs, all of the folder unless names says which; what each printed, by its
    name. arguments: of a program, by its name. before: words before each program's. OUTPOST_KERNEL chooses another kernel, as for
    qemu-run.sh; OUTPOST_RING, names with blanks between, leaves out all others."""
    names = programs_of(folder) if names is None else names
    if os.environ.get("OUTPOST_RING"):
        names = [name for name in names if name in os.environ["OUTPOST_RING"].split()]
    if not names:
        skip(f"programs of tests/{folder}", "none is built")
        return {}
    runs = []
    for name in names:
        runs += [["lua", "-e", f"print('#@ {name}')"],
                 [*before, f"/t/{name}", *map(str, (arguments or {}).get(name, []))]]
    add = [word for name in names
           for word in ("--add", f"{TOP}/build/tests/{folder}/{name}:/t/{name}")]
    result = run_many(runs + [["lua", "-e", "print('#@ end')"]], seconds=seconds,
                      options=["-s", str(harts), "--append", "counters", *add, *options],
                      qemu=[] if sstc else ["-cpu", "rv64,sstc=off"])
    parts = re.split(r"^#@ (\S+)\n", result.stdout.decode(errors="replace"), flags=re.M)[1:]
    outputs = dict(zip(parts[::2], parts[1::2]))
    for name in names:
        merge(outputs.get(name, ""), f"{folder}/{name}", result)
    ok("end" in outputs and result.status == 0, "all programs were started", result)
    no_panic(result, "no panic")
    ok(result.log.count("state: 0 wrong") == len(runs) + 1,
       "the server's state was checked after each", result)
    counters_are_even(names, result)
    return outputs

#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# What cannot be run is refused with one clear line and a status, and the next program runs.
import os
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + "/../lib")
from bootimage import Elf, read_cpio
from outpost import TOP, done, equal, no_panic, note, ok, run_many, scratch

BOOT = os.environ.get("OUTPOST_BOOT", f"{TOP}/build/boot.cpio")
HELLO = read_cpio(BOOT)["bin/hello"]
first, second = Elf(HELLO).loads()[:2]
start = Elf(HELLO).get(first, "vaddr")
BAD = {
    "text": b"Hello world.\n",
    "empty": b"",
    "header-only": HELLO[:64],
    "half-header": HELLO[:33],
    "truncated": HELLO[:len(HELLO) // 2],
    "kernel-half": bytes(Elf(HELLO).set(first, vaddr=0xFFFFFFC000000000 + start).data),
    "overlapping": bytes(Elf(HELLO).set(second, vaddr=start).data),
    "wraps": bytes(Elf(HELLO).set(second, memsz=(1 << 64) - 1).data),
    "too-large": bytes(Elf(HELLO).set(second, memsz=1 << 44).data),
    "larger-than-memory": bytes(Elf(HELLO).set(second, memsz=8 << 30).data),
    "other-machine": HELLO[:18] + b"\x3e\0" + HELLO[20:],
}

for name, data in BAD.items():
    path = scratch(name, data)
    os.chmod(path, 0o755)
    options = ["--add", f"{path}:/tmp/{name}"]
    result = run_many([[f"/tmp/{name}"]], options=options)
    said = [line for line in result.log.splitlines() if name in line]
    ok(result.status not in (0, 124, 125) and result.stdout == b"",
       f"{name}: a status that is not 0", result)
    ok(len(said) == 1, f"{name}: one line on the log", *said, result)
    lines = result.stderr.decode(errors="replace").splitlines()
    ok(len(lines) == 1 and name in lines[0] or " pc 0x" in said[0],
       f"{name}: one line on stderr, or it ran and crashed", result)
    note(f"{result.status} {said[:1]}")
    no_panic(result, f"{name}: no panic")

result = run_many([["nosuch", "program"]])
ok(result.status == 127 and result.stderr.count(b"\n") == 1 and b"nosuch" in result.stderr and
   len(result.log_lines("nosuch")) == 1, "not found: one line, status 127", result)
result = run_many([[f"/tmp/{name}"] for name in BAD] + [["hello"]], options=[
    word for name in BAD for word in ("--add", f"{scratch(name)}:/tmp/{name}")])
equal((result.status, result.stdout), (0, b"Hello world.\n"), "after all of them hello runs", result)
done()

#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# Damaged programs, many in one boot: whatever they are and do, no panic and no hang; what
# runs after them runs. A damaged program may loop or sleep for ever, which is its right: that
# is recognised by the processor being in user mode or idle, and the rest run in the next boot.
import os
import re
import select
import socket
import subprocess
import sys
import time
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + "/../lib")
from bootimage import mutate_elf, read_cpio
from outpost import (SECONDS, TOP, command, commands, done, equal, log_path, note, ok,
                     read_log, scratch)

BOOT = os.environ.get("OUTPOST_BOOT", f"{TOP}/build/boot.cpio")
HELLO = read_cpio(BOOT)["bin/hello"]
STALL_SECONDS = 4       # without a word, before we look what the processor does
SAMPLES = 40
USER_END = 1 << 47
seed = int(os.environ.get("OUTPOST_SEED", "1"))
count = int(os.environ.get("OUTPOST_COUNT", "200"))
note(f"seeds {seed} to {seed + count - 1} (OUTPOST_SEED, OUTPOST_COUNT)")

folder = scratch("m")
os.mkdir(folder)
kinds = {}
for number in range(seed, seed + count):
    data, kinds[number] = mutate_elf(HELLO, number)
    with open(f"{folder}/{number}", "wb") as file:
        file.write(data)
    os.chmod(f"{folder}/{number}", 0o755)


def idle_range():
    """Addresses of the function in which the kernel waits for interrupts."""
    kernel = os.environ.get("OUTPOST_KERNEL", f"{TOP}/build/kernel.elf")
    nm = os.environ.get("CROSS_COMPILE", "riscv64-linux-gnu-") + "nm"
    for line in subprocess.run([nm, "-S", kernel], stdout=subprocess.PIPE, check=True,
                               text=True).stdout.splitlines():
        if line.endswith(" arch_idle"):
            start, size = (int(word, 16) for word in line.split()[:2])
            return range(start, start + size)
    return range(0)


def is_the_programs_fault(monitor):
    """Whether the machine's hart is ever seen in user mode or idle. A kernel that hangs does so
    with interrupts off: it is never seen elsewhere."""
    talk = socket.socket(socket.AF_UNIX)
    talk.settimeout(10)
    talk.connect(monitor)
    text = b""
    for sample in range(SAMPLES):
        talk.sendall(b"info registers\n")
        while text.count(b"x31/t6") <= sample:
            text += talk.recv(65536)
        time.sleep(0.01)
    pcs = [int(pc, 16) for pc in re.findall(rb"\bpc +([0-9a-f]+)", text)]
    note("processor at " + " ".join(sorted({hex(pc) for pc in pcs})[:8]))
    idle = idle_range()
    return sum(pc < USER_END or pc in idle for pc in pcs) > 1


def boot(numbers):
    """Run these; return how many were done, the log, and whether the last one goes on for ever."""
    runs = []
    for number in numbers:
        runs += [["lua", "-e", f"print('before {number}')"], [f"/m/{number}"]]
    runs.append(["lua", "-e", "print('before end') os.exit(33)"])
    path, log, monitor = scratch("run", commands(*runs)), log_path(), scratch("monitor")
    machine = subprocess.Popen(
        command(["hello"], ["--add", f"{path}:/boot/run", "--add", f"{folder}:/m"], 10 * SECONDS,
                log, ["-monitor", f"unix:{monitor},server,nowait"]),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        env=dict(os.environ, OUTPOST_READY="1"))
    output, endless_one, started = b"", False, time.monotonic()
    while True:
        if not select.select([machine.stdout], [], [], STALL_SECONDS)[0]:
            if not output and time.monotonic() - started < SECONDS:
                continue        # a slow boot
            endless_one = is_the_programs_fault(monitor)
            machine.terminate()
            break
        data = os.read(machine.stdout.fileno(), 65536)
        if not data:
            break
        output += data
    machine.stdout.close()
    status = machine.wait()
    return status, re.findall(rb"^before (\w+)$", output, flags=re.M), read_log(log), endless_one


left, refused, endless, boots = list(kinds), set(), set(), 0
while left:
    status, seen, log, endless_one = boot(left)
    boots += 1
    begun = [int(word) for word in seen if word != b"end"]
    refused |= {int(n) for n in re.findall(r"/m/(\d+): ", log)} - {
        int(n) for n in re.findall(r"/m/(\d+)[^:\n]* pc", log)}
    if not ok("PANIC" not in log, f"boot {boots}: no panic",
              f"after seed {begun[-1:]} ({kinds.get(begun[-1]) if begun else ''})",
              *log.splitlines()[-40:]):
        break
    if seen[-1:] == [b"end"]:
        equal(status, 33, f"boot {boots}: the last program runs")
        break
    if not ok(endless_one, f"boot {boots}: seed {begun[-1:]} does no more than loop or sleep",
              *log.splitlines()[-20:]):
        break
    endless.add(begun[-1])
    left = [number for number in left if number > begun[-1]]
note(f"{boots} boots; went on for ever: {sorted(endless)}; refused: {len(refused)}")
for kind in sorted(set(kinds.values())):
    of_kind = {number for number in kinds if kinds[number] == kind}
    note(f"{kind}: {len(of_kind)}, of these refused {len(of_kind & refused)}")
ok(refused, "some were refused by their headers")
ok(len(refused) <= count * 2 // 3, "at least a third was mapped or run")
done()

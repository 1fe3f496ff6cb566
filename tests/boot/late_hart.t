#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# OpenSBI 1.1 marks a hart as to be started before it writes down where: a hart that looks in
# between goes to where the machine's first hart went, the kernel's entry. Here gdb sends each
# hart there. The kernel starts it as if it had come the right way.
import os
import re
import shutil
import subprocess
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + "/../lib")
from outpost import TOP, command, done, equal, ok, skip

HARTS = 4
KERNEL = f"{TOP}/build/kernel.elf"


def symbol(name):
    """Where a symbol of the kernel is before address translation."""
    said = subprocess.run(["gdb-multiarch", "-nx", "-batch", "-ex", f"print/x &{name}", KERNEL],
                          stdout=subprocess.PIPE, text=True, check=True).stdout
    return int(re.search(r"0x[0-9a-f]+", said).group(0), 16) & 0xffffffff


if not shutil.which("gdb-multiarch"):
    skip("harts at the wrong entry", "no gdb-multiarch (scripts/setup -d installs it)")
    done()
machine = subprocess.Popen(command(["lua", "-e", "print(io.open('/proc/cpuinfo'):read('a'))"],
                                   ["-g", "-s", str(HARTS)]),
                           stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, text=True,
                           env=dict(os.environ, OUTPOST_READY="1"))
port = re.search(r"target remote :(\d+)", machine.stderr.readline()).group(1)
commands = ["set pagination off", "set confirm off", "set tcp auto-retry on",
            f"target remote :{port}", f"hbreak *{symbol('_start_hart')}"]
for _ in range(HARTS - 1):
    commands += ["continue", f"set $pc = {symbol('_start')}", "set $a1 = 0x1000"]
commands += ["delete", "continue"]
gdb = subprocess.run(["gdb-multiarch", "-nx", "-batch"] +
                     [word for line in commands for word in ("-ex", line)] + [KERNEL],
                     stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                     text=True, timeout=60, check=False)
said, log = machine.communicate(timeout=60)
equal(gdb.stdout.count("hit Breakpoint"), HARTS - 1, "each further hart is sent to the entry",
      gdb.stdout)
equal(machine.returncode, 0, "the system runs and ends all the same", gdb.stdout, log)
equal(len(re.findall(r"^hart\b", said, re.M)), HARTS, "with all its harts", said, log)
done()

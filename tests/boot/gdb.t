#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# gdb attaches (qemu-run.sh -g) and walks from inside the kernel through the trap to the user
# program's main: the frame information of arch/riscv64/entry.S is right.
import os
import re
import shutil
import subprocess
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + "/../lib")
from outpost import TOP, command, done, ok, skip

KERNEL, SERVER = f"{TOP}/build/kernel.elf", f"{TOP}/build/user/posix-server.elf"
if not shutil.which("gdb-multiarch"):
    skip("a backtrace through a trap", "no gdb-multiarch (scripts/setup -d installs it)")
    done()
machine = subprocess.Popen(command(["hello"], ["-g"]), stdin=subprocess.DEVNULL,
                           stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                           env=dict(os.environ, OUTPOST_READY="1"))
said = machine.stderr.readline()
port = re.search(r"target remote :(\d+)", said)
ok(port, "qemu-run.sh -g says how to attach", said)
commands = ["set pagination off", "set confirm off", "set tcp auto-retry on",
            f"target remote :{port.group(1)}", "hbreak sys_endpoint_post", "continue",
            f"add-symbol-file {SERVER}", "backtrace", "kill"]
gdb = subprocess.run(["gdb-multiarch", "-nx", "-batch"] +
                     [word for line in commands for word in ("-ex", line)] + [KERNEL],
                     stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                     text=True, timeout=60, check=False)
machine.wait(60)
frames = re.findall(r"^#\d+ .*", gdb.stdout, re.M)
ok(frames and "sys_endpoint_post" in frames[0], "it stops in the kernel", gdb.stdout)
ok(any("<signal handler called>" in frame for frame in frames), "sees the trap", gdb.stdout)
ok(any("native_main" in frame for frame in frames), "and the POSIX server's main behind it",
   gdb.stdout)
done()

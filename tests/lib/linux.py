# SPDX-License-Identifier: MIT
#
# For tests that compare with Linux: programs of ours and of the ports, built from the same sources
# by the same compiler, run on Debian's Linux 6.12 for riscv64 under the same QEMU.
"""Runs on Linux."""

import os
import re
import subprocess
import tempfile
import threading

from outpost import TOP

HANG = 60 * 60      # seconds; the longest run takes some minutes


def said_by(command, seconds, each=None, **others):
    """What a command prints, all of it; ended after so many seconds. each(pid, line) is called
    when a line has come."""
    said = []
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          **others) as process:
        limit = threading.Timer(seconds, process.kill)
        limit.start()
        for line in process.stdout:
            said.append(line)
            if each:
                each(process.pid, line)
        limit.cancel()
    return b"".join(said)


def run_on_linux(ports, files, programs, log, options=(), each=None, seconds=120):
    """Output of each program: name -> (text, wait status). ports: whose files are in the image;
    files: SRC:DEST, as mkboot takes them; programs: name -> text of a script; its first line names
    the interpreter. log: a file that keeps what came over the serial line. options: qemu-run.sh's.
    each: see said_by. seconds: a program that runs longer hangs."""
    subprocess.run([f"{TOP}/scripts/test-linux", "startup"], stdout=subprocess.DEVNULL, check=True)
    subprocess.run([f"{TOP}/scripts/build-port", "-l", *ports], check=True)
    with tempfile.TemporaryDirectory() as work:
        given = [f"{TOP}/build/ports-linux/{port}/root:/" for port in ports] + list(files)
        given += [f"{TOP}/user/root/etc:/etc", ":/root", ":/dev", ":/tmp"]
        given.append(f"{TOP}/build/linux/root/init:/init")
        for name, text in programs.items():
            path = f"{work}/{name}"
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            os.chmod(path, 0o755)
            given.append(f"{path}:/tests/{name}")
        image = f"{work}/initramfs"
        subprocess.run([f"{TOP}/scripts/mkboot", "-l", image, *given], check=True)
        line = subprocess.run([f"{TOP}/qemu-run.sh", "-n", "-m", "1G", *options, "--append",
                               "console=ttyS0 no5lvl quiet panic=-1 rdinit=/init "
                               f"seconds={seconds}"],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                              check=True, env=dict(os.environ, OUTPOST_BOOT=image, OUTPOST_READY="1",
                                                   OUTPOST_KERNEL=f"{TOP}/build/linux/vmlinux")).stdout
        said = said_by(["sh", "-c", f"exec {line}"], HANG, each)
    with open(log, "wb") as file:
        file.write(said)
    text = said.decode(errors="replace").replace("\r\n", "\n")
    parts = re.split(r"^#@ (\S+)\n", text, flags=re.M)
    results = {}
    for name, part in zip(parts[1::2], parts[2::2]):
        if name != "end":
            output, _, status = part.rpartition("\n#= ")
            results[name] = (output, int(status.strip() or -1))
    return results

#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# Programs that are linked dynamically: the same cases on the host's Linux, by its compiler, and
# on Outpost, by outpost-cc; and what a missing or bad dynamic linker makes of exec.
import os
import subprocess
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + "/../lib")
from outpost import TOP, done, equal, no_panic, ok, run, run_many, scratch

SOURCE = f"{TOP}/tests/posix/dynamic"


def build(compiler, folder, rpath):
    """main, libcounter.so and libplugin.so in a folder; where they will be looked for."""
    os.mkdir(folder)
    shared = [*compiler, "-O1", "-fno-builtin", "-shared", "-fPIC"]
    use = [f"-L{folder}", "-lcounter", f"-Wl,-rpath,{rpath}"]
    subprocess.run([*shared, f"{SOURCE}/counter.c", "-o", f"{folder}/libcounter.so"], check=True)
    subprocess.run([*shared, f"{SOURCE}/plugin.c", *use, "-o", f"{folder}/libplugin.so"],
                   check=True)
    subprocess.run([*compiler, "-O1", "-fno-builtin", "-pie", "-fPIE", "-rdynamic",
                    f"{SOURCE}/main.c", *use, "-o", f"{folder}/main", "-lpthread", "-ldl"],
                   check=True)


def show(lines):
    """Pass on the TAP of a program."""
    for line in lines:
        if line.startswith(("ok ", "not ok ")):
            ok(line.startswith("ok"), line.split(" - ", 1)[1])
        else:
            print(f"# {line}")


here = scratch("linux")
build(["gcc"], here, here)
linux = subprocess.run([f"{here}/main", here], stdout=subprocess.PIPE, text=True, check=False)
equal(linux.returncode, 0, "all cases pass on the host's Linux", linux.stdout)

there = scratch("outpost")
build([f"{TOP}/scripts/outpost-cc"], there, "/dyn")
result = run("/dyn/main", "/dyn", options=["--add", f"{there}:/dyn"])
show(result.stdout.decode().splitlines())
equal(result.status, 0, "status 0", result)
no_panic(result, "no panic")

# A dynamic linker that is not there, and one that is no program.
for name, linker in (("lost", "/lib/none"), ("text", "/tmp/text")):
    subprocess.run([f"{TOP}/scripts/outpost-cc", "-pie", f"-Wl,-dynamic-linker,{linker}",
                    f"{TOP}/user/apps/hello/hello.c", "-o", scratch(name)], check=True)
with open(scratch("words"), "w", encoding="utf-8") as file:
    file.write("no linker")
os.chmod(scratch("words"), 0o755)
result = run_many([["/tmp/lost"], ["/tmp/bad"]],
                  options=["--add", f"{scratch('lost')}:/tmp/lost", "--add",
                           f"{scratch('text')}:/tmp/bad", "--add", f"{scratch('words')}:/tmp/text"])
equal(len(result.log_lines("its dynamic linker is not there")), 1, "one that is not there", result)
equal(len(result.log_lines("its dynamic linker cannot be loaded")), 1, "one that is no program",
      result)
no_panic(result, "no panic")
done()

#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# --share when the host does not answer: a read that hangs is EIO after a time, a signal ends it
# before, programs that want something else go on, and so do those that want another file, however
# many reads hang. The host hangs by a library that QEMU is loaded with. Hanging reads begin one
# after the other: of two at once QEMU may queue one behind the other's thread, with what follows.
import os
import subprocess
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + "/../lib")
from outpost import DATA, done, equal, no_panic, run, scratch

LIBRARY = scratch("slow_host.so")
subprocess.run(["gcc", "-O1", "-w", "-shared", "-fPIC", f"{DATA}/slow_host.c", "-o", LIBRARY, "-ldl"],
               check=True)
SHARE = scratch("share")
os.mkdir(SHARE)
for name in ["file", *(f"hangs{i}" for i in range(20))]:
    with open(f"{SHARE}/{name}", "w", encoding="utf-8") as file:
        file.write(f"this is {name}\n")
os.chmod(f"{SHARE}/hangs0", 0o755)


def guest(script):
    result = run("sh", "-c", f"cd /host; {script}", options=["--share", SHARE],
                 environment={"LD_PRELOAD": LIBRARY})
    no_panic(result, "the server's state is right")
    return result


result = guest("cat hangs1 & waits=$!; cat file; echo here >/tmp/own; cat /tmp/own; wait $waits; echo $?; cat file")
equal((result.stdout, b"I/O error" in result.stderr or b"Input/output error" in result.stderr),
      (b"this is file\nhere\n1\nthis is file\n", True), "a read that hangs is EIO, others go on", result)

# hung I: wait until the host hangs in hangsI.
HUNG = "hung() { until [ -e .hangs$1 ]; do sleep .1; done; }; rm -f .hangs*;"
result = guest(HUNG + "for i in 1 9 15; do cat hangs$i & last=$!; hung $i; kill -$i $last; wait $last; echo $?; done;"
               "./hangs0 & hung 0; kill $!; wait $!; echo $?; cat file")
equal(result.stdout, b"129\n137\n143\n143\nthis is file\n", "signals end it before", result)

result = guest("""for i in $(seq 0 19); do cat hangs$i 2>/dev/null & all="$all $!"; sleep .1; done; sleep 1; cat file
kill $all; wait; cat file; ls | wc -l""")
equal(result.stdout, b"this is file\nthis is file\n21\n", "twenty that hang leave room", result)

# Who asks again and again for the same takes no more of it.
result = guest("""for j in 1 2 3; do for i in $(seq 12); do cat hangs1 2>/dev/null & sleep .1; done; wait; done; cat file""")
equal(result.stdout, b"this is file\n", "one that hangs takes a bounded part", result)
done()

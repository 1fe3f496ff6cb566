#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# poweroff and reboot, from a program and from the console: processes are asked to end, those
# that do not listen are ended, the machine's exit status is that of a success; reboot(2)
# itself comes with force.
import os
import re
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + "/../lib")
from outpost import done, equal, no_panic, ok, run
from serial import Shell

LISTENS = "trap 'echo goodbye; exit' TERM; echo ready >/tmp/a; while :; do sleep 0.01; done"
DEAF = "trap '' TERM; echo ready >/tmp/b; while :; do sleep 10; done"
READY = "while [ ! -s /tmp/a ] || [ ! -s /tmp/b ]; do sleep 0.01; done"
# The sleep that each waits in is ended as well, which its shell may or may not live to report.
result = run("sh", "-c", f"trap : TERM; ({LISTENS}) 2>/dev/null & ({DEAF}) 2>/dev/null & "
             f"{READY}; poweroff; echo not reached")
equal((result.status, result.stdout, result.stderr), (0, b"goodbye\n", b""),
      "poweroff: who listens says goodbye, who does not is ended, nobody goes on", result)
no_panic(result, "and the server's state is right")
result = run("sh", "-c", "poweroff -f; echo not reached")
equal((result.status, result.stdout), (0, b""), "poweroff -f: at once", result)
result = run("sh", "-c", "(sleep 0.05; reboot -f) & sleep 100; echo not reached")
equal((result.status, result.stdout), (0, b""), "reboot of a batch run ends it", result)
result = run("sh", "-c", "trap '' TERM; (exec nosuch); poweroff -x; echo $?")
equal((result.status, result.stdout), (0, b""), "an option that is none powers off, too", result)

shell = Shell()
shell.send("sleep 1000 &\rreboot\r")
shell.expect("OpenSBI")
shell.expect("/root # ")
ok(True, "reboot on the console: the machine comes again")
shell.send("halt\r")
equal(shell.ended(), 0, "halt ends it")
shell = Shell()
shell.send("\x04")
equal(shell.ended(), 0, "and so does ^D at the prompt")
done()

#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# /etc/services: what it says is started, and again as it says; a bad line is named and costs
# nothing else; what dies too often is given up; all has ended when the machine goes off.
import os
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + "/../lib")
from outpost import done, equal, no_panic, ok, run, scratch

NATIVE = """uart always console device=ns16550a interrupt log /boot/uart
posix always posix log schedule /boot/posix-server
"""


def boot(lines, **others):
    path = scratch("services", NATIVE + lines)
    result = run(options=["--add", f"{path}:/etc/services"], **others)
    result.stdout = result.stdout.replace(b"\r", b"")   # what goes through the terminal
    return result


result = boot('shell never terminal /bin/sh -c "echo out; echo err >&2; exit 7" # end\n')
equal((result.stdout, result.stderr, result.status), (b"out\n", b"err\n", 7),
      "the terminal's service is the session", result)

result = boot('shell always terminal /bin/sh -c "echo x >>/tmp/x; wc -l </tmp/x"\n')
equal(result.stdout, b"1\n2\n3\n4\n5\n", "started again, until it was too often", result)
equal(len(result.log_lines("posix: shell ended 5 times within 10 s: giving it up")), 1,
      "which is said", result)

result = boot("""shell on-failure terminal /bin/sh -c "echo x >>/tmp/x; test $(wc -l </tmp/x) = 3"
""")
equal((result.stdout, result.status), (b"", 0), "on failure: until it is well", result)

result = boot("""
dies always /bin/sh -c "echo died; kill -9 $$"
once never /bin/sh -c "echo once; exit 1"
well on-failure /bin/echo well
shell never terminal /bin/sh -c "sleep 2; echo end"
""")
equal(sorted(result.stdout.split(b"\n")), [b""] + [b"died"] * 5 + [b"end", b"once", b"well"],
      "services beside the shell", result)
equal(len(result.log_lines("posix: dies ended by signal 9")), 5, "each death is said", result)
equal(len(result.log_lines("giving it up")), 1, "one is given up, the others go on", result)

result = boot("""
two never
lines sometimes /bin/echo lines
devices always device=nothing /bin/echo devices
quote always /bin/echo "never
nothing always terminal
posix never /bin/echo posix
good never /bin/echo good
good never /bin/echo twice
shell never terminal /bin/sh -c "sleep 0.5; echo shell"
other never terminal /bin/echo other
absent never /bin/absent
""" + "x" * 1001 + "\n")
equal(result.stdout, b"good\nshell\n", "bad lines lose nothing else", result)
for line, why in ((4, "no program"), (5, "none of never, on-failure, always"),
                  (6, "handles are only for"), (7, "quote"), (8, "no program"),
                  (9, "has that name"), (11, "has that name"), (13, "the terminal is taken"),
                  (15, "longer than")):
    ok(any(f"/etc/services:{line}: " in text and why in text
           for text in result.log_lines("/etc/services:")), f"line {line}: {why}", result)
ok(result.log_lines("/bin/absent: not found"), "a program that is not there is said", result)

result = boot("""
stays always /bin/sh -c "exec 2>/dev/null; trap 'echo asked; exit' TERM; while :; do sleep 0.1; done"
deaf always /bin/sh -c "trap '' TERM; while :; do sleep 0.1; done"
shell always terminal /bin/sh -c "sleep 0.5; poweroff"
""")
equal((result.stdout, result.status), (b"asked\n", 0),
      "poweroff asks services, and ends those that do not listen", result)
no_panic(result, "cleanly")

result = run(options=["--add", f"{scratch('services', 'uart always /bin/echo')}:/etc/services"])
ok(result.status != 0 and result.log_lines("has no good line for a console or for posix"),
   "without a console there is a reason", result)
done()

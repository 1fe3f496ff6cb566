# SPDX-License-Identifier: MIT
#
# For tests that type at the shell on the serial console, as a user does, through a pty. The
# shell's prompt is changed to one that says the last exit status, so that each command's
# output ends where the next prompt begins. A time limit only detects a hang.
"""A shell on the guest's console."""

import os
import re

import pexpect

from outpost import QEMU_RUN, SECONDS, log_path, ok

PROMPT = re.compile(rb"\[(\d+)\]# ")


class Shell:
    """./qemu-run.sh on a terminal, up to the prompt."""

    def __init__(self, options=(), rows=24, columns=80):
        self.child = pexpect.spawn(QEMU_RUN, ["-t", str(3 * SECONDS), "--log", log_path(), *options],
                                   timeout=SECONDS, dimensions=(rows, columns),
                                   env=dict(os.environ, OUTPOST_READY="1"))
        self.child.delaybeforesend = None
        self.child.expect_exact(b"/root # ")
        self.banner = self.child.before
        self.status = None
        self.send("PS1='[$?]# '\r")
        self.expect(PROMPT)

    def send(self, text):
        self.child.send(text)

    def expect(self, pattern):
        """Wait for a pattern (compiled) or a text; what came before it."""
        if isinstance(pattern, (str, bytes)):
            text = pattern.encode() if isinstance(pattern, str) else pattern
            pattern = re.compile(re.escape(text).replace(b"\\\n", b"\r+\n"))
        self.child.expect(pattern)
        return self.child.before

    def until_prompt(self):
        """Output up to the next prompt; its status is in self.status."""
        before = self.expect(PROMPT)
        self.status = int(self.child.match[1])
        return re.sub(rb"\r+\n", b"\n", before).decode("utf-8", "replace")

    def run(self, line):
        """Type a line (or several); what came after its echo."""
        self.send(line.replace("\n", "\r") + "\r")
        output = self.until_prompt()
        return output.partition("\n")[2] if line else output

    def equal(self, line, expected, name=None, status=0):
        """One test: the line prints this and ends with the status."""
        try:
            got = self.run(line)
        except pexpect.ExceptionPexpect:
            return ok(False, name or line, f"no prompt; before: {self.child.before!r}")
        return ok(got == expected and self.status == status, name or line,
                  f"     got {got!r}, status {self.status}", f"expected {expected!r}, {status}")

    def ended(self):
        """Wait for QEMU's end; its exit status."""
        self.child.expect(pexpect.EOF)
        self.child.close()
        return self.child.exitstatus

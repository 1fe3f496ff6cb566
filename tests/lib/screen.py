# SPDX-License-Identifier: MIT
#
# For tests of full-screen programs: what the bytes on the serial line put on the screen of a
# terminal (pyte, a terminal emulator in Python). A golden screen is a file of tests/data/screens:
# the rows without trailing blanks, then a line "row,column" of the cursor, both from 1.
"""A terminal's screen."""

import difflib

import pexpect
import pyte

from outpost import DATA, SECONDS, ok


class Screen:
    """What a pexpect child has drawn so far."""

    def __init__(self, child, rows=24, columns=80):
        self.child = child
        self.screen = pyte.Screen(columns, rows)
        self.stream = pyte.ByteStream(self.screen)

    def text(self):
        """As a golden file has it."""
        rows = "".join(row.rstrip() + "\n" for row in self.screen.display)
        return f"{rows}{self.screen.cursor.y + 1},{self.screen.cursor.x + 1}\n"

    def wait(self, condition):
        """Draw until the condition holds of the text; whether it came to hold."""
        while not condition(self.text()):
            try:
                self.stream.feed(self.child.read_nonblocking(4096, timeout=SECONDS))
            except (pexpect.TIMEOUT, pexpect.EOF):
                return False
        return True

    def golden(self, name, label):
        """One test: the screen becomes that of the file."""
        with open(f"{DATA}/screens/{name}", encoding="utf-8") as file:
            expected = file.read()
        came = self.wait(lambda text: text == expected)
        return ok(came, label, *difflib.unified_diff(expected.splitlines(), self.text().splitlines(),
                                                     "expected", "got", lineterm=""))

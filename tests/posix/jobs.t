#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# Job control on the serial console: ^Z of a running program, ^C of a pipeline, a read and a
# write from the background. What the programs do is in jobs.c.
import os
import re
import subprocess
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + "/../lib")
import pexpect
from outpost import SECONDS, TOP, command, done, equal, ok, scratch

os.environ["OUTPOST_READY"] = "1"
PROGRAM = scratch("jobs")
subprocess.run([f"{TOP}/scripts/outpost-cc", "-O1", f"{TOP}/tests/posix/jobs.c", "-o", PROGRAM],
               check=True)


def expect(child, text, name):
    """One test: the text comes."""
    pattern = re.escape(text.encode()).replace(b"\\\n", b"\r+\n")
    found = child.expect([pattern, pexpect.EOF, pexpect.TIMEOUT]) == 0
    return ok(found, name, f"before: {child.before!r}")


line = command(["/tmp/jobs"], options=["--add", f"{PROGRAM}:/tmp/jobs"])
child = pexpect.spawn(line[0], line[1:], timeout=SECONDS, dimensions=(24, 80))
expect(child, "running\n", "a job has the terminal and runs")
child.send("\x1a")
expect(child, "^Z", "^Z is echoed")
expect(child, "run: stopped by 20\n", "^Z stops it, and the shell goes on")
expect(child, "again\n", "the job goes on in the foreground")
child.send("\x03")
expect(child, "^C", "^C is echoed")
expect(child, "run: killed by 2\n", "^C ends it")
expect(child, "pipeline\n", "a job of three processes")
child.send("\x03")
for number in range(3):
    expect(child, "pipeline: killed by 2\n", f"^C ends process {number} of three")
expect(child, "read: stopped by 21\n", "a read in the background stops the job")
child.send("a line\r")
expect(child, "job read a line\n", "in the foreground it reads")
expect(child, "read: exit 7\n", "and ends")
expect(child, "write: stopped by 22\n", "a write in the background stops the job with TOSTOP")
expect(child, "from the background\n", "in the foreground it writes")
expect(child, "write: exit 0\n", "and ends, too")
equal(child.expect([pexpect.EOF, pexpect.TIMEOUT]), 0, "the shell ends", child.before)
child.close()
equal(child.exitstatus, 0, "and its status is 0")
done()

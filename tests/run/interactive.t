#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# On a terminal: echo, erase, kill and ^D of the line discipline, with a program and on
# the console. The terminal is a pexpect pty; the guest's tty does the echo.
import os
import re
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + "/../lib")
import pexpect
from outpost import QEMU_RUN, SECONDS, command, done, equal, log_path, ok

os.environ["OUTPOST_READY"] = "1"


def expect(child, text, name):
    """One test: the text comes. Newlines may have more than one carriage return: on the raw
    console QEMU's terminal adds one to the guest's."""
    pattern = re.escape(text.encode("latin-1")).replace(b"\\\n", b"\r+\n")
    found = child.expect([pattern, pexpect.EOF, pexpect.TIMEOUT]) == 0
    return ok(found, name, f"before: {child.before!r}")


def lua_on_a_terminal():
    line = command(["lua"])
    child = pexpect.spawn(line[0], line[1:], timeout=SECONDS, dimensions=(24, 80))
    expect(child, "> ", "lua: a prompt")
    child.send("print(6*7)\r")
    expect(child, "print(6*7)\n42\n> ", "what is typed is echoed and answered")
    child.send("print(6*78\x7f)\r")
    expect(child, "42\n> ", "erase takes one character")
    child.send("error('no')\x15print(6*7)\r")
    expect(child, "42\n> ", "kill takes the line")
    child.send("io.write(6\x04*7, '\\n')\r")
    expect(child, "42\n", "^D in a line only passes on what is there")
    child.send("print(io.stdin:read('l'))\rgr\xc3\xbc\xc3\x9f\x7f\r".encode("latin-1"))
    expect(child, "\ngr\xc3\xbc\xc3", "other bytes pass")
    child.send("\x04")
    equal(child.expect([pexpect.EOF, pexpect.TIMEOUT]), 0, "^D ends lua", child.before)
    child.close()
    equal(child.exitstatus, 0, "and its status is 0")


def console():
    child = pexpect.spawn(QEMU_RUN, ["-t", str(SECONDS), "--log", log_path()],
                          timeout=SECONDS, dimensions=(24, 80))
    expect(child, "/root # ", "the console has a shell")
    ok(re.search(rb"\nOutpost .*\n.*lines of kernel.*\n.*help", child.before),
       "after a banner of three lines", child.before)
    child.send("echo $((6*7))\r")
    expect(child, "42\n/root # ", "which answers")
    child.send("echo > /dev/crash\r")
    expect(child, "init: posix died", "the POSIX server crashes: said")
    print(f"# {child.before[-300:]!r}")
    expect(child, "/root # ", "the console is back")
    child.send("echo $((6*7))\r")
    expect(child, "42\n/root # ", "and answers")
    child.send("\x01x")
    equal(child.expect([pexpect.EOF, pexpect.TIMEOUT]), 0, "^A x leaves")


lua_on_a_terminal()
console()
done()

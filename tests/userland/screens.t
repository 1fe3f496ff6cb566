#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# Full-screen programs on the serial console: vim (which is vi here) and nano edit a file, less
# shows it, top refreshes. The golden screens of vim and nano are those of the same versions
# on Debian (vim.tiny -u DEFAULTS, nano -I) in a terminal of 24 rows and 80 columns.
import os
import re
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + "/../lib")
from outpost import DATA, done, equal, ok
from screen import Screen
from serial import Shell

with open(f"{DATA}/screens/text", encoding="utf-8") as file:
    text = file.read().splitlines()
shell = Shell(["--add", f"{DATA}/screens/text:/text"])


def start(command):
    """Its screen, from an empty one."""
    shell.run("stty -echo; cp /text /tmp/text")
    shell.send(command + "\r")
    return Screen(shell.child)


def finish(label):
    """Up to the prompt, of which a program's last screen may be a part."""
    shell.until_prompt()
    equal(shell.status, 0, label)


def content(expected, label):
    shell.run("stty echo")
    got = shell.run("cat /tmp/text").splitlines()
    equal(got, expected, label)


screen = start("vi /tmp/text")
screen.golden("vim-1", "vi: the first screen")
shell.send("/needle\r")
screen.golden("vim-2", "a search")
shell.send("ddggPOfirst of all\x1b:%s/forty/42/g\r")
screen.golden("vim-3", "a line moved, one added, a word replaced everywhere")
shell.send("yyppu5Gdwx\x1bA, at the end\x1bZZ")
finish("it ends")
lines = ["first of all", text[29], *text[:29], *text[30:]]
lines = [line.replace("forty", "42") for line in lines]
lines[4] = re.sub(r"^line 3", "", lines[4]) + ", at the end"
# "yyp" twice, and one of them undone: one copy of the last line.
content([*lines, lines[-1]], "and has written what was typed")

screen = start("nano /tmp/text")
screen.golden("nano-1", "nano: the first screen")
shell.send("\x17needle\r")
screen.golden("nano-2", "a search")
shell.send("\x0b\x1b\\\x15added at the top\r")
screen.golden("nano-3", "a line cut, and pasted at the top")
shell.send("\x0f")
screen.golden("nano-4", "the question for a name")
shell.send("\r")
ok(screen.wait(lambda shown: "[ Wrote 41 lines ]" in shown), "it says that it wrote", screen.text())
shell.send("\x18")
finish("it ends")
content([text[29], "added at the top", *text[:29], *text[30:]], "and has written what was typed")

screen = start("less /tmp/text")
ok(screen.wait(lambda shown: "\n/tmp/text\n" in shown), "less: the first screen", screen.text())
shell.send(" ")
ok(screen.wait(lambda shown: "\n(END)\n" in shown and "\nline 40 of forty\n" in shown), "to the end", screen.text())
shell.send("1G/Größe\r")
ok(screen.wait(lambda shown: shown.startswith("Größe, naïve")), "a search for what is not ASCII", screen.text())
shell.send("q")
finish("q leaves")

# top: one program that spins is seen at the head of the list, and its time grows.
shell.run("stty -echo; sh -c 'while :; do :; done' & echo $! >/tmp/pid")
pid = shell.run("cat /tmp/pid").strip()
shell.send("top -d 1\r")
screen = Screen(shell.child)


def seconds(shown):
    """The processor time of the spinning program, as top shows it in the first line, or None."""
    found = re.search(rf"^ *{pid} .* (\d+):(\d+)\.(\d+) ", shown, re.M)
    return found and int(found[1]) * 60 + int(found[2]) + int(found[3]) / 100


ok(screen.wait(seconds), "top shows who spins", screen.text())
first = seconds(screen.text()) or 0
ok(screen.wait(lambda shown: (seconds(shown) or 0) > first), "and its time grows: it refreshes", screen.text())
shell.send("q")
shell.until_prompt()
shell.run("kill $!; wait")
shell.send("\x04")
equal(shell.ended(), 0, "^D ends the session")
done()

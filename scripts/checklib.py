# SPDX-License-Identifier: MIT
"""What the scripts/check-* programs share: the tree, C without its comments, a report.

A check prints one line "check-NAME: what was looked at: ok" or, for each violation,
"path:line: rule", and then ends with status 1. It takes -h and nothing else unless it says so.
"""
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
NOT_OURS = {"build", ".git", "__pycache__"}

# A comment, a string or a character constant. Newlines inside are kept by blank().
_C = re.compile(r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", re.S)


def files(tops, endings=None):
    """Paths, relative to the root, of our files under the given files and directories; no links,
    which may lead to what is only in the guest."""
    found = []
    for top in tops:
        if os.path.isfile(os.path.join(ROOT, top)):
            found.append(top)
        for at, dirs, names in os.walk(os.path.join(ROOT, top)):
            dirs[:] = sorted(d for d in dirs if d not in NOT_OURS)
            paths = [os.path.join(at, n) for n in sorted(names)]
            found += [os.path.relpath(p, ROOT) for p in paths if not os.path.islink(p)]
    return [f for f in found if endings is None or f.endswith(tuple(endings))]


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8", errors="replace") as f:
        return f.read()


def blank(text, strings=True):
    """C or assembly with comments (and the insides of strings) turned into blanks."""
    def hide(match):
        found = match.group()
        if found[0] == "/":
            return re.sub(r"[^\n]", " ", found)
        return found[0] + " " * (len(found) - 2) + found[-1] if strings else found
    return _C.sub(hide, text)


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def functions(text):
    """(first line, last line, name, body) of each C function: its braces are in column 1."""
    text = blank(text)
    for match in re.finditer(r"^\{\n(.*?)^\}", text, re.S | re.M):
        head = text[:match.start()].rstrip()
        if head.endswith(")") or head.endswith("noreturn"):
            start = max(head.rfind("\n\n"), head.rfind(";"), head.rfind("}"))
            name = re.search(r"(\w+)\s*\(", head[start + 1:])
            yield (line_of(text, match.start()), line_of(text, match.end()),
                   name.group(1) if name else "?", match.group(1))


class Report:
    def __init__(self, options=""):
        self.name = os.path.basename(sys.argv[0])
        self.count = 0
        self.options = sys.argv[1:]
        if "-h" in self.options:
            print(f"usage: scripts/{self.name} [-h{options}]\n{sys.modules['__main__'].__doc__}")
            sys.exit(0)
        for option in self.options:
            if len(option) != 2 or option[0] != "-" or option[1] not in options:
                sys.exit(f"{self.name}: unknown option {option}")

    def fail(self, path, line, rule):
        self.count += 1
        print(f"{path}:{line}: {rule}")

    def end(self, seen):
        if self.count:
            print(f"{self.name}: {self.count} violations")
            sys.exit(1)
        print(f"{self.name}: {seen}: ok")

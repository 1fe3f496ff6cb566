#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# tcc in the guest: make -j4 builds a program of several files there, linked dynamically and
# statically; it prints what the same source prints on the host. Then the cases that come with
# tcc's source: each is compiled and run, and prints what its author expects.
import os
import subprocess
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + "/../lib")
from outpost import DATA, TOP, done, equal, no_panic, ok, run, scratch

CASES = f"{TOP}/build/src/tcc/tests/tests2"
TCC = ["--add", f"{TOP}/build/ports/tcc/root:/"]
NOT_HERE = {
    "34_array_assignment": "is not C; tcc's own makefile leaves it out",
    "60_errors_and_warnings": "-dt, which needs -run",
    "85_asm-outside-function": "x86 assembly", "98_al_ax_extend": "x86 assembly",
    "96_nodata_wanted": "-dt, which needs -run",
    "99_fastcall": "x86 assembly",
    "112_backtrace": "-b, and not with musl", "113_btdll": "-b, and x86 only",
}
# What is run: a case, how it is compiled, its arguments.
SPECIAL = r"""set --
case $case in
31_*) set -- arg1 arg2 arg3 arg4 arg5 ;;
46_*) set -- '[^* ]*[:a:d: ]+\:\*-/: $' 46_grep.c ;;
76_*) flags=-fdollars-in-identifiers ;;
104_*) flags=104+_inline.c ;;
106_*) flags=-pthread ;;
esac"""
LOOP = f"""cd /cases; for case; do flags=
{SPECIAL}
{{ tcc $flags $case.c -o /tmp/a && /tmp/a "$@"; }} >/tmp/out 2>&1 </dev/null
diff -bu $case.expect /tmp/out >/tmp/diff && echo "$case same" || {{ echo $case; sed 's/^/# /' /tmp/diff; }}
done"""

# The same source on the host.
words = scratch("words")
subprocess.run(["gcc", "-w", "-o", words, f"{DATA}/tcc/words.c", f"{DATA}/tcc/table.c", "-lm"], check=True)
with open(f"{DATA}/tcc/table.c", "rb") as file:
    text = file.read()
host = subprocess.run([words, "an argument"], input=text, stdout=subprocess.PIPE, check=False)
result = run("sh", "-c", """cd /src; cat >/tmp/text; make -s -j4 && ./words 'an argument' </tmp/text; echo $?
make -q; echo $?; touch table.h; make -n | grep -c 'tcc -c'
rm words; make -s LDFLAGS=-static && ./words 'an argument' </tmp/text; echo $?
echo 'int main(void) { return nosuch; }' | tcc -; echo $?""", stdin=text,
             options=[*TCC, "--add", f"{DATA}/tcc:/src", "-s", "2"])
said = host.stdout + b"%d\n" % host.returncode
ok(host.returncode == 374 % 100 and b"\n374 words, root 19.339080 124.6667, an argument\n" in host.stdout,
   "the host's run counts the words")
equal(result.stdout, said + b"0\n2\n" + said + b"1\n", "make -j4 with tcc: dynamic and static, as on the host",
      result)
equal(result.stderr, b"-:1: error: 'nosuch' undeclared\n", "an error in the source is said")
no_panic(result, "and the server's state is right")

names = sorted(name[:-7] for name in os.listdir(CASES) if name.endswith(".expect"))
names = [name for name in names if name not in NOT_HERE]
result = run("sh", "-c", LOOP, "sh", *names, options=[*TCC, "--add", f"{CASES}:/cases"])
lines = result.stdout.decode(errors="replace").splitlines()
ok([line for line in lines if line[:1] != "#"] == [f"{name} same" for name in names],
   f"{len(names)} cases of tcc's own tests", *(x for x in lines if not x.endswith(" same")), result)
ok(len(names) > 90, "which are nearly all of them")
done()

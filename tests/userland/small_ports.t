#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# Ports that need no terminal and no test of their own: GNU bc and dc, MuJS. What they have to
# print is worked out here.
import math
import os
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + "/../lib")
from outpost import DATA, TOP, done, equal, no_panic, ok, run

ROOTS = [word for name in ("bc", "mujs") for word in ("--add", f"{TOP}/build/ports/{name}/root:/")]


def pi(digits):
    """Pi, cut after so many digits, by Machin's formula in whole numbers."""
    def arctangent(x):
        term = total = 10 ** (digits + 10) // x
        n, sign = 3, -1
        while term:
            term //= x * x
            total += sign * (term // n)
            n, sign = n + 2, -sign
        return total
    text = str((16 * arctangent(5) - 4 * arctangent(239)) // 10 ** 10)
    return text[0] + "." + text[1:]


def lines(number):
    """As bc breaks a long number."""
    text = str(number)
    parts = [text[i:i + 68] for i in range(0, len(text), 68)]
    return "\\\n".join(parts)


BC = """scale=210; x=4*a(1); scale=200; x/1
2^4096
define f(n) { if (n<2) return (1); return (n*f(n-1)); }
f(300)
scale=150; sqrt(2)
obase=16; 3735928559; ibase=2; 101010
for (i=0; i<3; i++) { if (i==1) continue; i }
"""
result = run("sh", "-c", "bc -l; echo '10k 2v p 16o255p [la1+dsa3>x]sx 0sa lxx lap' | dc; bc -v | head -n 1",
             stdin=BC.encode(), options=ROOTS)
expected = [lines(pi(200)), lines(2 ** 4096), lines(math.factorial(300)),
            lines("1." + str(math.isqrt(2 * 10 ** 300))[1:]), "DEADBEEF", "2A", "0", "2",
            "1.4142135623", "FF", "3", "bc 1.07.1"]
equal(result.stdout.decode().split("\n"), "\n".join(expected).split("\n") + [""],
      "bc: 200 digits of pi, long numbers, functions, bases; dc", result)
equal((result.status, result.stderr), (0, b""), "without a word of complaint", result)

result = run("mujs", "/tmp/report.js", "one", "two words",
             options=[*ROOTS, "--add", f"{DATA}/report.js:/tmp/report.js"])
equal(result.stdout.decode().splitlines(),
      ['[["line",0],["pentagon",540],["square",360],["triangle",180]]', "1,2,6",
       "7919 false 0.300000000 0.3333333333333333 1152921504606847000 -Infinity", "true",
       "Größe 42 5 2000-02-29T00:00:00.000Z 1295 one|two words"],
      "mujs: a script", result)
result = run("sh", "-c", "echo 'print(6*7); throw new RangeError(\"far\")' | mujs; echo $?; mujs /nosuch; echo $?",
             options=ROOTS)
equal(result.stdout, b"Welcome to MuJS 1.3.2.\n42\n0\n1\n", "a script on stdin, an error, no script", result)
ok(b"RangeError: far" in result.stderr, "the error is said", result)
no_panic(result, "and the server's state is right")
done()

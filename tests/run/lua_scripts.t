#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# Lua scripts print in the guest, byte for byte, what the host's Lua prints.
import os
import subprocess
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + "/../lib")
from outpost import DATA, done, equal, run, scratch, skip

PENLIGHT = "/usr/share/lua/5.4/pl"
os.mkdir(scratch("files"))


def same(script, *arguments, host=None, options=()):
    expected = subprocess.run(["lua5.4", f"{DATA}/{script}", *(host or arguments)],
                              stdout=subprocess.PIPE, check=True).stdout
    result = run("lua", f"/tmp/{script}", *arguments,
                 options=["--add", f"{DATA}/{script}:/tmp/{script}", *options])
    equal(result.stdout, expected, f"{script}: as on the host", result)
    equal((result.status, result.stderr), (0, b""), f"{script}: status 0, no errors", result)


same("queens.lua", "8")
same("strings.lua")
same("files.lua", "/tmp", host=[scratch("files")])
same("floats.lua")
same("tenmegs.lua")
if os.path.isdir(PENLIGHT):
    same("penlight.lua", options=["--add", f"{PENLIGHT}:{PENLIGHT}"])
else:
    skip("penlight.lua", "lua-penlight is not installed")

equal(run("lua", "-e", "os.exit(7)").status, 7, "os.exit(7) gives 7")
result = run("lua", "-e", "print(#arg, ...)", "-", "", "a b", "\1", stdin=b"print(#arg, ...)")
equal(result.stdout.splitlines()[-1:], [b"3\t\ta b\t\1"], "arguments are exact", result)
result = run("lua", "-e", "io.stderr:write('to\\nstderr\\16\\0') io.write('out\\16\\255')")
equal((result.stdout, result.stderr), (b"out\x10\xff", b"to\nstderr\x10\0"),
      "stdout and stderr are apart and binary-clean", result)
result = run("lua", "-e", "error('on purpose')")
equal((result.status, result.stdout), (1, b""), "an error in Lua gives 1", result)
done()

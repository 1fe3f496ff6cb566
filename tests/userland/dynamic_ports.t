#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# Ports that are linked dynamically against musl's libc.so and libraries of their own: minigzip with
# libz.so, bzip2 with libbz2.so, Lua with liblua.so and a module in C that it loads. They give what
# the static ones of the boot image give.
import glob
import os
import subprocess
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + "/../lib")
from outpost import DATA, TOP, done, equal, no_panic, ok, run, scratch

CC = [f"{TOP}/scripts/outpost-cc", "-O1", "-w"]
BIN, LIB = scratch("bin"), scratch("lib")
os.mkdir(BIN)
os.mkdir(LIB)


def build(port, library, program, main, others=(), flags=(), libraries=()):
    """The port's source as a library, without those files; and a program with that."""
    subprocess.run([f"{TOP}/scripts/fetch", port], check=True)
    folder = f"{TOP}/build/src/{port}" + ("/src" if port == "lua" else "")
    files = [f for f in glob.glob(f"{folder}/*.c") if os.path.basename(f) not in (main, *others)]
    subprocess.run([*CC, *flags, "-shared", "-fPIC", f"-Wl,-soname,{library}", *sorted(files),
                    *libraries, "-o", f"{LIB}/{library}"], check=True)
    subprocess.run([*CC, *flags, "-pie", f"-I{folder}", f"{folder}/{main}", f"-L{LIB}", f"-l:{library}",
                    *libraries, "-Wl,-E", "-o", f"{BIN}/{program}"], check=True)


build("bzip2", "libbz2.so.1", "bzip2", "bzip2.c",
      ("bzip2recover.c", "dlltest.c", "mk251.c", "spewG.c", "unzcrash.c"), ["-D_FILE_OFFSET_BITS=64"])
build("lua", "liblua.so.5.4", "lua", "lua.c", ("luac.c",), ["-DLUA_USE_POSIX", "-DLUA_USE_DLOPEN"], ["-lm"])
build("zlib", "libz.so.1", "minigzip", "test/minigzip.c", (), ["-DHAVE_UNISTD_H", "-D_LARGEFILE64_SOURCE"])
with open(scratch("sum.c"), "w", encoding="utf-8") as file:
    file.write("""#include <lauxlib.h>
static int sum(lua_State *state)
{
    lua_Number total = 0;
    for (int i = lua_gettop(state); i > 0; i--)
        total += luaL_checknumber(state, i);
    lua_pushnumber(state, total);
    return 1;
}
int luaopen_sum(lua_State *state)
{
    lua_pushcfunction(state, sum);
    return 1;
}
""")
subprocess.run([*CC, "-shared", "-fPIC", f"-I{TOP}/build/src/lua/src", scratch("sum.c"), "-o", f"{LIB}/sum.so"],
               check=True)
for program in ("minigzip", "bzip2", "lua"):
    needed = subprocess.run(["riscv64-linux-gnu-readelf", "-d", f"{BIN}/{program}"], check=True,
                            stdout=subprocess.PIPE, text=True).stdout
    ok("[lib" in needed and "[libc.so]" in needed, f"{program} needs libraries", needed)

OPTIONS = ["--add", f"{BIN}:/dyn/bin", "--add", f"{LIB}:/dyn/lib", "--add", f"{DATA}/queens.lua:/tmp/queens.lua"]


def guest(script):
    result = run("sh", "-c", "export LD_LIBRARY_PATH=/dyn/lib; " + script, options=OPTIONS)
    no_panic(result, "the server's state is right")
    return result


result = guest("""cp /bin/toybox /tmp/t; cd /tmp; /dyn/bin/minigzip <t | minigzip -d | cmp - t && echo 1
minigzip <t | /dyn/bin/minigzip -d | cmp - t && echo 2
minigzip <t >a; /dyn/bin/minigzip <t >b; cmp a b && echo 3""")
equal(result.stdout, b"1\n2\n3\n", "minigzip with libz.so", result)
result = guest("""cd /tmp; /dyn/bin/bzip2 <queens.lua >a; bzip2 <queens.lua >b; cmp a b && echo 1
bzip2 -d <a | cmp - queens.lua && echo 2; /dyn/bin/bzip2 -d <b | cmp - queens.lua && echo 3
head -c 100 a | /dyn/bin/bzip2 -d >/dev/null 2>&1 || echo 4""")
equal(result.stdout, b"1\n2\n3\n4\n", "bzip2 with libbz2.so", result)
result = guest("""/dyn/bin/lua /tmp/queens.lua 6 >/tmp/a; lua /tmp/queens.lua 6 | cmp - /tmp/a && echo same
export LUA_CPATH='/dyn/lib/?.so'; /dyn/bin/lua -e 'sum = require "sum" print(sum(1, 2, 39.5))
local ok, why = pcall(sum, "x") print(ok, why) print(package.loadlib("/dyn/lib/none.so", "f") == nil)'""")
equal(result.stdout, b"same\n42.5\nfalse\tbad argument #1 to 'sum' (number expected, got string)\ntrue\n",
      "lua with liblua.so, and a module in C", result)
done()

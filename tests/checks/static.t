#!/bin/sh
# SPDX-License-Identifier: MIT
# Contract: scripts/check-static fails when gcc's analyzer or cppcheck sees a bug in the kernel.
# shellcheck source=tests/checks/lib.sh
. "$(dirname "$0")/lib.sh"

plan 3
mkdir "$copy/build"
ln -s "$top/build/src" "$copy/build/src"
passes check-static

# A slab that could not be made, used as if it could.
edit kernel/mm/slab.c '/^        if (s == NULL)$/,+1d'
rejects check-static 'dereference of NULL' 'gcc sees a null pointer used'

if command -v cppcheck >/dev/null; then
    plant kernel/debug/panic.c 'const char *keep(void); const char *keep(void) { char line[4] = ""; const char *p = line; return p; }'
    rejects check-static 'local variable' 'cppcheck sees the address of a local variable leave'
else
    count=$((count + 1))
    echo "ok $count # SKIP cppcheck is not installed"
fi

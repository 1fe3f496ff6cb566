#!/bin/sh
# SPDX-License-Identifier: MIT
# Contract: make clean leaves nothing that keeps a build from working: no dependency on a
# file that it removed. And make says so when it cannot work where it is.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
echo 1..2

echo 'kernel.elf: symtab.c' >"$out/kernel.d"
touch "$out/symtab.c" "$out/version.d"
make -s -C "$top" O="$out" clean
if [ -z "$(ls "$out")" ]; then echo "ok 1 - nothing is left"; else
    echo "not ok 1 - nothing is left"
    find "$out" ! -type d
fi

mkdir "$out/a b"
cp "$top/Makefile" "$out/a b"
if make -C "$out/a b" clean 2>&1 | grep -q 'cannot build in a folder with a space'; then
    echo "ok 2 - a folder with a space is refused"
else
    echo "not ok 2 - a folder with a space is refused"
fi

#!/bin/sh
# SPDX-License-Identifier: MIT
#
# make port: what scripts/new-port pins, and which recipe it writes for which source. The Debian
# archive is a folder here, and apt-source a script that copies from it.
# shellcheck disable=SC2016  # what is looked for has dollars
. "$(dirname "$0")/lib.sh"

mkdir -p "$copy/scripts" "$copy/musl-port/ports" "$copy/archive" "$copy/source"
cp "$top/scripts/new-port" "$top/scripts/fetch" "$copy/scripts"
cat >"$copy/scripts/apt-source" <<FILE
#!/bin/sh
ls "$copy/archive/\$1.\$2"_* >/dev/null 2>&1 || { echo "E: no source package \$2"; exit 1; }
for file in "$copy/archive/\$1.\$2"_*; do cp "\$file" "\$3/\${file##*/\$1.}"; done
FILE
chmod +x "$copy/scripts/apt-source"
printf '%s\n' '# head' 'source old 1 old.tar.gz 00 old bookworm/old -' '' '# fixes' >"$copy/musl-port/sources.lock"

# package NAME FOLDER FILE...: a source package bookworm/NAME with empty files, in the folder
package()
{
    name=$1 folder=$2
    shift 2
    rm -rf "$copy/source"
    mkdir -p "$copy/source/$folder"
    for file; do echo "$file" >"$copy/source/$folder/$file"; done
    [ ! -e "$copy/source/$folder/configure" ] || chmod +x "$copy/source/$folder/configure"
    (cd "$copy/source" && tar -czf "$copy/archive/bookworm.${name}_1.2.orig.tar.gz" -- *)
}

# begins NAME PATTERN: new-port makes a recipe with this line in it, that sh can read
begins()
{
    failed=0
    "$copy/scripts/new-port" "$1" >"$copy/.said" 2>&1 || failed=1
    grep -q -e "$2" "$copy/musl-port/ports/$1/build" || failed=1
    sh -n "$copy/musl-port/ports/$1/build" || failed=1
    tap $failed "$1: a recipe with $2"
}

echo 1..13
package conf conf-1.2 configure Makefile
begins conf '^./configure --host="$HOST"'
sum=$(sha256sum <"$copy/archive/bookworm.conf_1.2.orig.tar.gz" | cut -d ' ' -f 1)
failed=0
[ "$(sed -n 3p "$copy/musl-port/sources.lock")" = \
    "source conf 1.2 conf_1.2.orig.tar.gz $sum conf-1.2 bookworm/conf -" ] || failed=1
[ "$(sed -n 5p "$copy/musl-port/sources.lock")" = '# fixes' ] || failed=1
tap $failed "it is pinned after the other sources"
[ -f "$copy/build/src/conf/configure" ] && failed=0 || failed=1
tap $failed "and unpacked"
package cm cm-1.2 CMakeLists.txt
begins cm 'CMAKE_TOOLCHAIN_FILE="$kit/outpost.cmake"'
package me me meson.build
begins me 'cross-file "$kit/outpost.meson"'
package mk mk Makefile
begins mk 'make install DESTDIR="$DEST"'
package flat . one.c two.c
begins flat '^"$CC" -O2 .* -o flat -- \*.c'
grep -q '^source flat 1.2 flat_1.2.orig.tar.gz [0-9a-f]* \. bookworm/flat -$' "$copy/musl-port/sources.lock" &&
    [ -f "$copy/build/src/flat/two.c" ] && failed=0 || failed=1
tap $failed "an archive without a folder"

cp "$copy/musl-port/sources.lock" "$copy/lock"
"$copy/scripts/new-port" conf >"$copy/.said" 2>&1 && failed=1 || failed=0
grep -q 'there is a recipe' "$copy/.said" || failed=1
tap $failed "a recipe that is there stays"
"$copy/scripts/new-port" nosuch >"$copy/.said" 2>&1 && failed=1 || failed=0
grep -q 'E: no source package nosuch' "$copy/.said" || failed=1
cmp -s "$copy/lock" "$copy/musl-port/sources.lock" || failed=1
tap $failed "what Debian has not: nothing is changed"
rm -rf "$copy/musl-port/ports/mk"
"$copy/scripts/new-port" mk >"$copy/.said" 2>&1 && cmp -s "$copy/lock" "$copy/musl-port/sources.lock" &&
    [ -f "$copy/musl-port/ports/mk/build" ] && failed=0 || failed=1
tap $failed "one that is pinned keeps its line"

# The lock's name is one line's only: a dot is no pattern.
sed 's/^source mk /source m.k /' "$copy/lock" >"$copy/musl-port/sources.lock"
"$copy/scripts/fetch" mxk >"$copy/.said" 2>&1 && failed=1 || failed=0
"$copy/scripts/fetch" m.k >"$copy/.said" 2>&1 && [ -f "$copy/build/src/m.k/Makefile" ] || failed=1
tap $failed "a name with a dot is that name"
cp "$copy/lock" "$copy/musl-port/sources.lock"
package gone gone-1.2 Makefile
printf '#!/bin/sh\nexit 1\n' >"$copy/scripts/fetch"
"$copy/scripts/new-port" gone >"$copy/.said" 2>&1 && failed=1 || failed=0
cmp -s "$copy/lock" "$copy/musl-port/sources.lock" && [ ! -e "$copy/musl-port/ports/gone" ] || failed=1
tap $failed "what cannot be fetched is not pinned"

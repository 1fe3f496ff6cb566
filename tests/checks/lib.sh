# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# Sourced by tests/checks/*.t: a copy of the tree in which a violation is planted, the check
# run, its message looked for and the violation taken out again.
#
#   plan N                       the TAP plan; makes the copy
#   passes CHECK                 CHECK accepts the copy as it is
#   plant FILE TEXT              TEXT becomes the end of FILE, which may be new
#   edit FILE SED                FILE changed by a sed command; it must change something
#   rejects CHECK PATTERN NAME   CHECK fails and says PATTERN; then all is as before
#   tap STATUS NAME              one test, passed with 0; what $copy/.said has, when not

set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
count=0
planted=

plan()
{
    echo "1..$1"
    tar -C "$top" --exclude=./build --exclude=./.git -cf - . | tar -C "$copy" -xf -
}

tap()
{
    count=$((count + 1))
    if [ "$1" = 0 ]; then
        echo "ok $count - $2"
    else
        echo "not ok $count - $2"
        sed 's/^/# /' "$copy/.said"
    fi
}

run()
{
    (cd "$copy" && "scripts/$1") >"$copy/.said" 2>&1
}

passes()
{
    failed=0
    run "$1" || failed=1
    tap $failed "$1 accepts the tree"
}

plant()
{
    mkdir -p "$copy/$(dirname "$1")"
    printf '%s\n' "$2" >>"$copy/$1"
    planted="$planted $1"
}

edit()
{
    sed -i "$2" "$copy/$1"
    cmp -s "$copy/$1" "$top/$1" && echo "# $2 changed nothing in $1"
    planted="$planted $1"
}

rejects()
{
    failed=0
    if run "$1"; then
        failed=1
    fi
    grep -q -e "$2" "$copy/.said" || failed=1
    tap $failed "$1: $3"
    for file in $planted; do
        if [ -e "$top/$file" ]; then
            cp -p "$top/$file" "$copy/$file"
        else
            rm -f "$copy/$file"
        fi
    done
    planted=
}

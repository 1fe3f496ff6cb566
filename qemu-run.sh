#!/bin/sh
# SPDX-License-Identifier: MIT
#
# qemu-run.sh: run Outpost in QEMU. The only place that knows the QEMU command line.
# The host's end of the guest's serial line is scripts/console.
set -eu

usage()
{
    cat <<'USAGE'
usage: ./qemu-run.sh [options] [-- PROGRAM ARGS... [-- QEMU ARGS...]]
  without PROGRAM  set up what is missing, build, boot to the console (^A x leaves)
  -- PROGRAM ARGS  run PROGRAM in the guest; its stdin, stdout, stderr and exit status
                   become this command's. A guest that ends without one: 125
  --add SRC[:DEST] put the host's file or folder SRC at DEST (default: /NAME); repeatable
  --share DIR      show the host's folder DIR in the guest, as /host, to read and write
  -s HARTS         number of harts (1)
  -m MEMORY        as in 64M or 2G (512M)
  -t SECONDS       give up after this time: exit 124
  -n               print the QEMU command, do not run it
  -g               wait for gdb
  --icount         deterministic: virtual time is 1 ns per instruction. What comes in on
                   stdin does not come at a fixed time; use </dev/null
  --trace FILE     record a trace, one JSON object per line
  --trace-size BYTES  of each hart's trace ring (16777216)
  --append TEXT    more boot arguments; repeatable
  --log FILE       what kernel and firmware say (build/log/last.log)
  -h               this text
Environment: OUTPOST_KERNEL, OUTPOST_BOOT, OUTPOST_QEMU replace build/kernel.elf,
build/boot.cpio and qemu-system-riscv64; OUTPOST_READY=1 skips set-up and build.
USAGE
}

fail()
{
    echo "qemu-run.sh: $*" >&2
    exit 2
}

# A standard stream that the caller closed would become whatever is opened next.
[ -e /proc/self/fd/0 ] || exec </dev/null
[ -e /proc/self/fd/1 ] || exec >/dev/null
[ -e /proc/self/fd/2 ] || exec 2>/dev/null

top=$(cd "$(dirname "$0")" && pwd)
kernel=${OUTPOST_KERNEL:-$top/build/kernel.elf}
boot=${OUTPOST_BOOT:-$top/build/boot.cpio}
harts=1 memory=512M seconds=0 dry_run='' gdb='' icount='' trace='' trace_bytes=16777216
append='' log='' work='' share=

# have_work: make $work, a folder for this run only. scripts/console removes it; what a run
# that was killed left behind (its process id is in the name) goes with the next.
have_work()
{
    [ -z "$work" ] || return 0
    mkdir -p "$top/build"
    for old in "$top"/build/run.*.*; do
        pid=${old##*/run.}
        [ ! -d "$old" ] || [ -d "/proc/${pid%.*}" ] || rm -rf "$old"
    done
    work=$(mktemp -d "$top/build/run.$$.XXXXXX")
    trap 'rm -rf "$work"' EXIT
}

# add SRC[:DEST]: remember the argument of mkboot in $work/add.
add()
{
    have_work
    case $1 in
    *:/*) printf '%s\0' "$1" ;;
    *) printf '%s:/%s\0' "$1" "$(basename "$1")" ;;
    esac >>"$work/add"
}

# number NAME VALUE
number()
{
    case $2 in
    '' | *[!0-9]* | ???????????*) fail "$1: not a number: '$2'" ;;
    esac
}

while [ $# -gt 0 ] && [ "$1" != -- ]; do
    option=$1
    shift
    case $option in
    -h | --help) usage; exit 0 ;;
    -n) dry_run=yes ;;
    -g) gdb=yes ;;
    --icount) icount=yes ;;
    -s | -m | -t | --add | --share | --trace | --trace-size | --append | --log)
        [ $# -gt 0 ] || fail "$option needs a value (-h shows how)"
        case $option in
        -s) harts=$1; number -s "$1" ;;
        -m) memory=$1; number -m "${1%[MG]}" ;;
        -t) seconds=$1; number -t "$1" ;;
        --add) add "$1" ;;
        --share) share=$1; [ -d "$1" ] || fail "--share $1: not a folder" ;;
        --trace) trace=$1 ;;
        --trace-size) trace_bytes=$1; number --trace-size "$1" ;;
        --append) append="${append:+$append }$1" ;;
        --log) log=$1 ;;
        esac
        shift ;;
    *) fail "unknown option '$option' (-h shows all; a program comes after --)" ;;
    esac
done
case $memory in
*[!0-9]*) ;;
*) memory=${memory}M ;;
esac

# The command goes to /boot/run as user/proto/posix.h says: arguments ended by NUL, the
# command by an empty one. A byte 1 protects an argument that is empty or begins with it.
[ $# -eq 0 ] || shift
framed=
if [ $# -gt 0 ] && [ "$1" != -- ]; then
    framed=yes
    have_work
    while [ $# -gt 0 ] && [ "$1" != -- ]; do
        case $1 in
        '' | "$(printf '\001')"*) printf '\001%s\0' "$1" ;;
        *) printf '%s\0' "$1" ;;
        esac
        shift
    done >"$work/command"
    printf '\0' >>"$work/command"
fi
[ $# -eq 0 ] || shift # what is left is for QEMU

[ -t 0 ] || framed=yes
if [ "${OUTPOST_READY:-}" != 1 ] && [ -z "$dry_run" ]; then
    "$top/scripts/setup"
    make -s -C "$top" >&2
fi
for file in "$kernel" "$boot"; do
    [ -r "$file" ] || fail "$file: cannot be read (make builds it)"
done

if [ -n "$work" ]; then
    touch "$work/add"
    if [ -e "$work/command" ]; then # first, so that an --add of /boot/run wins
        { printf '%s\0' "$work/command:/boot/run"; cat "$work/add"; } >"$work/all"
    else
        mv "$work/add" "$work/all"
    fi
    xargs -0 "$top/scripts/mkboot" "$work/added" <"$work/all" || exit 2
    cat "$boot" "$work/added" >"$work/boot.cpio"
    boot=$work/boot.cpio
fi

# What we tell scripts/console (in front of --) and the kernel. A tty of the guest is all of
# ours: with only part of it a terminal here, its echo would go where it does not belong.
bootargs=console=raw
set -- -- "${OUTPOST_QEMU:-qemu-system-riscv64}" -M "virt${trace:+,memory-backend=ram}" \
    -cpu rv64 -smp "$harts" -m "$memory" -bios default -kernel "$kernel" -initrd "$boot" \
    -nodefaults -no-user-config -display none "$@"
if [ -n "$framed" ]; then
    stdin='stream' stdout='stream' stderr='stream'
    if [ -t 1 ]; then
        stdout='tty'
        [ ! -t 0 ] || stdin='tty'
        [ ! -t 2 ] || stderr='tty'
    fi
    case $(readlink /proc/self/fd/0) in
    /dev/null | '') stdin='none' ;;
    esac
    bootargs="console=framed batch stdin=$stdin stdout=$stdout stderr=$stderr"
    [ ! -t 1 ] || set -- -w "$@"
    set -- -i "$stdin" "$@" -no-reboot -chardev stdio,id=line,signal=off -serial chardev:line
else
    set -- -r "$@" -serial mon:stdio
fi
# A comma in a path is two in QEMU's options. Access is QEMU's own, whatever the guest's
# user; links are shown as they are.
[ -z "$share" ] || set -- "$@" -global virtio-mmio.force-legacy=false -fsdev \
    "local,id=share,security_model=none,path=$(cd "$share" && pwd | sed 's/,/,,/g')" \
    -device virtio-9p-device,fsdev=share,mount_tag=host
[ -z "$icount" ] || set -- "$@" -icount shift=0,sleep=off \
    -rtc base=2026-01-01T00:00:00,clock=vm -seed 1
if [ -n "$trace" ]; then
    have_work
    : >"$trace" || exit 2
    bootargs="$bootargs trace=$trace_bytes"
    set -- -T "$work/ram" -o "$trace" "$@" -object \
        "memory-backend-file,id=ram,size=$memory,share=on,mem-path=$(echo "$work/ram" |
        sed 's/,/,,/g')"
fi
if [ -n "$gdb" ]; then
    port=$((25000 + $(id -u) % 5000))
    set -- -g "$@" -S -gdb "tcp:127.0.0.1:$port"
    [ -n "$dry_run" ] || echo "qemu-run.sh: gdb-multiarch -ex 'target remote :$port' $kernel" >&2
fi
set -- "$@" -append "$bootargs${append:+ $append}"

if [ -n "$dry_run" ]; then
    while [ "$1" != -- ]; do shift; done
    shift
    # What the command names is to outlive this script, and the next.
    [ -z "$work" ] || mv "$work" "$top/build/printed.$$"
    for word; do
        case $word in
        *[!a-zA-Z0-9_./,:=@%+-]*) printf "'%s' " "$(echo "$word" | sed "s/'/'\\\\''/g")" ;;
        *) printf '%s ' "$word" ;;
        esac
    done | sed "s|${work:-/none}|$top/build/printed.$$|g"
    echo
    exit 0
fi
[ "$seconds" = 0 ] || set -- -t "$seconds" "$@"
[ -z "$log" ] || set -- -l "$log" "$@"
[ -z "$work" ] || set -- -x "$work" "$@"
exec "$top/scripts/console" "$@"

#!/bin/sh
# SPDX-License-Identifier: MIT
# Contract: a call that is not built and not in docs/ledger.md, or in it and built, fails make
# check. The copy has no sources of musl, so a small one stands in for them.
# shellcheck disable=SC2016 # the backquotes are those of the page
. "$(dirname "$0")/lib.sh"
plan 7

musl=$copy/build/src/musl
mkdir -p "$musl/arch/riscv64/bits" "$musl/src"
printf '#define __NR_read 63\n#define __NR_planted 999\n' \
    >"$musl/arch/riscv64/bits/syscall.h.in"
echo 'int f(void) { return syscall(SYS_read) + syscall(SYS_planted); }' >"$musl/src/f.c"
rejects check-ledger 'docs/ledger.md:[0-9]*: not current' 'other sources of musl'
run gen-ledger
failed=0
grep -q "^\`planted\`\.$" "$copy/docs/ledger.md" || failed=1
tap $failed 'gen-ledger lists the call that musl uses and the shim does not know'
passes check-ledger

plant abi/syscall.def 'X(99, planted_call, 2, "planted")'
rejects check-ledger 'should be: | call | what it will do |' 'a kernel call that is not built'

edit docs/ledger.md '/generated: kernel/a | `vm_map` | built long ago |'
rejects check-ledger 'not current; run scripts/gen-ledger' 'a line that is not true any more'

plant kernel/syscall/planted.c 'int64_t sys_planted(struct thread *self)
{
    return REFUSE(E_UNSUPPORTED);
}'
rejects check-ledger 'lacks a row for planted' 'a part that is not built and not listed'

edit docs/ledger.md '/^| `memory_create`/s/memory_create/vm_map/'
rejects check-ledger 'the table of parts' 'a part that is listed and built'

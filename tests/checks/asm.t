#!/bin/sh
# SPDX-License-Identifier: MIT
# Contract: the machine is named only in arch/ and two files of user/lib; assembly is little.
. "$(dirname "$0")/lib.sh"
plan 9
passes check-asm

plant kernel/sched/planted.c 'void planted(void)
{
    __asm__ volatile("wfi");
}'
rejects check-asm "kernel/sched/planted.c:3: '__asm__' belongs in arch/" \
    'inline assembly in the kernel'

plant kernel/mm/planted.c 'static int sfence_count = csrr;'
rejects check-asm "kernel/mm/planted.c:1: 'csrr' belongs in arch/" 'a control register'

plant posix/client/planted.c '/* ecall */ static int ecall;'
rejects check-asm "posix/client/planted.c:1: 'ecall' belongs in arch/" 'an ecall in the shim'

plant user/servers/init/planted.S 'nop'
rejects check-asm 'assembly belongs in arch/' 'an assembly file in a server'

plant arch/riscv64/planted.S "$(seq 600)"
rejects check-asm 'kernel assembly has [0-9]* lines, the budget is 600' 'too much assembly'

plant user/drivers/uart/planted.c '    __asm__ volatile("fence i, rw" ::: "memory");
    __asm__("" : "+r"(x));'
passes check-asm
plant kernel/base/planted.c '    __asm__ volatile("fence i, rw" ::: "memory");'
rejects check-asm 'kernel/base/planted.c:1' 'a fence in the portable kernel'
plant posix/server/planted.c '    __asm__ volatile("fence i, rw; ebreak");'
rejects check-asm 'posix/server/planted.c:1' 'more than a fence'

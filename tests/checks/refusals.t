#!/bin/sh
# SPDX-License-Identifier: MIT
# Contract: an error return without the macro that records it fails make check.
. "$(dirname "$0")/lib.sh"
plan 7
passes check-refusals

plant kernel/syscall/planted.c '    return E_INVALID;'
rejects check-refusals 'kernel/syscall/planted.c:1: E_INVALID without its record' 'a bare return'

plant kernel/mm/planted.c '    enum status st;

    st = E_NO_MEMORY;'
rejects check-refusals 'kernel/mm/planted.c:3: E_NO_MEMORY without' 'a bare assignment'

plant kernel/mm/planted.c '    return found ? OK : E_NOT_FOUND;'
rejects check-refusals 'planted.c:1: E_NOT_FOUND without' 'half of a conditional'

plant kernel/mm/planted.c '    return (st == E_AGAIN) ? OK
               : E_BUSY;'
rejects check-refusals 'planted.c:2: E_BUSY without' 'behind a comparison, on the next line'

plant arch/riscv64/planted.c '    return (E_FAULT);'
rejects check-refusals 'arch/riscv64/planted.c:1: E_FAULT' 'in arch, in parentheses'

plant kernel/mm/planted.c '    /* return E_FAULT; */
    if (st == E_AGAIN || st != E_BUSY)
        return REFUSE(E_FAULT);
    thread_wake(t, E_TIMED_OUT);
    return E_AGAIN;'
passes check-refusals

#!/bin/sh
# SPDX-License-Identifier: MIT
# Contract: a kernel call without its page, or with a page that is wrong, fails make check.
. "$(dirname "$0")/lib.sh"
plan 9
passes check-ref

plant abi/syscall.def 'X(99, planted_call, 2, "planted")'
rejects check-ref 'planted_call is not built and not listed' 'not built, not in the ledger'

page='# planted_call(one, two)
## Arguments
## Returns
## Errors
E_RANGE
## Rights
## Context
## Notes
## Example'
body='int64_t sys_planted_call(struct thread *self)
{
    return REFUSE(E_RANGE);
}'
call()
{
    plant abi/syscall.def 'X(99, planted_call, 2, "planted")'
    plant kernel/syscall/planted.c "$body"
}

call
rejects check-ref 'planted_call is built and has no reference page' 'a call without a page'

call
plant docs/ref/planted_call.md "$(echo "$page" | sed '1s/one, two/one/')"
rejects check-ref '1 arguments, abi/syscall.def says 2' 'a signature that disagrees'

call
plant docs/ref/planted_call.md "$(echo "$page" | sed '/Rights/d')"
rejects check-ref 'sections are not' 'a missing section'

call
plant docs/ref/planted_call.md "$(echo "$page" | sed 's/E_RANGE/E_RANGE E_WRONG/')"
rejects check-ref 'E_WRONG is not in abi/status.def' 'a status that does not exist'

call
plant docs/ref/planted_call.md "$(echo "$page" | sed 's/E_RANGE/none/')"
rejects check-ref 'Errors lacks E_RANGE, which sys_planted_call answers' 'an undocumented error'

call
plant docs/ref/planted_call.md "$page"
edit kernel/syscall/planted.c 's/sys_planted/do_planted/'
plant docs/ledger.md "\`planted_call\`"
rejects check-ref 'planted_call is not built, yet it has a page' 'a page without a call'

call
plant docs/ref/planted_call.md "$page"
passes check-ref

#!/bin/sh
# SPDX-License-Identifier: MIT
# Contract: a file, function, line or part of the tree over its budget fails make check.
. "$(dirname "$0")/lib.sh"
plan 6
passes check-size

body=$(seq 71 | sed 's/.*/    x();/')
plant kernel/base/planted.c "void planted(void)
{
$body
}"
rejects check-size 'planted.c:2: planted has 71 lines, the limit is 70' 'a long function'

plant posix/server/planted.c "$(seq 501 | sed 's/.*/;/')"
rejects check-size 'planted.c:500: 501 lines, the limit is 500' 'a long file'

plant abi/planted.h "/* $(seq -s ' ' 60) */"
rejects check-size 'abi/planted.h:1: [0-9]* columns, the limit is 100' 'a wide line'

for part in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do
    plant kernel/base/planted$part.c "$(seq 500 | sed 's/.*/;/')"
done
rejects check-size 'kernel without arch/: [0-9]* lines, the budget is 8000' 'a big kernel'

plant Makefile "$(seq 250 | sed 's/^/#/')"
rejects check-size 'lines of Makefile: [0-9]* lines, the budget is 250' 'a big Makefile'

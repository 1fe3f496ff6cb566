#!/bin/sh
# SPDX-License-Identifier: MIT
# Contract: each rule of check-style fails make check when it is broken.
. "$(dirname "$0")/lib.sh"
plan 9
passes check-style
head='/* SPDX-License-Identifier: MIT */
/* Planted. */'

plant kernel/base/planted.c 'int x;'
rejects check-style 'planted.c:1: no SPDX-License-Identifier' 'no licence'

plant kernel/base/planted.c '/* SPDX-License-Identifier: MIT */
int x;'
rejects check-style 'planted.c:2: no comment at the head' 'no file header'

plant kernel/base/planted.c "$head
int x; "
rejects check-style 'planted.c:3: blanks at the end' 'a blank at the end of a line'

plant kernel/base/planted.c "$head
	int x;"
rejects check-style 'planted.c:3: tab in C' 'a tab'

plant user/lib/planted.c "$head
int planted(void)
{
#ifdef FAST
    return 1;
#endif
}"
rejects check-style 'planted.c:5: #ifdef inside planted' 'an #if in a function'

to=TO; to=${to}DO
plant kernel/base/planted.c "$head
/* $to: later */"
rejects check-style 'planted.c:3: write T.DO(#issue)' 'a wish without a number'

plant kernel/base/planted.c "$head"
printf 'int x;' >>"$copy/kernel/base/planted.c"
rejects check-style 'planted.c:3: no newline at the end' 'no newline at the end'

plant kernel/base/planted.c "$head
/* $to(#7): then */
#ifdef FAST
#endif"
passes check-style

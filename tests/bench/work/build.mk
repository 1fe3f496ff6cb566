# SPDX-License-Identifier: MIT
#
# Of tests/bench/work/build.
OBJECTS = $(patsubst %.c,/tmp/o/%.o,$(filter-out one.c pp.c,$(wildcard *.c)))
/tmp/o/mujs: $(OBJECTS)
	tcc -static -o $@ $^ -lm
/tmp/o/%.o: %.c
	tcc -w -c -o $@ $<

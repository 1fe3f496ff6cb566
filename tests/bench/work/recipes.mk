# SPDX-License-Identifier: MIT
#
# Of tests/bench/work/recipes.
PARTS = $(patsubst %,/tmp/r/%,$(shell seq 100))
/tmp/r/sum: $(PARTS)
	cat $^ | sha256sum >$@
/tmp/r/%:
	echo $@ | sha256sum >$@

# SPDX-License-Identifier: MIT
#
# One of two makes that the Makefile starts.
$(D)/all: $(D)/left $(D)/right
	cat $^ >$@
$(D)/left $(D)/right:
	@echo + >>$(LOG); touch $(D)/../$(notdir $(D)).$(@F).here
	@until [ $$(ls $(D)/.. | grep -c here) = 4 ]; do sleep 0.01; done
	@echo $(@F) >$@; echo - >>$(LOG)

# SPDX-License-Identifier: MIT
#
# The dynamic linker's first system call, set_tid_address, comes before it looks
# for AT_SYSINFO: look earlier, where AT_HWCAP is found.
/search_vec(auxv, &__hwcap, AT_HWCAP);/a\
	search_vec(auxv, \&__sysinfo, AT_SYSINFO);

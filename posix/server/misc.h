/* SPDX-License-Identifier: MIT */
/* What uname says of the version. */
#ifndef POSIX_SERVER_MISC_H
#define POSIX_SERVER_MISC_H

#define OUTPOST_RELEASE "0.1.0"

#endif

/* SPDX-License-Identifier: MIT */
/* Filling the file system from the boot image. */
#ifndef POSIX_SERVER_IMAGE_H
#define POSIX_SERVER_IMAGE_H

#include <stdint.h>

/*
 * Make what the cpio archive says, bytes long at offset in the image that is mapped at
 * SERVER_IMAGE_VA; files stay there and are read in place. What is wrong with the image
 * or does not fit is said on the log, and what came before it counts.
 */
void image_load(uint64_t offset, uint64_t bytes);

#endif

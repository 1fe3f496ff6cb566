/* SPDX-License-Identifier: MIT */
/*
 * A second image reads the state: what is in the state object is enough to say whether it
 * is whole. Its work grows with the state, so it runs only when the bootargs ask for it
 * ("check"), between two programs.
 */
#ifndef POSIX_SERVER_SECOND_H
#define POSIX_SERVER_SECOND_H

/*
 * Start /boot/posix-checker on the state object and stand still until it has ended, so that it
 * reads what no request is changing. Says "state: N wrong" on the log, or why it could not
 * be checked. Not while a request is being handled.
 */
void second_image_checks(void);

#endif

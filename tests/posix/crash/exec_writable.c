/* SPDX-License-Identifier: MIT */
/* ends: 139 segmentation fault (execute): what can be written cannot be run. */
int main(void)
{
    unsigned code[] = {0x00008067}; /* ret */
    void (*volatile run)(void) = (void (*)(void))code;

    run();
    return 0;
}

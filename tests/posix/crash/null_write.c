/* SPDX-License-Identifier: MIT */
/* ends: 139 segmentation fault (write), address 0x8: page 0 is never there. */
int main(void)
{
    volatile int *volatile nothing = (volatile int *)8;

    *nothing = 1;
    return 0;
}

/* SPDX-License-Identifier: MIT */
/* ends: 139 segmentation fault (write): what can be run cannot be written. */
int main(void)
{
    *(volatile unsigned *volatile)(void *)main = 0;
    return 0;
}

/* SPDX-License-Identifier: MIT */
/* ends: 139 segmentation fault (execute), address 0xffffffff80000000: the kernel's half. */
int main(void)
{
    void (*volatile kernel)(void) = (void (*)(void))0xffffffff80000000ul;

    kernel();
    return 0;
}

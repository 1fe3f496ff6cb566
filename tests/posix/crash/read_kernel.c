/* SPDX-License-Identifier: MIT */
/* ends: 139 segmentation fault (read), address 0xffffffff80000000: the kernel's half. */
int main(void)
{
    const volatile int *volatile kernel = (const volatile int *)0xffffffff80000000ul;

    return *kernel;
}

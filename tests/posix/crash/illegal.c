/* SPDX-License-Identifier: MIT */
/* ends: 132 illegal instruction: reading a register of the kernel's mode. */
int main(void)
{
    __asm__ volatile("csrr t0, sstatus" ::: "t0");
    return 0;
}

/* SPDX-License-Identifier: MIT */
/* ends: 139 segmentation fault (write): below the stack nothing is mapped. */
static int deeper(volatile int level)
{
    volatile char frame[4096];

    frame[0] = (char)level;
    return level == -1 ? frame[0] : deeper(level + 1) + frame[0];
}

int main(void)
{
    return deeper(0);
}

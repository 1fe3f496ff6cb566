/* SPDX-License-Identifier: MIT */
/* Terminals, as riscv64 Linux numbers them: the structures of the ioctl calls, not of the C
 * library. */
#ifndef PROTO_LINUX_TTY_H
#define PROTO_LINUX_TTY_H

#include <stdint.h>

#define LINUX_TCGETS       0x5401
#define LINUX_TCSETS       0x5402
#define LINUX_TCSETSW      0x5403
#define LINUX_TCSETSF      0x5404
#define LINUX_TCSBRK       0x5409
#define LINUX_TCXONC       0x540a
#define LINUX_TCFLSH       0x540b
#define LINUX_TIOCSCTTY    0x540e
#define LINUX_TIOCGPGRP    0x540f
#define LINUX_TIOCSPGRP    0x5410
#define LINUX_TIOCOUTQ     0x5411
#define LINUX_TIOCGWINSZ   0x5413
#define LINUX_TIOCSWINSZ   0x5414
#define LINUX_TIOCPKT      0x5420
#define LINUX_TIOCNOTTY    0x5422
#define LINUX_TCSBRKP      0x5425
#define LINUX_TIOCGSID     0x5429
#define LINUX_TIOCGPTN     0x80045430u
#define LINUX_TIOCSPTLCK   0x40045431u
#define LINUX_TIOCGPKT     0x80045438u
#define LINUX_TIOCGPTLCK   0x80045439u

/* TCFLSH */
#define LINUX_TCIFLUSH  0u
#define LINUX_TCOFLUSH  1u
#define LINUX_TCIOFLUSH 2u

/* TCXONC */
#define LINUX_TCOOFF 0u
#define LINUX_TCOON  1u
#define LINUX_TCIOFF 2u
#define LINUX_TCION  3u

/* The first byte of a read in packet mode; 0: data follows. */
#define LINUX_TIOCPKT_FLUSHREAD  1u
#define LINUX_TIOCPKT_FLUSHWRITE 2u
#define LINUX_TIOCPKT_STOP       4u
#define LINUX_TIOCPKT_START      8u
#define LINUX_TIOCPKT_NOSTOP     16u
#define LINUX_TIOCPKT_DOSTOP     32u

#define LINUX_NCCS 19

struct linux_termios {
    uint32_t iflag;
    uint32_t oflag;
    uint32_t cflag;
    uint32_t lflag;
    uint8_t line;
    uint8_t cc[LINUX_NCCS];
};

_Static_assert(sizeof(struct linux_termios) == 36, "struct termios of the kernel calls");

enum linux_termios_cc {
    LINUX_VINTR = 0,
    LINUX_VQUIT = 1,
    LINUX_VERASE = 2,
    LINUX_VKILL = 3,
    LINUX_VEOF = 4,
    LINUX_VTIME = 5,
    LINUX_VMIN = 6,
    LINUX_VSWTC = 7,
    LINUX_VSTART = 8,
    LINUX_VSTOP = 9,
    LINUX_VSUSP = 10,
    LINUX_VEOL = 11,
    LINUX_VREPRINT = 12,
    LINUX_VDISCARD = 13,
    LINUX_VWERASE = 14,
    LINUX_VLNEXT = 15,
    LINUX_VEOL2 = 16,
};

#define LINUX_PARMRK 0000010
#define LINUX_ISTRIP 0000040
#define LINUX_INLCR  0000100
#define LINUX_IGNCR  0000200
#define LINUX_ICRNL  0000400
#define LINUX_IUCLC  0001000
#define LINUX_IXON   0002000
#define LINUX_IXANY  0004000
#define LINUX_IUTF8  0040000

#define LINUX_OPOST  0000001
#define LINUX_OLCUC  0000002
#define LINUX_ONLCR  0000004
#define LINUX_OCRNL  0000010
#define LINUX_ONOCR  0000020
#define LINUX_ONLRET 0000040
#define LINUX_TABDLY 0014000
#define LINUX_XTABS  0014000

#define LINUX_B38400 0000017
#define LINUX_CSIZE  0000060
#define LINUX_CS8    0000060
#define LINUX_CREAD  0000200
#define LINUX_PARENB 0000400

#define LINUX_ISIG    0000001
#define LINUX_ICANON  0000002
#define LINUX_ECHO    0000010
#define LINUX_ECHOE   0000020
#define LINUX_ECHOK   0000040
#define LINUX_ECHONL  0000100
#define LINUX_NOFLSH  0000200
#define LINUX_TOSTOP  0000400
#define LINUX_ECHOCTL 0001000
#define LINUX_ECHOKE  0004000
#define LINUX_IEXTEN  0100000

struct linux_winsize {
    uint16_t rows;
    uint16_t columns;
    uint16_t xpixel;
    uint16_t ypixel;
};

#endif

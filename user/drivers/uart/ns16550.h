/* SPDX-License-Identifier: MIT */
/*
 * The 16550A UART: registers and the few things this driver does with them.
 *
 * Register names, addresses and bits: National Semiconductor, "PC16550D Universal
 * Asynchronous Receiver/Transmitter with FIFOs" (June 1995), section 8 "Registers",
 * tables I and II; the TI TL16C550C data sheet (SLLS177) has the same in "Principles of
 * operation". Registers are one byte wide and lie 1 << shift bytes apart.
 */
#ifndef UART_NS16550_H
#define UART_NS16550_H

#include <stddef.h>
#include <stdint.h>

#define NS16550_FIFO_BYTES 16

/* Line status, LSR (8.4). */
#define LSR_DATA_READY        0x01
#define LSR_OVERRUN           0x02
#define LSR_HOLDING_EMPTY     0x20 /* THRE: with FIFOs, the whole transmit FIFO is empty */
#define LSR_TRANSMITTER_EMPTY 0x40 /* TEMT: the shift register is empty as well */

/* Interrupt enable, IER (8.7). */
#define IER_RECEIVED      0x01 /* ERBFI: data there, or the receive FIFO's time-out */
#define IER_HOLDING_EMPTY 0x02 /* ETBEI */

struct ns16550 {
    volatile uint8_t *registers;
    uint32_t shift;
    uint32_t fifo_bytes;      /* 16, or 1 when the FIFOs do not answer */
    uint8_t enabled;          /* what IER holds */
    uint64_t character_ns;    /* time for one character on the line, rounded up */
};

/*
 * Take over a device that firmware has used: 8 data bits, no parity, 115200 baud when the
 * clock is known (0: the divisor stays), FIFOs on, interrupts off. Received bytes that
 * wait in the FIFO stay there; only where firmware left the FIFOs off, turning them on
 * may cost the one byte in the receiver.
 */
void ns16550_start(struct ns16550 *uart, volatile void *registers, uint32_t shift,
                   uint32_t clock_hz);

/* Read the line status. Reading clears OVERRUN in the device. */
uint8_t ns16550_status(const struct ns16550 *uart);

/* Read a received byte; the status had DATA_READY. */
uint8_t ns16550_receive(const struct ns16550 *uart);

/* Write up to fifo_bytes bytes; the status had HOLDING_EMPTY. Returns how many. */
size_t ns16550_transmit(const struct ns16550 *uart, const uint8_t *bytes, size_t count);

/* Enable exactly these interrupts (IER_*). */
void ns16550_enable(struct ns16550 *uart, uint8_t interrupts);

#endif

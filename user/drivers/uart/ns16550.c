/* SPDX-License-Identifier: MIT */
/* The registers of the 16550A; sources in ns16550.h. Start at ns16550_start. */
#include <user/drivers/uart/ns16550.h>

/* Register addresses (table I); DLL and DLM instead of 0 and 1 while LCR has DLAB. */
enum {
    RBR = 0, /* receiver buffer, read */
    THR = 0, /* transmitter holding, write */
    DLL = 0, /* divisor latch, low */
    IER = 1, /* interrupt enable */
    DLM = 1, /* divisor latch, high */
    IIR = 2, /* interrupt identification, read */
    FCR = 2, /* FIFO control, write */
    LCR = 3, /* line control */
    MCR = 4, /* modem control */
    LSR = 5, /* line status */
};

#define FCR_ENABLE     0x01
#define FCR_TRIGGER_14 0xc0 /* interrupt at 14 bytes, or 4 character times after the last */
#define IIR_FIFOS_ON   0xc0 /* both bits: FIFOs are there and on */
#define LCR_8_BITS     0x03 /* one stop bit, no parity */
#define LCR_DLAB       0x80
#define MCR_READY      0x0b /* DTR, RTS, and OUT2, which gates the interrupt on many boards */

#define BAUD           115200u
#define CHARACTER_BITS 10u /* start, 8 data, stop */

static uint8_t register_read(const struct ns16550 *uart, unsigned index)
{
    uint8_t value = uart->registers[(size_t)index << uart->shift];

    /* Device reads come before later memory accesses: what is done with the byte must not
     * be seen before the byte was taken. fence i,rw: device input, then memory. */
    __asm__ volatile("fence i, rw" ::: "memory");
    return value;
}

static void register_write(const struct ns16550 *uart, unsigned index, uint8_t value)
{
    uart->registers[(size_t)index << uart->shift] = value;
}

/* [PC16550D 8.3 Programmable baud generator]: divisor = clock / (16 * baud). */
static void set_speed(const struct ns16550 *uart, uint32_t clock_hz)
{
    uint32_t divisor = (clock_hz + 8 * BAUD) / (16 * BAUD);
    uint8_t low = (uint8_t)divisor, high = (uint8_t)(divisor >> 8);

    if (divisor == 0 || divisor > UINT16_MAX)
        return; /* the line cannot run at this speed: firmware knew better */
    register_write(uart, LCR, LCR_8_BITS | LCR_DLAB);
    /* Writing the latch restarts the generator, in the middle of a character: only when
     * it differs. */
    if (register_read(uart, DLL) != low || register_read(uart, DLM) != high) {
        register_write(uart, DLL, low);
        register_write(uart, DLM, high);
    }
}

void ns16550_start(struct ns16550 *uart, volatile void *registers, uint32_t shift,
                   uint32_t clock_hz)
{
    uart->registers = registers;
    uart->shift = shift;
    uart->enabled = 0;
    uart->character_ns = 1000000000ull * CHARACTER_BITS / BAUD + 1;
    register_write(uart, LCR, LCR_8_BITS); /* DLAB off: IER is behind it */
    register_write(uart, IER, 0);
    if (clock_hz != 0)
        set_speed(uart, clock_hz);
    register_write(uart, LCR, LCR_8_BITS);
    register_write(uart, MCR, MCR_READY);
    /* No reset bits: what is in the FIFOs belongs to somebody. */
    register_write(uart, FCR, FCR_ENABLE | FCR_TRIGGER_14);
    uart->fifo_bytes = (register_read(uart, IIR) & IIR_FIFOS_ON) == IIR_FIFOS_ON
                           ? NS16550_FIFO_BYTES
                           : 1;
}

uint8_t ns16550_status(const struct ns16550 *uart)
{
    return register_read(uart, LSR);
}

uint8_t ns16550_receive(const struct ns16550 *uart)
{
    return register_read(uart, RBR);
}

size_t ns16550_transmit(const struct ns16550 *uart, const uint8_t *bytes, size_t count)
{
    size_t sent = count < uart->fifo_bytes ? count : uart->fifo_bytes;

    for (size_t i = 0; i < sent; i++)
        register_write(uart, THR, bytes[i]);
    return sent;
}

void ns16550_enable(struct ns16550 *uart, uint8_t interrupts)
{
    if (uart->enabled == interrupts)
        return;
    uart->enabled = interrupts;
    register_write(uart, IER, interrupts);
    /* The register must have its value before irq_ack lets the line fire again: device
     * output before the kernel's device output to the interrupt controller. */
    __asm__ volatile("fence o, o" ::: "memory");
}

/* SPDX-License-Identifier: MIT */
/*
 * The platform-level interrupt controller [plic 1.0.0], one context: the boot hart's
 * S-mode.
 */
#include <arch/irq.h>
#include <arch/mmu.h>

#define PLIC_PRIORITY(line)    ((line)*4u)
#define PLIC_ENABLE(ctx, line) (0x2000u + (ctx)*0x80u + (line) / 32u * 4u)
#define PLIC_THRESHOLD(ctx)    (0x200000u + (ctx)*0x1000u)
#define PLIC_CLAIM(ctx)        (0x200004u + (ctx)*0x1000u)

static struct {
    volatile uint8_t *registers;
    uint32_t context, lines;
} plic;

static volatile uint32_t *reg(uint32_t offset)
{
    return (volatile uint32_t *)(plic.registers + offset);
}

void arch_irq_init(paddr_t base, uint32_t context, uint32_t lines)
{
    plic.registers = arch_direct(base);
    plic.context = context;
    plic.lines = lines;
    *reg(PLIC_THRESHOLD(context)) = 0; /* let every priority above 0 through */
}

uint32_t arch_irq_lines(void)
{
    return plic.lines;
}

void arch_irq_enable(uint32_t line)
{
    *reg(PLIC_PRIORITY(line)) = 1;
    *reg(PLIC_ENABLE(plic.context, line)) |= 1u << (line % 32);
}

void arch_irq_disable(uint32_t line)
{
    *reg(PLIC_ENABLE(plic.context, line)) &= ~(1u << (line % 32));
}

uint32_t arch_irq_claim(void)
{
    uint32_t line = plic.registers != NULL ? *reg(PLIC_CLAIM(plic.context)) : 0;

    return line < plic.lines ? line : 0;
}

void arch_irq_complete(uint32_t line)
{
    *reg(PLIC_CLAIM(plic.context)) = line;
}

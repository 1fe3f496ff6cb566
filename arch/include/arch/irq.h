/* SPDX-License-Identifier: MIT */
/* External interrupts: lines of the platform's interrupt controller. */
#ifndef ARCH_IRQ_H
#define ARCH_IRQ_H

#include <arch/types.h>

/* base: the controller's registers; context: this hart's number there; lines: count. */
void arch_irq_init(paddr_t base, uint32_t context, uint32_t lines);

/* Lines are 1 .. arch_irq_lines() - 1. */
uint32_t arch_irq_lines(void);

void arch_irq_enable(uint32_t line);
void arch_irq_disable(uint32_t line);

/* The next pending line, now gated until arch_irq_complete(); 0 when there is none. */
uint32_t arch_irq_claim(void);
void arch_irq_complete(uint32_t line);

#endif

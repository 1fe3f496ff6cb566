/* SPDX-License-Identifier: MIT */
/* Interrupt lines; start reading at interrupt_dispatch(). */
#include <kernel/ipc/interrupt.h>

#include <arch/irq.h>
#include <arch/mmu.h>
#include <kernel/debug/trace.h>
#include <kernel/ipc/endpoint.h>
#include <kernel/mm/frame.h>

struct binding {
    struct endpoint *endpoint; /* holds a reference; NULL: free */
    uint8_t bit;
    bool is_claimed; /* fired and not yet acknowledged */
};

static struct binding *bindings;

void interrupt_init(void)
{
    unsigned order = 0;
    paddr_t table;

    while ((PAGE_BYTES << order) < arch_irq_lines() * sizeof(struct binding))
        order++;
    if (frame_alloc(NULL, order, &table) != OK)
        panic("no memory for %u interrupt lines", arch_irq_lines());
    bindings = arch_direct(table);
}

enum status interrupt_bind(uint32_t line, struct endpoint *ep, unsigned bit)
{
    struct binding *b;

    if (line == 0 || line >= arch_irq_lines() || bit > 63)
        return REFUSE(E_RANGE);
    b = &bindings[line];
    if (b->endpoint != NULL && b->endpoint->receive_handles > 0)
        return REFUSE(E_EXISTS);
    if (b->endpoint != NULL)
        object_put(&b->endpoint->object);
    object_get(&ep->object);
    b->endpoint = ep;
    b->bit = (uint8_t)bit;
    if (b->is_claimed)
        arch_irq_complete(line); /* the driver before died with it in hand */
    b->is_claimed = false;
    arch_irq_enable(line);
    return OK;
}

enum status interrupt_ack(uint32_t line, struct endpoint *ep)
{
    if (line == 0 || line >= arch_irq_lines())
        return REFUSE(E_RANGE);
    if (bindings[line].endpoint != ep)
        return REFUSE(E_NOT_FOUND);
    if (bindings[line].is_claimed)
        arch_irq_complete(line);
    bindings[line].is_claimed = false;
    return OK;
}

/* DOC: interrupt-dispatch */
void interrupt_dispatch(void)
{
    uint32_t line;

    while ((line = arch_irq_claim()) != 0) {
        struct binding *b = &bindings[line];

        trace(TRACE_irq, line, b->endpoint != NULL ? b->endpoint->object.id : 0, b->bit,
              0);
        if (b->endpoint == NULL || b->endpoint->receive_handles == 0) {
            arch_irq_disable(line); /* nobody to tell: keep it quiet */
            arch_irq_complete(line);
            continue;
        }
        b->is_claimed = true;
        endpoint_post_bits(b->endpoint, 1ull << b->bit);
    }
}

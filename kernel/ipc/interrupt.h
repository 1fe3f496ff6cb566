/* SPDX-License-Identifier: MIT */
/* Interrupt lines as event bits: a bound line that fires posts a bit and stays gated until
 * its driver acknowledges it. */
#ifndef KERNEL_IPC_INTERRUPT_H
#define KERNEL_IPC_INTERRUPT_H

#include <stdint.h>

#include <abi/status.h>
#include <kernel/base/assert.h>

struct endpoint;

/* Boot: a table for the lines the controller has. */
void interrupt_init(void);

/* Errors: E_RANGE no such line; E_EXISTS it is bound to an endpoint that still has a
 * receiver. A binding whose endpoint lost its last RECEIVE handle can be taken over. */
enum status interrupt_bind(uint32_t line, struct endpoint *endpoint,
                           unsigned bit) MUST_CHECK;

/* Errors: E_RANGE; E_NOT_FOUND not bound to this endpoint. */
enum status interrupt_ack(uint32_t line, struct endpoint *endpoint) MUST_CHECK;

/* Claim what is pending and post the bits. */
void interrupt_dispatch(void);

#endif

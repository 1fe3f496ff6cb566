/* SPDX-License-Identifier: MIT */
/*
 * Sleeping on a word of user memory.
 *
 * The key comes from the mapping, never from the physical address: process and address
 * for private memory, memory object and offset for shared (design §4).
 */
#ifndef KERNEL_IPC_FUTEX_H
#define KERNEL_IPC_FUTEX_H

#include <abi/status.h>
#include <abi/vm.h>
#include <arch/types.h>
#include <kernel/base/assert.h>

struct thread;

/* Boot: a table of sleepers, sized by the memory there is. */
void futex_init(uint64_t seed);

/*
 * The current thread sleeps if the word at va has the value expected.
 * Errors (nothing happened): E_ALIGN; E_FAULT cannot be read; E_AGAIN other value;
 * E_TIMED_OUT the deadline is past. OK: it sleeps; its result comes with the wake.
 */
enum status futex_sleep(struct thread *self, uaddr_t va, uint32_t expected,
                        uint64_t deadline_ns) MUST_CHECK;

/*
 * Wake at most count sleepers, longest asleep first, FUTEX_WAKE_SLICE at most.
 * Errors: E_ALIGN; E_FAULT cannot be written.
 */
enum status futex_wake_some(struct thread *self, uaddr_t va, uint32_t count,
                            uint32_t *woken) MUST_CHECK;

#endif

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

struct space;
struct thread;

/* Boot: a table of sleepers, sized by the memory there is. */
void futex_init(uint64_t seed);

/*
 * The current thread sleeps if the word at va has the value expected.
 * Errors (nothing happened): E_ALIGN; E_FAULT cannot be read; E_AGAIN other value;
 * E_TIMED_OUT the deadline is past; E_INTERRUPTED upcall bits are due and may end it.
 * OK: it sleeps; its result comes with the wake.
 */
enum status futex_sleep(struct thread *self, uaddr_t va, uint32_t expected,
                        uint64_t deadline_ns, bool is_interruptible) MUST_CHECK;

/*
 * Wake at most count sleepers, longest asleep first, FUTEX_WAKE_SLICE at most; if
 * is_switching, the first one takes over the hart and the rest of the slice.
 * Errors: E_ALIGN; E_FAULT cannot be written.
 */
enum status futex_wake_some(struct space *space, uaddr_t va, uint32_t count,
                            bool is_switching, uint32_t *woken) MUST_CHECK;

/*
 * Wake one sleeper at wake_va, then sleep at va as futex_sleep(); the woken thread runs
 * on at once, in the rest of the slice. What can be known before is checked before:
 * E_ALIGN, E_FAULT change nothing. Errors after the wake: E_AGAIN, E_TIMED_OUT,
 * E_INTERRUPTED.
 */
enum status futex_swap_words(struct thread *self, uaddr_t wake_va, uaddr_t va,
                             uint32_t expected, uint64_t deadline_ns,
                             bool is_interruptible) MUST_CHECK;

#endif

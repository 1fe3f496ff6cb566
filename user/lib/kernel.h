/* SPDX-License-Identifier: MIT */
/*
 * Stubs of the kernel's calls for programs in user mode; the reference is docs/ref.
 *
 * A result >= 0 is a count or a handle, < 0 a code of abi/status.def. Sliced calls loop here until
 * they are done, so a caller sees all or the error that stopped it. Only this file and
 * crt0.S have an ecall.
 */
#ifndef USER_LIB_KERNEL_H
#define USER_LIB_KERNEL_H

#include <stddef.h>
#include <stdint.h>

#include <abi/handle.h>
#include <abi/message.h>
#include <abi/process.h>
#include <abi/status.h>
#include <abi/syscall.h>
#include <abi/system.h>
#include <abi/thread_page.h>
#include <abi/vm.h>

static inline int64_t kernel_call(uint64_t number, uint64_t arg0, uint64_t arg1, uint64_t arg2,
                                  uint64_t arg3, uint64_t arg4, uint64_t arg5)
{
    register uint64_t a0 __asm__("a0") = arg0;
    register uint64_t a1 __asm__("a1") = arg1;
    register uint64_t a2 __asm__("a2") = arg2;
    register uint64_t a3 __asm__("a3") = arg3;
    register uint64_t a4 __asm__("a4") = arg4;
    register uint64_t a5 __asm__("a5") = arg5;
    register uint64_t a7 __asm__("a7") = number;

    __asm__ volatile("ecall"
                     : "+r"(a0)
                     : "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5), "r"(a7)
                     : "memory");
    return (int64_t)a0;
}

static inline int64_t handle_close(handle_t handle)
{
    return kernel_call(SYS_handle_close, handle, 0, 0, 0, 0, 0);
}

/* badge 0 keeps the handle's badge; into is a process handle with MANAGE or HANDLE_SELF. */
static inline int64_t handle_duplicate(handle_t handle, uint32_t rights, uint64_t badge,
                                       handle_t into)
{
    return kernel_call(SYS_handle_duplicate, handle, rights, badge, into, 0, 0);
}

static inline int64_t handle_info(handle_t handle, enum handle_info_kind kind, void *buffer,
                                  size_t bytes)
{
    return kernel_call(SYS_handle_info, handle, kind, (uint64_t)buffer, bytes, 0, 0);
}

static inline int64_t memory_control(handle_t memory, enum memory_operation operation,
                                     uint64_t a, uint64_t b, uint64_t c)
{
    int64_t more = kernel_call(SYS_memory_control, memory, operation, a, b, c, 0);

    while (more > 0) /* pages are still being freed: a step of nothing new goes on with it */
        more = kernel_call(SYS_memory_control, memory, MEMORY_CONTINUE, 0, 0, 0, 0);
    return more;
}

/* A contiguous object is zeroed by slices before it can be mapped: done when this returns. */
static inline int64_t memory_create(handle_t account, enum memory_kind kind, uint64_t bytes,
                                    uint64_t argument, handle_t system)
{
    int64_t memory = kernel_call(SYS_memory_create, account, kind, bytes, argument, system, 0);

    if (memory >= 0 && kind == MEMORY_CONTIGUOUS)
        memory_control((handle_t)memory, MEMORY_CONTINUE, 0, 0, 0);
    return memory;
}

static inline int64_t vm_map(handle_t process, uint64_t address, uint64_t bytes,
                             handle_t memory, uint64_t offset, uint32_t flags)
{
    return kernel_call(SYS_vm_map, process, address, bytes, memory, offset, flags);
}

static inline int64_t vm_unmap(handle_t process, uint64_t address, uint64_t bytes)
{
    while (bytes > 0) {
        int64_t done = kernel_call(SYS_vm_unmap, process, address, bytes, 0, 0, 0);
        if (done < 0)
            return done;
        address += (uint64_t)done;
        bytes -= (uint64_t)done;
    }
    return OK;
}

static inline int64_t vm_protect(handle_t process, uint64_t address, uint64_t bytes,
                                 uint32_t access)
{
    while (bytes > 0) {
        int64_t done = kernel_call(SYS_vm_protect, process, address, bytes, access, 0, 0);
        if (done < 0)
            return done;
        address += (uint64_t)done;
        bytes -= (uint64_t)done;
    }
    return OK;
}

/*
 * Copy bytes between own memory and another process (a handle with MANAGE, or
 * HANDLE_CALLER within its window). Returns bytes, or the error when not even one byte
 * could be copied; a shorter count means that the next byte cannot be.
 */
static inline int64_t vm_copy(handle_t process, uint64_t theirs, void *own, uint64_t bytes,
                              enum vm_copy_direction direction)
{
    uint64_t done = 0;

    while (done < bytes) {
        int64_t got = kernel_call(SYS_vm_copy, process, theirs + done, (uint64_t)own + done,
                                  bytes - done, direction, 0);
        if (got < 0)
            return done ? (int64_t)done : got;
        done += (uint64_t)got;
    }
    return (int64_t)done;
}

/* name: up to 8 characters packed little-endian, for traces and the panic screen. */
static inline int64_t process_create(handle_t account, handle_t supervisor, uint64_t badge,
                                     uint64_t name)
{
    return kernel_call(SYS_process_create, account, supervisor, badge, name, 0, 0);
}

static inline int64_t process_control(handle_t process, enum process_operation operation,
                                      uint64_t a, uint64_t b, uint64_t c)
{
    return kernel_call(SYS_process_control, process, operation, a, b, c, 0);
}

/* Kill every process charged to an account or below it. */
static inline int64_t account_kill(handle_t account, uint64_t status)
{
    int64_t left;

    do
        left = process_control(account, PROCESS_KILL, status, 0, 0);
    while (left > 0);
    return left;
}

/*
 * Make an empty process (a handle with CLONE) a copy of another, and give its first thread a
 * page at the address where the caller has its own (0: none). Until it is done the
 * source's map cannot change: those calls say E_BUSY.
 */
static inline int64_t process_clone(handle_t target, handle_t source, uint64_t thread_page)
{
    int64_t more;

    do
        more = kernel_call(SYS_process_clone, target, source, thread_page, 0, 0, 0);
    while (more > 0);
    return more;
}

/* thread: a thread, or a process: any of its threads. */
static inline int64_t upcall_post(handle_t thread, uint64_t bits)
{
    return kernel_call(SYS_upcall_post, thread, bits, 0, 0, 0, 0);
}

static inline int64_t thread_create(handle_t process, uint64_t entry, uint64_t stack,
                                    uint64_t tls, uint64_t argument, uint64_t thread_page)
{
    return kernel_call(SYS_thread_create, process, entry, stack, tls, argument, thread_page);
}

static inline int64_t thread_control(handle_t thread, enum thread_operation operation,
                                     uint64_t a, uint64_t b, uint64_t c)
{
    return kernel_call(SYS_thread_control, thread, operation, a, b, c, 0);
}

static inline int64_t futex_wait(const volatile uint32_t *word, uint32_t expected,
                                 uint64_t deadline_ns, uint32_t flags, handle_t owner)
{
    return kernel_call(SYS_futex_wait, (uint64_t)word, expected, deadline_ns, flags, owner, 0);
}

/* Wake up to count sleepers on a word: how many woke. */
static inline int64_t futex_wake(const volatile uint32_t *word, uint32_t count, uint32_t flags)
{
    int64_t woken = 0, got;

    do {
        got = kernel_call(SYS_futex_wake, (uint64_t)word, count - (uint32_t)woken, flags, 0, 0,
                          0);
        if (got < 0)
            return woken ? woken : got;
        woken += got;
    } while (got == FUTEX_WAKE_SLICE && woken < count);
    return woken;
}

/* Wake all sleepers on a word of another process, which may have died. */
static inline int64_t futex_wake_in(handle_t process, uint64_t word)
{
    int64_t got;

    do
        got = kernel_call(SYS_futex_wake, word, FUTEX_WAKE_SLICE, 0, process, 0, 0);
    while (got == FUTEX_WAKE_SLICE);
    return got;
}

/* Wake one sleeper on wake, then sleep on word while it has the value expected. */
static inline int64_t futex_swap(const volatile uint32_t *wake, const volatile uint32_t *word,
                                 uint32_t expected, uint64_t deadline_ns, uint32_t flags)
{
    return kernel_call(SYS_futex_swap, (uint64_t)wake, (uint64_t)word, expected, deadline_ns,
                       flags, 0);
}

static inline int64_t endpoint_create(handle_t account)
{
    return kernel_call(SYS_endpoint_create, account, 0, 0, 0, 0, 0);
}

static inline int64_t endpoint_post(handle_t endpoint, uint64_t bits)
{
    return kernel_call(SYS_endpoint_post, endpoint, bits, 0, 0, 0, 0);
}

static inline int64_t irq_bind(handle_t system, uint32_t line, handle_t endpoint, uint32_t bit)
{
    return kernel_call(SYS_irq_bind, system, line, endpoint, bit, 0, 0);
}

static inline int64_t irq_ack(handle_t endpoint, uint32_t line)
{
    return kernel_call(SYS_irq_ack, endpoint, line, 0, 0, 0, 0);
}

/* flags: ACCOUNT_WRITE_EXECUTE, if its processes are to have such memory. */
static inline int64_t account_create_with(handle_t parent, uint64_t pages, uint64_t objects,
                                          uint64_t flags)
{
    return kernel_call(SYS_account_create, parent, pages, objects, flags, 0, 0);
}

static inline int64_t account_create(handle_t parent, uint64_t pages, uint64_t objects)
{
    return account_create_with(parent, pages, objects, 0);
}

static inline int64_t system_control(handle_t system, enum system_operation operation,
                                     uint64_t a, uint64_t b, uint64_t c)
{
    return kernel_call(SYS_system_control, system, operation, a, b, c, 0);
}

struct message {
    uint64_t info; /* abi/message.h */
    uint64_t word[MESSAGE_WORDS];
};

static inline int64_t message_exchange(uint64_t number, handle_t endpoint, struct message *m)
{
    register uint64_t a0 __asm__("a0") = endpoint;
    register uint64_t a1 __asm__("a1") = m->info;
    register uint64_t a2 __asm__("a2") = m->word[0];
    register uint64_t a3 __asm__("a3") = m->word[1];
    register uint64_t a4 __asm__("a4") = m->word[2];
    register uint64_t a5 __asm__("a5") = m->word[3];
    register uint64_t a7 __asm__("a7") = number;

    __asm__ volatile("ecall"
                     : "+r"(a0), "+r"(a1), "+r"(a2), "+r"(a3), "+r"(a4), "+r"(a5)
                     : "r"(a7)
                     : "memory");
    m->info = a1;
    m->word[0] = a2;
    m->word[1] = a3;
    m->word[2] = a4;
    m->word[3] = a5;
    return (int64_t)a0;
}

/* Send m and sleep until the reply, which replaces m. */
static inline int64_t endpoint_call(handle_t endpoint, struct message *m)
{
    return message_exchange(SYS_endpoint_call, endpoint, m);
}

/* Answer the current caller (if there is one) with m, then wait: m becomes the next
 * event, death or call. */
static inline int64_t endpoint_reply_wait(handle_t endpoint, struct message *m)
{
    return message_exchange(SYS_endpoint_reply_wait, endpoint, m);
}

#endif

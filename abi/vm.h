/* SPDX-License-Identifier: MIT */
/* Memory calls: access and flag bits, kinds of memory objects, the user address range. */
#ifndef ABI_VM_H
#define ABI_VM_H

#define VM_PAGE_SHIFT 12
#define VM_PAGE_BYTES 4096ull

/* User addresses are [0, VM_USER_END); page 0 is never mapped. */
#define VM_USER_END (1ull << 47)

/*
 * Access, for vm_map and vm_protect. Writable and executable together: E_INVALID, unless
 * the process's account was made with ACCOUNT_WRITE_EXECUTE.
 *
 * vm_protect can raise access to: anything for anonymous memory; anything for
 * VM_PRIVATE, but VM_EXECUTE only if the handle had EXECUTE; what the handle's rights
 * allow for a shared mapping that the process made itself; nothing beyond the access it
 * was made with for a shared mapping that another process made for it.
 */
#define VM_READ       1u
#define VM_WRITE      2u
#define VM_EXECUTE    4u
#define VM_ACCESS_ALL (VM_READ | VM_WRITE | VM_EXECUTE)

/* Flags of vm_map. */
#define VM_NOINHERIT (1u << 4) /* process_clone leaves it out */
#define VM_EAGER     (1u << 5) /* process_clone copies it at once */
#define VM_PRIVATE   (1u << 6) /* of a memory object: writes go to private copies */

/* memory_create(account, kind, length, argument, system). account 0: the caller's own. */
enum memory_kind {
    MEMORY_ANONYMOUS = 0, /* zero-filled on first touch */
    MEMORY_PHYSICAL = 1,  /* argument: physical base; needs system with PHYSICAL */
    MEMORY_CONTIGUOUS =
        2,            /* one physical run, allocated at once; zeroed by MEMORY_CONTINUE,
                            * before which nobody can map it or learn where it is */
    MEMORY_PAGER = 3, /* reserved for the disk file systems: E_UNSUPPORTED */
};

/* memory_control(memory, operation, a, b, c) */
enum memory_operation {
    /* All need MANAGE, all return 1 while pages are still to be freed: the stub then calls
     * MEMORY_CONTINUE until it returns 0. */
    MEMORY_RESIZE = 0,   /* a: new length. Pages cut off go once nobody maps them */
    MEMORY_DECOMMIT = 1, /* a: offset, b: length: back to zero-fill */
    MEMORY_CONTINUE = 2, /* go on freeing, or zeroing a contiguous object */
};

/* vm_copy(process, its address, own address, length, direction): bytes copied. */
enum vm_copy_direction {
    VM_COPY_IN = 0,  /* from the process to the caller */
    VM_COPY_OUT = 1, /* from the caller to the process */
};

/* The most one vm_copy, vm_unmap or vm_protect does before it returns its progress. */
#define VM_COPY_SLICE_BYTES 16384ull

/* futex_wait, futex_wake and futex_swap. Words are 32 bits, aligned. */
#define FUTEX_PRIVATE         1u /* a promise: only this process uses the word */
#define FUTEX_UNINTERRUPTIBLE 2u
#define FUTEX_SWITCH          4u /* futex_wake: run the woken thread now */

/* The most sleepers one futex_wake wakes; the stub loops. */
#define FUTEX_WAKE_SLICE 64

#define DEADLINE_NEVER 0xffffffffffffffffull

#endif

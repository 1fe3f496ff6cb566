/* SPDX-License-Identifier: MIT */
/*
 * Address spaces: a page table and the record of what ranges mean. Essay in space.c.
 */
#ifndef KERNEL_MM_SPACE_H
#define KERNEL_MM_SPACE_H

#include <abi/status.h>
#include <abi/vm.h>
#include <arch/mmu.h>
#include <arch/types.h>
#include <kernel/base/assert.h>
#include <kernel/base/tree.h>

struct account;
struct memory;

struct mapping {
    struct tree_node node; /* key: first address */
    uint64_t end;
    uint32_t access;       /* VM_READ | VM_WRITE | VM_EXECUTE */
    uint32_t allowed;      /* what vm_protect may raise access to */
    uint32_t flags;        /* VM_NOINHERIT | VM_EAGER | VM_PRIVATE */
    struct memory *memory; /* holds a reference; NULL: anonymous */
    uint64_t offset;       /* bytes into memory of the first address */
};

struct space {
    paddr_t root;
    uint64_t id; /* of the process: the name of its private memory in futex keys */
    uint32_t asid;
    uint32_t asid_round;  /* UINT32_MAX: it has none yet, or there are none */
    uint64_t translation; /* arch_space_value(root, asid), once there is an asid */
    uint64_t harts;       /* what those remember of this asid is right */
    uint64_t pass;        /* a hart's, if that may enter as it is; 0: nobody knows */
    bool is_split; /* some hart still runs it under its number of an earlier round */
    struct tree mappings; /* by first address */
    struct account *account;

    /* What was found last, kept true by whoever changes it (mapping.c, space_leaf). */
    uint64_t leaf_span; /* va / ARCH_TABLE_SPAN, no user address's: nothing found yet */
    pte_t *leaves; /* the table of leaves for that span: it stays until the space dies */
    struct mapping *found;
    uint64_t idle_va; /* unmapped last, its tables may be there yet; or VM_USER_END */

    struct mapping spare; /* for an unmap that must split when the account is full */
};

/* Live mapping records, for leak checks. */
extern uint64_t mapping_count;

/* Make an empty space. Errors: E_QUOTA, E_NO_MEMORY. */
enum status space_make(struct space *space, struct account *account,
                       uint64_t id) MUST_CHECK;

/* One bounded step of taking a space apart; true: more is left. The space must not be in
 * use by any hart. */
bool space_destroy_step(struct space *space);

/* Make this hart translate through this space; it must be known for the short way. */
void space_adopt(struct space *space, struct hart *hart);

/* Can the hart use it as it is? */
static inline bool space_is_known(const struct space *space, const struct hart *hart)
{
    return space->asid_round == hart->asid_round && (space->harts & hart->bit) != 0;
}

/* DOC: pass */
/* The same in one comparison for the hart that asked last. It may not be entered while its
 * process is stopped; whoever stops it takes the pass away. */
static inline bool space_passes(struct space *space, const bool *is_stopped)
{
    if (__builtin_expect(space->pass == arch_hart()->pass, 1))
        return true;
    if (*is_stopped || !space_is_known(space, arch_hart()))
        return false;
    space->pass = arch_hart()->pass;
    return true;
}

static inline void space_enter(const struct space *space)
{
    if (arch_hart()->translation != space->translation)
        arch_space_use(space->translation);
}

static inline void space_activate(struct space *space, struct hart *hart)
{
    if (!space_is_known(space, hart))
        space_adopt(space, hart);
    space_enter(space);
}

/* Entries were taken away or weakened, one or several: before this returns no hart uses the
 * old ones. */
void space_fence_page(struct space *space, uint64_t va);
void space_fence(struct space *space);

/* A page that was written is about to become executable. */
void space_fence_code(struct space *space);

/*
 * Map [va, va + bytes), page-aligned, inside the user half. memory NULL: anonymous.
 * allowed: access that space_protect() may give later, at least the one in flags.
 * Errors: E_EXISTS something is mapped there; E_QUOTA; E_NO_MEMORY.
 */
enum status space_map(struct space *space, uint64_t va, uint64_t bytes,
                      struct memory *memory, uint64_t offset, uint32_t flags,
                      uint32_t allowed) MUST_CHECK;

/*
 * Unmap from va on, at most bytes, one bounded slice; *done bytes of it (holes count).
 * Errors: E_QUOTA, E_NO_MEMORY when a mapping must be split, there is no memory for that,
 * and the spare record is in use, until some record has gone.
 */
enum status space_unmap(struct space *space, uint64_t va, uint64_t bytes,
                        uint64_t *done) MUST_CHECK;

/* Change access likewise. Errors: E_NOT_FOUND at a hole; E_RIGHTS the mapping does not
 * allow it; E_QUOTA, E_NO_MEMORY at a split. On error nothing changed. */
enum status space_protect(struct space *space, uint64_t va, uint64_t bytes,
                          uint32_t access, uint64_t *done) MUST_CHECK;

/*
 * One bounded step of copying source into target: from *at on, which it moves;
 * VM_USER_END when all is copied. Begin with 0 and an empty target. Fences before it
 * returns. Errors: E_QUOTA, E_NO_MEMORY the target's account; E_EXISTS the target was
 * not empty.
 */
enum status space_clone_step(struct space *target, struct space *source,
                             uint64_t *at) MUST_CHECK;

/*
 * Make the page at va accessible as asked, as a fault or on behalf of a call: zero-fill,
 * memory object page, copy before write. *frame is its frame.
 * Errors: E_FAULT nothing mapped there or access not granted; E_RANGE beyond the end of
 * the memory object; E_QUOTA; E_NO_MEMORY.
 */
enum status space_resolve(struct space *space, uint64_t va, uint32_t access,
                          paddr_t *frame) MUST_CHECK;

/* A hart faulted at va: as space_resolve, or, when the entry is good and only the hart's copy
 * of it is stale, fence that address. */
enum status space_fault(struct space *space, uint64_t va, uint32_t access) MUST_CHECK;

/* The mapping that holds va, or NULL. */
struct mapping *space_find_slow(struct space *space, uint64_t va);

static inline struct mapping *space_find(struct space *space, uint64_t va)
{
    struct mapping *m = space->found;

    return m != NULL && va >= m->node.key && va < m->end ? m : space_find_slow(space, va);
}

/*
 * The frame at va, readable and writable for its owner, with a reference for the caller:
 * it will outlive the mapping. Errors: as space_resolve, E_FAULT also beyond the user
 * half or the end of a memory object; E_ALIGN va is not a page; E_INVALID the page is not
 * the kernel's to count.
 */
enum status space_share_frame(struct space *space, uint64_t va,
                              paddr_t *frame) MUST_CHECK;

/* The leaf entry for a user address if its table was the last one found, or NULL. */
static inline pte_t *space_leaf_hint(const struct space *space, uint64_t va)
{
    return va / ARCH_TABLE_SPAN == space->leaf_span
               ? &space->leaves[va % ARCH_TABLE_SPAN / PAGE_BYTES]
               : NULL;
}

/*
 * A kernel pointer to the byte at va, good to the end of its page and until the space
 * changes. Errors: as space_resolve, E_FAULT also for a device.
 */
enum status space_pointer_slow(struct space *space, uint64_t va, uint32_t access,
                               void **out) MUST_CHECK;

MUST_CHECK static inline enum status space_pointer(struct space *space, uint64_t va,
                                                   uint32_t access, void **out)
{
    pte_t *leaf = space_leaf_hint(space, va);

    /* PTE_FRAME: the allocator's, so it is memory. */
    if (leaf == NULL || (~arch_pte_access(*leaf) & (access | PTE_FRAME)))
        return space_pointer_slow(space, va, access, out);
    *out = (char *)arch_direct(arch_pte_frame(*leaf)) + (va & PAGE_MASK);
    return OK;
}

/* Copy between kernel memory and user memory. Errors: E_FAULT; a part may be copied. */
enum status copy_in(struct space *space, void *to, uaddr_t from,
                    uint64_t bytes) MUST_CHECK;
enum status copy_out(struct space *space, uaddr_t to, const void *from,
                     uint64_t bytes) MUST_CHECK;

#endif

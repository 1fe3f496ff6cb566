/* SPDX-License-Identifier: MIT */
/*
 * Leaf entries and the direct map, inline: a page fault, a copy to user memory and each page
 * of a clone make several of them. [priv 20211203 §4.3.1 Addressing and Memory Protection]
 *
 * Access bits of abi/vm.h are those of the entry, shifted by one. A leaf without any of
 * them is valid (R, or the spec would take it for a pointer) but not user mode's (no U).
 */
#ifndef ARCH_PTE_H
#define ARCH_PTE_H

#include <abi/vm.h>
#include <arch/types.h>

typedef uint64_t pte_t;

#define PTE_V 0x001ull
#define PTE_R 0x002ull
#define PTE_W 0x004ull
#define PTE_X 0x008ull
#define PTE_U 0x010ull
#define PTE_G 0x020ull
#define PTE_A 0x040ull
#define PTE_D 0x080ull

/* Software's bits: what arch_pte_make() takes and arch_pte_access() gives beside VM_*. */
#define PTE_COPY  (1u << 8) /* shared frame, copy before the first write */
#define PTE_FRAME (1u << 9) /* the frame is in the frame table, holds a reference */

#define PTE_PPN_SHIFT 10
#define PTE_PPN_MASK  ((1ull << 44) - 1)

_Static_assert(VM_READ << 1 == PTE_R && VM_WRITE << 1 == PTE_W &&
                   VM_EXECUTE << 1 == PTE_X,
               "access bits are shifted, not translated");

/* What one table of leaves covers: entries of neighbouring pages are neighbours in it. */
#define ARCH_TABLE_SPAN (512 * PAGE_BYTES)

#define ARCH_DIRECT_BASE 0xffff800000000000ull

/* Physical memory that the direct map covers, as a kernel pointer, and back. */
static inline void *arch_direct(paddr_t address)
{
    return (void *)(ARCH_DIRECT_BASE + address.value);
}

static inline paddr_t arch_physical(const void *direct)
{
    return PADDR((uint64_t)direct - ARCH_DIRECT_BASE);
}

static inline bool arch_pte_is_valid(pte_t pte)
{
    return (pte & PTE_V) != 0;
}

static inline paddr_t arch_pte_frame(pte_t pte)
{
    return PADDR((pte >> PTE_PPN_SHIFT & PTE_PPN_MASK) << PAGE_SHIFT);
}

/* VM_* | PTE_COPY | PTE_FRAME; 0 for an invalid entry. */
static inline uint32_t arch_pte_access(pte_t pte)
{
    uint32_t soft = (uint32_t)pte & (PTE_COPY | PTE_FRAME);

    return pte & PTE_U ? soft | (pte >> 1 & VM_ACCESS_ALL) : soft;
}

/* Without access bits the leaf is valid but out of user mode's reach. A is set, and D where
 * the page is writable, so that no hart ever has to set them. */
static inline pte_t arch_pte_make(paddr_t frame, uint32_t access)
{
    pte_t pte = (frame.value >> PAGE_SHIFT) << PTE_PPN_SHIFT | PTE_V | PTE_A |
                (access & (PTE_COPY | PTE_FRAME));

    if ((access & VM_ACCESS_ALL) == 0)
        return pte | PTE_R;
    if (access & VM_WRITE) /* write without read is reserved */
        pte |= PTE_R | PTE_D;
    return pte | PTE_U | (uint64_t)(access & VM_ACCESS_ALL) << 1;
}

/* The same leaf without write access, to be copied before the first write. */
static inline pte_t arch_pte_share(pte_t pte)
{
    return (pte & ~(PTE_W | PTE_D)) | PTE_COPY;
}

/* Make an entry valid, for any hart: what was written to its frame before is seen there. */
static inline void arch_pte_publish(pte_t *leaf, pte_t pte)
{
    __atomic_store_n(leaf, pte, __ATOMIC_RELEASE);
}

#endif

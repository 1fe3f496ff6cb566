/* SPDX-License-Identifier: MIT */
/*
 * Page tables: the part of the portability contract that mm/ builds on.
 *
 * A table is named by the physical address of its root. Leaves carry access bits of
 * abi/vm.h, the frame's address and a few software bits. Nothing here allocates or frees
 * by itself: callers pass table frames in and get them back. No function here may be
 * called from interrupt context; there is none.
 */
#ifndef ARCH_MMU_H
#define ARCH_MMU_H

#include <arch/hart.h>
#include <arch/pte.h>
#include <arch/types.h>

/* Zero or copy a page; all pointers page-aligned. */
void page_zero(void *page);
void page_copy(void *to, const void *from);

/* Where the kernel image's linked addresses lie: virtual - physical. Boot only. */
uint64_t arch_image_offset(void);

/*
 * Give up firmware's and boot's mappings: from now on the kernel image has its final
 * access and the direct map covers exactly the gigabytes marked used.
 * take_frame: returns zeroed frames for tables; boot only, may panic.
 */
void arch_mmu_finish_boot(paddr_t (*take_frame)(void));

/* Keep the direct map of [base, base + bytes); call before arch_mmu_finish_boot. */
void arch_mmu_use_direct(paddr_t base, uint64_t bytes);

/* Write the kernel half into a zeroed frame that becomes a user table's root; take it out of
 * a root that has no user half any more, which leaves zeros. */
void arch_table_init(paddr_t root);
void arch_table_end(paddr_t root);

/* The leaf entry for a user address, or NULL when a table on the way is absent. */
pte_t *arch_table_leaf(paddr_t root, uint64_t va);

/* Link a zeroed frame as the highest absent table on the way; true: more are absent. */
bool arch_table_link(paddr_t root, uint64_t va, paddr_t zeroed_frame);

/*
 * The leaf entries from va on, as far as one table has them, but not beyond end; *next: the
 * address behind them. NULL: there is no table for [va, *next). Invalid entries are 0.
 * *tables: how many there are on the way, the root not counted. Takes the instructions that
 * it spends off *work.
 */
pte_t *arch_table_leaves(paddr_t root, uint64_t va, uint64_t end, uint64_t *next,
                         unsigned *tables, int *work);

/*
 * The entry that links the lowest table on the way to va, and the addresses which that is
 * for; NULL: there is only the root. An entry of which nothing below is valid may be made 0:
 * the table is then the caller's again, and all zeros.
 */
pte_t *arch_table_lowest(paddr_t root, uint64_t va, uint64_t *start, uint64_t *end);

/* A table and an ASID as the hart takes them; the kernel's own, which has no user half. */
uint64_t arch_space_value(paddr_t root, uint16_t asid);
uint64_t arch_space_kernel(void);

/* Make this hart translate through it. ASIDs keep the spaces' translations apart: no fence
 * [priv 20211203 §4.2.1]. Not to be called with what it uses already: a written satp costs a
 * whole TLB on QEMU. */
static inline void arch_space_use(uint64_t value)
{
    arch_hart()->translation = value;
    __asm__ volatile("csrw satp, %0" : : "r"(value) : "memory");
}

/* How many ASIDs there are; numbers are 1 .. count - 1. */
uint32_t arch_asid_count(void);

/*
 * Forget cached translations after a valid leaf was removed or weakened; on this hart and on
 * those of a mask, before it returns.
 */
void arch_fence_page(uint64_t va, uint16_t asid, uint64_t harts);
void arch_fence_asid(uint16_t asid, uint64_t harts);
void arch_fence_all(uint64_t harts);

/* Make instructions written as data visible to fetches, likewise. */
void arch_fence_code(uint64_t harts);

#endif

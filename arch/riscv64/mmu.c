/* SPDX-License-Identifier: MIT */
/*
 * Sv48 page tables [priv 20211203 §4.5 Sv48: Page-Based 48-bit Virtual-Memory System].
 *
 *   47      39 38      30 29      21 20      12 11        0
 *  +----------+----------+----------+----------+-----------+
 *  | level 3  | level 2  | level 1  | level 0  |  offset   |
 *  +----------+----------+----------+----------+-----------+
 *
 * Kernel half: the direct map at DIRECT_MAP_BASE in gigabyte leaves, the kernel image at
 * KERNEL_BASE in pages with the access each section needs. Every user table's root has
 * the same upper 256 entries, which never change after boot; two of them are in use.
 */
#include <arch/mmu.h>

#include <abi/vm.h>
#include <arch/hart.h>
#include <kernel/base/words.h>
#include <kernel/debug/klog.h>

#include <arch/riscv64/csr.h>

#pragma GCC optimize("omit-frame-pointer") /* each page fault walks here */

#define LEVELS   4
#define ENTRIES  512ul
#define GIGABYTE (1ull << 30)

_Static_assert(ARCH_DIRECT_BASE == DIRECT_MAP_BASE, "C and assembly agree");

extern pte_t boot_root[ENTRIES], boot_direct[ENTRIES];
extern char __text_start[], __text_end[], __rodata_end[], _end[], _start[];

static struct {
    paddr_t root; /* the kernel's own table: kernel half only */
    uint32_t asids;
    uint64_t image_offset; /* virtual - physical, of the kernel image */
    bool is_used[ENTRIES]; /* gigabytes of the direct map */
} mmu;

static unsigned index_at(uint64_t va, unsigned level)
{
    return (unsigned)(va >> (PAGE_SHIFT + 9 * level)) % ENTRIES;
}

static pte_t pte_pointer(paddr_t frame)
{
    return (frame.value >> PAGE_SHIFT) << PTE_PPN_SHIFT | PTE_V;
}

static pte_t *table_of(pte_t pte)
{
    return arch_direct(arch_pte_frame(pte));
}

/* ---- user tables ---- */

/* What the kernel half has: never more, so a root is zeros again without them. */
static void set_kernel_half(paddr_t root, pte_t direct, pte_t image)
{
    pte_t *table = arch_direct(root);

    table[index_at(DIRECT_MAP_BASE, LEVELS - 1)] = direct;
    table[index_at(KERNEL_BASE, LEVELS - 1)] = image;
}

void arch_table_init(paddr_t root)
{
    const pte_t *kernel = arch_direct(mmu.root);

    set_kernel_half(root, kernel[index_at(DIRECT_MAP_BASE, LEVELS - 1)],
                    kernel[index_at(KERNEL_BASE, LEVELS - 1)]);
}

void arch_table_end(paddr_t root)
{
    set_kernel_half(root, 0, 0);
}

/* DOC: page-walk */
pte_t *arch_table_leaf(paddr_t root, uint64_t va)
{
    pte_t *table = arch_direct(root);

    for (unsigned level = LEVELS - 1; level > 0; level--) {
        pte_t pte = table[index_at(va, level)];

        if (!(pte & PTE_V))
            return NULL;
        table = table_of(pte);
    }
    return &table[index_at(va, 0)];
}

bool arch_table_link(paddr_t root, uint64_t va, paddr_t zeroed_frame)
{
    pte_t *table = arch_direct(root);

    for (unsigned level = LEVELS - 1; level > 0; level--) {
        pte_t *pte = &table[index_at(va, level)];

        if (!(*pte & PTE_V)) {
            arch_pte_publish(pte, pte_pointer(zeroed_frame));
            return level > 1;
        }
        table = table_of(*pte);
    }
    return false;
}

#define WALK_WORK 60 /* instructions to get to a table */

pte_t *arch_table_leaves(paddr_t root, uint64_t va, uint64_t end, uint64_t *next,
                         unsigned *tables, int *work)
{
    unsigned level = LEVELS - 1, shift = PAGE_SHIFT + 9 * level;
    pte_t *table = arch_direct(root), *entry, *last;
    uint64_t stop;

    /* Down as far as there are tables. */
    while (*(entry = &table[va >> shift & (ENTRIES - 1)]) & PTE_V && level > 0) {
        table = table_of(*entry);
        level--;
        shift -= 9;
    }
    *tables = LEVELS - 1 - level;
    *work -= WALK_WORK;
    stop = (va | ((ENTRIES << shift) - 1)) + 1;
    *next = stop < end ? stop : end;
    if (level == 0)
        return entry;
    /* Over what has no table: the next entry in use may be nearer than the end. */
    last = &table[(*next - 1) >> shift & (ENTRIES - 1)];
    if (entry < last) {
        pte_t *found = words_skip_zeros(entry, last + 1);

        *work -= (int)(found - entry) * WORDS_WORK;
        if (found <= last)
            *next = ((va >> shift) + (uint64_t)(found - entry)) << shift;
    }
    return NULL;
}

pte_t *arch_table_lowest(paddr_t root, uint64_t va, uint64_t *start, uint64_t *end)
{
    pte_t *table = arch_direct(root), *link = NULL;
    unsigned level = LEVELS - 1;
    uint64_t span;

    while (level > 0 && (table[index_at(va, level)] & PTE_V)) {
        link = &table[index_at(va, level--)];
        table = table_of(*link);
    }
    span = PAGE_BYTES << (9 * (level + 1));
    *start = va & ~(span - 1);
    *end = *start + span;
    return link;
}

/* ---- translation ---- */

static uint64_t satp_of(paddr_t root, uint16_t asid)
{
    return (uint64_t)SATP_MODE_SV48 << SATP_MODE_SHIFT |
           (uint64_t)asid << SATP_ASID_SHIFT | root.value >> PAGE_SHIFT;
}

uint64_t arch_space_value(paddr_t root, uint16_t asid)
{
    return satp_of(root, asid);
}

uint64_t arch_space_kernel(void)
{
    return satp_of(mmu.root, 0);
}

uint32_t arch_asid_count(void)
{
    return mmu.asids;
}

/* ---- boot ---- */

void arch_mmu_use_direct(paddr_t base, uint64_t bytes)
{
    uint64_t end = base.value + bytes;

    if (end > ENTRIES * GIGABYTE || end < base.value)
        boot_stop("physical address 0x%lx lies beyond the direct map", base.value);
    for (uint64_t g = base.value / GIGABYTE; g * GIGABYTE < end; g++)
        mmu.is_used[g] = true;
}

static void map_image_page(paddr_t (*take_frame)(void), uint64_t va, pte_t bits)
{
    pte_t *table = arch_direct(mmu.root);

    for (unsigned level = LEVELS - 1; level > 0; level--) {
        pte_t *pte = &table[index_at(va, level)];

        if (!(*pte & PTE_V))
            *pte = pte_pointer(take_frame());
        table = table_of(*pte);
    }
    table[index_at(va, 0)] = pte_pointer(PADDR(va - mmu.image_offset)) | bits;
}

/* Write ones to satp's ASID field and see which stay [§4.1.11]. */
static uint32_t count_asids(void)
{
    uint64_t old = csr_read(satp);
    uint64_t kept;

    csr_write(satp, old | (uint64_t)SATP_ASID_MASK << SATP_ASID_SHIFT);
    kept = csr_read(satp) >> SATP_ASID_SHIFT & SATP_ASID_MASK;
    csr_write(satp, old);
    return (uint32_t)kept + 1;
}

void arch_mmu_finish_boot(paddr_t (*take_frame)(void))
{
    uint64_t va, text_end = (uint64_t)__text_end, rodata_end = (uint64_t)__rodata_end;
    const pte_t base = PTE_R | PTE_A | PTE_G;

    mmu.image_offset = arch_image_offset();
    mmu.root = take_frame();
    for (va = (uint64_t)_start; va < (uint64_t)_end; va += PAGE_BYTES)
        map_image_page(take_frame, va,
                       va < text_end     ? base | PTE_X
                       : va < rodata_end ? base
                                         : base | PTE_W | PTE_D);
    for (unsigned g = 0; g < ENTRIES; g++)
        if (!mmu.is_used[g])
            boot_direct[g] = 0;
    ((pte_t *)arch_direct(mmu.root))[index_at(DIRECT_MAP_BASE, LEVELS - 1)] =
        boot_root[index_at(DIRECT_MAP_BASE, LEVELS - 1)];
    mmu.asids = count_asids();
    arch_space_use(arch_space_kernel());
    arch_fence_all(0); /* the boot tables' leaves were weakened */
}

uint64_t arch_image_offset(void)
{
    /* The boot table's first leaf of the image tells where KERNEL_BASE lies. */
    const pte_t *high = table_of(boot_root[ENTRIES - 1]);
    const pte_t *kernel = table_of(high[index_at(KERNEL_BASE, 2)]);

    return KERNEL_BASE - arch_pte_frame(kernel[0]).value;
}

/* SPDX-License-Identifier: MIT */
/*
 * The longest stretch with interrupts off: of each sliced call's slices the longest in
 * instructions, exact under --icount, in the worst cases that are known. Prints lines "name
 * instructions 0". What it leaves behind is freed in the same cases; the reaper's steps, between
 * which interrupts are taken, are measured from the trace (tests/bench/run).
 */
#include <tests/kernel/calls.h>

#define MIB  (1ul << 20)
#define BASE 0x300000000000ul

static uint64_t longest;

static uint64_t instructions(void)
{
    uint64_t n;

    __asm__ volatile("rdinstret %0" : "=r"(n)::"memory");
    return n;
}

/* One trap. */
static int64_t step(uint64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e)
{
    uint64_t start = instructions();
    int64_t result = kernel_call(number, a, b, c, d, e, 0);

    start = instructions() - start;
    longest = start > longest ? start : longest;
    return result;
}

static void tell(const char *name)
{
    dprintf(2, "%s %lu 0\n", name, (unsigned long)longest);
    longest = 0;
}

static void map(uint64_t va, uint64_t bytes, handle_t memory, uint32_t flags)
{
    vm_map(HANDLE_SELF, va, bytes, memory, 0, VM_READ | VM_WRITE | flags);
}

static void touch(uint64_t va, uint64_t bytes, uint64_t apart)
{
    for (uint64_t at = 0; at < bytes; at += apart)
        *(volatile char *)(va + at) = 1;
}

/* What is there from BASE on: unmap it, every slice measured. */
static void unmap(const char *name, uint64_t bytes)
{
    for (uint64_t at = 0; at < bytes;) {
        int64_t done = step(SYS_vm_unmap, HANDLE_SELF, BASE + at, bytes - at, 0, 0);

        if (done <= 0)
            return;
        at += (uint64_t)done;
    }
    tell(name);
}

static void protect(const char *name, uint64_t bytes)
{
    for (uint32_t access = VM_READ; access <= (VM_READ | VM_WRITE); access += VM_WRITE)
        for (uint64_t at = 0; at < bytes;) {
            int64_t done = step(SYS_vm_protect, HANDLE_SELF, BASE + at, bytes - at, access, 0);

            if (done <= 0)
                return;
            at += (uint64_t)done;
        }
    tell(name);
}

/* Let the reaper do all that there is. */
static void reap(void)
{
    for (int i = 0; i < 200; i++)
        yield();
}

/* Clone this process, all that is at BASE with it; then the clone dies. */
static void clone(const char *name)
{
    handle_t p = (handle_t)process_create(HANDLE_NONE, HANDLE_NONE, 0, 0);

    while (step(SYS_process_clone, p, HANDLE_SELF, 0, 0, 0) > 0)
        ;
    tell(name);
    process_control(p, PROCESS_KILL, 0, 0, 0);
    handle_close(p);
    reap();
}

static void spaces(void)
{
    map(BASE, 16 * MIB, HANDLE_NONE, 0);
    touch(BASE, 16 * MIB, 4096);
    protect("slice_protect_16_MiB", 16 * MIB);
    clone("slice_clone_16_MiB");
    unmap("slice_unmap_16_MiB", 16 * MIB);

    map(BASE, 16 * MIB, HANDLE_NONE, VM_EAGER);
    touch(BASE, 16 * MIB, 4096);
    clone("slice_clone_eager");
    unmap("slice_unmap_eager", 16 * MIB);

    map(BASE, 1024 * MIB, HANDLE_NONE, 0); /* a table for each page */
    touch(BASE, 1024 * MIB, 2 * MIB);
    protect("slice_protect_sparse", 1024 * MIB);
    clone("slice_clone_sparse");
    unmap("slice_unmap_sparse", 1024 * MIB);

    map(BASE, 32ul << 30, HANDLE_NONE, 0); /* two tables for each page */
    touch(BASE + 1023 * MIB, 32ul << 30, 1024 * MIB);
    clone("slice_clone_very_sparse");
    unmap("slice_unmap_very_sparse", 32ul << 30);

    for (uint64_t i = 0; i < 512; i++)
        map(BASE + i * 4096, 4096, HANDLE_NONE, i % 2 ? VM_EAGER : 0);
    clone("slice_clone_records");
    unmap("slice_unmap_records", 2 * MIB);
}

/* ---- memory objects ---- */

static void control(const char *name, handle_t m, enum memory_operation operation, uint64_t a,
                    uint64_t b)
{
    int64_t more = step(SYS_memory_control, m, operation, a, b, 0);

    while (more > 0)
        more = step(SYS_memory_control, m, MEMORY_CONTINUE, 0, 0, 0);
    tell(name);
}

static void objects(void)
{
    handle_t m = (handle_t)step(SYS_memory_create, HANDLE_NONE, MEMORY_CONTIGUOUS, 64 * MIB, 0,
                                HANDLE_NONE);

    tell("slice_create_run_64_MiB");
    control("slice_zero_run_64_MiB", m, MEMORY_CONTINUE, 0, 0);
    handle_close(m);
    reap();
    for (int is_sparse = 0; is_sparse < 2; is_sparse++) {
        uint64_t bytes = is_sparse ? 1024 * MIB : 16 * MIB;

        m = (handle_t)memory_create(HANDLE_NONE, MEMORY_ANONYMOUS, bytes, 0, HANDLE_NONE);
        map(BASE, bytes, m, 0);
        touch(BASE, bytes, is_sparse ? 2 * MIB : 4096);
        vm_unmap(HANDLE_SELF, BASE, bytes);
        control(is_sparse ? "slice_decommit_sparse" : "slice_decommit", m, MEMORY_DECOMMIT, 0,
                bytes / 2);
        control(is_sparse ? "slice_cut_sparse" : "slice_cut", m, MEMORY_RESIZE, bytes / 4 * 3, 0);
        control(is_sparse ? "slice_grow_sparse" : "slice_grow", m, MEMORY_RESIZE, VM_USER_END, 0);
        handle_close(m);
        reap();
    }
}

/* ---- copies ---- */

static void copy(uint64_t from, uint64_t to, uint64_t bytes)
{
    for (uint64_t at = 0; at < bytes;) {
        int64_t done = step(SYS_vm_copy, HANDLE_SELF, from + at, to + at, bytes - at, VM_COPY_IN);

        if (done <= 0)
            return;
        at += (uint64_t)done;
    }
}

static void copies(void)
{
    handle_t p = (handle_t)process_create(HANDLE_NONE, HANDLE_NONE, 0, 0);

    map(BASE, 4 * MIB, HANDLE_NONE, 0);
    copy(BASE, BASE + 2 * MIB, 32768);
    tell("slice_copy_untouched");
    copy(BASE + 1, BASE + 2 * MIB + 4, 32000);
    tell("slice_copy_odd");
    copy(BASE, BASE + 1001, 32000);
    copy(BASE + 1001, BASE, 32000);
    tell("slice_copy_overlapping");
    process_clone(p, HANDLE_SELF, 0);
    copy(BASE + 1, BASE + 2 * MIB + 4, 32000);
    copy(BASE + 2 * MIB + 1, BASE, 32000);
    tell("slice_copy_breaks_sharing");
    process_control(p, PROCESS_KILL, 0, 0, 0);
    handle_close(p);
    reap();
    unmap("slice_unmap_copies", 4 * MIB);
}

int main(void)
{
    spaces();
    objects();
    copies();
    return 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * The shim's memory calls against a model, page by page.
 *
 * Contract checked: after any sequence of mmap, munmap, mprotect, mremap, madvise and
 * brk, with kernel calls failing now and then, the kernel's mappings, the shim's record
 * of ranges and the model say the same; contents survive exactly where they should; the
 * record never keeps two ranges that could be one; mmap says ENOMEM only when no gap is
 * large enough. The kernel is faked over an arena of host memory.
 */
/* sources: posix/client/ranges.c */
#define USER_LIB_KERNEL_H
#include <abi/handle.h>
#include <abi/status.h>
#include <abi/thread_page.h>
#include <abi/vm.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <user/proto/linux_abi.h>
#include <user/proto/posix.h>

static int64_t vm_map(handle_t process, uint64_t address, uint64_t bytes, handle_t memory,
                      uint64_t offset, uint32_t flags);
static int64_t vm_unmap(handle_t process, uint64_t address, uint64_t bytes);
static int64_t vm_protect(handle_t process, uint64_t address, uint64_t bytes,
                          uint32_t access);
static int64_t memory_create(handle_t account, enum memory_kind kind, uint64_t bytes,
                             uint64_t argument, handle_t system);
static int64_t handle_close(handle_t handle);

static struct posix_info info;
static uint64_t record_pages[4096];

#undef POSIX_INFO_VA
#define POSIX_INFO_VA     ((uintptr_t)&info)
#define RANGE_STORAGE     ((uint64_t)(uintptr_t)record_pages)
#define RANGE_STORAGE_END (RANGE_STORAGE + sizeof record_pages)

/* Nothing is locked here. */
#include <posix/client/mlock.h>
bool locks_are_used;

long locks_check_map(uint64_t bytes)
{
    (void)bytes;
    return 0;
}

void locks_mapped(uint64_t start, uint64_t bytes)
{
    (void)start, (void)bytes;
}

bool locks_are_in(uint64_t start, uint64_t end)
{
    (void)start, (void)end;
    return false;
}

void locks_cut(uint64_t start, uint64_t end)
{
    (void)start, (void)end;
}

/* Parts of the shim as they are; their own memcpy is the host's here. */
#include "../../posix/client/brk.c"
#include "../../posix/client/memory.c"
#include "../../posix/client/remap.c"
#include "../../posix/client/usage.c"

#define ARENA       0x200000000000ull
#define ARENA_PAGES 256
#define HEAP_PAGES  32 /* the first pages of the arena: room for brk */
#define STAMP(page) (*(uint64_t *)(ARENA + (page)*PAGE_BYTES))

struct page {
    bool mapped;
    uint32_t access;
    enum range_kind kind;
    uint64_t stamp; /* first word, when it can be known */
};

static struct page kernel_pages[ARENA_PAGES];
static struct page model[ARENA_PAGES];
static unsigned fail_one_in; /* 0: kernel calls do not fail */
static bool call_failed;     /* one did in this step */
static uint64_t random_state;
static int tests;
static int failures;
static uint64_t break_model;

static uint64_t random_below(uint64_t limit)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state % limit;
}

static bool ok(bool good, const char *name)
{
    printf("%sok %d - %s\n", good ? "" : "not ", ++tests, name);
    failures += !good;
    return good;
}

static void require(bool good, const char *what, uint64_t where)
{
    if (good)
        return;
    printf("# %s at page %llu\n", what, (unsigned long long)where);
    printf("Bail out! the state is not what it should be\n");
    exit(1);
}

static bool fails_now(void)
{
    bool now = fail_one_in && random_below(fail_one_in) == 0;

    call_failed |= now;
    return now;
}

/* The kernel, faked */

static int64_t vm_map(handle_t process, uint64_t address, uint64_t bytes, handle_t memory,
                      uint64_t offset, uint32_t flags)
{
    uint64_t first = (address - ARENA) / PAGE_BYTES;
    uint64_t end = first + bytes / PAGE_BYTES;

    (void)offset;
    require(process == HANDLE_SELF, "vm_map elsewhere", first);
    if (fails_now())
        return E_NO_MEMORY;
    if (address >= RANGE_STORAGE && address < RANGE_STORAGE_END)
        return OK;
    require(address >= ARENA && end <= ARENA_PAGES && bytes, "vm_map outside", first);
    for (uint64_t i = first; i < end; i++)
        if (kernel_pages[i].mapped)
            return E_EXISTS;
    for (uint64_t i = first; i < end; i++)
        kernel_pages[i] = (struct page){true, flags, memory ? RANGE_SHARED : 0, 0};
    memset((void *)address, 0, bytes);
    return OK;
}

static int64_t vm_unmap(handle_t process, uint64_t address, uint64_t bytes)
{
    uint64_t first = (address - ARENA) / PAGE_BYTES;

    require(process == HANDLE_SELF && address >= ARENA &&
                first + bytes / PAGE_BYTES <= ARENA_PAGES,
            "vm_unmap outside", first);
    if (fails_now())
        return E_QUOTA;
    for (uint64_t i = first; i < first + bytes / PAGE_BYTES; i++)
        kernel_pages[i].mapped = false;
    memset((void *)address, 0xdd, bytes);
    return OK;
}

static int64_t vm_protect(handle_t process, uint64_t address, uint64_t bytes,
                          uint32_t access)
{
    uint64_t first = (address - ARENA) / PAGE_BYTES;

    require(process == HANDLE_SELF, "vm_protect elsewhere", first);
    if (fails_now())
        return E_QUOTA;
    for (uint64_t i = first; i < first + bytes / PAGE_BYTES; i++)
        if (!kernel_pages[i].mapped)
            return E_NOT_FOUND;
    for (uint64_t i = first; i < first + bytes / PAGE_BYTES; i++)
        kernel_pages[i].access = access;
    return OK;
}

static int64_t memory_create(handle_t account, enum memory_kind kind, uint64_t bytes,
                             uint64_t argument, handle_t system)
{
    (void)argument;
    require(account == HANDLE_NONE && system == HANDLE_NONE && bytes && !kind,
            "memory_create", 0);
    return fails_now() ? (int64_t)E_QUOTA : 77;
}

static int64_t handle_close(handle_t handle)
{
    require(handle == 77, "handle_close", 0);
    return OK;
}

long status_to_errno(int64_t status)
{
    return status == E_EXISTS ? -LINUX_EEXIST : -LINUX_ENOMEM;
}

long file_map_check(long fd, uint32_t access, bool shared)
{
    (void)access, (void)shared;
    return fd == 5 ? 0 : -LINUX_EBADF;
}

uint64_t files_are_shared = 1;

void file_maps_written(uint64_t start, uint64_t end, bool are_unmapped)
{
    (void)start, (void)end, (void)are_unmapped;
}

/* The server's part: all or nothing. */
long file_map(long fd, uint64_t start, uint64_t bytes, uint32_t access, bool shared,
              uint64_t offset)
{
    int64_t status;

    (void)fd, (void)shared;
    status = vm_map(HANDLE_SELF, start, bytes, HANDLE_NONE, 0, VM_READ | VM_WRITE);
    if (status < 0)
        return status_to_errno(status);
    for (uint64_t at = 0; at < bytes; at += PAGE_BYTES)
        *(uint64_t *)(start + at) = offset + at + 1;
    if (access == (VM_READ | VM_WRITE) ||
        vm_protect(HANDLE_SELF, start, bytes, access) >= 0)
        return 0;
    for (uint64_t at = start; at < start + bytes; at += PAGE_BYTES)
        kernel_pages[(at - ARENA) / PAGE_BYTES].mapped = false;
    return -LINUX_ENOMEM;
}

/* The model */

static void model_set(uint64_t page, uint64_t npages, struct page value)
{
    for (uint64_t i = page; i < page + npages; i++)
        model[i] = value;
}

static void model_unmap(uint64_t page, uint64_t npages)
{
    model_set(page, npages, (struct page){0});
}

static bool model_free(uint64_t page, uint64_t npages)
{
    for (uint64_t i = page; i < page + npages; i++)
        if (i >= ARENA_PAGES || model[i].mapped)
            return false;
    return true;
}

static bool model_has_gap(uint64_t npages)
{
    for (uint64_t i = HEAP_PAGES; i + npages <= ARENA_PAGES; i++)
        if (model_free(i, npages))
            return true;
    return false;
}

static bool model_covered(uint64_t page, uint64_t npages)
{
    for (uint64_t i = page; i < page + npages; i++)
        if (i >= ARENA_PAGES || !model[i].mapped || i < HEAP_PAGES)
            return false;
    return true;
}

/* On record, and nowhere else. */
static bool is_reserved(uint64_t page)
{
    const struct range *range = range_at_or_above(ARENA + page * PAGE_BYTES);

    return range && range->start <= ARENA + page * PAGE_BYTES &&
           range->kind == RANGE_RESERVED;
}

/* After a kernel call failed in it, a call may have been done in part: what is, is. */
static void model_adopt(void)
{
    for (uint64_t i = 0; i < ARENA_PAGES; i++) {
        const struct range *range = range_at_or_above(ARENA + i * PAGE_BYTES);

        model[i] = kernel_pages[i];
        model[i].kind = i < HEAP_PAGES || !range ? RANGE_PRIVATE : range->kind;
        model[i].stamp = STAMP(i);
        if (is_reserved(i))
            model[i] = (struct page){true, 0, RANGE_PRIVATE, 0};
    }
}

/* What is on record adds up. */
static void bytes_compare(void)
{
    struct range_bytes bytes = {0}, found;

    for (uint64_t i = HEAP_PAGES; i < ARENA_PAGES; i++) {
        if (!model[i].mapped)
            continue;
        bytes.all += PAGE_BYTES;
        if (model[i].kind == RANGE_SHARED || model[i].kind == RANGE_FILE_SHARED)
            bytes.shared += PAGE_BYTES;
        else if (model[i].access & VM_WRITE)
            bytes.data += PAGE_BYTES;
    }
    found = ranges_bytes_in(ARENA, ARENA + ARENA_PAGES * PAGE_BYTES);
    require(found.all == bytes.all, "bytes on record", bytes.all / PAGE_BYTES);
    require(found.data == bytes.data, "bytes of data", bytes.data / PAGE_BYTES);
    require(found.shared == bytes.shared, "bytes shared", 0);
}

static void states_compare(void)
{
    const struct range *previous = NULL;

    for (uint64_t i = 0; i < ARENA_PAGES; i++) {
        uint64_t address = ARENA + i * PAGE_BYTES;
        const struct range *range = range_at_or_above(address);
        bool recorded = range && range->start <= address;

        if (is_reserved(i)) {
            require(!kernel_pages[i].mapped && model[i].mapped && !model[i].access &&
                        model[i].kind == RANGE_PRIVATE && !model[i].stamp,
                    "reserved what should be there", i);
        } else {
            require(model[i].mapped == kernel_pages[i].mapped, "kernel and model differ",
                    i);
            if (i >= HEAP_PAGES)
                require(recorded == model[i].mapped, "record and model differ", i);
            if (!model[i].mapped)
                continue;
            require(model[i].access == kernel_pages[i].access, "access differs", i);
            require(STAMP(i) == model[i].stamp, "contents differ", i);
            if (!recorded)
                continue;
            require(range->access == model[i].access && range->kind == model[i].kind,
                    "record says another access or kind", i);
        }
        if (previous && previous != range)
            require(previous->end != range->start || previous->access != range->access ||
                        previous->kind != range->kind,
                    "two records that could be one", i);
        previous = range;
    }
    bytes_compare();
}

/* Write into what can be written, so that moves and discards show. */
static void stamps_renew(void)
{
    for (uint64_t i = 0; i < ARENA_PAGES; i++)
        if (model[i].mapped && (model[i].access & VM_WRITE) && random_below(4) == 0)
            STAMP(i) = model[i].stamp = random_below(UINT64_MAX) | 1;
}

static long random_protection(void)
{
    static const long choices[] = {0, 1, 3, 3, 3, 5, 2, 4};

    return choices[random_below(sizeof choices / sizeof choices[0])];
}

static void try_mmap(void)
{
    static const long kinds[] = {LINUX_MAP_PRIVATE | LINUX_MAP_ANONYMOUS,
                                 LINUX_MAP_SHARED | LINUX_MAP_ANONYMOUS,
                                 LINUX_MAP_PRIVATE, LINUX_MAP_SHARED};
    static const enum range_kind made[] = {RANGE_PRIVATE, RANGE_SHARED, RANGE_FILE,
                                           RANGE_FILE_SHARED};
    uint64_t which = random_below(8) < 5 ? 0 : 1 + random_below(3);
    uint64_t npages = 1 + random_below(random_below(4) ? 8 : 100);
    uint64_t hint = HEAP_PAGES + random_below(ARENA_PAGES - HEAP_PAGES - npages);
    uint64_t how = random_below(4); /* anywhere, hint, fixed, fixed without replacing */
    long protection = random_protection();
    long flags = kinds[which] | (how == 2 ? LINUX_MAP_FIXED : 0) |
                 (how == 3 ? LINUX_MAP_FIXED_NOREPLACE : 0);
    bool was_free = model_free(hint, npages);
    uint64_t bytes = npages * PAGE_BYTES - random_below(PAGE_BYTES);
    uint64_t address = how ? ARENA + hint * PAGE_BYTES : 0;
    long got =
        shim_mmap((const long[]){(long)address, (long)bytes, protection, flags, 5, 0});
    uint64_t page = ((uint64_t)got - ARENA) / PAGE_BYTES;

    if (got < 0) {
        if (how == 3 && !was_free)
            require(got == -LINUX_EEXIST || call_failed, "wrong error of NOREPLACE",
                    hint);
        else if (!call_failed)
            require(how < 2 && got == -LINUX_ENOMEM && !model_has_gap(npages),
                    "mmap failed though there is room", npages);
        return;
    }
    require(page >= HEAP_PAGES && page + npages <= ARENA_PAGES, "mmap out of bounds",
            page);
    require(how == 0 || how == 2 || page == hint || !was_free || call_failed,
            "a free hint was not taken", hint);
    require(how < 2 || page == hint, "fixed elsewhere", page);
    require(how == 2 || model_free(page, npages), "mmap over something", page);
    model_set(
        page, npages,
        (struct page){true, (uint32_t)access_of_protection(protection), made[which], 0});
    if (made[which] >= RANGE_FILE)
        for (uint64_t i = 0; i < npages; i++)
            model[page + i].stamp = i * PAGE_BYTES + 1;
}

static void try_munmap(uint64_t page, uint64_t npages)
{
    long got = shim_munmap(
        (const long[]){(long)(ARENA + page * PAGE_BYTES), (long)(npages * PAGE_BYTES)});

    require(got == 0 || call_failed, "munmap failed", page);
    if (got == 0)
        model_unmap(page, npages);
}

static void try_mprotect(uint64_t page, uint64_t npages)
{
    long protection = random_protection();
    long got = shim_mprotect((const long[]){(long)(ARENA + page * PAGE_BYTES),
                                            (long)(npages * PAGE_BYTES), protection});

    if (got < 0) {
        require(got == -LINUX_ENOMEM, "wrong error of mprotect", page);
        require(call_failed || !model_covered(page, npages), "mprotect failed", page);
        return;
    }
    require(model_covered(page, npages), "mprotect of a hole", page);
    for (uint64_t i = page; i < page + npages; i++)
        model[i].access = (uint32_t)access_of_protection(protection);
}

static void try_madvise(uint64_t page, uint64_t npages)
{
    long got =
        shim_madvise((const long[]){(long)(ARENA + page * PAGE_BYTES),
                                    (long)(npages * PAGE_BYTES), LINUX_MADV_DONTNEED});
    bool covered = model_covered(page, npages);

    if (!covered)
        require(got == -LINUX_ENOMEM, "madvise of a hole", page);
    if (!covered)
        return;
    for (uint64_t i = page; i < page + npages && model[i].kind != RANGE_FILE; i++)
        if (model[i].kind == RANGE_PRIVATE && kernel_pages[i].mapped && STAMP(i) == 0)
            model[i].stamp = 0;
    require(got == 0 || got == -LINUX_ENOSYS || call_failed, "madvise failed", page);
    for (uint64_t i = page; got == 0 && i < page + npages; i++)
        require((model[i].kind & RANGE_SHARED) || is_reserved(i) || STAMP(i) == 0,
                "not discarded", i);
}

/* Are these pages one piece, of one kind and access, whatever lies beside them? */
static bool model_one_piece(uint64_t page, uint64_t npages)
{
    for (uint64_t i = page; i < page + npages; i++)
        if (!model_covered(i, 1) || model[i].access != model[page].access ||
            model[i].kind != model[page].kind)
            return false;
    return true;
}

static void try_mremap(uint64_t page, uint64_t npages)
{
    uint64_t wanted = 1 + random_below(12);
    bool may_move = random_below(3);
    struct page old[ARENA_PAGES];
    long got = shim_mremap((const long[]){
        (long)(ARENA + page * PAGE_BYTES), (long)(npages * PAGE_BYTES),
        (long)(wanted * PAGE_BYTES), may_move ? LINUX_MREMAP_MAYMOVE : 0, 0});
    uint64_t at = ((uint64_t)got - ARENA) / PAGE_BYTES;

    memcpy(old, model, sizeof old);
    if (got < 0) {
        bool good = model_one_piece(page, npages) && model[page].kind == RANGE_PRIVATE;
        require(call_failed || !good || (wanted > npages && !model_has_gap(wanted)) ||
                    (!may_move && !model_free(page + npages, wanted - npages)),
                "mremap failed", page);
        return;
    }
    require(at == page || may_move, "mremap moved unasked", at);
    if (wanted < npages) {
        model_unmap(page + wanted, npages - wanted);
        return;
    }
    require(model_one_piece(page, npages), "mremap of several pieces", page);
    require(at == page || model_free(at, wanted), "mremap over something", at);
    model_unmap(page, npages);
    for (uint64_t i = 0; i < wanted; i++)
        model[at + i] = (struct page){true, old[page].access, RANGE_PRIVATE,
                                      i < npages ? old[page + i].stamp : 0};
}

static void try_brk(void)
{
    uint64_t wanted = ARENA + random_below(HEAP_PAGES * PAGE_BYTES + 1);
    uint64_t got = (uint64_t)shim_brk((const long[]){(long)wanted});
    uint64_t before = (page_up(break_model) - ARENA) / PAGE_BYTES;
    uint64_t after = (page_up(got) - ARENA) / PAGE_BYTES;

    require(got == wanted || (call_failed && got == break_model), "brk", 0);
    if (after > before)
        model_set(before, after - before,
                  (struct page){true, VM_READ | VM_WRITE, RANGE_PRIVATE, 0});
    else
        model_unmap(after, before - after);
    break_model = got;
}

static void random_step(void)
{
    uint64_t page = HEAP_PAGES + random_below(ARENA_PAGES - HEAP_PAGES - 1);
    uint64_t most = ARENA_PAGES - page;
    uint64_t npages = 1 + random_below(most < 12 ? most : 12);

    call_failed = false;
    switch (random_below(8)) {
    case 0:
    case 1:
    case 2:
        try_mmap();
        break;
    case 3:
        try_munmap(page, npages);
        break;
    case 4:
        try_mprotect(page, npages);
        break;
    case 5:
        try_madvise(page, npages);
        break;
    case 6:
        try_mremap(page, npages);
        break;
    default:
        try_brk();
        break;
    }
    if (call_failed)
        model_adopt();
    stamps_renew();
    states_compare();
}

static long map_errno(long address, long bytes, long protection, long flags, long offset)
{
    return shim_mmap((const long[]){address, bytes, protection, flags, 5, offset});
}

static void refusals(void)
{
    const long anonymous = LINUX_MAP_PRIVATE | LINUX_MAP_ANONYMOUS;
    const long fixed = anonymous | LINUX_MAP_FIXED;
    const long arena = (long)ARENA;

    ok(map_errno(0, 0, 3, anonymous, 0) == -LINUX_EINVAL, "mmap of nothing: EINVAL");
    ok(map_errno(0, -4096, 3, anonymous, 0) == -LINUX_ENOMEM, "of everything: ENOMEM");
    ok(map_errno(0, -1, 3, anonymous, 0) == -LINUX_ENOMEM, "a length that wraps: ENOMEM");
    ok(map_errno(0, 4096, 3, LINUX_MAP_ANONYMOUS, 0) == -LINUX_EINVAL, "no type: EINVAL");
    ok(map_errno(0, 4096, 3, LINUX_MAP_PRIVATE, 100) == -LINUX_EINVAL, "offset: EINVAL");
    ok(shim_mmap((const long[]){0, 4096, 3, LINUX_MAP_PRIVATE, 6, 0}) == -LINUX_EBADF,
       "a file that is not open: EBADF");
    ok(map_errno(0, 4096, 7, anonymous, 0) == -LINUX_EACCES, "W and X: EACCES");
    ok(map_errno(arena + 1, 4096, 3, fixed, 0) == -LINUX_EINVAL, "unaligned: EINVAL");
    ok(map_errno(4096, 4096, 3, fixed, 0) == -LINUX_EPERM, "at page 1: EPERM");
    ok(map_errno((long)POSIX_PROGRAM_END, 4096, 3, fixed, 0) == -LINUX_ENOMEM,
       "in the server's part: ENOMEM");
    ok(shim_munmap((const long[]){arena + 1, 4096}) == -LINUX_EINVAL, "munmap unaligned");
    ok(shim_munmap((const long[]){arena, 0}) == -LINUX_EINVAL, "munmap of nothing");
    ok(shim_munmap((const long[]){(long)POSIX_PROGRAM_END, 4096}) == -LINUX_EINVAL,
       "munmap in the server's part");
    ok(shim_mprotect((const long[]){arena, 4096, 7}) == -LINUX_EACCES,
       "mprotect W and X");
    ok(shim_mremap((const long[]){arena, 4096, 0, 1, 0}) == -LINUX_EINVAL,
       "mremap to nothing");
    states_compare();
}

static void random_run(unsigned steps, unsigned failing, const char *name)
{
    fail_one_in = failing;
    for (unsigned i = 0; i < steps; i++)
        random_step();
    fail_one_in = 0;
    ok(true, name);
}

int main(int argc, char **argv)
{
    unsigned steps = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 0) : 30000;
    void *arena = mmap((void *)ARENA, ARENA_PAGES * PAGE_BYTES, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

    random_state = argc > 2 ? strtoull(argv[2], NULL, 0) : 88172645463325252ull;
    if (arena != (void *)ARENA) {
        printf("1..0 # SKIP the host has something at the arena's address\n");
        return 0;
    }
    info.brk_start = ARENA;
    info.limit_all = info.limit_data = UINT64_MAX;
    info.mmap_start = ARENA + HEAP_PAGES * PAGE_BYTES;
    info.mmap_end = ARENA + ARENA_PAGES * PAGE_BYTES;
    break_model = ARENA;
    refusals();
    random_run(steps, 0, "random calls: kernel, record and model agree");
    random_run(steps, 7, "random calls, kernel calls failing: they still agree");
    try_munmap(HEAP_PAGES, ARENA_PAGES - HEAP_PAGES);
    states_compare();
    ok(range_at_or_above(0) == NULL, "everything unmapped: nothing on record");
    printf("1..%d\n", tests);
    return failures != 0;
}

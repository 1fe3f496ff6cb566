/* SPDX-License-Identifier: MIT */
/*
 * The first process: a flat image (abi/bootinfo.h) linked into the kernel, so that even a
 * machine with a bad boot image has a program to say so. It gets every handle there is.
 *
 * DOC: first-process
 */
#include <kernel/boot/first.h>

#include <abi/system.h>
#include <arch/mmu.h>
#include <kernel/base/string.h>
#include <kernel/debug/klog.h>
#include <kernel/debug/panic.h>
#include <kernel/mm/account.h>
#include <kernel/mm/frame.h>
#include <kernel/mm/memory.h>
#include <kernel/mm/space.h>
#include <kernel/sched/process.h>
#include <kernel/sched/sched.h>
#include <kernel/syscall/syscall.h>

/* Where its own things lie; it learns them from bootinfo. */
#define THREAD_PAGE_VA 0x7f1000000000ull
#define BOOTINFO_VA    0x7f1000010000ull
#define STACK_TOP_VA   0x7f2000000000ull
#define STACK_BYTES    0x40000ull

extern const char init_image_start[], init_image_end[];

/* At boot nothing refuses: if it does, the machine is too small. */
static void need(enum status st, const char *what)
{
    if (st != OK)
        boot_stop("not enough memory for %s (status %d)", what, st);
}

static void map(struct process *p, uint64_t va, uint64_t bytes, uint32_t flags)
{
    need(space_map(&p->space, va, bytes, NULL, 0, flags, VM_ACCESS_ALL),
         "the first process");
}

/* Fill user memory that need not be writable for its owner. */
static void fill(struct process *p, uint64_t va, const char *from, uint64_t bytes)
{
    for (uint64_t at = 0; at < bytes; at += PAGE_BYTES) {
        uint64_t n = bytes - at < PAGE_BYTES ? bytes - at : PAGE_BYTES;
        void *page;

        need(space_pointer(&p->space, va + at, VM_READ, &page), "the first process");
        memcpy(page, from + at, n);
    }
}

static uint64_t load_image(struct process *p)
{
    const struct flat_image *image = (const struct flat_image *)init_image_start;
    uint64_t bytes = (uint64_t)(init_image_end - init_image_start);
    uint64_t data = image->base + image->text_bytes;

    /* Not input: the build made it. */
    ASSERT(bytes >= sizeof(*image) && image->magic == FLAT_IMAGE_MAGIC);
    ASSERT(is_page_aligned(image->base | image->text_bytes | image->data_bytes));
    map(p, image->base, image->text_bytes, VM_READ | VM_EXECUTE);
    fill(p, image->base, init_image_start,
         bytes < image->text_bytes ? bytes : image->text_bytes);
    if (image->data_bytes + image->bss_bytes > 0)
        map(p, data, page_ceil(image->data_bytes + image->bss_bytes), VM_READ | VM_WRITE);
    if (bytes > image->text_bytes)
        fill(p, data, init_image_start + image->text_bytes, bytes - image->text_bytes);
    space_fence_code(&p->space);
    return image->entry;
}

static handle_t give(struct process *p, struct object *object, uint32_t rights)
{
    handle_t handle;

    need(handle_make(&p->handles, p->account, object, rights, 0, &handle), "its handles");
    return handle;
}

static handle_t give_boot_image(struct process *p, const struct machine *machine)
{
    uint64_t start = page_floor(machine->boot_image.base.value);
    uint64_t end = page_ceil(machine->boot_image.base.value + machine->boot_image.bytes);
    struct memory *m;
    handle_t handle;

    if (machine->boot_image.bytes == 0)
        return HANDLE_NONE;
    need(memory_make(p->account, MEMORY_PHYSICAL, (end - start) >> PAGE_SHIFT,
                     PADDR(start), &m),
         "the boot image");
    handle = give(p, &m->object, RIGHT_DUPLICATE | RIGHT_INSPECT | RIGHT_READ);
    object_put(&m->object); /* the handle has its own reference */
    return handle;
}

static void fill_bootinfo(struct bootinfo *info, struct process *p,
                          const struct machine *machine)
{
    info->magic = BOOTINFO_MAGIC;
    info->bytes = sizeof(*info);
    info->timebase_hz = machine->timebase_hz;
    info->hart_count = machine->hart_count;
    info->harts_running = machine->hart_count;
    for (unsigned i = 0; i < machine->memory_count; i++)
        info->memory_bytes += machine->memory[i].bytes;
    info->system = give(p, &system_object, RIGHTS_ALL);
    info->account = give(p, &p->account->object, RIGHTS_ALL);
    info->process = give(p, &p->object, RIGHTS_ALL);
    info->boot_image = give_boot_image(p, machine);
    info->boot_image_bytes = machine->boot_image.bytes;
    info->boot_image_offset = machine->boot_image.base.value & PAGE_MASK;
    info->seed_bytes = machine->seed_bytes;
    memcpy(info->seed, machine->seed, sizeof(info->seed));
    info->device_count = machine->device_count;
    memcpy(info->devices, machine->devices, sizeof(info->devices));
    memcpy(info->arguments, machine->arguments, sizeof(info->arguments));
    info->thread_page = THREAD_PAGE_VA;
    info->stack_top = STACK_TOP_VA;
    info->kernel_lines = kernel_source_lines;
    fmt_print(info->version, sizeof(info->version), "%s", kernel_version);
}

void first_process_start(const struct machine *machine)
{
    struct process *p;
    struct thread *t;
    paddr_t frame;
    void *info;
    uint64_t entry;

    need(process_make(account_root(), 0x74696e69 /* "init" */, &p), "the first process");
    entry = load_image(p);
    map(p, BOOTINFO_VA, PAGE_BYTES, VM_READ);
    need(space_pointer(&p->space, BOOTINFO_VA, VM_READ, &info), "its boot information");
    fill_bootinfo(info, p, machine);
    map(p, STACK_TOP_VA - STACK_BYTES, STACK_BYTES, VM_READ | VM_WRITE);
    map(p, THREAD_PAGE_VA, PAGE_BYTES, VM_READ | VM_WRITE | VM_NOINHERIT);
    need(space_resolve(&p->space, THREAD_PAGE_VA, VM_READ | VM_WRITE, &frame),
         "its thread page");
    frame_get(frame);
    need(thread_make(p, frame, THREAD_PAGE_VA, &t), "its thread");
    arch_context_init(&t->context, UADDR(entry), UADDR(STACK_TOP_VA), 0, BOOTINFO_VA);
    sched_make_runnable(t);
    process_set_first(p);
    object_put(&p->object); /* it holds its own until it dies */
}

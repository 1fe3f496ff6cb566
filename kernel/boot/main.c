/* SPDX-License-Identifier: MIT */
/*
 * Boot, as a straight list. Each step may use what the steps above it made.
 *
 * DOC: kernel-main
 */
#include <kernel/entry.h>

#include <arch/hart.h>
#include <arch/irq.h>
#include <arch/lock.h>
#include <arch/mmu.h>
#include <kernel/boot/first.h>
#include <kernel/base/string.h>
#include <kernel/base/tree.h>
#include <kernel/debug/klog.h>
#include <kernel/debug/panic.h>
#include <kernel/debug/trace.h>
#include <kernel/ipc/endpoint.h>
#include <kernel/ipc/futex.h>
#include <kernel/ipc/interrupt.h>
#include <kernel/mm/account.h>
#include <kernel/mm/frame.h>
#include <kernel/mm/memory.h>
#include <kernel/sched/process.h>
#include <kernel/sched/sched.h>
#include <kernel/sched/thread.h>
#include <kernel/syscall/syscall.h>

#define TRACE_BYTES_DEFAULT 65536ull

static struct machine machine; /* too big for the stack */

static paddr_t take_frame(void)
{
    paddr_t frame;

    if (frame_alloc(NULL, 0, &frame) != OK)
        boot_stop("no memory for the kernel's page tables");
    return frame;
}

static void start_trace(struct hart *hart)
{
    uint64_t bytes = machine_argument(&machine, "trace=", TRACE_BYTES_DEFAULT);
    unsigned order = 0;
    paddr_t ring;

    while (order < FRAME_ORDER_MAX && (PAGE_BYTES << order) < bytes)
        order++;
    while (frame_alloc_dirty(NULL, order, &ring) != OK) {
        if (order <= 1)
            boot_stop("no memory for the trace ring");
        order--;
    }
    trace_init(hart, arch_direct(ring), PAGE_BYTES << order, machine.timebase_hz);
}

static void start_memory(paddr_t device_tree)
{
    extern char _start[], _end[];
    uint64_t image = (uint64_t)_start - arch_image_offset();

    frame_reserve(PADDR(image), (uint64_t)(_end - _start));
    frame_reserve(device_tree, machine.device_tree.bytes);
    frame_reserve(machine.boot_image.base, machine.boot_image.bytes);
    for (unsigned i = 0; i < machine.reserved_count; i++)
        frame_reserve(machine.reserved[i].base, machine.reserved[i].bytes);
    for (unsigned i = 0; i < machine.memory_count; i++) {
        frame_add_bank(machine.memory[i].base, machine.memory[i].bytes);
        arch_mmu_use_direct(machine.memory[i].base, machine.memory[i].bytes);
    }
    arch_mmu_use_direct(machine.interrupt_controller.base,
                        machine.interrupt_controller.bytes);
    memory_forbid_physical(machine.interrupt_controller.base,
                           machine.interrupt_controller.bytes);
    if (machine.finisher.bytes > 0) {
        arch_mmu_use_direct(machine.finisher.base, machine.finisher.bytes);
        arch_power_use_finisher(machine.finisher.base);
    }
    frame_init();
    arch_mmu_finish_boot(take_frame);
}

static void start_objects(uint64_t seed)
{
    tree_seed(seed);
    account_init();
    memory_init();
    process_init();
    thread_init();
    endpoint_init();
    futex_init(seed);
    interrupt_init();
    syscall_init();
    sched_init(machine.timebase_hz);
}

/* One hart after another: each joins when it first gets the kernel's lock. */
static void start_harts(const struct hart *boot)
{
    for (uint64_t id = 0; id < HARTS_MAX; id++) {
        struct hart *hart;
        paddr_t frame, stack;

        if (id == boot->id || !(machine.harts >> id & 1))
            continue;
        _Static_assert(sizeof(struct hart) + sizeof(struct hart_schedule) <= PAGE_BYTES,
                       "a hart's two structs share a frame");
        if (frame_alloc(NULL, 0, &frame) != OK || frame_alloc(NULL, 2, &stack) != OK)
            boot_stop("no memory for hart %lu", id);
        hart = arch_direct(frame);
        hart->id = id;
        hart->bit = 1ull << id;
        hart->stack_top = (uint64_t)arch_direct(stack) + 4 * PAGE_BYTES - 16;
        start_trace(hart);
        sched_add_hart(hart, (struct hart_schedule *)(hart + 1));
        if (!arch_hart_start(hart))
            boot_stop("firmware does not start hart %lu", id);
    }
}

_Noreturn void kernel_hart_main(void)
{
    arch_hart_init(machine.isa);
    kernel_lock_acquire();
    trace(TRACE_boot, TRACE_BOOT_HART, arch_instructions(), 0, 0);
    arch_enter_user(kernel_next());
}

_Noreturn void kernel_main(uint64_t hart_id, paddr_t device_tree)
{
    static struct hart_schedule schedule;
    struct hart *hart = arch_hart();
    struct account *root;
    uint64_t seed, at_entry;

    at_entry = arch_instructions();
    hart->id = hart_id;
    if (hart_id >= HARTS_MAX)
        boot_stop("this hart's number, %lu, is not below %u", hart_id, HARTS_MAX);
    hart->bit = 1ull << hart_id % HARTS_MAX;
    kernel_lock_acquire();
    machine_read(&machine, hart_id, device_tree);
    start_memory(device_tree);
    start_trace(hart);
    trace(TRACE_boot, TRACE_BOOT_ENTRY, at_entry, frame_total(), machine.hart_count);
    memcpy(&seed, machine.seed, sizeof(seed));
    arch_irq_init(machine.interrupt_controller.base, machine.interrupt_context,
                  machine.interrupt_lines);
    start_objects(seed);
    sched_add_hart(hart, &schedule);
    arch_hart_init(machine.isa);
    start_harts(hart);
    root = account_root();
    root->limit[CHARGE_PAGES] = frame_free_count();
    root->limit[CHARGE_OBJECTS] =
        frame_total() * 4; /* objects are a quarter page and less */
    klog("outpost %s: %u MiB of memory, %u harts", kernel_version,
         (unsigned)(frame_total() >> 8), machine.hart_count);
    first_process_start(&machine);
    trace(TRACE_boot, TRACE_BOOT_READY, arch_instructions(), frame_free_count(), 0);
    arch_enter_user(kernel_next());
}

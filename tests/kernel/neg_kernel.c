/* SPDX-License-Identifier: MIT */
/*
 * User mode cannot touch what is not its own: the kernel's memory, devices, privileged
 * instructions, the firmware, writable pages as code. Each attempt ends its process with the
 * fault that it made, or is refused by the call; and this program goes on.
 *
 * The attempts are pieces of code in processes with one page of code and one of their own.
 */
#include <tests/kernel/native.h>

#define CODE_VA (AREA_VA + PAGE)
#define WENT_ON 50 /* status of a process whose attempt did nothing to it */

/* NAME_code .. NAME_end: the attempt, with an address in a0, then the end with WENT_ON. */
#define ATTEMPT(name, text)                                                              \
    extern char name##_code[], name##_end[];                                             \
    __asm__(".text\n.balign 4\n" #name "_code:\n" text "\n"                              \
            "li a0, -1; srli a0, a0, 32; li a1, 0; li a2, 50; li a7, 11; ecall\n" #name  \
            "_end:\n")

ATTEMPT(read, "lw t0, (a0)");
ATTEMPT(read_byte, "lb t0, 1(a0)");
ATTEMPT(write, "sw zero, (a0)");
ATTEMPT(atomic, "amoadd.w zero, zero, (a0)");
ATTEMPT(jump, "jr a0");
ATTEMPT(nothing, "nop");
ATTEMPT(read_sstatus, "csrr t0, sstatus");
ATTEMPT(write_sstatus, "csrsi sstatus, 2");
ATTEMPT(write_satp, "csrw satp, zero");
ATTEMPT(write_stvec, "csrw stvec, a0");
ATTEMPT(read_mstatus, "csrr t0, mstatus");
ATTEMPT(write_cycle, "csrw cycle, zero");
ATTEMPT(write_stimecmp, "csrw 0x14d, zero");
ATTEMPT(do_sret, "sret");
ATTEMPT(do_mret, "mret");
ATTEMPT(do_wfi, "wfi");
ATTEMPT(do_fence, "sfence.vma");
ATTEMPT(do_break, "ebreak");
/* The firmware's reset and its older shutdown: numbers that are no call of ours. */
ATTEMPT(firmware, "li a7, 0x53525354; li a6, 0; li a0, 0; li a1, 0; ecall\n"
                  "li a7, 0x54494d45; ecall; li a7, 0x48534d; li a6, 1; ecall");
/* Another write to the page that it runs in. */
ATTEMPT(write_own_code, "auipc t0, 0; sw zero, 64(t0)");

/* Run an attempt with an address; the status or fault that ended its process. */
static int64_t attempt(const char *code, const char *end, uint64_t argument,
                       uint32_t access)
{
    handle_t process = (handle_t)process_create(HANDLE_NONE, HANDLE_NONE, 0, 0);
    int64_t thread, status;

    vm_map(process, AREA_VA, 2 * PAGE, HANDLE_NONE, 0, ALL_PAGES);
    vm_copy(process, CODE_VA, (void *)(uint64_t)code, (uint64_t)(end - code),
            VM_COPY_OUT);
    vm_protect(process, CODE_VA, PAGE, access);
    thread = thread_create(process, CODE_VA, 0, 0, argument, AREA_VA);
    status = child_wait(process);
    handle_close((handle_t)thread);
    handle_close(process);
    return status;
}

#define TRY(name, argument)                                                              \
    attempt(name##_code, name##_end, argument, VM_READ | VM_EXECUTE)

/* The kernel's half: image, direct map, page tables, its ends; and the hole below it. */
static const uint64_t kernel_half[] = {
    0xffffffff80200000ull, 0xffffffff80210000ull, 0xffffffff80280000ull,
    0xffffffff80000000ull, 0xffff800000000000ull, 0xffff800080000000ull,
    0xffff800080200000ull, 0xffffc00000000000ull, 0xffffffc000000000ull,
    0xfffffffffffff000ull, 0xfffffffffffffffcull, 0x0000800000000000ull,
    0x0001000000000000ull, 0x7ffffffffffff000ull, 0x8000000000000000ull,
};

/* Where devices and the kernel are in physical memory: mapped in no process. */
static const uint64_t physical[] = {
    0,          0x100000,   0x2000000,  0xc000000,          0x10000000,
    0x10001000, 0x80000000, 0x80200000, VM_USER_END - PAGE,
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void accesses(const uint64_t *addresses, unsigned count, const char *what)
{
    unsigned good = 0;

    for (unsigned i = 0; i < count; i++) {
        int64_t both =
            TRY(atomic, addresses[i]); /* QEMU 7.2 says that it failed to read */

        good += TRY(read, addresses[i]) == FAULT_READ &&
                TRY(read_byte, addresses[i]) == FAULT_READ &&
                TRY(write, addresses[i]) == FAULT_WRITE &&
                (both == FAULT_WRITE || both == FAULT_READ) &&
                TRY(jump, addresses[i]) == FAULT_EXECUTE;
    }
    is(good, count, what);
}

/* Each call that takes an address, given one of the kernel's: refused, nothing read or written. */
static void addresses_in_calls(void)
{
    static char buffer[64];
    handle_t process = (handle_t)process_create(HANDLE_NONE, HANDLE_NONE, 0, 0);
    unsigned good = 0;

    for (unsigned i = 0; i < COUNT(kernel_half); i++) {
        uint64_t at = kernel_half[i], page = at & -PAGE;

        good += CALL(vm_copy, HANDLE_SELF, at, buffer, 8, VM_COPY_IN, 0) < 0 &&
                CALL(vm_copy, HANDLE_SELF, buffer, at, 8, VM_COPY_IN, 0) < 0 &&
                CALL(vm_copy, HANDLE_SELF, at, buffer, 8, VM_COPY_OUT, 0) < 0 &&
                CALL(vm_copy, HANDLE_SELF, at - 4, buffer, 8, VM_COPY_OUT, 0) < 8 &&
                CALL(vm_copy, process, at, buffer, 8, VM_COPY_OUT, 0) < 0 &&
                CALL(handle_info, process, INFO_PROCESS, at, 48, 0, 0) < 0 &&
                CALL(vm_map, HANDLE_SELF, page, PAGE, 0, 0, ALL_PAGES) < 0 &&
                CALL(vm_unmap, HANDLE_SELF, page, PAGE, 0, 0, 0) < 0 &&
                CALL(vm_protect, HANDLE_SELF, page, PAGE, ALL_PAGES, 0, 0) < 0 &&
                CALL(thread_create, HANDLE_SELF, 0, 0, 0, 0, page) < 0 &&
                CALL(process_control, process, PROCESS_SET_PAGE, page, 0, 0, 0) < 0 &&
                CALL(process_clone, process, HANDLE_SELF, page, 0, 0, 0) < 0 &&
                CALL(futex_wait, at & -4ull, 0, 0, 0, 0, 0) < 0 &&
                CALL(futex_wake, at & -4ull, 1, 0, 0, 0, 0) < 0 &&
                CALL(futex_swap, at & -4ull, buffer, 0, 0, 0, 0) < 0 &&
                CALL(futex_swap, buffer, at & -4ull, 0, 0, 0, 0) < 0 &&
                CALL(upcall_return, at & -8ull, 0, 0, 0, 0, 0) < 0 &&
                CALL(system_control, 0, SYSTEM_LOG_WRITE, at, 8, 0, 0) < 0;
    }
    is(good, COUNT(kernel_half), "every call refuses addresses of the kernel's half");
    child_end(process);
}

static void privileged_instructions(void)
{
    is(TRY(nothing, 0), WENT_ON, "a process that tries nothing goes on to its end");
    is(TRY(read_sstatus, 0), FAULT_ILLEGAL, "read sstatus");
    is(TRY(write_sstatus, 0), FAULT_ILLEGAL, "write sstatus");
    is(TRY(write_satp, 0), FAULT_ILLEGAL, "write satp");
    is(TRY(write_stvec, CODE_VA), FAULT_ILLEGAL, "write stvec");
    is(TRY(read_mstatus, 0), FAULT_ILLEGAL, "read mstatus");
    is(TRY(write_cycle, 0), FAULT_ILLEGAL, "write a counter");
    is(TRY(write_stimecmp, 0), FAULT_ILLEGAL, "set the timer");
    is(TRY(do_sret, 0), FAULT_ILLEGAL, "sret");
    is(TRY(do_mret, 0), FAULT_ILLEGAL, "mret");
    is(TRY(do_wfi, 0), FAULT_ILLEGAL, "wfi");
    is(TRY(do_fence, 0), FAULT_ILLEGAL, "sfence.vma");
    is(TRY(do_break, 0), FAULT_BREAKPOINT, "ebreak");
}

static void firmware_calls(void)
{
    int64_t status = TRY(firmware, 0);

    ok(status == WENT_ON || status == FAULT_FOREIGN,
       "calls of the firmware do not reach it");
}

/* Writable or executable, never both, and a change takes effect at once. */
static void execute_a_writable_page(void)
{
    gives(vm_map(HANDLE_SELF, AREA_VA, PAGE, 0, 0, VM_ACCESS_ALL), E_INVALID, "map both");
    gives(vm_map(HANDLE_SELF, AREA_VA, PAGE, 0, 0, ALL_PAGES), OK, "map writable");
    gives(vm_protect(HANDLE_SELF, AREA_VA, PAGE, VM_ACCESS_ALL), E_INVALID,
          "protect to both");
    gives(vm_protect(HANDLE_SELF, AREA_VA, PAGE, VM_WRITE | VM_EXECUTE), E_INVALID,
          "also without READ");
    vm_unmap(HANDLE_SELF, AREA_VA, PAGE);
    is(attempt(nothing_code, nothing_end, 0, ALL_PAGES), FAULT_EXECUTE,
       "run a writable page");
    is(attempt(nothing_code, nothing_end, 0, VM_READ), FAULT_EXECUTE,
       "run a readable page");
    is(TRY(write_own_code, 0), FAULT_WRITE, "write to the page that runs");
}

/* Code that ran is made writable and changed; the old translation must not run it. */
static void run_then_write(uint64_t at)
{
    __asm__ volatile("jalr %0" ::"r"(at) : "ra", "memory");
    CALL(vm_protect, HANDLE_SELF, at, PAGE, ALL_PAGES, 0, 0);
    *(volatile uint32_t *)at = 0x00008067; /* ret, again */
    __asm__ volatile("jalr %0" ::"r"(at) : "ra", "memory");
    child_exit(WENT_ON);
}

static void executable_becomes_writable(void)
{
    handle_t process = (handle_t)child_make(HANDLE_NONE, HANDLE_NONE, 0, NULL, 0);

    vm_map(process, AREA_VA, PAGE, HANDLE_NONE, 0, ALL_PAGES);
    poke(process, AREA_VA, 0x00008067);
    vm_protect(process, AREA_VA, PAGE, VM_READ | VM_EXECUTE);
    child_start(process, run_then_write, AREA_VA);
    is(child_wait(process), FAULT_EXECUTE, "run a page that has become writable");
    handle_close(process);
}

/* Memory of a device, or any physical memory, needs the system handle. */
static void device_memory(void)
{
    handle_t memory = (handle_t)memory_create(0, MEMORY_ANONYMOUS, PAGE, 0, HANDLE_NONE);
    handle_t account = (handle_t)account_create(HANDLE_NONE, 10, 10);
    const uint64_t given[] = {HANDLE_NONE, HANDLE_SELF, HANDLE_SELF_THREAD, HANDLE_CALLER,
                              memory,      account,     memory ^ 0x10000,   1,
                              0x10001,     UINT64_MAX};
    unsigned good = 0;

    for (unsigned i = 0; i < COUNT(given); i++)
        good +=
            CALL(memory_create, 0, MEMORY_PHYSICAL, PAGE, 0x10000000, given[i], 0) < 0 &&
            CALL(memory_create, 0, MEMORY_PHYSICAL, PAGE, 0x80200000, given[i], 0) < 0 &&
            CALL(irq_bind, given[i], 10, memory, 0, 0, 0) < 0 &&
            CALL(system_control, given[i], SYSTEM_POWER, POWER_OFF, 0, 0, 0) < 0;
    is(good, COUNT(given),
       "physical memory, interrupts and power need the system handle");
    handle_close(memory);
    handle_close(account);
}

int main(void)
{
    arena_make();
    accesses(kernel_half, COUNT(kernel_half),
             "read, write and jump into the kernel's half");
    accesses(physical, COUNT(physical),
             "and where devices and the kernel are physically");
    addresses_in_calls();
    privileged_instructions();
    firmware_calls();
    execute_a_writable_page();
    executable_becomes_writable();
    device_memory();
    return done();
}

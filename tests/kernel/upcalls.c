/* SPDX-License-Identifier: MIT */
/*
 * The upcall door (abi/thread_page.h): due bits interrupt code and sleeps, masks and inhibit
 * hold them back as they say, faults take the same door, every register comes back.
 */
#include <tests/kernel/calls.h>

static volatile uint32_t step, seen_kind, seen_count, go, word;
static volatile uint64_t seen_bits;
static volatile int64_t result;

/* Takes all unmasked bits, remembers, returns into the interrupted code. */
__attribute__((used)) static void handle(struct thread_page *page, uint64_t kind)
{
    seen_kind = (uint32_t)kind;
    seen_count++;
    if (kind == FAULT_NONE) {
        seen_bits |= __atomic_fetch_and(&page->pending, page->mask, __ATOMIC_SEQ_CST);
        /* Floating point is ours to spoil. */
        __asm__ volatile("fmv.d.x ft0, zero; fmv.d.x fs0, zero" ::: "memory");
        kernel_call(SYS_upcall_return, (uint64_t)&page->upcall_save.frame, 0, 0, 0, 0, 0);
    }
    page->fault_save.frame.pc += 4; /* over the instruction that faulted */
    page->fault_save.in_use = 0;
    kernel_call(SYS_upcall_return, (uint64_t)&page->fault_save.frame, 0, 0, 0, 0, 0);
}

/* The door itself: gp and tp are ours, sp is upcall_stack, a0 and a1 are arguments. */
extern char door[];
__asm__(".globl door\ndoor: call handle\nebreak\n");

static void open_door(struct native_thread *t)
{
    t->page->upcall_entry = (uint64_t)door;
    t->page->upcall_stack = (uint64_t)pages(STACK_BYTES, MAP_PRIVATE) + STACK_BYTES;
}

/* Fill every register, spin until told, and count those that have changed. */
__attribute__((used)) static volatile uint64_t differing;

__asm__(
    ".globl spin_filled\n"
    "spin_filled:\n"
    "   li s2, 0x1111111111111111; li s3, 0x2222222222222222; li s11, 0x3333\n"
    "   li t3, 0x4444; li t6, 0x5555; li a7, 0x6666; li ra, 0x7777; li a3, 0x8888\n"
    "   li t0, 0x4045000000000000; fmv.d.x ft0, t0; fmv.d.x fs0, t0; fmv.d.x ft11, t0\n"
    "   la t1, go; la t2, step; li t0, 1; sw t0, (t2)\n"
    "1: lw t0, (t1); beqz t0, 1b\n"
    "   li a0, 0\n"
    "   li t0, 0x1111111111111111; beq t0, s2, 2f; addi a0, a0, 1\n"
    "2: li t0, 0x2222222222222222; beq t0, s3, 3f; addi a0, a0, 1\n"
    "3: li t0, 0x3333; beq t0, s11, 4f; addi a0, a0, 1\n"
    "4: li t0, 0x4444; beq t0, t3, 5f; addi a0, a0, 1\n"
    "5: li t0, 0x5555; beq t0, t6, 6f; addi a0, a0, 1\n"
    "6: li t0, 0x6666; beq t0, a7, 7f; addi a0, a0, 1\n"
    "7: li t0, 0x7777; beq t0, ra, 8f; addi a0, a0, 1\n"
    "8: li t0, 0x8888; beq t0, a3, 9f; addi a0, a0, 1\n"
    "9: li t0, 0x4045000000000000; fmv.x.d t3, ft0; beq t0, t3, 10f; addi a0, a0, 1\n"
    "10: fmv.x.d t3, fs0; beq t0, t3, 11f; addi a0, a0, 1\n"
    "11: fmv.x.d t3, ft11; beq t0, t3, 12f; addi a0, a0, 1\n"
    "12: la t1, differing; sd a0, (t1); la t2, step; li t0, 2; sw t0, (t2)\n"
    "13: j thread_leave_label\n"
    "thread_leave_label: li a7, 13; li a0, 0; li a1, 0; li a2, 0; li a3, 0; ecall\n");
extern void spin_filled(void *);

static void interrupted_code(void)
{
    struct native_thread t;

    thread_prepare(&t);
    open_door(&t);
    step = go = 0;
    thread_start_in(HANDLE_SELF, &t, spin_filled, NULL);
    ok(wait_for(&step, 1), "a thread spins with its registers filled");
    is(upcall_post(t.handle, 1 << 5), OK, "post a bit to it");
    ok(wait_for(&seen_count, 1), "its upcall runs");
    is((long)seen_bits, 1 << 5, "and finds the bit");
    is(seen_kind, FAULT_NONE, "of no fault");
    is(t.page->inhibit, 0, "inhibit is clear again after the return");
    go = 1;
    ok(wait_for(&step, 2), "the interrupted code goes on");
    is((long)differing, 0, "with every register as it was, floating point too");
    handle_close(t.handle);
}

static void sleep_once(void *flags)
{
    step = 1;
    result = futex_wait(&word, 0, DEADLINE_NEVER, (uint32_t)(uint64_t)flags, HANDLE_NONE);
    step = 2;
    thread_leave();
}

static void interrupted_sleep(void)
{
    struct native_thread t;

    thread_prepare(&t);
    t.page->inhibit = 1;
    t.page->mask = 1 << 1;
    step = 0;
    thread_start_in(HANDLE_SELF, &t, sleep_once, NULL);
    ok(wait_for(&step, 1), "a thread is about to sleep");
    yield();
    upcall_post(t.handle, 1 << 1);
    for (int i = 0; i < 100; i++)
        yield();
    is(step, 1, "a masked bit does not end its sleep");
    upcall_post(t.handle, 1 << 2);
    ok(wait_for(&step, 2), "an unmasked one does, whatever inhibit says");
    is(result, E_INTERRUPTED, "with E_INTERRUPTED");
    handle_close(t.handle);

    thread_prepare(&t);
    t.page->inhibit = 1;
    t.page->pending = 1;
    step = 0;
    thread_start_in(HANDLE_SELF, &t, sleep_once, NULL);
    ok(wait_for(&step, 2), "with a bit already due it does not fall asleep");
    is(result, E_INTERRUPTED, "but is told so");
    handle_close(t.handle);

    thread_prepare(&t);
    t.page->inhibit = 1;
    t.page->pending = 1;
    step = 0;
    thread_start_in(HANDLE_SELF, &t, sleep_once, (void *)(uint64_t)FUTEX_UNINTERRUPTIBLE);
    ok(wait_for(&step, 1), "an uninterruptible sleep begins in spite of due bits");
    for (int i = 0; i < 100; i++)
        yield();
    is(step, 1, "and goes on");
    while (futex_wake(&word, 1, 0) == 0)
        yield(); /* on another hart it may still be on its way to sleep */
    ok(1, "until it is woken");
    ok(wait_for(&step, 2), "which ends it");
    is(result, OK, "with OK");
    handle_close(t.handle);
}

static void fault_twice(void *unused)
{
    (void)unused;
    /* Both instructions are four bytes: the handler steps over them. */
    __asm__ volatile(".option push; .option norvc\n"
                     "sw zero, 8(zero)\n"
                     ".4byte 0xffffffff\n"
                     ".option pop" ::
                         : "memory");
    step = 2;
    thread_leave();
}

static void faults(void)
{
    struct native_thread t;

    thread_prepare(&t);
    open_door(&t);
    t.page->inhibit = 1; /* faults do not ask */
    step = 0;
    seen_count = 0;
    thread_start_in(HANDLE_SELF, &t, fault_twice, NULL);
    ok(wait_for(&step, 2), "a thread steps over two faults");
    is(seen_count, 2, "by two upcalls");
    is(seen_kind, FAULT_ILLEGAL, "the second for the illegal instruction");
    is(t.page->inhibit, 1, "inhibit is as it was before");
    handle_close(t.handle);
}

/* ---- calls of other systems ---- */

static volatile uint64_t foreign_address, foreign_a0;
static volatile int64_t foreign_results[3];

/* Answers the call as a system of its own would: its number and an argument. */
__attribute__((used)) static void answer_foreign(struct thread_page *page, uint64_t kind)
{
    struct register_frame *frame = &page->fault_save.frame;

    seen_kind = (uint32_t)kind;
    seen_count++;
    foreign_address = page->fault_save.address;
    foreign_a0 = frame->x[9];
    frame->x[9] += frame->x[16];
    page->fault_save.in_use = 0;
    kernel_call(SYS_upcall_return, (uint64_t)frame, 0, 0, 0, 0, 0);
}

extern char foreign_door[];
__asm__(".globl foreign_door\nforeign_door: call answer_foreign\nebreak\n");

static void call_foreign(void *unused)
{
    register uint64_t a0 __asm__("a0") = 5, s2 __asm__("s2") = 0x1234567,
                         a7 __asm__("a7") = SYSCALL_COUNT;

    (void)unused;
    __asm__ volatile("ecall" : "+r"(a0), "+r"(s2) : "r"(a7) : "memory");
    foreign_results[0] = (int64_t)a0;
    foreign_results[1] = (int64_t)s2;
    foreign_results[2] = kernel_call(UINT64_MAX, 1, 0, 0, 0, 0, 0);
    step = 2;
    thread_leave();
}

static void foreign_calls(void)
{
    struct native_thread t;

    thread_prepare(&t);
    open_door(&t);
    t.page->upcall_entry = (uint64_t)foreign_door;
    t.page->inhibit = 1;
    step = seen_count = 0;
    thread_start_in(HANDLE_SELF, &t, call_foreign, NULL);
    ok(wait_for(&step, 2), "a thread makes two calls of another system");
    is(seen_count, 2, "they go through the door");
    is(seen_kind, FAULT_FOREIGN, "as foreign ones");
    is((long)foreign_address, -1, "with their number");
    is(foreign_results[0], 5 + SYSCALL_COUNT, "their result is the handler's");
    is(foreign_results[1], 0x1234567, "a register that C keeps is as it was");
    is(foreign_results[2], 0, "a wide number is whole");
    is((long)foreign_a0, 1, "the handler sees their arguments");
    is(t.page->inhibit, 1, "and inhibit is as it was");
    handle_close(t.handle);
}

int main(void)
{
    interrupted_code();
    interrupted_sleep();
    faults();
    foreign_calls();
    is(upcall_post(HANDLE_SELF_THREAD, 0), E_INVALID, "no bits: E_INVALID");
    is(upcall_post(12345, 1), E_BAD_HANDLE, "no handle: E_BAD_HANDLE");
    is(kernel_call(SYS_upcall_return, 0, 0, 0, 0, 0, 0), E_FAULT, "no frame: E_FAULT");
    return done();
}

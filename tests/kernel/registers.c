/* SPDX-License-Identifier: MIT */
/*
 * The trap path: threads fill all 31 integer registers, all 32 of floating point and fcsr with
 * random patterns, go through a trap, and look at every one: calls that return at once, that
 * switch, that sleep; touched pages; faults that take the upcall door; and spinning, meanwhile
 * preempted by a thread of higher priority and interrupted by upcall bits.
 * registers [ROUNDS [SEED]]: rounds of each thread, which together are THREADS times as many.
 *
 * Start reading at TRAP(): the base register through which the others are stored afterwards
 * is one of the patterns itself. If that one breaks the program dies, which is noticed, too.
 */
#include <stdlib.h>

#include <tests/kernel/native.h>

#define THREADS 4
#define ROUNDS  3000
#define FRESH   256 /* pages that a thread maps at a time to touch them */

/* For one thread; offsets are known to the assembly. */
struct block {
    uint64_t saved[16];                /* 0: ra, sp, gp, tp, s0-s11 of the C code */
    uint64_t x[32], f[32];             /* 128: before; x[0] is fcsr */
    uint64_t x_after[32], f_after[32]; /* 640 */
    uint64_t state, rounds_done, faults;
};

static struct block blocks[THREADS + 1];
static uint64_t rounds = ROUNDS, seed = 1;
/* Of the first register that differed. */
static volatile uint64_t wrong, wrong_kind, wrong_register, wrong_got, wrong_expected;
static volatile uint32_t door_wrong, running, go_on = 1;
static handle_t handles[THREADS];

#define X_NOT_27                                                                         \
    "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,28,29,30,31"
#define X_NOT_5                                                                          \
    "1,2,3,4,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31"
#define F_ALL                                                                            \
    "0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,"   \
    "30,31"
#define S_ALL "s0,s1,s2,s3,s4,s5,s6,s7,s8,s9,s10,s11"

/* void name(struct block *): the trap with all registers full, base in xB. */
#define TRAP(name, B, NOT_B, trap)                                                       \
    extern void name(struct block *);                                                    \
    __asm__(".text\n.globl " #name "\n" #name ":\n"                                      \
            "sd ra, 0(a0); sd sp, 8(a0); sd gp, 16(a0); sd tp, 24(a0)\n"                 \
            ".set at, 32\n.irp r," S_ALL "\nsd \\r, at(a0)\n.set at, at+8\n.endr\n"      \
            "ld t0, 128(a0); fscsr t0\n"                                                 \
            ".irp n," F_ALL "\nfld f\\n, 384+8*\\n(a0)\n.endr\n"                         \
            "mv x" #B ", a0\n"                                                           \
            ".irp n," NOT_B "\nld x\\n, 128+8*\\n(x" #B ")\n.endr\n" trap "\n"           \
            ".irp n," NOT_B "\nsd x\\n, 640+8*\\n(x" #B ")\n.endr\n"                     \
            "sd x" #B ", 640+8*" #B "(x" #B ")\n"                                        \
            "mv a0, x" #B "; frcsr t1; sd t1, 640(a0)\n"                                 \
            ".irp n," F_ALL "\nfsd f\\n, 896+8*\\n(a0)\n.endr\n"                         \
            "ld ra, 0(a0); ld sp, 8(a0); ld gp, 16(a0); ld tp, 24(a0)\n"                 \
            ".set at, 32\n.irp r," S_ALL "\nld \\r, at(a0)\n.set at, at+8\n.endr\n"      \
            "fscsr zero; ret\n")

#define SPIN    "1: addi x6, x6, -1; bnez x6, 1b"
#define ILLEGAL ".option push; .option norvc; .4byte 0xffffffff; .option pop"

TRAP(call_5, 5, X_NOT_5, "ecall");
TRAP(call_27, 27, X_NOT_27, "ecall");
TRAP(load_5, 5, X_NOT_5, "lw x7, (x8)");
TRAP(load_27, 27, X_NOT_27, "lw x7, (x8)");
TRAP(store_5, 5, X_NOT_5, "sw x7, (x8)");
TRAP(store_27, 27, X_NOT_27, "sw x7, (x8)");
TRAP(spin_5, 5, X_NOT_5, SPIN);
TRAP(spin_27, 27, X_NOT_27, SPIN);
TRAP(illegal_5, 5, X_NOT_5, ILLEGAL);
TRAP(illegal_27, 27, X_NOT_27, ILLEGAL);

static void (*const traps[][2])(struct block *) = {
    {call_5, call_27}, {load_5, load_27},       {store_5, store_27},
    {spin_5, spin_27}, {illegal_5, illegal_27},
};
enum kind { CALL, LOAD, STORE, SPINNING, ILLEGAL_INSTRUCTION, KINDS };

/*
 * The upcall door: all registers but a0 (the page), a1 (the kind), sp, gp and tp are zero.
 * Floating point is left full of something else. The return restores all.
 */
__asm__(".text\n.globl registers_door\nregisters_door:\n"
        ".irp n,5,6,7,8,9,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n"
        "or ra, ra, x\\n\n.endr\n"
        ".irp n," F_ALL "\nfmv.d.x f\\n, a0\n.endr\nfsrmi 1\n"
        "beqz ra, 1f\n.option push; .option norelax; la t0, door_wrong; .option pop\n"
        "li t1, 1; amoadd.w zero, t1, (t0)\n"
        "1: bnez a1, 2f\n"
        "ld t0, 8(a0); amoand.d.aqrl zero, t0, (a0); addi a0, a0, 984; j 3f\n"
        "2: ld t0, 1528(a0); addi t0, t0, 4; sd t0, 1528(a0)\n"
        "sd zero, 1504(a0); addi a0, a0, 1528\n"
        "3: li a7, 16; ecall; ebreak\n");
extern char registers_door[];
_Static_assert(offsetof(struct thread_page, upcall_save.frame) == 984, "registers_door");
_Static_assert(offsetof(struct thread_page, fault_save) == 1504, "registers_door");
_Static_assert(offsetof(struct thread_page, fault_save.frame) == 1528, "registers_door");
_Static_assert(offsetof(struct block, x) == 128 && offsetof(struct block, f) == 384 &&
                   offsetof(struct block, x_after) == 640 &&
                   offsetof(struct block, f_after) == 896,
               "TRAP");

static uint64_t next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Arguments of a call that changes a0 only: at once, a switch, or a sleep of 1 to 16 us. */
static void set_call(struct block *b)
{
    static uint32_t word;
    uint64_t choice = next(&b->state) % 8;

    b->x[17] = choice < 4 ? SYS_system_control : SYS_futex_wait;
    b->x[10] = choice < 4 ? HANDLE_NONE : (uint64_t)&word;
    b->x[11] = choice < 2 ? SYSTEM_TRACE_USER : choice < 4 ? SYSTEM_YIELD : choice == 4;
    b->x[12] = choice < 4 ? b->x[12] : now_ns() + 1000 * (1 + next(&b->state) % 16);
    b->x[13] = choice < 4 ? b->x[13] : 0;
    b->x[14] = choice < 4 ? b->x[14] : HANDLE_NONE;
}

/* The next page of the thread's own that nobody has touched. */
static uint64_t fresh_page(uint64_t n, struct block *b)
{
    uint64_t area = AREA_VA + n * 0x40000000;

    if (b->faults % FRESH == 0) {
        if (b->faults > 0)
            vm_unmap(HANDLE_SELF, area, FRESH * PAGE);
        vm_map(HANDLE_SELF, area, FRESH * PAGE, HANDLE_NONE, 0, ALL_PAGES);
    }
    return area + b->faults++ % FRESH * PAGE;
}

static void note_wrong(enum kind kind, uint64_t number, uint64_t got, uint64_t expected)
{
    if (__atomic_fetch_add(&wrong, 1, __ATOMIC_RELAXED) == 0) {
        wrong_kind = kind;
        wrong_register = number;
        wrong_got = got;
        wrong_expected = expected;
    }
}

static void compare(const struct block *b, enum kind kind)
{
    for (uint64_t i = 0; i < 32; i++) {
        int is_result = (kind == CALL && i == 10) || (kind == LOAD && i == 7) ||
                        (kind == SPINNING && i == 6);

        if (!is_result && b->x_after[i] != b->x[i])
            note_wrong(kind, i, b->x_after[i], b->x[i]);
        if (b->f_after[i] != b->f[i])
            note_wrong(kind, 32 + i, b->f_after[i], b->f[i]);
    }
    if (kind == LOAD && b->x_after[7] != 0)
        note_wrong(kind, 7, b->x_after[7], 0);
}

static void one_round(uint64_t n, struct block *b)
{
    enum kind kind = (enum kind)(next(&b->state) % KINDS);
    uint64_t variant = next(&b->state) % 2;

    for (int i = 1; i < 32; i++) {
        b->x[i] = next(&b->state);
        b->f[i] = next(&b->state);
    }
    b->f[0] = next(&b->state);
    b->x[0] = next(&b->state) & 0xff;
    b->x[variant ? 27 : 5] = (uint64_t)b;
    if (kind == CALL)
        set_call(b);
    if (kind == LOAD || kind == STORE)
        b->x[8] = fresh_page(n, b);
    if (kind == SPINNING)
        b->x[6] = 1000 + next(&b->state) % 20000;
    traps[kind][variant](b);
    compare(b, kind);
    __atomic_fetch_add(&b->rounds_done, 1, __ATOMIC_RELAXED);
}

static void worker(uint64_t n)
{
    struct block *b = &blocks[n];

    b->state = seed * 0x9e3779b97f4a7c15ull + n * 0x2545f4914f6cdd1dull + 1;
    for (uint64_t i = 0; i < rounds; i++)
        one_round(n, b);
    __atomic_fetch_sub(&running, 1, __ATOMIC_RELEASE);
    futex_wake((uint32_t *)&running, 1, 0);
    thread_leave();
}

/* Above the workers: wakes every 20 to 50 us, and every fourth time posts a bit to one. */
static void preempt(uint64_t unused)
{
    struct block *b = &blocks[THREADS];

    (void)unused;
    b->state = seed + 77;
    while (go_on) {
        set_call(b);
        for (int i = 0; i < 32; i++)
            b->f[i] = next(&b->state);
        b->x[5] = (uint64_t)b;
        b->x[0] = 0x45;
        call_5(b);
        compare(b, CALL);
        sleep_ns(20000 + next(&b->state) % 30000);
        if (next(&b->state) % 4 == 0)
            upcall_post(handles[next(&b->state) % THREADS], 1);
        b->rounds_done++;
    }
    thread_leave();
}

static void start(void)
{
    running = THREADS;
    for (unsigned i = 0; i < THREADS; i++) {
        struct thread_page *page = thread_memory(i);

        page->upcall_entry = (uint64_t)registers_door;
        page->upcall_stack = (uint64_t)page - STACK_BYTES / 2;
        handles[i] = (handle_t)thread_start(i, worker, i);
        thread_control(handles[i], THREAD_SET_PRIORITY, PRIORITY_DEFAULT - 1, 0, 0);
    }
}

int main(int argc, char **argv)
{
    static const char *const kind_name[] = {"call", "load", "store", "spin", "fault"};
    uint64_t end, traps_done = 0, last = 0;
    handle_t preempter;

    rounds = argc > 1 ? strtoull(argv[1], NULL, 0) : ROUNDS;
    seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
    start();
    preempter = (handle_t)thread_start(THREADS, preempt, 0);
    for (end = now_ns() + 20000000000ull; running > 0 && now_ns() < end;
         sleep_ns(1000000)) {
        traps_done = 0;
        for (int i = 0; i < THREADS; i++)
            traps_done += __atomic_load_n(&blocks[i].rounds_done, __ATOMIC_RELAXED);
        if (traps_done != last) /* a hang is when nothing moves */
            end = now_ns() + 20000000000ull;
        last = traps_done;
    }
    go_on = 0;
    is(running, 0, "each thread comes to its end");
    if (!ok(wrong == 0, "every register is as it was after %lu traps of %d threads",
            (long)rounds * THREADS, THREADS))
        printf("# seed %lu: %lu wrong; first by %s: %c%lu is %lx, was %lx\n", (long)seed,
               (long)wrong, kind_name[wrong_kind], wrong_register < 32 ? 'x' : 'f',
               (long)wrong_register % 32, (long)wrong_got, (long)wrong_expected);
    is(door_wrong, 0, "an upcall finds zero in every register that is not an argument");
    ok(blocks[THREADS].rounds_done >= 10, "meanwhile another thread preempts them");
    printf("# %lu times; seed %lu\n", (long)blocks[THREADS].rounds_done, (long)seed);
    sleep_ns(2000000);
    for (int i = 0; i < THREADS; i++)
        handle_close(handles[i]);
    handle_close(preempter);
    return done();
}

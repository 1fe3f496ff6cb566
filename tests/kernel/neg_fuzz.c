/* SPDX-License-Identifier: MIT */
/*
 * Random kernel calls from processes that may die of them: neg_fuzz [SEED [ROUNDS]], or
 * FUZZ_SEED and FUZZ_ROUNDS. What a round is follows from its seed and the order in which
 * the threads run.
 *
 * Each round makes two children in an account with small limits, with handles to each other,
 * to an endpoint, to memory and to the account; three threads of each make calls of
 * abi/syscall.def with arguments that are mostly plausible, while a fourth scribbles over thread
 * pages, the process page and buffers. Afterwards nothing that a child has holds a word of a
 * process that it has no handle to, or of the kernel; both are killed and the account
 * must be as empty as before. The kernel must not panic and no round may hang.
 */
#include <stdlib.h>

#include <tests/kernel/native.h>

#define ROUNDS   40
#define CALLS    700 /* per thread and round */
#define THREADS  3
#define CHILDREN 2
#define POOL     16
#define MS       1000000ull

#define CODE_END 0x1000000ull /* of this program */

#define PROCESS_PAGE_VA (CHILD_MAIN_VA + 0x100000)

#define CALL_COUNT (ARENA_BYTES / 4 - 1) /* arena word; calls may write there, too */

/*
 * What the arguments of a call are: h handle, P process, a address, l length, o offset, f small
 * flags, n number, d deadline, i info word, . anything. A call that is not here gets anything.
 */
static const char *const shape[SYSCALL_COUNT] = {
    [SYS_handle_close] = "h",
    [SYS_handle_duplicate] = "hrnP",
    [SYS_handle_info] = "hfal",
    [SYS_memory_create] = "hflah",
    [SYS_memory_control] = "hfoo.",
    [SYS_vm_map] = "PalhoF",
    [SYS_vm_unmap] = "Pal",
    [SYS_vm_protect] = "PalF",
    [SYS_vm_copy] = "Paalf",
    [SYS_process_create] = "hhnn",
    [SYS_process_clone] = "PP.",
    [SYS_process_control] = "hfa..",
    [SYS_thread_create] = "Paaana",
    [SYS_thread_exit] = "nalh",
    [SYS_thread_control] = "hfnh.",
    [SYS_upcall_post] = "hn",
    [SYS_upcall_return] = "a",
    [SYS_futex_wait] = "andfh",
    [SYS_futex_wake] = "anf",
    [SYS_futex_swap] = "aanda",
    [SYS_endpoint_create] = "h",
    [SYS_endpoint_call] = "hinnnn",
    [SYS_endpoint_reply_wait] = "hinnnn",
    [SYS_endpoint_post] = "hn",
    [SYS_irq_bind] = "hnhn",
    [SYS_irq_ack] = "hn",
    [SYS_account_create] = "hnn",
    [SYS_system_control] = "hfaln",
};

static const uint8_t arguments_of[SYSCALL_COUNT] = {
#define X(number, name, nargs, summary) [number] = (nargs),
#include <abi/syscall.def>
#undef X
};

/* One per child, filled in by the parent before it starts; shared by the child's threads. */
static struct fuzz {
    uint64_t seed;
    uint32_t pool[POOL]; /* handles */
} fuzz;

static uint64_t next(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state * 0x2545f4914f6cdd1dull >> 11;
}

static uint64_t pick_handle(uint64_t *s)
{
    uint64_t r = next(s) % 64;

    if (r < 46)
        return fuzz.pool[next(s) % POOL];
    if (r < 52)
        return HANDLE_SELF;
    if (r < 54)
        return HANDLE_SELF_THREAD;
    if (r < 57)
        return HANDLE_CALLER;
    if (r < 61)
        return HANDLE_NONE;
    return r == 61   ? next(s)
           : r == 62 ? next(s) & 0x1003f
                     : fuzz.pool[next(s) % POOL] ^ 0x10000;
}

static uint64_t pick_address(uint64_t *s)
{
    static const uint64_t bases[] = {
        AREA_VA,
        AREA_VA,
        AREA_VA,
        AREA_VA + 0x200000,
        AREA_VA + 0x40000000,
        ARENA_VA,
        CHILD_MAIN_VA,
        CHILD_MAIN_VA + STACK_BYTES,
        VM_USER_END - 2 * PAGE,
        VM_USER_END,
        0,
        0xffff800080000000ull,
        0xffffffff80200000ull,
        UINT64_MAX - PAGE + 1,
        0x8000000000000000ull,
        PROCESS_PAGE_VA,
    };
    uint64_t at = bases[next(s) % (sizeof(bases) / sizeof(bases[0]))];

    if (next(s) % 3)
        at += next(s) % 24 * PAGE;
    if (next(s) % 6 == 0)
        at += next(s) % PAGE;
    else if (next(s) % 6 == 0)
        at += next(s) % 1024 * 4;
    return at;
}

static uint64_t pick_length(uint64_t *s)
{
    static const uint64_t odd[] = {0,
                                   1,
                                   40,
                                   2048,
                                   4095,
                                   4097,
                                   65536,
                                   1 << 21,
                                   1ull << 30,
                                   VM_USER_END,
                                   VM_USER_END - PAGE,
                                   UINT64_MAX,
                                   UINT64_MAX - PAGE + 1,
                                   1ull << 63};

    return next(s) % 3 ? (1 + next(s) % 100) * PAGE : odd[next(s) % (sizeof(odd) / 8)];
}

static uint64_t pick_info(uint64_t *s)
{
    uint64_t info = message_info((uint32_t)next(s), next(s) % 4 ? 0 : next(s) % 2100,
                                 next(s) % 3 ? 0 : next(s) % 6);

    if (next(s) % 8)
        info |= MESSAGE_DEADLINE;
    if (next(s) % 4 == 0)
        info |= MESSAGE_WINDOW_READ;
    if (next(s) % 4 == 0)
        info |= MESSAGE_WINDOW_WRITE;
    return next(s) % 16 ? info : info ^ 1ull << next(s) % 64;
}

static uint64_t pick(char kind, uint64_t *s)
{
    switch (kind) {
    case 'h':
        return pick_handle(s);
    case 'P':
        return next(s) % 4 ? HANDLE_SELF : pick_handle(s);
    case 'a':
        return pick_address(s);
    case 'l':
        return pick_length(s);
    case 'o':
        return next(s) % 2 ? next(s) % 32 * PAGE : pick_length(s);
    case 'f':
        return next(s) % 16 ? next(s) % 10 : next(s);
    case 'F':
        return next(s) % 16 ? next(s) % 8 | (next(s) % 8) << 4 : next(s);
    case 'r':
        return next(s) % 4 ? RIGHTS_ALL & next(s) & next(s) : RIGHTS_ALL & next(s);
    case 'n':
        return next(s) % 4 ? next(s) % 70 : next(s) << next(s) % 40;
    case 'd':
        return next(s) % 8   ? now_ns() + next(s) % 300000
               : next(s) % 2 ? 0
                             : DEADLINE_NEVER;
    case 'i':
        return pick_info(s);
    default:
        return next(s) << next(s) % 64;
    }
}

/* Does the range hold a stack or code, whose change or loss ends the process? */
static int is_vital(uint64_t at, uint64_t bytes)
{
    uint64_t end = at + bytes < at ? UINT64_MAX : at + bytes;

    return at < CODE_END || (at < CHILD_MAIN_VA + STACK_BYTES && end > STACKS_VA);
}

/* Would end the round at once, or a thread for ever: now and then it may. */
static int is_suicide(uint64_t number, const uint64_t *a)
{
    switch (number) {
    case SYS_thread_exit:
    case SYS_upcall_return:
        return 1;
    case SYS_process_control:
        return a[1] == PROCESS_KILL || a[1] == PROCESS_SUSPEND;
    case SYS_futex_wait:
        return a[2] == DEADLINE_NEVER;
    case SYS_futex_swap:
        return a[3] == DEADLINE_NEVER;
    case SYS_endpoint_call:
    case SYS_endpoint_reply_wait:
        return !(a[1] & MESSAGE_DEADLINE);
    case SYS_vm_unmap:
    case SYS_vm_protect:
        return is_vital(a[1], a[2]) || is_vital(a[1], PAGE);
    case SYS_vm_copy:
        return is_vital(a[a[4] == VM_COPY_OUT ? 1 : 2], a[3]);
    case SYS_handle_info:
        return is_vital(a[2], a[3]);
    case SYS_thread_control:
        return a[1] == THREAD_GET_REGISTERS && is_vital(a[2], PAGE);
    default:
        return 0;
    }
}

static void fuzz_leave(uint64_t unused)
{
    (void)unused;
    thread_leave();
}

static void one_call(uint64_t *s, struct thread_page *page)
{
    uint64_t number = next(s) % SYSCALL_COUNT, a[6] = {0};
    struct message m;
    int64_t result;

    for (unsigned i = 0; i < arguments_of[number]; i++)
        a[i] = pick(shape[number] != NULL ? shape[number][i] : '.', s);
    if (is_suicide(number, a) && next(s) % 64)
        return;
    if (number == SYS_thread_create && next(s) % 16) { /* one that ends at once */
        a[1] = (uint64_t)native_entry;
        a[3] = (uint64_t)fuzz_leave;
    }
    if (number == SYS_endpoint_call || number == SYS_endpoint_reply_wait) {
        page->deadline_ns = now_ns() + next(s) % 200000;
        page->window_base = pick_address(s);
        page->window_bytes = pick_length(s);
        page->accept = (uint32_t)(next(s) % 6);
        for (int i = 0; i < 4; i++)
            page->handles[i] = (uint32_t)pick_handle(s);
        m = (struct message){a[1], {a[2], a[3], a[4], a[5]}};
        result = message_exchange(number, (handle_t)a[0], &m);
        if (result == OK && message_handles(m.info) > 0)
            fuzz.pool[next(s) % POOL] = page->handles[0];
        return;
    }
    result = kernel_call(number, a[0], a[1], a[2], a[3], a[4], a[5]);
    if (result > 0xffff && result < 0x7fffffff)
        fuzz.pool[next(s) % POOL] = (uint32_t)result;
}

static void fuzz_thread(uint64_t n)
{
    struct thread_page *page = (struct thread_page *)(CHILD_MAIN_VA + STACK_BYTES);
    uint64_t state = fuzz.seed + n * 0x9e3779b97f4a7c15ull;

    if (n > 0)
        page = (struct thread_page *)(STACKS_VA + n * (STACK_BYTES + PAGE) - PAGE);
    for (int i = 0; i < 10; i++)
        next(&state);
    for (int i = 0; i < CALLS; i++) {
        one_call(&state, page);
        __atomic_fetch_add(&arena[CALL_COUNT], 1, __ATOMIC_RELAXED);
    }
    thread_leave();
}

/* Random words into what the others use, by vm_copy, so that what is not there does no harm. An
 * upcall entry that is not zero would end the process at the next fault or bit. */
static void fuzz_scribble(uint64_t n)
{
    uint64_t state = fuzz.seed + n * 0x9e3779b97f4a7c15ull;

    for (int i = 0; i < CALLS; i++) {
        uint64_t value = next(&state) << next(&state) % 64;
        uint64_t thread = next(&state) % THREADS, at;

        at = thread == 0 ? CHILD_MAIN_VA + STACK_BYTES
                         : STACKS_VA + thread * (STACK_BYTES + PAGE) - PAGE;
        if (next(&state) % 4 == 0)
            at = next(&state) % 2 ? PROCESS_PAGE_VA : AREA_VA + next(&state) % 24 * PAGE;
        at += next(&state) % 64 * 8;
        if (at % PAGE != offsetof(struct thread_page, upcall_entry))
            CALL(vm_copy, HANDLE_SELF, at, &value, 8, VM_COPY_OUT, 0);
        if (i % 16 == 0)
            yield();
    }
    thread_leave();
}

/* The first thread of a child: its others, then itself. */
static void fuzz_child(uint64_t argument)
{
    (void)argument;
    vm_map(HANDLE_SELF, PROCESS_PAGE_VA, PAGE, HANDLE_NONE, 0, ALL_PAGES);
    process_control(HANDLE_SELF, PROCESS_SET_PAGE, PROCESS_PAGE_VA, 0, 0);
    for (uint64_t n = 1; n <= THREADS; n++) {
        uint64_t top = STACKS_VA + n * (STACK_BYTES + PAGE) - PAGE;

        vm_map(HANDLE_SELF, top - STACK_BYTES, STACK_BYTES + PAGE, HANDLE_NONE, 0,
               ALL_PAGES);
        thread_create(HANDLE_SELF, (uint64_t)native_entry, top,
                      (uint64_t)(n < THREADS ? fuzz_thread : fuzz_scribble), n, top);
    }
    fuzz_thread(0);
}

static uint32_t give(handle_t h, handle_t process)
{
    struct info_object info = {0};
    int64_t made = -1;

    if (handle_info(h, INFO_OBJECT, &info, sizeof(info)) > 0)
        made = handle_duplicate(
            h, info.type == OBJECT_ACCOUNT ? info.rights & ~RIGHT_REVOKE : info.rights, 0,
            process); /* who could revoke the account would be out of reach */
    return made > 0 ? (uint32_t)made : 0;
}

/* ---- what no child may see ---- */

/*
 * A word of the victim's memory, and eight letters of the kernel's. They are made when they are
 * needed, on the stack, which no child gets a copy of.
 */
static uint64_t secret(int of_kernel)
{
    static volatile uint64_t inverted[2] = {~0x5ec2e7a1b0c4d693ull,
                                            ~0x617274207473616cull /* "last tra" */};

    return ~inverted[of_kernel];
}

static handle_t make_victim(void)
{
    handle_t victim =
        (handle_t)process_create(HANDLE_NONE, HANDLE_NONE, 0, 0x6d6974636976);
    uint64_t page[PAGE / 8];

    for (unsigned i = 0; i < PAGE / 8; i++)
        page[i] = secret(0);
    vm_map(victim, AREA_VA, 16 * PAGE, HANDLE_NONE, 0, ALL_PAGES);
    for (unsigned i = 0; i < 16; i++)
        vm_copy(victim, AREA_VA + i * PAGE, page, PAGE, VM_COPY_OUT);
    memset(page, 0, sizeof(page));
    return victim;
}

/* How many words of a process are secrets, wherever the calls may have put them. */
static uint64_t secrets_in(handle_t process)
{
    const struct {
        uint64_t at, pages;
    } areas[] = {
        {AREA_VA, 130},
        {AREA_VA + 0x200000, 32},
        {AREA_VA + 0x40000000, 32},
        {CHILD_MAIN_VA, 5},
        {PROCESS_PAGE_VA, 1},
        {STACKS_VA, 5 * (THREADS + 1)},
        {ARENA_VA, ARENA_BYTES / PAGE},
        {(uint64_t)&fuzz & -PAGE, 1},
    };
    uint64_t found = 0, page[PAGE / 8], first = secret(0), second = secret(1);

    for (unsigned i = 0; i < sizeof(areas) / sizeof(areas[0]); i++)
        for (uint64_t n = 0; n < areas[i].pages; n++)
            if (vm_copy(process, areas[i].at + n * PAGE, page, PAGE, VM_COPY_IN) == PAGE)
                for (unsigned w = 0; w < PAGE / 8; w++)
                    found += page[w] == first || page[w] == second;
    return found;
}

static int round_of(uint64_t seed)
{
    handle_t account = (handle_t)account_create(HANDLE_NONE, 700, 200), child[CHILDREN];
    handle_t endpoint = (handle_t)endpoint_create(account);
    handle_t memory = (handle_t)memory_create(account, MEMORY_ANONYMOUS, 40 * PAGE, 0, 0);
    struct info_account now = {0};
    uint64_t seen = 0;

    for (int i = 0; i < CHILDREN; i++)
        child[i] =
            (handle_t)process_create(account, i ? endpoint : HANDLE_NONE, 1, 0x7a7a7566);
    for (int i = 0; i < CHILDREN; i++) {
        for (int j = 0; j < POOL; j += 4) {
            fuzz.pool[j] = give(endpoint, child[i]);
            fuzz.pool[j + 1] = give(memory, child[i]);
            fuzz.pool[j + 2] = give(child[1 - i], child[i]);
            fuzz.pool[j + 3] = give(account, child[i]);
        }
        fuzz.seed = seed * CHILDREN + (uint64_t)i + 1;
        child_fill(child[i]);
        child_start(child[i], fuzz_child, 0);
    }
    for (int i = 0; i < CHILDREN;
         i++) { /* some hang for ever in a call, that is their right */
        struct info_process info = {0};

        for (uint64_t end = now_ns() + 60 * MS; now_ns() < end && !info.is_dead;
             sleep_ns(MS))
            if (handle_info(child[i], INFO_PROCESS, &info, sizeof(info)) < 0)
                break;
    }
    for (int i = 0; i < CHILDREN && seed % 4 == 0; i++)
        seen += secrets_in(child[i]);
    account_kill(account, 1);
    for (int i = 0; i < CHILDREN; i++)
        handle_close(child[i]);
    handle_close(endpoint);
    handle_close(memory);
    for (uint64_t end = now_ns() + 20000 * MS; now_ns() < end; sleep_ns(200000)) {
        now = counters(account);
        if (now.pages_used == 0 && now.objects_used == 0)
            break;
    }
    handle_close(account);
    if (now.pages_used != 0 || now.objects_used != 0)
        printf("# seed %lu: %lu pages, %lu objects left\n", (long)seed,
               (long)now.pages_used, (long)now.objects_used);
    if (seen != 0)
        printf("# seed %lu: %lu words that no child may see\n", (long)seed, (long)seen);
    return now.pages_used == 0 && now.objects_used == 0 && seen == 0;
}

static uint64_t setting(int argc, char **argv, int n, const char *name, uint64_t fallback)
{
    const char *text = argc > n ? argv[n] : getenv(name);

    return text != NULL ? strtoull(text, NULL, 0) : fallback;
}

int main(int argc, char **argv)
{
    uint64_t seed = setting(argc, argv, 1, "FUZZ_SEED", 1);
    uint64_t rounds = setting(argc, argv, 2, "FUZZ_ROUNDS", ROUNDS), good = 0;
    struct info_account before;
    handle_t victim;

    arena_make();
    victim = make_victim();
    is((long)secrets_in(victim), 16 * 512, "the victim's memory is full of its secret");
    for (uint64_t i = 0; i < ARENA_BYTES; i += PAGE)
        arena[i / 4] = 0; /* the children touch it, we pay */
    round_of(seed);       /* makes the tables of addresses that every round uses */
    before = counters(HANDLE_NONE);
    for (uint64_t i = 0; i < rounds; i++) {
        if (rounds > ROUNDS)
            printf("# seed %lu\n", (long)(seed + i));
        good += (uint64_t)round_of(seed + i);
    }
    is((long)good, (long)rounds,
       "every round leaves nothing in its account, and no secret is seen");
    settles(HANDLE_NONE, before, "all rounds");
    child_end(victim);
    printf("# %u calls\n", arena[CALL_COUNT]);
    return done();
}

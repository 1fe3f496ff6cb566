/* SPDX-License-Identifier: MIT */
/*
 * Threads: areas, __clone, the end of a thread, robust locks, the shim's own lock.
 *
 * The kernel knows threads, the server only those that had to wait. Here they have a
 * number (tid), from blocks that the server hands out, and a record in their area. The
 * last steps of a thread run on the area's own stack: its program stack belongs to
 * whoever joins it as soon as the word that says so is cleared.
 */
#include <posix/client/mlock.h>
#include <posix/client/signal_frame.h>
#include <posix/client/thread.h>

uint64_t shim_slot;

static struct shim_thread *running; /* changed under the lock */
static struct shim_thread *ended;   /* areas to be used again, the oldest first */
static struct shim_thread *ended_last;
static uint32_t areas_made;
uint32_t running_count;
static uint32_t tid_next, tid_end;
static uint32_t lock_word; /* 0 free, 1 held, 2 held and somebody may sleep */

_Static_assert(offsetof(struct thread_page, pending) == 0, "entry.S");
_Static_assert(offsetof(struct thread_page, mask) == 8, "entry.S");
_Static_assert(offsetof(struct thread_page, inhibit) == 16, "entry.S");
_Static_assert(offsetof(struct thread_page, upcall_stack) == 32, "entry.S");
_Static_assert(offsetof(struct call_frame, number) == 56, "entry.S");
_Static_assert(offsetof(struct call_frame, page) == 64, "entry.S");
_Static_assert(offsetof(struct call_frame, restart) == 72, "entry.S");
_Static_assert(offsetof(struct call_frame, ra) == 88, "entry.S");
_Static_assert(offsetof(struct call_frame, stack_argument) == 96, "entry.S");
_Static_assert(offsetof(struct signal_context, registers) == 176, "entry.S");
_Static_assert(offsetof(struct signal_context, fp) == 432, "entry.S");
_Static_assert(offsetof(struct signal_context, fcsr) == 688, "entry.S");
_Static_assert(sizeof(struct signal_context) == 960, "entry.S");
_Static_assert(offsetof(struct shim_thread, is_used) + VM_PAGE_BYTES == POSIX_AREA_NOTE,
               "posix.h");
_Static_assert(offsetof(struct shim_thread, robust) + VM_PAGE_BYTES ==
                   POSIX_AREA_NOTE + offsetof(struct posix_area_note, robust),
               "posix.h");
_Static_assert(POSIX_THREAD_PAGES == 0x7f002ull << 28, "entry.S");
_Static_assert(POSIX_FIRST_AREA == 0x7f001ff80000ull, "linker/emu.ld");
_Static_assert(sizeof(struct shim_thread) <= 0x400, "linker/emu.ld: .bss is behind it");
_Static_assert(POSIX_PROCESS_PAGE == 0x7f001ff60000ull, "entry.S");

/* ---- the lock ---- */

void shim_lock(void)
{
    uint32_t seen = 0;

    if (shim_slot == 0 || __atomic_compare_exchange_n(&lock_word, &seen, 1, false,
                                                      __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
        return;
    while (__atomic_exchange_n(&lock_word, 2, __ATOMIC_ACQUIRE) != 0)
        futex_wait(&lock_word, 2, DEADLINE_NEVER, FUTEX_PRIVATE | FUTEX_UNINTERRUPTIBLE,
                   HANDLE_NONE);
}

void shim_unlock(void)
{
    if (shim_slot && __atomic_exchange_n(&lock_word, 0, __ATOMIC_RELEASE) == 2)
        futex_wake(&lock_word, 1, FUTEX_PRIVATE);
}

/* ---- records ---- */

static struct shim_thread *area(uint32_t number)
{
    return thread_of((struct thread_page *)POSIX_AREA(number));
}

static void running_add(struct shim_thread *thread)
{
    thread->previous = NULL;
    thread->next = running;
    if (running)
        running->previous = thread;
    running = thread;
}

static void running_remove(struct shim_thread *thread)
{
    if (thread->previous)
        thread->previous->next = thread->next;
    else
        running = thread->next;
    if (thread->next)
        thread->next->previous = thread->previous;
}

struct shim_thread *threads_running(void)
{
    return running;
}

struct shim_thread *thread_find(uint32_t tid)
{
    struct shim_thread *thread = running;

    while (thread && thread->tid != tid)
        thread = thread->next;
    return thread;
}

/* The first thread's is asked for when it is first needed. */
handle_t thread_handle(struct shim_thread *thread)
{
    if (thread->handle == HANDLE_NONE) {
        long handle = posix_call(POSIX_THREAD_HANDLE, 0, 0, 0, 0);

        if (handle > 0)
            thread->handle = (handle_t)handle;
    }
    return thread->handle;
}

/* What the kernel needs to find in a thread's page. */
static void page_set(struct shim_thread *thread)
{
    struct thread_page *page = thread->page;

    page->upcall_stack = (uint64_t)page + POSIX_THREAD_STRIDE;
    page->upcall_entry = (uint64_t)upcall_entry;
}

void thread_first(void)
{
    struct shim_thread *thread = area(0);

    areas_made = running_count = 1;
    thread->page = (struct thread_page *)POSIX_FIRST_AREA;
    thread->is_used = 1;
    thread->tid = shim_info()->pid;
    running_add(thread);
    page_set(thread);
}

/* In the child of a fork: one thread, in the area that the caller had. */
void threads_after_clone(void)
{
    struct shim_thread *own = thread_own();
    uint64_t start = POSIX_AREA(own->number), end = POSIX_AREA(areas_made);

    /* The others' areas are there without their threads. The first has the process's data, too,
     * and stays. */
    if (own->number > 0) {
        vm_unmap(HANDLE_SELF, POSIX_THREAD_PAGES, start - POSIX_THREAD_PAGES);
        area(0)->is_used = 0;
        start += POSIX_THREAD_STRIDE;
    } else {
        start = POSIX_THREAD_PAGES;
    }
    if (areas_made > 1 && end > start)
        vm_unmap(HANDLE_SELF, start, end - start);
    areas_made = own->number + 1;
    running = ended = ended_last = NULL;
    running_add(own);
    running_count = 1;
    lock_word = 0;
    locks_after_clone();
    tid_next = tid_end = 0;
    own->tid = shim_info()->pid;
    own->handle = HANDLE_NONE;
    own->server_thread = 0;
    own->clear_tid = own->robust = 0;
    own->foreign = 0;
    memset(own->own_count, 0, sizeof(own->own_count));
}

/* ---- __clone ---- */

/* Map an area that was never used. */
static struct shim_thread *area_make(void)
{
    uint64_t start = POSIX_AREA(areas_made);
    struct shim_thread *thread = area(areas_made);

    if (start + POSIX_THREAD_STRIDE > POSIX_THREAD_PAGES_END)
        return NULL;
    if (vm_map(HANDLE_SELF, start, PAGE_BYTES, HANDLE_NONE, 0,
               VM_READ | VM_WRITE | VM_NOINHERIT) < 0)
        return NULL;
    if (vm_map(HANDLE_SELF, start + PAGE_BYTES, POSIX_THREAD_STRIDE - PAGE_BYTES,
               HANDLE_NONE, 0, VM_READ | VM_WRITE) < 0) {
        vm_unmap(HANDLE_SELF, start, PAGE_BYTES);
        return NULL;
    }
    thread->page = (struct thread_page *)start;
    thread->number = areas_made++;
    thread->server_thread = POSIX_THREAD_NONE;
    return thread;
}

static struct shim_thread *area_take(void)
{
    struct shim_thread *thread = ended;

    /* The kernel may not be done with it yet; a new one then. */
    if (thread == NULL || __atomic_load_n(&thread->is_used, __ATOMIC_ACQUIRE))
        return area_make();
    ended = thread->next;
    if (ended == NULL)
        ended_last = NULL;
    return thread;
}

static void area_give(struct shim_thread *thread)
{
    thread->next = NULL;
    if (ended_last)
        ended_last->next = thread;
    else
        ended = thread;
    ended_last = thread;
}

static uint32_t tid_take(void)
{
    if (tid_next == tid_end) {
        long first = posix_call(POSIX_TIDS, 0, 0, 0, 0);

        if (first < 0)
            return 0;
        tid_next = (uint32_t)first;
        tid_end = tid_next + POSIX_TIDS_BLOCK;
    }
    return tid_next++;
}

/* A record for a thread that is about to start. */
static struct shim_thread *thread_prepare(const struct call_frame *frame)
{
    const struct thread_page *page = thread_page_own();
    uint64_t flags = (uint64_t)frame->argument[2];
    struct shim_thread *thread = area_take();
    /* A number stays with its area: the oldest one's is used again first. */
    uint32_t tid = thread == NULL ? 0 : thread->tid ? thread->tid : tid_take();

    if (tid == 0) {
        if (thread) {
            thread->is_used = 0;
            area_give(thread);
        }
        return NULL;
    }
    thread->function = (uint64_t)frame->argument[0];
    thread->argument = (uint64_t)frame->argument[3];
    thread->gp = own_gp();
    thread->is_used = 1;
    thread->tid = tid;
    thread->has_saved_mask = 0;
    thread->alternate_bytes = 0;
    thread->robust = 0;
    thread->clear_tid =
        flags & LINUX_CLONE_CHILD_CLEARTID ? (uint64_t)frame->argument[6] : 0;
    thread->foreign = 0;
    words_clear(thread->own_count, sizeof(thread->own_count));
    thread->page->pending = 0;
    thread->page->mask = page->mask;
    thread->page->inhibit = 1;
    page_set(thread);
    return thread;
}

#define THREAD_FLAGS (LINUX_CLONE_VM | LINUX_CLONE_THREAD | LINUX_CLONE_SETTLS)

static long thread_start(const struct call_frame *frame)
{
    uint64_t flags = (uint64_t)frame->argument[2];
    uint64_t tls = (uint64_t)frame->argument[5];
    struct shim_thread *thread;
    int64_t handle;

    if ((flags & THREAD_FLAGS) != THREAD_FLAGS)
        return -LINUX_EINVAL;
    thread = thread_prepare(frame);
    if (thread == NULL)
        return -LINUX_EAGAIN;
    *(uint64_t *)(tls + shim_slot) = (uint64_t)thread->page;
    if (flags & LINUX_CLONE_PARENT_SETTID)
        *(uint32_t *)frame->argument[4] = thread->tid;
    if (flags & LINUX_CLONE_CHILD_SETTID)
        *(uint32_t *)frame->argument[6] = thread->tid;
    running_add(thread);
    handle =
        thread_create(HANDLE_SELF, (uint64_t)thread_entry, (uint64_t)frame->argument[1],
                      tls, (uint64_t)thread, (uint64_t)thread->page);
    if (handle < 0) {
        running_remove(thread);
        thread->is_used = 0;
        area_give(thread);
        return -LINUX_EAGAIN;
    }
    thread->handle = (handle_t)handle;
    schedule_inherit(thread);
    running_count++;
    process_page()->ignored = 0; /* each thread has its own mask from now on */
    return thread->tid;
}

/* func, stack, flags, arg, ptid, tls, ctid, slot. */
long thread_clone(const struct call_frame *frame)
{
    uint64_t flags = (uint64_t)frame->argument[2];
    long result;

    if (!(flags & LINUX_CLONE_THREAD))
        return process_fork((uint32_t)flags, (uint64_t)frame->argument[0],
                            (uint64_t)frame->argument[3], (uint64_t)frame->argument[1]);
    shim_slot = (uint64_t)frame->stack_argument;
    shim_lock();
    result = thread_start(frame);
    shim_unlock();
    return result;
}

/* ---- the end ---- */

struct robust_list {
    uint64_t next;
    int64_t offset;
    uint64_t pending;
};

#define ROBUST_MAX 2048

/* A lock whose holder dies: marked, and one waiter looks at it. The list is the program's,
 * and may lead anywhere. */
static void robust_release(uint64_t entry, int64_t offset, uint32_t tid)
{
    uint32_t *word = (uint32_t *)(entry + (uint64_t)offset);
    uint32_t seen;

    if ((uint64_t)word % sizeof(*word) != 0 ||
        user_probe((uint64_t)word, sizeof(*word)) != 0)
        return;
    seen = __atomic_load_n(word, __ATOMIC_RELAXED);
    while ((seen & LINUX_FUTEX_TID) == tid)
        if (__atomic_compare_exchange_n(
                word, &seen, (seen & LINUX_FUTEX_WAITERS) | LINUX_FUTEX_OWNER_DIED, false,
                __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)) {
            if (seen & LINUX_FUTEX_WAITERS)
                futex_wake(word, 1, 0);
            return;
        }
}

static void robust_end(const struct shim_thread *thread)
{
    struct robust_list head;
    uint64_t entry;

    if (thread->robust == 0 ||
        user_copy(&head, (const void *)thread->robust, sizeof(head)) != 0)
        return;
    entry = head.next;
    for (int i = 0; i < ROBUST_MAX && entry != thread->robust && entry != 0; i++) {
        uint64_t next;

        if (user_copy(&next, (const void *)entry, sizeof(next)) != 0)
            return;
        if (entry != head.pending)
            robust_release(entry, head.offset, thread->tid);
        entry = next;
    }
    if (head.pending)
        robust_release(head.pending, head.offset, thread->tid);
}

struct ending {
    struct shim_thread *thread;
    uint64_t unmap_start;
    uint64_t unmap_bytes;
};

/* On the area's stack: the program's may be gone at any moment from here on. */
static void thread_vanish(void *argument)
{
    const struct ending ending = *(const struct ending *)argument;
    struct shim_thread *thread = ending.thread;
    uint32_t *clear = (uint32_t *)thread->clear_tid;

    shim_lock();
    if (ending.unmap_bytes)
        memory_unmap(ending.unmap_start, ending.unmap_start + ending.unmap_bytes);
    running_remove(thread);
    running_count--;
    if (thread->handle)
        handle_close(thread->handle);
    area_give(thread);
    shim_unlock();
    if (clear) {
        __atomic_store_n(clear, 0, __ATOMIC_SEQ_CST);
        futex_wake(clear, 1, 0);
    }
    kernel_call(SYS_thread_exit, 0, 0, 0, (uint64_t)&thread->is_used, 0, 0);
    __builtin_trap();
}

static _Noreturn void thread_end(uint64_t status, uint64_t start, uint64_t bytes)
{
    struct shim_thread *thread = thread_own();
    /* In the area, above everything that its stack will hold. */
    struct ending *ending =
        (struct ending *)((char *)thread->page + POSIX_THREAD_STRIDE) - 1;

    robust_end(thread);
    if (thread->foreign)
        signals_forget(thread);
    if (!threads_are_many())
        process_end(POSIX_STATUS_EXIT(status));
    *ending = (struct ending){thread, start, bytes};
    stack_switch((uint64_t)ending & ~15ull, thread_vanish, ending);
}

long shim_exit(const long *argument)
{
    thread_end((uint64_t)argument[0], 0, 0);
}

long shim_exit_group(const long *argument)
{
    shim_lock();
    for (struct shim_thread *thread = running; thread; thread = thread->next)
        robust_end(thread);
    process_page()->reserved[POSIX_ROBUST_AREAS] = 0; /* the server need not look */
    process_end(POSIX_STATUS_EXIT(argument[0]));
}

_Noreturn void thread_unmap_self(const long *argument)
{
    thread_end(0, (uint64_t)argument[0], (uint64_t)argument[1]);
}

long shim_set_tid_address(const long *argument)
{
    if (running == NULL)
        signals_start();
    thread_own()->clear_tid = (uint64_t)argument[0];
    return thread_own()->tid;
}

long shim_gettid(const long *argument)
{
    (void)argument;
    return thread_own()->tid;
}

long shim_set_robust_list(const long *argument)
{
    struct shim_thread *thread = thread_own();
    uint64_t *areas = &process_page()->reserved[POSIX_ROBUST_AREAS];

    if ((uint64_t)argument[1] != sizeof(struct robust_list))
        return -LINUX_EINVAL;
    thread->robust = (uint64_t)argument[0];
    shim_lock();
    if (*areas < thread->number + 1)
        *areas = thread->number + 1;
    shim_unlock();
    return 0;
}

long shim_get_robust_list(const long *argument)
{
    uint64_t bytes = sizeof(struct robust_list);
    uint64_t robust = thread_own()->robust;

    if (argument[0] != 0 && (uint32_t)argument[0] != thread_own()->tid)
        return -LINUX_ESRCH; /* of other threads: not built */
    if (user_copy((void *)argument[1], &robust, sizeof(robust)) != 0 ||
        user_copy((void *)argument[2], &bytes, sizeof(bytes)) != 0)
        return -LINUX_EFAULT;
    return 0;
}

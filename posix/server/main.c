/* SPDX-License-Identifier: MIT */
/*
 * The POSIX server: start, and the way from a message to its handler.
 *
 * One thread, one endpoint. A client's call comes with the badge of its process; the
 * label picks the handler, which answers at once: a result, -errno, or "wait on this
 * word". No handler sleeps, and none does work whose size a client chooses beyond 64 KiB.
 * Start reading at on_call.
 */
#include <posix/server/budget.h>
#include <posix/server/clock.h>
#include <posix/server/console.h>
#include <posix/server/device.h>
#include <posix/server/foreign.h>
#include <posix/server/image.h>
#include <posix/server/mount.h>
#include <posix/server/procfs.h>
#include <posix/server/ramfs.h>
#include <posix/server/request.h>
#include <posix/server/self.h>
#include <posix/server/session.h>
#include <posix/server/shim.h>
#include <posix/server/timer.h>
#include <posix/server/tty.h>
#include <posix/server/user.h>
#include <posix/server/window.h>
#include <user/lib/kernel.h>
#include <user/lib/print.h>
#include <user/lib/process.h>
#include <user/lib/server.h>
#include <user/proto/ring.h>

#define SMALL_PROCESS_PAGES 28u

struct self self;

static int64_t (*const handlers[POSIX_REQUEST_COUNT])(struct request *r) = {
#define X(name, ...) [POSIX_##name] = request_##name,
    POSIX_REQUESTS(X)
#undef X
};

static const uint32_t *wait_word_of(uint32_t index)
{
    const struct thread *thread = thread_at(index);

    return (const uint32_t *)(process_shared_va(thread->process) + SHARED_WAIT) +
           thread->wait_word;
}

bool request_thread(struct request *r)
{
    if (r->thread_index == 0) {
        r->thread_index = thread_new(r->process_index);
        if (r->thread_index) {
            struct thread *first = thread_at(r->process->first_thread);

            thread_at(r->thread_index)->next = first->next;
            first->next = r->thread_index;
        }
    }
    if (r->thread_index)
        r->wait_value = *wait_word_of(r->thread_index);
    return r->thread_index != 0;
}

int64_t request_wait(struct request *r, struct wait_queue *queue)
{
    if (!request_thread(r))
        return -LINUX_EAGAIN;
    return wait_on(r->thread_index, queue) ? REQUEST_WAIT : -LINUX_ENOMEM;
}

/* Nothing was done: the thread is sent to sleep on its wait word, is in the background of
 * its terminal, or wants too large a file. */
static void reply_later(struct message *m, const struct request *r, int64_t result)
{
    const struct thread *thread = thread_at(r->thread_index);

    if (result == REQUEST_IN_BACKGROUND) {
        *m = (struct message){.info = message_info(POSIX_IN_BACKGROUND, 0, 0),
                              .word = {r->reply[0], r->reply[1]}};
        return;
    }
    if (result == REQUEST_EXCEEDS) {
        *m = (struct message){.info = message_info(POSIX_EXCEEDS, 0, 0)};
        return;
    }
    m->info = message_info(foreign_is_asked(r) ? POSIX_WAIT_FILE : POSIX_WAIT, 0, 0);
    m->word[0] = r->again_ns;
    m->word[1] = POSIX_WAIT_VA + thread->wait_word * sizeof(uint32_t);
    m->word[2] = r->wait_value;
    m->word[3] = r->thread_index;
}

/* The slot that the shim names; 0: it has none yet, or none of this process. */
static uint32_t thread_named(const struct process *process, uint32_t process_index,
                             uint32_t name)
{
    if (name == 0)
        return process->first_thread;
    if (name == POSIX_THREAD_NONE || !slot_was_made(TABLE_THREAD, name) ||
        !slot_is_live(TABLE_THREAD, &thread_at(name)->slot) ||
        thread_at(name)->process != process_index)
        return 0;
    return name;
}

static void drop_handle(const struct request *r)
{
    if (r->handle != HANDLE_NONE)
        handle_close(r->handle);
}

/* init's, or one with more handles than any request has. */
static __attribute__((noinline)) void on_other_call(struct server *server, uint64_t badge,
                                                    struct message *m)
{
    uint32_t count = message_handles(m->info);
    int64_t result = -LINUX_ESRCH;

    state_payer = 0;
    if (badge == 0 && message_label(m->info) == POSIX_MOUNT_SERVICE) {
        server->page->bytes[MESSAGE_BYTES_MAX - 1] = 0;
        result = foreign_service(m->word[0], count, server->page);
        server->deadline_ns = 0; /* the session may be waiting for it */
    } else {
        for (uint32_t i = 0; i < count; i++)
            handle_close(server->page->handles[i]);
    }
    *m = (struct message){.word = {(uint64_t)result}};
}

static inline void deadline_not_after(struct server *server, uint64_t ns)
{
    if (ns < server->deadline_ns)
        server->deadline_ns = ns;
}

/* The thread waited for something, or has asked a file system. True: *result is the
 * request's. */
static __attribute__((noinline)) bool go_on(struct request *r, int64_t *result)
{
    wait_forget(r->thread_index);
    return foreign_result(r, result);
}

static __attribute__((noinline)) void end_foreign(struct server *server,
                                                  struct request *r, int64_t result)
{
    deadline_not_after(server, foreign_request_ends(r, result));
}

static void on_call(struct server *server, uint64_t badge, struct message *m)
{
    uint32_t label = message_label(m->info) & POSIX_REQUEST_BITS;
    struct request r = {.word = m->word, .label = message_label(m->info)};
    int64_t result = -LINUX_ENOSYS;

    if (message_handles(m->info)) {
        r.handle = server->page->handles[0];
        if (badge == 0 || message_handles(m->info) > 1) {
            on_other_call(server, badge, m);
            return;
        }
    }
    r.process_index = process_from_badge(badge);
    r.process = process_at(r.process_index); /* slot 0 is nobody's, but there */
    if (r.process_index == 0 || r.process->shared == HANDLE_NONE) {
        on_other_call(server, badge, m);
        return;
    }
    state_payer = r.process->user;
    foreign_request(&r);
    transfer_slots_at(process_page_of(r.process_index)->free);
    r.thread_index =
        thread_named(r.process, r.process_index, message_label(m->info) >> 16);
    if (r.thread_index && thread_at(r.thread_index)->has_asked && go_on(&r, &result))
        label = POSIX_REQUEST_COUNT; /* it is done already */
    if (label < POSIX_REQUEST_COUNT && handlers[label])
        result = handlers[label](&r);
    drop_handle(&r);
    if (foreign_was_used)
        end_foreign(server, &r, result);
    if (STATE->window_dying || STATE->mount_dying || STATE->robust_first)
        server->deadline_ns = 0;
    if (STATE->timer_is_news)
        deadline_not_after(server, timer_next_ns());
    if (result <= REQUEST_EXCEEDS) {
        reply_later(m, &r, result);
        return;
    }
    m->info = message_info(POSIX_DONE, 0, 0);
    m->word[0] = (uint64_t)result;
    m->word[1] = r.reply[0];
    m->word[2] = r.reply[1];
    m->word[3] = r.reply[2];
}

/* What is to be done although nobody asked, and when. */
static void set_deadline(struct server *server)
{
    uint64_t wants_ns = session_wants_ns();
    uint64_t timer_ns = timer_next_ns();

    if (STATE->window_dying || STATE->mount_dying || STATE->robust_first)
        server->deadline_ns = 0; /* at once, after what waits already */
    else if (wants_ns != UINT64_MAX)
        server->deadline_ns = clock_now_ns() + wants_ns;
    else
        server->deadline_ns = DEADLINE_NEVER;
    deadline_not_after(server, timer_ns);
    deadline_not_after(server, foreign_wants_ns());
}

static void on_deadline(struct server *server)
{
    state_payer = 0; /* nobody asks */
    foreign_request(NULL);
    foreign_timeouts(clock_now_ns());
    foreign_work();
    window_work();
    users_settle();
    mount_work();
    robust_work();
    timer_work(clock_now_ns());
    session_continue();
    set_deadline(server);
}

static void on_events(struct server *server, uint64_t bits)
{
    state_payer = 0;
    foreign_request(NULL);
    if (bits & 1ull << POSIX_BIT_MOUNT)
        foreign_events();
    console_events(bits);
    session_continue();
    set_deadline(server);
}

static void on_death(struct server *server, uint64_t badge, const struct message *m)
{
    uint32_t process = process_from_badge(badge);

    if (process == 0)
        return; /* never got as far as running; its slot is gone */
    state_payer = 0;
    foreign_request(NULL);
    session_death(process, m->word[0], (enum fault_kind)m->word[1], m->word[2],
                  m->word[3]);
    users_settle();
    set_deadline(server);
}

static void on_alarm(struct server *server, uint64_t badge)
{
    uint32_t process = process_from_badge(badge);

    if (process == 0)
        return; /* of a program that it was before */
    state_payer = 0;
    foreign_request(NULL);
    cpu_timer_work(process);
    set_deadline(server);
}

/* As many processes as would take two thirds of the memory if each were small. */
static uint32_t processes_for(uint64_t memory_bytes)
{
    uint64_t processes = memory_bytes / 3 * 2 / (SMALL_PROCESS_PAGES * VM_PAGE_BYTES);

    return processes < PROCESS_SLOTS_MAX / 4 ? (uint32_t)processes
                                             : PROCESS_SLOTS_MAX / 4;
}

/* The driver's rings and the boot image, into the server's address space. */
static int64_t map_shared_objects(const struct startup *startup)
{
    uint64_t image_bytes = startup->value[POSIX_VALUE_IMAGE_OFFSET] +
                           startup->value[POSIX_VALUE_IMAGE_BYTES];
    uint64_t ring_bytes = (RING_BYTES + VM_PAGE_BYTES - 1) & ~(VM_PAGE_BYTES - 1);
    int64_t status = vm_map(HANDLE_SELF, SERVER_OUTPUT_VA, ring_bytes,
                            startup->handle[POSIX_START_OUTPUT], 0, VM_READ | VM_WRITE);

    if (status >= 0)
        status = vm_map(HANDLE_SELF, SERVER_INPUT_VA, ring_bytes,
                        startup->handle[POSIX_START_INPUT], 0, VM_READ | VM_WRITE);
    image_bytes = (image_bytes + VM_PAGE_BYTES - 1) & ~(VM_PAGE_BYTES - 1);
    if (status >= 0 && startup->handle[POSIX_START_BOOT_IMAGE] != HANDLE_NONE)
        status = vm_map(HANDLE_SELF, SERVER_IMAGE_VA, image_bytes,
                        startup->handle[POSIX_START_BOOT_IMAGE], 0, VM_READ);
    return status;
}

#define OWN_STACK_BYTES  65536u       /* far more than the deepest request needs */
#define PAGE_TABLE_BYTES (2ull << 20) /* of addresses, in one page of a page table */

static __attribute__((noinline)) void touch_stack(void)
{
    volatile uint8_t room[OWN_STACK_BYTES];

    for (uint32_t at = 0; at < sizeof(room); at += VM_PAGE_BYTES)
        room[at] = 0;
}

static void touch_range(volatile uint8_t *from, const volatile uint8_t *to)
{
    for (; from < to; from += VM_PAGE_BYTES)
        *from = *from;
}

/*
 * Have every page that the server itself may need: stack, data, the head of the state,
 * page tables of the boot image. Programs are charged below the server's account and can
 * fill it; after that a first touch would be a fault for want of memory, which ends the
 * server.
 */
static void touch_own_pages(const struct startup *startup)
{
    extern uint8_t image_text_end[], image_bss_end[]; /* linker/user.ld */
    uint64_t image_bytes = startup->value[POSIX_VALUE_IMAGE_OFFSET] +
                           startup->value[POSIX_VALUE_IMAGE_BYTES];

    touch_stack();
    touch_range(image_text_end, image_bss_end);
    touch_range((uint8_t *)STATE, (uint8_t *)(STATE + 1));
    if (startup->handle[POSIX_START_BOOT_IMAGE] == HANDLE_NONE)
        return;
    for (uint64_t at = 0; at < image_bytes; at += PAGE_TABLE_BYTES)
        (void)*(volatile uint8_t *)(SERVER_IMAGE_VA + at);
}

/* Programs expect a /tmp that all may write. An image need not have it, and one that does
 * cannot say so: its folders are root's. */
static int64_t make_tmp(void)
{
    uint32_t made, entry = entry_find(STATE->root, "tmp", 3);

    if (entry && (inode_at(entry_at(entry)->inode)->mode & LINUX_S_IFMT) == LINUX_S_IFDIR)
        inode_at(entry_at(entry)->inode)->mode |= 01777;
    if (entry)
        return OK;
    return ramfs_make(STATE->root, "tmp", 3, LINUX_S_IFDIR | 01777, &made);
}

/* Everything before the first command. A status, and which step gave it. */
static int64_t start(const struct startup *startup, uint32_t generation,
                     const char **step)
{
    int64_t status;

    *step = "state";
    status = state_init(generation);
    if (status < 0)
        return status;
    *step = "memory map";
    status = map_shared_objects(startup);
    if (status < 0)
        return status;
    touch_own_pages(startup);
    *step = "console rings";
    status = console_init(startup->handle[POSIX_START_CONSOLE],
                          (const struct thread_page *)startup->thread_page);
    if (status < 0)
        return status;
    /* Without a seed numbers can be guessed, which init has said. */
    random_seed(&STATE->random, startup->seed, sizeof(startup->seed), generation);
    *step = "file system";
    if (tty_console_init() < 0 || ramfs_init() < 0 || mount_init() < 0)
        return E_NO_MEMORY;
    if (startup->handle[POSIX_START_BOOT_IMAGE] != HANDLE_NONE)
        image_load(startup->value[POSIX_VALUE_IMAGE_OFFSET],
                   startup->value[POSIX_VALUE_IMAGE_BYTES]);
    if (device_make_nodes() < 0 || make_tmp() < 0 || procfs_init() < 0)
        return E_NO_MEMORY;
    return OK;
}

void native_main(uintptr_t argument)
{
    const struct startup *startup = (const struct startup *)argument;
    uint32_t generation = (uint32_t)startup->value[POSIX_VALUE_GENERATION];
    const char *step;
    struct server server;
    int64_t status;

    self.startup = startup;
    self.endpoint = startup->handle[POSIX_START_ENDPOINT];
    self.account = startup->handle[POSIX_START_ACCOUNT];
    self.log = startup->handle[POSIX_START_SYSTEM];
    budget_init(self.account);
    clock_init(startup->timebase_hz, startup->value[POSIX_VALUE_REALTIME]);
    status = start(startup, generation, &step);
    if (status < 0) {
        log_printf(self.log, "posix: cannot start: %s: %s", step, status_name(status));
        process_exit(1);
    }
    if (generation > 0)
        log_printf(self.log, "posix: server %u of this boot", generation + 1);
    STATE->mounts_missing = (uint32_t)startup->value[POSIX_VALUE_MOUNTS];
    STATE->process_limit = processes_for((uint64_t)startup->value[POSIX_VALUE_MEMORY]);
    users_init((uint64_t)startup->value[POSIX_VALUE_MEMORY]);
    shim_init();
    server_start(&server, self.endpoint, (struct thread_page *)startup->thread_page, 2);
    server.on_call = on_call;
    server.on_events = on_events;
    server.on_death = on_death;
    server.on_alarm = on_alarm;
    server.on_deadline = on_deadline;
    session_start(generation);
    set_deadline(&server);
    status = server_run(&server);
    log_printf(self.log, "posix: cannot receive: %s", status_name(status));
    process_exit(1);
}

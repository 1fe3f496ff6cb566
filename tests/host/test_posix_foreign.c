/* SPDX-License-Identifier: MIT */
/*
 * File systems of others, played by this test from the other end of the channel.
 *
 * Contract checked: a file system that refuses to start, or whose place is no directory, is
 * given up and the server goes on; O_APPEND leaves the offset behind what it wrote, pwrite
 * where it was; a transfer of several pieces is as long as all of them, each has a time of its
 * own, and waits for room. A request that needs
 * more copies than are kept has them all; a larger one is not kept; who asks for one pays for
 * it, and one that there is no memory for is an error. Names that could lead elsewhere are not
 * listed, and hide no others; an answer that is too short is an error.
 */
/* sources: user/lib/ring.c user/lib/print.c */
#include "test_posix_fake.h"
#include "tap.h"

#define SERVICE 1u
#define ROOT    1u

/* A file of the other side: its node is its place here, + 2. */
struct file {
    const char *name;
    uint64_t size;
    uint64_t mtime_ns;
};

static struct file files[] = {
    {"file", 100, 1},      {"large", 20 << 20, 1},    {"other", 20 << 20, 1},
    {"huge", 40 << 20, 1}, {"piece", FS_DATA_MAX, 1},
};
#define FILES (sizeof(files) / sizeof(files[0]))

/* The other end. */
static struct {
    uint8_t *memory;
    struct ring requests, answers;
    uint64_t start_result; /* of START, */
    uint32_t root_mode;    /* and what its root is */
    uint32_t list_most;    /* entries of an answer */
    uint32_t asked[FS_OPERATION_COUNT];
} host = {.root_mode = LINUX_S_IFDIR | 0755};

struct question {
    uint32_t operation, bytes;
    struct fs_request head;
    uint8_t data[FS_DATA_MAX];
};

static struct thread_page page; /* of init's calls */

/* Indices of the channel's rings that make no sense, or 0. */
static uint32_t host_nonsense;

static int64_t host_begin(const char *path)
{
    int64_t channel = memory_create(1, MEMORY_ANONYMOUS, FS_CHANNEL_BYTES, 0, 0);
    int64_t endpoint = memory_create(1, MEMORY_ANONYMOUS, VM_PAGE_BYTES, 0, 0);

    if (host.memory)
        munmap(host.memory, FS_CHANNEL_BYTES);
    host.memory = mmap(NULL, FS_CHANNEL_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED,
                       fake_objects[channel].file, 0);
    if (host.memory == MAP_FAILED)
        abort();
    memcpy(host.memory + FS_ANSWERS_OFFSET, &host_nonsense, sizeof(host_nonsense));
    strcpy((char *)page.bytes, path);
    page.handles[0] = (handle_t)channel;
    page.handles[1] = (handle_t)endpoint;
    ring_consume(&host.requests, host.memory + FS_REQUESTS_OFFSET);
    ring_produce(&host.answers, host.memory + FS_ANSWERS_OFFSET);
    foreign_request(NULL);
    state_payer = 0;
    return foreign_service(SERVICE, 2, &page);
}

/* It has died, and init says so. */
static void host_end(void)
{
    foreign_request(NULL);
    state_payer = 0;
    foreign_service(SERVICE, 0, &page);
    while (foreign_work() || mount_work() || window_work())
        ;
}

static bool host_take(struct question *q)
{
    static uint8_t entry[sizeof(q->head) + FS_DATA_MAX];
    struct ring_entry head;

    if (ring_take(&host.requests, &head, entry, sizeof(entry)) <= 0)
        return false;
    q->operation = head.kind;
    q->bytes = head.bytes - (uint32_t)sizeof(q->head);
    memcpy(&q->head, entry, sizeof(q->head));
    memcpy(q->data, entry + sizeof(q->head), q->bytes);
    if (head.kind < FS_OPERATION_COUNT)
        host.asked[head.kind]++;
    return true;
}

static void host_answer(const struct question *q, int64_t result, const void *data,
                        uint32_t bytes)
{
    static uint8_t entry[sizeof(struct fs_answer) + FS_DATA_MAX];
    const struct fs_answer head = {q->head.id, result};

    memcpy(entry, &head, sizeof(head));
    if (bytes)
        memcpy(entry + sizeof(head), data, bytes);
    if (ring_put(&host.answers, 0, q->operation, entry, (uint32_t)sizeof(head) + bytes) !=
        OK)
        abort();
    foreign_request(NULL);
    state_payer = 0;
    foreign_events();
}

static struct fs_attributes attributes_of(uint64_t node)
{
    struct fs_attributes made = {.node = node, .file = node, .links = 1};

    made.mode = host.root_mode;
    if (node != ROOT) {
        made.mode = LINUX_S_IFREG | 0755;
        made.size = files[node - 2].size;
        made.mtime_ns = made.ctime_ns = files[node - 2].mtime_ns;
    }
    return made;
}

static uint8_t byte_at(uint64_t node, uint64_t offset)
{
    return (uint8_t)(node * 31 + offset * 7 + offset / 251);
}

static void host_look_up(const struct question *q)
{
    struct fs_attributes found;

    for (uint32_t i = 0; i < FILES; i++) {
        if (strlen(files[i].name) != q->bytes ||
            memcmp(files[i].name, q->data, q->bytes) != 0)
            continue;
        found = attributes_of(i + 2);
        host_answer(q, 0, &found, sizeof(found));
        return;
    }
    host_answer(q, -LINUX_ENOENT, NULL, 0);
}

static void host_read(const struct question *q)
{
    static uint8_t data[FS_DATA_MAX];
    uint64_t size = files[q->head.node - 2].size, bytes = q->head.b;

    if (q->head.a >= size)
        bytes = 0;
    else if (bytes > size - q->head.a)
        bytes = size - q->head.a;
    for (uint64_t i = 0; i < bytes; i++)
        data[i] = byte_at(q->head.node, q->head.a + i);
    host_answer(q, (int64_t)bytes, data, (uint32_t)bytes);
}

static void host_write(const struct question *q)
{
    struct file *file = &files[q->head.node - 2];

    if (q->head.a + q->bytes > file->size)
        file->size = q->head.a + q->bytes;
    host_answer(q, q->bytes, NULL, 0);
}

/* What is listed, bytes of each name, and how many at a time. */
static const struct {
    const char *name;
    uint32_t bytes;
} listed[] = {{"one", 3},  {"a/b", 3}, {"..", 2},  {".", 1},    {"", 0},
              {"x\0y", 3}, {"/", 1},   {"...", 3}, {"../x", 4}, {".two", 4}};
#define LISTED (sizeof(listed) / sizeof(listed[0]))

static void host_list(const struct question *q)
{
    static uint8_t data[FS_DATA_MAX];
    uint32_t done = 0;

    for (uint64_t i = q->head.a; i < LISTED && i < q->head.a + host.list_most; i++) {
        struct fs_entry entry = {.file = 100 + i, .cookie = i + 1};

        entry.name_bytes = (uint8_t)listed[i].bytes;
        entry.bytes = (uint16_t)((FS_ENTRY_HEAD + listed[i].bytes + 7) & ~7u);
        memcpy(data + done, &entry, FS_ENTRY_HEAD);
        memcpy(data + done + FS_ENTRY_HEAD, listed[i].name, listed[i].bytes);
        done += entry.bytes;
    }
    host_answer(q, 0, data, done);
}

/* Answer one question as a good file system does. */
static void host_serve_one(const struct question *q)
{
    struct fs_attributes attributes;

    switch (q->operation) {
    case FS_FORGET:
        break;
    case FS_START:
        attributes = attributes_of(ROOT);
        host_answer(q, (int64_t)host.start_result, &attributes, sizeof(attributes));
        break;
    case FS_LOOKUP:
        host_look_up(q);
        break;
    case FS_GET:
    case FS_SET:
        attributes = attributes_of(q->head.node);
        host_answer(q, 0, &attributes, sizeof(attributes));
        break;
    case FS_READ:
        host_read(q);
        break;
    case FS_WRITE:
        host_write(q);
        break;
    case FS_LIST:
        host_list(q);
        break;
    default:
        host_answer(q, 0, NULL, 0); /* of STATFS it is too short */
        break;
    }
}

static bool host_serve(void)
{
    static struct question q;
    bool has_served = false;

    for (; host_take(&q); has_served = true)
        host_serve_one(&q);
    return has_served;
}

static int64_t host_start(const char *path)
{
    int64_t status = host_begin(path);

    host_serve();
    return status;
}

/* A request of the client's, as main.c has it handled: once. */
static int64_t ask_once(int64_t (*handler)(struct request *r), const uint64_t word[4])
{
    struct request r = {
        .word = word,
        .process = process_at(fake_process),
        .process_index = fake_process,
        .thread_index = process_at(fake_process)->first_thread,
    };
    int64_t result;

    state_payer = r.process->user;
    foreign_request(&r);
    transfer_slots_at(fake_slots);
    wait_forget(r.thread_index);
    if (!foreign_result(&r, &result))
        result = handler(&r);
    foreign_request_ends(&r, result);
    return result;
}

#define TRIES_MAX 100 /* a piece of a transfer is none */

/* And until it is done, or the other side has nothing to do. */
static int64_t ask(int64_t (*handler)(struct request *r), uint64_t w0, uint64_t w1,
                   uint64_t w2, uint64_t w3)
{
    const uint64_t word[4] = {w0, w1, w2, w3};
    int64_t result;
    int tries = 0;

    do
        result = ask_once(handler, word);
    while (result == REQUEST_WAIT && host_serve() && ++tries < TRIES_MAX);
    return result;
}

static int64_t ask_open(const char *path, uint32_t flags)
{
    return ask(request_OPENAT, (uint64_t)LINUX_AT_FDCWD, client_string(AT_PATH, path),
               flags, 0644);
}

static int64_t ask_close(int64_t fd)
{
    return ask(request_CLOSE, (uint64_t)fd, 0, 0, 0);
}

static bool is_mounted(void)
{
    int64_t fd = ask_open("/host/file", LINUX_O_RDONLY);

    if (fd >= 0)
        ask_close(fd);
    return fd >= 0;
}

/* What is there when no file system is. */
static struct fake_usage nothing;

static bool nothing_is_left(void)
{
    return fake_usage_equal(nothing, fake_usage()) && fake_check() == 0;
}

static void test_starting(void)
{
    host.start_result = (uint64_t)-LINUX_EIO;
    STATE->mounts_missing = 1;
    check(host_start("/host") == OK, "one that refuses to start comes");
    check(!foreign_are_missing() && nothing_is_left(), "and is given up");
    host.start_result = 0;
    host.root_mode = LINUX_S_IFREG | 0644;
    host_start("/host");
    check(nothing_is_left(), "so is one whose root is no directory");
    host.root_mode = LINUX_S_IFDIR | 0755;
    host_start("/plain");
    check(nothing_is_left(), "and one that is to be in the place of a file");
    host_nonsense = 1;
    STATE->mounts_missing = 1;
    check(host_begin("/host") < 0, "one whose channel is nonsense is refused");
    check(!foreign_are_missing() && nothing_is_left(), "and nobody waits for it");
    host_nonsense = 0;
    check(host_start("/host") == OK && is_mounted(), "the next one is mounted");
    host_end();
    check(!is_mounted() && fake_check() == 0, "until it dies");
}

static int64_t offset_of(int64_t fd)
{
    return ask(request_LSEEK, (uint64_t)fd, 0, LINUX_SEEK_CUR, 0);
}

static void test_appending(void)
{
    int64_t fd;

    host_start("/host");
    fd = ask_open("/host/file", LINUX_O_WRONLY | LINUX_O_APPEND);
    check(fd >= 0 && ask(request_WRITE, (uint64_t)fd, AT_BUFFER, 10, 0) == 10 &&
              files[0].size == 110,
          "O_APPEND writes at the end");
    check(offset_of(fd) == 110, "and goes on behind that");
    ask(request_LSEEK, (uint64_t)fd, 5, LINUX_SEEK_SET, 0);
    check(ask(request_PWRITE, (uint64_t)fd, AT_BUFFER, 10, 1) == 10 &&
              files[0].size == 120,
          "so does pwrite");
    check(offset_of(fd) == 5, "and moves no offset");
    ask_close(fd);
    fd = ask_open("/host/file", LINUX_O_WRONLY);
    check(ask(request_PWRITE, (uint64_t)fd, AT_BUFFER, 10, 7) == 10 &&
              ask(request_WRITE, (uint64_t)fd, AT_BUFFER, 10, 0) == 10 &&
              offset_of(fd) == 10 && files[0].size == 120,
          "without it, both write where they are");
    ask_close(fd);
    host_end();
}

/* Of more than one piece. */
static void test_pieces(void)
{
    uint8_t *buffer = client_pointer(AT_BUFFER);
    bool is_right = true;
    int64_t fd;

    host_start("/host");
    fd = ask_open("/host/large", LINUX_O_RDWR);
    check(ask(request_READ, (uint64_t)fd, AT_BUFFER, 65536, 0) == 65536,
          "a read of several pieces");
    for (uint64_t i = 0; i < 65536; i++)
        is_right = is_right && buffer[i] == byte_at(3, i);
    check(is_right && offset_of(fd) == 65536, "has them all");
    check(ask(request_WRITE, (uint64_t)fd, AT_BUFFER, 65536, 0) == 65536 &&
              offset_of(fd) == 131072,
          "so has a write");
    ask_close(fd);
    fd = ask_open("/host/piece", LINUX_O_RDONLY);
    check(ask(request_READ, (uint64_t)fd, AT_BUFFER, 65536, 0) == FS_DATA_MAX,
          "an empty last piece is no end of the file");
    ask_close(fd);
    host_end();
}

/* Some time passes. */
static void wait_ns(uint64_t ns)
{
    fake_clock_ns += ns;
    foreign_request(NULL);
    foreign_timeouts(fake_clock_ns);
}

static void test_patience(void)
{
    static struct question q;
    uint64_t word[4] = {0, AT_BUFFER, 65536, 0};

    host_start("/host");
    word[0] = (uint64_t)ask_open("/host/large", LINUX_O_RDONLY);
    check(ask_once(request_READ, word) == REQUEST_WAIT && host_take(&q), "a question");
    wait_ns(FS_PATIENCE_NS - 1000000);
    host_read(&q);
    wait_ns(FS_PATIENCE_NS - 1000000);
    check(ask_once(request_READ, word) == REQUEST_WAIT && host_take(&q),
          "has all its time, and so has the next one");
    host_read(&q);
    check(ask_once(request_READ, word) == 65536, "of the same transfer");
    check(ask_once(request_READ, word) == REQUEST_WAIT && host_take(&q), "one");
    wait_ns(FS_PATIENCE_NS + 1);
    check(ask_once(request_READ, word) == -LINUX_EIO, "that is not answered has failed");
    ask_close((int64_t)word[0]);
    host_end();
}

/* No room for the next question: nothing is lost, and it is asked when there is. */
static void test_room(int64_t (*handler)(struct request *r))
{
    static const struct fs_request nothing_much;
    static struct question q;
    uint64_t word[4] = {0, AT_BUFFER, 65536, 0};
    int64_t result;

    host_start("/host");
    word[0] = (uint64_t)ask_open("/host/large", LINUX_O_RDWR);
    result = ask_once(handler, word);
    host_take(&q);
    while (foreign_put(fs_at(fs_of_service(SERVICE)), FS_FORGET, &nothing_much, NULL, 0))
        ;
    host_serve_one(&q);
    check(result == REQUEST_WAIT && ask_once(handler, word) == REQUEST_WAIT,
          "a piece waits for room");
    host_serve_one(&q); /* what nobody has asked says nothing */
    check(ask_once(handler, word) == REQUEST_WAIT, "not for an answer");
    while (host_take(&q))
        ;
    check(ring_must_wake_producer(&host.requests), "and wants to hear of it");
    foreign_request(NULL);
    foreign_events();
    check(host_take(&q) && q.head.a == FS_DATA_MAX &&
              (q.operation != FS_WRITE || q.bytes == FS_DATA_MAX),
          "then it is asked");
    host_serve_one(&q);
    check(ask_once(handler, word) == 65536 && fake_check() == 0, "and all is done");
    ask_close((int64_t)word[0]);
    host_end();
}

/* All names of the root but its dots, each in brackets. */
static const char *list_root(void)
{
    static char names[1000];
    int64_t fd = ask_open("/host", LINUX_O_RDONLY | LINUX_O_DIRECTORY);
    int64_t bytes;

    names[0] = 0;
    ask(request_GETDENTS, (uint64_t)fd, AT_BUFFER, 4096, 0);
    while ((bytes = ask(request_GETDENTS, (uint64_t)fd, AT_BUFFER, 4096, 0)) > 0) {
        for (int64_t at = 0; at < bytes;) {
            const uint8_t *entry = client_pointer(AT_BUFFER + (uint64_t)at);
            struct linux_dirent64 head;

            memcpy(&head, entry, LINUX_DIRENT64_HEAD);
            sprintf(names + strlen(names), "[%s]", entry + LINUX_DIRENT64_HEAD);
            at += head.reclen;
        }
    }
    if (bytes < 0)
        sprintf(names, "error %ld", (long)-bytes);
    ask_close(fd);
    return names;
}

static void test_nonsense(void)
{
    static const uint32_t most[] = {1, 3, 100};
    bool is_right = true;
    int64_t status;

    host_start("/host");
    for (int i = 0; i < 3; i++) {
        const char *names;

        host.list_most = most[i];
        names = list_root();
        printf("# %u at a time: %s\n", most[i], names);
        is_right = is_right && strcmp(names, "[one][...][.two]") == 0;
    }
    check(is_right, "names that lead elsewhere are not listed");
    status = ask(request_STATFS, client_string(AT_PATH, "/host"), AT_BUFFER, 0, 0);
    check(status == -LINUX_EIO, "half an answer to statfs is none");
    host_end();
}

/* A request that needs copies of two files, as execve of a script does. */
static int64_t copy_two(struct request *r)
{
    uint32_t copies[2];
    int64_t status = 0;

    for (int i = 0; i < 2 && status == 0; i++)
        status = foreign_copy(fd_find(r->process, r->word[i])->inode, &copies[i]);
    for (int i = 0; i < 2 && status == 0; i++) {
        const struct inode *copy = inode_at(copies[i]);
        uint64_t node = copy->size == FS_DATA_MAX ? 6 : 3 + (uint64_t)i;

        for (uint64_t at = 0; at < copy->size; at += 997)
            if (file_bytes(copy)[at] != byte_at(node, at))
                return -LINUX_EIO;
    }
    return status;
}

static int64_t ask_map(int64_t fd)
{
    return ask(request_MAP_FILE, (uint64_t)fd, CLIENT_VA, VM_PAGE_BYTES | VM_READ, 0);
}

static void test_copies(void)
{
    int64_t large, other, huge, piece;

    host_start("/host");
    large = ask_open("/host/large", LINUX_O_RDONLY);
    other = ask_open("/host/other", LINUX_O_RDONLY);
    huge = ask_open("/host/huge", LINUX_O_RDONLY);
    piece = ask_open("/host/piece", LINUX_O_RDONLY);
    check(ask(copy_two, (uint64_t)large, (uint64_t)other, 0, 0) == 0,
          "a request has its copies, more than are kept");
    check(STATE->copy_bytes == 20 << 20 && fake_check() == 0,
          "when it is over, the rest goes");
    check(ask(copy_two, (uint64_t)piece, (uint64_t)other, 0, 0) == 0 &&
              ask(copy_two, (uint64_t)piece, (uint64_t)other, 0, 0) == 0,
          "a request asks about two that are there");
    host.asked[FS_READ] = 0;
    check(ask_map(other) == 0 && host.asked[FS_READ] == 0, "the last one is there");
    check(ask_map(huge) == 0 && STATE->copy_bytes <= 32 << 20,
          "one that is larger than that is not kept");
    ask_close(large);
    ask_close(other);
    ask_close(huge);
    ask_close(piece);
    host_end();
    host_start("/host");
    check(STATE->copy_bytes == 0 && fake_check() == 0, "none outlives the file system");
    host_end();
}

static void test_costs(void)
{
    uint32_t user;
    int64_t fd;

    host_start("/host");
    fd = ask_open("/host/file", LINUX_O_RDONLY);
    fake_self_is_full = true;
    check(ask_map(fd) == -LINUX_ENOMEM, "without memory there is no copy");
    fake_self_is_full = false;
    if (!user_enter(1000, &user))
        abort();
    process_at(fake_process)->user = user;
    check(ask_map(fd) == 0 && user_at(user)->objects == 1 && fake_check() == 0,
          "a copy is paid for by who asked for it");
    process_at(fake_process)->user = 0;
    user_leave(user);
    ask_close(fd);
    host_end();
    host_start("/host");
    host_end();
    check(STATE->table[TABLE_USER].used == 0, "as long as it is there");
}

int main(void)
{
    fake_start();
    process_at(fake_process)->process = HANDLE_CALLER; /* its memory, after a wait too */
    client_close(client_open("/plain", LINUX_O_CREAT | LINUX_O_WRONLY, 0644));
    client_mkdir("/host");
    nothing = fake_usage();
    test_starting();
    test_appending();
    test_pieces();
    test_patience();
    test_room(request_READ);
    test_room(request_WRITE);
    test_nonsense();
    test_copies();
    test_costs();
    return tap_end();
}

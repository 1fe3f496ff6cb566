/* SPDX-License-Identifier: MIT */
/*
 * Clients that send anything.
 *
 * Contract checked: 400,000 requests with random labels, words and memory, while memory
 * and kernel objects run out now and then, never break the server (ASan and UBSan watch);
 * every answer is a result, an errno value or "wait"; after the client is gone and all
 * names are removed, no slot and no object is left.
 */
/* sources: user/lib/ring.c user/lib/print.c */
#include "test_posix_fake.h"
#include "tap.h"

static unsigned long long seed = 0x123456789abcdefull;

static uint64_t any(uint64_t limit)
{
    return (tap_random(&seed) >> 16) % limit;
}

static const char *const words[] = {
    "a",       "b",         "..",          ".",        "dir",      "link",
    "loop",    "tmp",       "x/y",         "dev/null", "dev/full", "dev/zero",
    "dev/tty", "dev/stdin", "dev/urandom", "long",     ""};

/* Around the request slots, whose bytes are anything. */
static uint64_t any_in_slots(void)
{
    if (any(4) == 0)
        memset(fake_slots, (int)any(256), sizeof(fake_slots));
    return POSIX_SLOTS_VA + any(POSIX_SLOTS_BYTES + 64) - 32;
}

/* A path of a few words, sometimes with junk, at an address in the client. */
static uint64_t any_path(void)
{
    bool is_in_slot = any(4) == 0;
    uint64_t offset = any(POSIX_SLOTS_BYTES - 100);
    uint64_t at =
        is_in_slot ? POSIX_SLOTS_VA + offset : CLIENT_VA + any(CLIENT_BYTES - 2000);
    char *to = is_in_slot ? (char *)fake_slots + offset : client_pointer(at);
    uint64_t parts = any(4);

    *to = 0;
    for (uint64_t i = 0; i <= parts; i++) {
        if (any(3) == 0 || i > 0)
            strcat(to, "/");
        strcat(to, words[any(sizeof(words) / sizeof(words[0]))]);
    }
    if (!is_in_slot && any(50) == 0)
        memset(to, 'q', 300 + any(1000));
    return at;
}

static uint64_t any_word(void)
{
    switch (any(12)) {
    case 0:
        return tap_random(&seed);
    case 1:
        return any(2) ? UINT64_MAX - any(200) : any_in_slots();
    case 2:
    case 3:
    case 4:
        return any(12);
    case 5:
        return (uint64_t)LINUX_AT_FDCWD;
    case 6:
        return any_path();
    case 7:
        return CLIENT_VA + any(CLIENT_BYTES);
    case 8:
        return 1ull << any(64);
    case 9:
        return any(70000);
    case 10:
        return any(0x8000000);
    default:
        return CLIENT_VA + CLIENT_BYTES - any(300);
    }
}

/* Mostly what the request wants, so that it gets far. */
static void plausible(enum posix_request label, uint64_t w[4])
{
    bool at = label == POSIX_OPENAT || label == POSIX_FSTATAT || label == POSIX_MKDIRAT ||
              label == POSIX_UNLINKAT || label == POSIX_RENAMEAT ||
              label == POSIX_FACCESSAT || label == POSIX_READLINKAT ||
              label == POSIX_LINKAT || label == POSIX_MKNODAT ||
              label == POSIX_FCHMODAT || label == POSIX_UTIMENSAT;
    bool named = label == POSIX_CHDIR || label == POSIX_CHROOT || label == POSIX_STATFS ||
                 label == POSIX_TRUNCATE || label == POSIX_UMOUNT;

    if (any(4) == 0)
        return;
    w[0] = at && any(4) ? (uint64_t)LINUX_AT_FDCWD : any(16);
    if (at)
        w[1] = any_path();
    if (label == POSIX_OPENAT && any(12) == 0) {
        static const char *const terminals[] = {"/dev/ptmx", "/dev/pts/0", "/dev/pts/1",
                                                "/dev/tty", "/dev/console"};

        w[1] = client_string(AT_PATH, terminals[any(5)]);
        w[2] = any(4) | (any(2) ? LINUX_O_NONBLOCK : 0);
    } else if (label == POSIX_OPENAT) {
        w[2] = any(4) | (any(2) ? LINUX_O_CREAT : 0) | (any(4) ? 0 : LINUX_O_TRUNC) |
               (any(8) ? 0 : LINUX_O_DIRECTORY) | (any(4) ? 0 : LINUX_O_APPEND);
    } else if (label == POSIX_RENAMEAT || label == POSIX_LINKAT) {
        w[2] = (uint32_t)LINUX_AT_FDCWD | any(4) << 32;
        w[3] = any_path();
    } else if (label == POSIX_SYMLINKAT) {
        w[0] = any_path();
        w[1] = (uint64_t)LINUX_AT_FDCWD;
        w[2] = any_path();
    } else if (label == POSIX_MOUNT) {
        const uint64_t rest[2] = {any(3) ? LINUX_MS_BIND : any(2) * LINUX_MS_REMOUNT, 0};

        memcpy(client_pointer(AT_BUFFER), rest, sizeof(rest));
        w[0] = any_path();
        w[1] = any_path();
        w[2] = any(2) ? client_string(AT_BUFFER + 64, "tmpfs") : any_path();
        w[3] = AT_BUFFER;
    } else if (label == POSIX_FALLOCATE) {
        w[1] = any(4);
        w[2] = any(1u << 20);
        w[3] = any(1u << 20);
    } else if (label == POSIX_COPY_RANGE) {
        w[0] = any(16) | any(16) << 32;
        w[1] = any(2) ? UINT64_MAX : any(100000);
        w[2] = any(2) ? UINT64_MAX : any(100000);
        w[3] = any(100000);
    } else if (label == POSIX_FLOCK) {
        w[1] = any(16);
    } else if (label == POSIX_READ || label == POSIX_WRITE || label == POSIX_GETDENTS) {
        w[1] = CLIENT_VA + any(CLIENT_BYTES);
        w[2] = any(80000);
    } else if (named) {
        w[0] = any_path();
        w[1] = any(200000);
    } else if (label == POSIX_UNLINKAT) {
        w[2] = any(2) * LINUX_AT_REMOVEDIR;
    } else if (label == POSIX_FTRUNCATE) {
        w[1] = any(1u << any(30));
    } else if (label == POSIX_FCNTL) {
        w[1] = any(2) ? any(8) : any(2) ? 1030 + any(5) : 36 + any(3);
        w[2] = AT_BUFFER + any(64);
    } else if (label == POSIX_IOCTL) {
        static const uint32_t of_master[] = {LINUX_TIOCGPTN, LINUX_TIOCSPTLCK,
                                             LINUX_TIOCGPTLCK, LINUX_TIOCGPKT};

        w[1] = any(4) ? 0x5400 + any(0x2a) : of_master[any(4)];
        w[2] = any(4) ? CLIENT_VA + any(CLIENT_BYTES) : any(4);
    } else if (label == POSIX_PIPE) {
        w[0] = AT_BUFFER;
        w[1] = any(2) * LINUX_O_NONBLOCK;
    } else if (label == POSIX_POLL) {
        w[0] = CLIENT_VA + any(CLIENT_BYTES);
        w[1] = any(20);
    } else if (label == POSIX_KILL) {
        w[0] = any(2) ? process_at(fake_process)->pid : any_word();
        w[1] = any(70);
    } else if (label == POSIX_TIMER_CREATE) {
        w[0] = any(70);
    } else if (label == POSIX_TIMER_SET) {
        w[1] = CLIENT_VA + any(CLIENT_BYTES);
    }
}

static void empty_directory(uint32_t directory)
{
    uint32_t entry;

    uint32_t next = inode_at(directory)->directory.first;

    while ((entry = next) != 0) {
        uint32_t inode = entry_at(entry)->inode;

        next = entry_at(entry)->next;
        if (inode_at(inode)->mounts)
            continue; /* /proc, /dev/pts */
        if (inode_is_directory(inode_at(inode))) {
            empty_directory(inode);
            ramfs_remove_directory(entry);
        } else {
            ramfs_unlink(entry);
        }
    }
}

/* Everything but the first mount, /dev/pts and /proc. */
static void unmount_all(void)
{
    uint32_t proc = mount_at(mount_at(STATE->mount_first)->next)->next;
    uint32_t mount = STATE->mount_last;

    while (mount != proc) {
        uint32_t previous = mount_at(mount)->previous;

        mount_use(mount);
        if (mount_at(mount)->is_attached)
            mount_uncover(mount);
        mount_unuse(mount);
        mount = previous;
    }
    while (mount_work())
        ;
}

static void reset_root(void)
{
    where_drop(process_at(fake_process)->root);
    process_at(fake_process)->root =
        where_take((struct where){STATE->mount_first, STATE->root});
}

static bool is_answer(int64_t result)
{
    return result >= 0 || result == REQUEST_WAIT || result >= -LINUX_EOWNERDEAD;
}

int main(void)
{
    struct fake_usage before;
    bool good = true;
    uint64_t succeeded = 0;

    fake_start();
    before = fake_usage();
    make_symlink("/", "link", "dir/../tmp");
    make_symlink("/", "loop", "/loop/x");
    client_mkdir("/dir");
    client_mkdir("/tmp");
    client_open("/dev/tty", LINUX_O_RDWR, 0);
    for (unsigned i = 0; i < 400000 && good; i++) {
        enum posix_request label = (enum posix_request)(1 + any(POSIX_REQUEST_COUNT - 1));
        uint64_t w[4] = {any_word(), any_word(), any_word(), any_word()};
        int64_t result;

        plausible(label, w);
        if (i % 1000 == 0)
            fake_pages = any(3) ? 1u << 20 : any(400);
        fake_no_more_objects = any(100) == 0;
        result = client_call(label, w[0], w[1], w[2], w[3]);
        good = is_answer(result);
        succeeded += result >= 0;
        if (!good)
            printf("# request %d answered %ld\n", label, (long)result);
        if (i % 16 == 0) {
            window_work();
            timer_work(clock_now_ns());
            mount_work();
        }
        if (label == POSIX_CHROOT && any(8))
            reset_root();
        if (i % 64 == 0) /* or most of what follows is refused */
            process_at(fake_process)->fsuid = 0;
        if (i % 2000 == 0)
            unmount_all();
        if (i % 4000 == 0 && fake_check() != 0) {
            printf("# after request %u of kind %d: %s\n", i, label, fake_log);
            good = false;
        }
    }
    printf("# %lu of 400000 succeeded\n", (unsigned long)succeeded);
    check(fake_check() == 0, "the state's counts are right");
    check(good, "400,000 random requests have sane answers");
    check(succeeded > 40000, "many of them do something");
    fake_pages = 1u << 20;
    fake_no_more_objects = false;
    wait_forget(process_at(fake_process)->first_thread);
    trace_drop(process_at(fake_process));
    fd_close_all(process_at(fake_process));
    reset_root();
    timer_drop_all(fake_process);
    signal_drop_all(fake_process);
    client_call(POSIX_CHDIR, client_string(AT_PATH, "/"), 0, 0, 0);
    unmount_all();
    proc_forget(process_at(fake_process));
    user_leave(process_at(fake_process)->user);
    process_at(fake_process)->user = 0;
    empty_directory(STATE->root);
    device_make_nodes();
    for (uint32_t i = 0; i < TABLE_COUNT; i++)
        if (before.slots[i] != fake_usage().slots[i])
            printf("# table %u: %u before, %u after\n", i, before.slots[i],
                   fake_usage().slots[i]);
    check(fake_usage_equal(before, fake_usage()), "nothing is left");
    return tap_end();
}

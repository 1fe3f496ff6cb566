/* SPDX-License-Identifier: MIT */
/*
 * What reads and writes do for each kind of description, and the nodes of /dev. The table
 * at the end is the one place that connects kinds with code.
 */
#include <posix/server/device.h>

#include <posix/server/filedata.h>
#include <posix/server/foreign.h>
#include <posix/server/job.h>
#include <posix/server/limit.h>
#include <posix/server/permission.h>
#include <posix/server/procfs.h>
#include <posix/server/pipe.h>
#include <posix/server/pty.h>
#include <posix/server/stream.h>
#include <posix/server/tty.h>
#include <user/lib/string.h>

static int64_t regular_read(struct request *r, struct description *open, uint64_t offset,
                            uint64_t theirs, uint64_t bytes)
{
    (void)r;
    uint64_t atime_ns = inode_at(open->inode)->atime_ns;
    int64_t done = file_read(inode_at(open->inode), offset, theirs, bytes);

    if (open->flags & LINUX_O_NOATIME)
        inode_at(open->inode)->atime_ns = atime_ns;
    return done;
}

static int64_t regular_write(struct request *r, struct description *open, uint64_t offset,
                             uint64_t theirs, uint64_t bytes)
{
    int64_t done = limit_file_write(r, offset, &bytes);

    if (done == 0)
        done = file_write(inode_at(open->inode), offset, theirs, bytes);
    if (done > 0)
        permission_written(r->process, inode_at(open->inode));
    return done;
}

static int64_t directory_read(struct request *r, struct description *open,
                              uint64_t offset, uint64_t theirs, uint64_t bytes)
{
    (void)r, (void)open, (void)offset, (void)theirs, (void)bytes;
    return -LINUX_EISDIR;
}

static int64_t read_nothing(struct request *r, struct description *open, uint64_t offset,
                            uint64_t theirs, uint64_t bytes)
{
    (void)r, (void)open, (void)offset, (void)theirs, (void)bytes;
    return 0;
}

static int64_t read_zeros(struct request *r, struct description *open, uint64_t offset,
                          uint64_t theirs, uint64_t bytes)
{
    (void)r, (void)open, (void)offset;
    return transfer_zeros(theirs, bytes);
}

static int64_t write_nowhere(struct request *r, struct description *open, uint64_t offset,
                             uint64_t theirs, uint64_t bytes)
{
    (void)r, (void)open, (void)offset, (void)theirs;
    return (int64_t)bytes;
}

static int64_t write_full(struct request *r, struct description *open, uint64_t offset,
                          uint64_t theirs, uint64_t bytes)
{
    (void)r, (void)open, (void)offset, (void)theirs;
    return bytes ? -LINUX_ENOSPC : 0;
}

int64_t random_transfer(uint64_t theirs, uint64_t bytes)
{
    uint8_t piece[512];
    uint64_t done = 0;

    while (done < bytes) {
        uint64_t want = bytes - done < sizeof(piece) ? bytes - done : sizeof(piece);
        int64_t got;

        random_fill(&STATE->random, piece, want);
        got = transfer_out(theirs + done, piece, want);
        if (got < 0)
            return done ? (int64_t)done : got;
        done += (uint64_t)got;
        if ((uint64_t)got < want)
            break;
    }
    return (int64_t)done;
}

static int64_t read_random(struct request *r, struct description *open, uint64_t offset,
                           uint64_t theirs, uint64_t bytes)
{
    (void)r, (void)open, (void)offset;
    return random_transfer(theirs, bytes);
}

/* Page 0 is never mapped: a store there ends the server, as a bug of its own would. */
static int64_t write_crash(struct request *r, struct description *open, uint64_t offset,
                           uint64_t theirs, uint64_t bytes)
{
    static uint32_t *volatile nowhere; /* or the compiler makes a trap of it */

    (void)r, (void)open, (void)offset, (void)theirs;
    if (bytes > 0)
        *nowhere = 1;
    return (int64_t)bytes;
}

const struct kind_operations kind_operations[KIND_COUNT] = {
    [KIND_NONE] = {read_nothing, write_full, NULL, false, NULL},
    [KIND_FILE] = {regular_read, regular_write, NULL, true, NULL},
    [KIND_DIRECTORY] = {directory_read, NULL, NULL, false,
                        NULL}, /* never open for writing */
    [KIND_NULL] = {read_nothing, write_nowhere, NULL, true, NULL},
    [KIND_ZERO] = {read_zeros, write_nowhere, NULL, true, NULL},
    [KIND_FULL] = {read_zeros, write_full, NULL, true, NULL},
    [KIND_RANDOM] = {read_random, write_nowhere, NULL, true, NULL},
    [KIND_TTY] = {tty_read, tty_write, tty_ioctl, false, tty_poll},
    [KIND_PTY_MASTER] = {pty_read, pty_write, tty_ioctl, false, pty_poll},
    [KIND_STREAM] = {stream_read, stream_write, NULL, false, stream_poll},
    [KIND_CRASH] = {read_nothing, write_crash, NULL, false, NULL},
    [KIND_PIPE_READ] = {pipe_read, write_full, pipe_ioctl, false, pipe_poll},
    [KIND_PIPE_WRITE] = {read_nothing, pipe_write, pipe_ioctl, false, pipe_poll},
    [KIND_PIPE_BOTH] = {pipe_read, pipe_write, pipe_ioctl, false, pipe_poll},
    [KIND_FOREIGN] = {foreign_read, foreign_write, NULL, true, NULL},
    [KIND_PROC] = {proc_read, NULL, NULL, true, NULL}, /* never open for writing */
    [KIND_PATH] = {read_nothing, NULL, NULL, false, NULL}, /* nor for anything, io.c */
};

struct node {
    const char *name;
    uint32_t device;
    uint32_t kind;
    uint32_t mode;
};

static const struct node nodes[] = {
    {"null", DEVICE_NULL, KIND_NULL, 0666},
    {"zero", DEVICE_ZERO, KIND_ZERO, 0666},
    {"full", DEVICE_FULL, KIND_FULL, 0666},
    {"random", DEVICE_RANDOM, KIND_RANDOM, 0666},
    {"urandom", DEVICE_URANDOM, KIND_RANDOM, 0666},
    {"tty", DEVICE_TTY, KIND_TTY, 0666},
    {"console", DEVICE_CONSOLE, KIND_TTY, 0600},
    {"ptmx", DEVICE_PTMX, KIND_PTY_MASTER, 0666},
    {"stdin", DEVICE_STDIN, KIND_NONE, 0666},
    {"stdout", DEVICE_STDOUT, KIND_NONE, 0666},
    {"stderr", DEVICE_STDERR, KIND_NONE, 0666},
    {"crash", DEVICE_CRASH, KIND_CRASH, 0200},
};

#define NODE_COUNT (sizeof(nodes) / sizeof(nodes[0]))

enum description_kind device_kind(uint32_t device)
{
    for (size_t i = 0; i < NODE_COUNT; i++)
        if (nodes[i].device == device)
            return nodes[i].kind;
    return pty_is_device(device) ? KIND_TTY : KIND_NONE;
}

static int64_t tty_open(const struct process *process, struct description *open,
                        uint32_t tty, uint32_t flags)
{
    tty_attach(open, tty);
    job_opened(process, tty, flags);
    return 0;
}

int64_t device_open(const struct process *process, struct description *open,
                    uint32_t index, uint32_t flags)
{
    const struct inode *inode = inode_at(index);
    uint32_t tty;

    if (inode_type(inode) != LINUX_S_IFCHR)
        return 0;
    switch (inode->device) {
    case DEVICE_TTY:
        tty = job_terminal(process);
        return tty ? tty_open(process, open, tty, flags) : -LINUX_ENXIO;
    case DEVICE_CONSOLE: /* nobody's terminal by being opened */
        return tty_open(process, open, STATE->console_tty, flags | LINUX_O_NOCTTY);
    case DEVICE_PTMX:
        return pty_open_master(process, open);
    default:
        break;
    }
    if (!pty_is_device(inode->device))
        return 0;
    tty = pty_of_node(index);
    if (tty == 0 || tty_at(tty)->is_locked)
        return -LINUX_EIO;
    return tty_open(process, open, tty, flags);
}

bool device_is_fd(const struct inode *inode)
{
    return inode_type(inode) == LINUX_S_IFCHR && inode->device >= DEVICE_STDIN &&
           inode->device <= DEVICE_STDERR;
}

int64_t device_open_again(struct process *process, uint32_t description, uint32_t flags)
{
    const struct description *open = description_at(description);
    uint32_t wanted = flags & LINUX_O_ACCMODE;
    int64_t fd;

    if (wanted != (open->flags & LINUX_O_ACCMODE) &&
        (open->flags & LINUX_O_ACCMODE) != LINUX_O_RDWR)
        return -LINUX_EACCES;
    fd = fd_reserve(process, 0);
    if (fd >= 0)
        fd_install(process, (uint32_t)fd, description, flags & LINUX_O_CLOEXEC);
    return fd;
}

int64_t device_open_fd(struct process *process, uint32_t device, uint32_t flags)
{
    uint32_t entry = fd_entry(process, device - DEVICE_STDIN);

    if (entry == 0)
        return -LINUX_ENXIO;
    return device_open_again(process, entry & ~FD_ENTRY_CLOEXEC, flags);
}

int64_t device_make_nodes(void)
{
    uint32_t entry = entry_find(STATE->root, "dev", 3);
    uint32_t directory = entry ? entry_at(entry)->inode : 0;
    int64_t status = 0;
    uint32_t made;

    if (entry == 0)
        status = ramfs_make(STATE->root, "dev", 3, LINUX_S_IFDIR | 0755, &directory);
    else if (!inode_is_directory(inode_at(directory)))
        status = -LINUX_ENOTDIR;
    for (size_t i = 0; status == 0 && i < NODE_COUNT; i++) {
        uint32_t bytes = (uint32_t)strlen(nodes[i].name);
        uint32_t old = entry_find(directory, nodes[i].name, bytes);

        if (old)
            continue; /* the boot image has something of that name */
        status = ramfs_make(directory, nodes[i].name, bytes,
                            LINUX_S_IFCHR | nodes[i].mode, &made);
        if (status == 0)
            inode_at(made)->device = nodes[i].device;
    }
    if (status == 0 && entry_find(directory, "shm", 3) == 0)
        status = ramfs_make(directory, "shm", 3, LINUX_S_IFDIR | 01777, &made);
    if (status == 0)
        status = pty_init(directory);
    if (status == 0 && entry_find(directory, "fd", 2) == 0)
        status = ramfs_make_link(directory, "fd", 2, "/proc/self/fd", 13, &made);
    return status;
}

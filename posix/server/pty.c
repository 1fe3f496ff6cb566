/* SPDX-License-Identifier: MIT */
/* Masters of pseudo-terminals and their nodes; start reading at pty_open_master. */
#include <posix/server/pty.h>

#include <posix/server/device.h>
#include <posix/server/entry.h>
#include <posix/server/ldisc.h>
#include <posix/server/mount.h>
#include <posix/server/procfs.h>
#include <posix/server/ramfs.h>
#include <user/lib/print.h>

#define PTY_MAJOR   136u
#define PIECE_TYPED 256u
#define NAME_BYTES  12u

/* ---- numbers and nodes ---- */

/* The console's terminal is the first slot, and none is below it. */
static uint32_t pty_number(uint32_t tty)
{
    return tty - STATE->console_tty - 1;
}

uint32_t pty_device(uint32_t tty)
{
    uint32_t minor = pty_number(tty);

    if (tty == STATE->console_tty)
        return DEVICE_CONSOLE;
    return (minor & 0xff) | PTY_MAJOR << 8 | (minor & ~0xffu) << 12;
}

bool pty_is_device(uint32_t device)
{
    return (device >> 8 & 0xfff) == PTY_MAJOR;
}

static uint32_t node_name(uint32_t tty, char *name)
{
    return (uint32_t)print_to(name, NAME_BYTES, "%u", pty_number(tty));
}

static int64_t node_make(const struct process *process, uint32_t index)
{
    char name[NAME_BYTES];
    uint32_t bytes = node_name(index, name);
    uint32_t made;
    int64_t status =
        ramfs_make(STATE->pts_root, name, bytes, LINUX_S_IFCHR | 0620, &made);

    if (status < 0)
        return -LINUX_ENOSPC;
    inode_at(made)->device = pty_device(index);
    inode_at(made)->uid = process->fsuid;
    inode_at(made)->gid = process->fsgid;
    tty_at(index)->inode = made;
    return 0;
}

static void node_remove(uint32_t index)
{
    char name[NAME_BYTES];
    uint32_t entry = entry_find(STATE->pts_root, name, node_name(index, name));

    tty_at(index)->inode = 0;
    if (entry)
        ramfs_unlink(entry);
}

uint32_t pty_of_node(uint32_t inode)
{
    uint32_t device = inode_at(inode)->device;
    uint32_t index = ((device & 0xff) | (device >> 12 & ~0xffu)) + STATE->console_tty + 1;

    return slot_was_made(TABLE_TTY, index) &&
                   slot_is_live(TABLE_TTY, &tty_at(index)->slot) &&
                   tty_at(index)->inode == inode
               ? index
               : 0;
}

int64_t pty_init(uint32_t dev)
{
    struct where on = {STATE->mount_first, 0};
    uint32_t entry = entry_find(dev, "pts", 3);
    int64_t status = 0;

    if (STATE->pts_root)
        return 0;
    STATE->pts_root = ramfs_make_root(0755);
    if (STATE->pts_root == 0)
        return -LINUX_ENOSPC;
    inode_open(STATE->pts_root);
    inode_at(STATE->pts_root)->proc.kind = PROC_PTS;
    if (entry)
        on.inode = entry_at(entry)->inode;
    else
        status = ramfs_make(dev, "pts", 3, LINUX_S_IFDIR | 0755, &on.inode);
    if (status == 0 && !inode_is_directory(inode_at(on.inode)))
        status = -LINUX_ENOTDIR;
    if (status == 0)
        status = mount_attach(on, STATE->pts_root, STATE->pts_root, MOUNT_DEVPTS, 0,
                              "devpts", 6);
    return status;
}

/* ---- life ---- */

int64_t pty_open_master(const struct process *process, struct description *open)
{
    uint32_t index = tty_make(TTY_PTY);

    if (index == 0)
        return -LINUX_ENOSPC;
    if (node_make(process, index) < 0) {
        tty_release(index);
        return -LINUX_ENOSPC;
    }
    tty_at(index)->has_master = 1;
    tty_at(index)->is_locked = 1;
    open->channel = index;
    return 0;
}

void pty_close_master(const struct description *open)
{
    struct tty *tty = tty_at(open->channel);

    node_remove(open->channel);
    tty->has_master = 0;
    tty_hang_up(open->channel);
    wait_wake_all(&tty->master_waiters);
    tty_release(open->channel);
}

int64_t pty_ioctl(uint32_t index, uint64_t command, uint64_t argument)
{
    struct tty *tty = tty_at(index);
    uint32_t number = pty_number(index);
    int64_t status;

    switch (command) {
    case LINUX_TIOCGPTN:
        return copy_out(argument, &number, sizeof(number));
    case LINUX_TIOCGPTLCK:
        return copy_out(argument, &tty->is_locked, sizeof(tty->is_locked));
    case LINUX_TIOCGPKT:
        return copy_out(argument, &tty->is_packet, sizeof(tty->is_packet));
    case LINUX_TIOCSPTLCK:
        status = copy_in(&number, argument, sizeof(number));
        if (status == 0)
            tty->is_locked = number != 0;
        return status;
    case LINUX_TIOCPKT:
        status = copy_in(&number, argument, sizeof(number));
        if (status == 0 && tty->is_packet != (number != 0)) {
            tty->is_packet = number != 0;
            tty->packet = 0;
        }
        return status;
    default:
        return -LINUX_ENOTTY;
    }
}

/* ---- the device ---- */

static bool is_left(const struct tty *tty)
{
    return tty->was_opened && tty->opens == 0;
}

/* Packet mode: what happened, as one byte alone; it is told once. */
static int64_t read_packet(struct tty *tty, uint64_t theirs)
{
    uint8_t what = (uint8_t)tty->packet;
    int64_t status = copy_out(theirs, &what, 1);

    if (status < 0)
        return status;
    tty->packet = 0;
    return 1;
}

/* Give the master what is shown, the ring's end and then its start. */
static int64_t take_shown(struct tty *tty, uint64_t theirs, uint64_t bytes)
{
    uint64_t done = 0;

    while (done < bytes && pty_shown(tty) > 0) {
        uint32_t at = tty->out_tail & (TTY_OUTPUT_BYTES - 1);
        uint64_t count = pty_shown(tty);
        int64_t got;

        if (count > TTY_OUTPUT_BYTES - at)
            count = TTY_OUTPUT_BYTES - at;
        if (count > bytes - done)
            count = bytes - done;
        got = transfer_out(theirs + done, tty->output + at, count);
        if (got <= 0)
            return done ? (int64_t)done : got;
        tty->out_tail += (uint32_t)got;
        done += (uint64_t)got;
    }
    return (int64_t)done;
}

static int64_t read_data(struct tty *tty, uint64_t theirs, uint64_t bytes)
{
    static const uint8_t data = 0;
    uint32_t head = tty->is_packet;
    int64_t done = head ? copy_out(theirs, &data, 1) : 0;

    if (done == 0 && bytes > head)
        done = take_shown(tty, theirs + head, bytes - head);
    if (done < 0)
        return done;
    wait_wake_all(&tty->writers);
    return done + head;
}

int64_t pty_read(struct request *r, struct description *open, uint64_t offset,
                 uint64_t theirs, uint64_t bytes)
{
    struct tty *tty = tty_at(open->channel);

    (void)offset;
    if (bytes == 0)
        return 0;
    if (tty->packet)
        return read_packet(tty, theirs);
    if (pty_shown(tty) > 0)
        return read_data(tty, theirs, bytes);
    if (is_left(tty))
        return -LINUX_EIO;
    if (open->flags & LINUX_O_NONBLOCK)
        return -LINUX_EAGAIN;
    return request_wait(r, &tty->master_waiters);
}

int64_t pty_write(struct request *r, struct description *open, uint64_t offset,
                  uint64_t theirs, uint64_t bytes)
{
    struct tty *tty = tty_at(open->channel);
    uint8_t typed[PIECE_TYPED];
    uint64_t done = 0;

    (void)offset;
    while (done < bytes) {
        uint64_t piece = bytes - done < PIECE_TYPED ? bytes - done : PIECE_TYPED;
        int64_t got = transfer_in(typed, theirs + done, piece);
        uint32_t taken = got > 0 ? tty_input(tty, typed, (uint32_t)got) : 0;

        done += taken;
        if (taken > 0)
            continue;
        if (done > 0)
            break;
        if (got <= 0)
            return got;
        if (open->flags & LINUX_O_NONBLOCK)
            return -LINUX_EAGAIN;
        return request_wait(r, &tty->master_waiters);
    }
    return (int64_t)done;
}

int64_t pty_poll(const struct description *open, uint32_t waiter)
{
    struct tty *tty = tty_at(open->channel);
    int64_t events = 0;

    if (pty_shown(tty) > 0 || tty->packet)
        events |= LINUX_POLLIN | LINUX_POLLRDNORM;
    if (tty->packet)
        events |= LINUX_POLLPRI;
    if (is_left(tty))
        events |= LINUX_POLLHUP;
    if (ldisc_has_room(tty))
        events |= LINUX_POLLOUT | LINUX_POLLWRNORM;
    if (waiter && !wait_on(waiter, &tty->master_waiters))
        return -LINUX_ENOMEM;
    return events;
}

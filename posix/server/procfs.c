/* SPDX-License-Identifier: MIT */
/* The tree of /proc. What its files say: proctext.c. Start reading at proc_lookup. */
#include <posix/server/procfs.h>

#include <posix/server/entry.h>
#include <posix/server/mount.h>
#include <posix/server/names.h>
#include <user/lib/print.h>
#include <user/lib/string.h>

/* Behind every entry's cookie. */
#define COOKIE_LISTED (1ull << 40)

#define TEXT_BYTES_MAX (64u << 10) /* of a file; what is longer is cut */

struct proc_name {
    const char *name;
    uint32_t kind;
    uint32_t mode;
};

static const struct proc_name root_names[] = {
    {"self", PROC_SELF, LINUX_S_IFLNK | 0777},
    {"meminfo", PROC_MEMINFO, LINUX_S_IFREG | 0444},
    {"uptime", PROC_UPTIME, LINUX_S_IFREG | 0444},
    {"cpuinfo", PROC_CPUINFO, LINUX_S_IFREG | 0444},
    {"loadavg", PROC_LOADAVG, LINUX_S_IFREG | 0444},
    {"version", PROC_VERSION, LINUX_S_IFREG | 0444},
    {"filesystems", PROC_FILESYSTEMS, LINUX_S_IFREG | 0444},
    {"stat", PROC_SYSTEM_STAT, LINUX_S_IFREG | 0444},
};

static const struct proc_name process_names[] = {
    {"fd", PROC_FDS, LINUX_S_IFDIR | 0500},
    {"exe", PROC_EXE, LINUX_S_IFLNK | 0777},
    {"cwd", PROC_CWD, LINUX_S_IFLNK | 0777},
    {"root", PROC_CHROOT, LINUX_S_IFLNK | 0777},
    {"stat", PROC_STAT, LINUX_S_IFREG | 0444},
    {"statm", PROC_STATM, LINUX_S_IFREG | 0444},
    {"status", PROC_STATUS, LINUX_S_IFREG | 0444},
    {"cmdline", PROC_CMDLINE, LINUX_S_IFREG | 0444},
    {"comm", PROC_COMM, LINUX_S_IFREG | 0444},
    {"mounts", PROC_MOUNTS, LINUX_S_IFREG | 0444},
    {"maps", PROC_MAPS, LINUX_S_IFREG | 0444},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

uint32_t proc_process(const struct inode *node)
{
    uint32_t index = node->proc.process;

    if (index == 0 || !slot_is_live(TABLE_PROCESS, &process_at(index)->slot) ||
        process_at(index)->slot.generation != node->proc.generation)
        return 0;
    return index;
}

static void node_set(uint32_t inode, uint32_t kind, uint32_t process)
{
    struct proc_node *proc = &inode_at(inode)->proc;

    proc->kind = kind;
    if (process == 0)
        return;
    proc->process = process;
    proc->generation = process_at(process)->slot.generation;
    inode_at(inode)->uid = process_at(process)->fsuid;
    inode_at(inode)->gid = process_at(process)->fsgid;
}

/* Make the names of a table in a directory; what has been made stays after an error. */
static int64_t make_names(uint32_t directory, const struct proc_name *names, size_t count,
                          uint32_t process)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t made;
        int64_t status =
            ramfs_make(directory, names[i].name, (uint32_t)strlen(names[i].name),
                       names[i].mode, &made);

        if (status < 0)
            return status;
        node_set(made, names[i].kind, process);
    }
    return 0;
}

static int64_t mount_proc(void)
{
    struct where root = {STATE->mount_first, STATE->root};
    uint32_t entry = entry_find(STATE->root, "proc", 4);
    int64_t status = 0;

    if (entry)
        root.inode = entry_at(entry)->inode;
    else
        status = ramfs_make(STATE->root, "proc", 4, LINUX_S_IFDIR | 0555, &root.inode);
    if (status == 0 && !inode_is_directory(inode_at(root.inode)))
        status = -LINUX_ENOTDIR;
    if (status == 0)
        status = mount_attach(root, STATE->proc_root, STATE->proc_root, MOUNT_PROC, 0,
                              "proc", 4);
    return status;
}

int64_t procfs_init(void)
{
    uint32_t mounts;
    int64_t status;

    STATE->proc_root = ramfs_make_root(0555);
    if (STATE->proc_root == 0)
        return -LINUX_ENOSPC;
    inode_open(STATE->proc_root);
    node_set(STATE->proc_root, PROC_ROOT, 0);
    status = make_names(STATE->proc_root, root_names, COUNT(root_names), 0);
    if (status == 0)
        status =
            ramfs_make_link(STATE->proc_root, "mounts", 6, "self/mounts", 11, &mounts);
    return status < 0 ? status : mount_proc();
}

/* ---- processes ---- */

/* Take away every name of a directory that has no directories in it. */
static void remove_names(uint32_t directory)
{
    while (inode_at(directory)->directory.first)
        ramfs_unlink(inode_at(directory)->directory.first);
}

void proc_forget(struct process *process)
{
    uint32_t directory = process->proc;
    uint32_t fds;

    process->proc = 0;
    if (directory == 0)
        return;
    fds = entry_find(directory, "fd", 2);
    if (fds) {
        remove_names(entry_at(fds)->inode);
        ramfs_remove_directory(fds);
    }
    remove_names(directory);
    inode_at(STATE->proc_root)->links--;
    inode_at(directory)->links = 0;
    inode_at(directory)->directory.parent = directory;
    inode_close(directory);
}

/* The directory of a process, made when it is not there. 0: no room. */
static uint32_t process_directory(uint32_t index)
{
    struct process *process = process_at(index);
    uint32_t made;

    if (process->proc)
        return process->proc;
    made = ramfs_make_nameless(inode_at(STATE->proc_root)->fs, LINUX_S_IFDIR | 0555);
    if (made == 0)
        return 0;
    inode_open(made);
    node_set(made, PROC_PROCESS, index);
    inode_at(made)->links++; /* its name, which is no entry */
    inode_at(made)->directory.parent = STATE->proc_root;
    inode_at(STATE->proc_root)->links++;
    process->proc = made;
    if (make_names(made, process_names, COUNT(process_names), index) < 0) {
        proc_forget(process);
        return 0;
    }
    return made;
}

/* A decimal number without leading zeros; false: it is none. */
static bool name_number(const char *name, uint32_t bytes, uint32_t *number)
{
    *number = 0;
    if (bytes == 0 || bytes > 9 || (name[0] == '0' && bytes > 1))
        return false;
    for (uint32_t i = 0; i < bytes; i++) {
        if (name[i] < '0' || name[i] > '9')
            return false;
        *number = *number * 10 + (uint32_t)(name[i] - '0');
    }
    return true;
}

/* The slot of the process with that pid; by going through all of them, as only somebody
 * who looks into /proc needs it. */
static uint32_t process_of_pid(uint32_t pid)
{
    for (uint32_t i = 1; i < STATE->table[TABLE_PROCESS].made; i++)
        if (slot_is_live(TABLE_PROCESS, &process_at(i)->slot) &&
            process_at(i)->pid == pid)
            return i;
    return 0;
}

/* ---- fds ---- */

static uint32_t fd_link(uint32_t directory, uint32_t process, const char *name,
                        uint32_t name_bytes, uint32_t fd)
{
    uint32_t entry = entry_find(directory, name, name_bytes);
    const struct description *open = fd_find(process_at(process), fd);
    uint32_t made;

    if (open == NULL)
        return 0;
    if (entry == 0) {
        if (ramfs_make(directory, name, name_bytes, LINUX_S_IFLNK | 0500, &made) < 0)
            return 0;
        node_set(made, PROC_FD, process);
        inode_at(made)->proc.number = fd;
    } else {
        made = entry_at(entry)->inode;
    }
    inode_at(made)->mode = LINUX_S_IFLNK | (description_may_read(open) ? 0500 : 0) |
                           (description_may_write(open) ? 0300 : 0);
    return made;
}

uint32_t proc_lookup(uint32_t directory, const char *name, uint32_t name_bytes)
{
    const struct inode *node = inode_at(directory);
    uint32_t entry, number, process;

    if (node->proc.kind == PROC_FDS) {
        process = proc_process(node);
        return process && name_number(name, name_bytes, &number)
                   ? fd_link(directory, process, name, name_bytes, number)
                   : 0;
    }
    entry = entry_find(directory, name, name_bytes);
    if (entry)
        return entry_at(entry)->inode;
    if (node->proc.kind != PROC_ROOT || !name_number(name, name_bytes, &number))
        return 0;
    process = process_of_pid(number);
    return process ? process_directory(process) : 0;
}

uint32_t proc_name(uint32_t directory, char *buffer)
{
    uint32_t process = proc_process(inode_at(directory));

    return (uint32_t)print_to(buffer, LINUX_NAME_MAX, "%u",
                              process ? process_at(process)->pid : 0);
}

static uint32_t list_processes(uint64_t *cookie, char *buffer)
{
    for (uint64_t i = *cookie; i < STATE->table[TABLE_PROCESS].made; i++) {
        if (i == 0 || !slot_is_live(TABLE_PROCESS, &process_at((uint32_t)i)->slot))
            continue;
        *cookie = i;
        return (uint32_t)print_to(buffer, LINUX_NAME_MAX, "%u",
                                  process_at((uint32_t)i)->pid);
    }
    return 0;
}

static uint32_t list_fds(const struct process *process, uint64_t *cookie, char *buffer)
{
    for (uint64_t fd = *cookie; fd < PROCESS_FDS_MAX; fd++) {
        if (fd_entry(process, fd) == 0)
            continue;
        *cookie = fd;
        return (uint32_t)print_to(buffer, LINUX_NAME_MAX, "%u", (uint32_t)fd);
    }
    return 0;
}

uint32_t proc_list(uint32_t directory, uint64_t *cookie, char *buffer, uint8_t *type)
{
    const struct inode *node = inode_at(directory);
    uint64_t from = *cookie > COOKIE_LISTED ? *cookie - COOKIE_LISTED : 0;
    uint32_t bytes = 0;

    *type = LINUX_DT_DIR;
    if (node->proc.kind == PROC_ROOT) {
        bytes = list_processes(&from, buffer);
    } else if (node->proc.kind == PROC_FDS && proc_process(node)) {
        *type = LINUX_DT_LNK;
        bytes = list_fds(process_at(proc_process(node)), &from, buffer);
    }
    *cookie = COOKIE_LISTED + from;
    return bytes;
}

/* ---- links ---- */

bool proc_link_is_text(const struct inode *link)
{
    return link->proc.kind == PROC_SELF;
}

uint32_t proc_link_jump(uint32_t link, struct where *where)
{
    const struct proc_node *proc = &inode_at(link)->proc;
    uint32_t index = proc_process(inode_at(link));
    const struct description *open;

    *where = (struct where){0, 0};
    if (index == 0)
        return 0;
    switch (proc->kind) {
    case PROC_EXE:
        *where = process_at(index)->exe;
        return 0;
    case PROC_CWD:
        *where = process_at(index)->cwd;
        return 0;
    case PROC_CHROOT:
        *where = process_at(index)->root;
        return 0;
    default:
        break;
    }
    open = fd_find(process_at(index), proc->number);
    if (open == NULL)
        return 0;
    *where = (struct where){open->mount, open->inode};
    return open->inode ? 0
                       : fd_entry(process_at(index), proc->number) & ~FD_ENTRY_CLOEXEC;
}

int64_t proc_link_text(const struct process *process, uint32_t link, char *buffer,
                       uint32_t bytes)
{
    struct where where;
    uint32_t description;
    int64_t length;

    if (inode_at(link)->proc.kind == PROC_SELF)
        return process ? (int64_t)print_to(buffer, bytes, "%u", process->pid)
                       : -LINUX_ENOENT;
    description = proc_link_jump(link, &where);
    if (description)
        return (int64_t)print_to(buffer, bytes, "pipe:[%u]", description);
    if (where.inode == 0)
        return -LINUX_ENOENT;
    length = names_of_inode(process ? process->root
                                    : (struct where){STATE->mount_first, STATE->root},
                            where, buffer, bytes);
    if (length == -LINUX_ENOENT)
        return (int64_t)print_to(buffer, bytes, "/ (deleted)");
    return length < 0 ? -LINUX_ENAMETOOLONG : length - 1;
}

int64_t proc_read(struct request *r, struct description *open, uint64_t offset,
                  uint64_t theirs, uint64_t bytes)
{
    static char text[TEXT_BYTES_MAX];
    int64_t length = proc_text(open->inode, text, sizeof(text));

    (void)r;
    if (length < 0)
        return length;
    if (length > (int64_t)sizeof(text) - 1)
        length = sizeof(text) - 1;
    if (offset >= (uint64_t)length)
        return 0;
    if (bytes > (uint64_t)length - offset)
        bytes = (uint64_t)length - offset;
    return transfer_out(theirs, text + offset, bytes);
}

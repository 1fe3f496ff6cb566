/* SPDX-License-Identifier: MIT */
/*
 * The checker of check.h: one function for each rule. Start reading at check_state. What
 * is counted anew is counted in struct seen, one for each slot.
 */
#include <posix/checker/check.h>
#include <posix/checker/seen.h>

#include <posix/server/entry.h>
#include <posix/server/fd.h>
#include <posix/server/foreign.h>
#include <posix/server/lock.h>
#include <posix/server/mount.h>
#include <posix/server/pipe.h>
#include <posix/server/procfs.h>
#include <posix/server/ramfs.h>
#include <posix/server/tty.h>
#include <posix/server/user.h>
#include <user/lib/print.h>

#define LINES_MAX 10u

static handle_t log_handle;
static uint32_t wrong;
struct seen *seen_first[TABLE_COUNT];

/* One thing that is not as it should be. */
void complain_about(const char *what, uint32_t index, uint64_t is, uint64_t should)
{
    if (wrong++ < LINES_MAX)
        log_printf(log_handle, "state: wrong: %s of %u is %lu, should be %lu", what,
                   index, (unsigned long)is, (unsigned long)should);
}

/* ---- tables ---- */

static void check_tables(void)
{
    for (uint32_t id = 0; id < TABLE_COUNT; id++) {
        const struct table *table = &STATE->table[id];
        uint32_t live = 0, free = 0;
        uint32_t at;

        FOR_EACH((enum table_id)id, index)
        live++;
        for (at = table->free_first; at && free < table->made; free++)
            at = *(uint32_t *)(slot_in((enum table_id)id, at) + 1);
        expect("slots used of table", id, table->used, live);
        expect("free slots of table", id, free, table->made - 1 - live);
    }
}

/* ---- names ---- */

static uint32_t texts_seen;

static void see_text(uint32_t text, uint32_t owner)
{
    uint32_t steps = 0;

    for (; text && steps <= LINUX_PATH_MAX / TEXT_BYTES + 1; steps++) {
        if (!is_live(TABLE_TEXT, text)) {
            complain_about("text", owner, 0, 1);
            return;
        }
        text = SLOT_AT(TABLE_TEXT, struct text, text)->next;
    }
    texts_seen += steps;
}

/* Entries of a file system's index count nothing: they go with what they name. */
static bool is_in_index(const struct entry *entry)
{
    FOR_EACH(TABLE_FILE_SYSTEM, index)
    if (fs_at(index)->index == entry->directory)
        return true;
    return false;
}

static void see_entry(uint32_t index)
{
    const struct entry *entry = entry_at(index);
    const struct inode *inode;

    if (!is_live(TABLE_INODE, entry->directory) || !is_live(TABLE_INODE, entry->inode)) {
        complain_about("an inode of entry", index, 0, 1);
        return;
    }
    inode = inode_at(entry->inode);
    see_text(entry->name, index);
    if (is_in_index(entry))
        return;
    seen(TABLE_INODE, entry->inode)->links++;
    if (!inode_is_directory(inode))
        return;
    seen(TABLE_INODE, entry->inode)->links++; /* its "." */
    seen(TABLE_INODE, entry->directory)->links++;
    expect("parent of directory", entry->inode, inode->directory.parent,
           entry->directory);
    expect("entry of directory", entry->inode, inode->directory.entry, index);
}

/* Each entry is in its bucket and in its directory's list, once. */
static void check_entries(void)
{
    uint32_t used = STATE->table[TABLE_ENTRY].used;
    uint32_t hashed = 0, listed = 0;

    FOR_EACH(TABLE_ENTRY, index)
    see_entry(index);
    FOR_EACH(TABLE_BUCKET, index)
    for (uint32_t at = SLOT_AT(TABLE_BUCKET, struct bucket, index)->first;
         at && hashed <= used; at = entry_at(at)->next_in_bucket)
        hashed++;
    FOR_EACH(TABLE_INODE, index)
    {
        if (!inode_is_directory(inode_at(index)))
            continue;
        for (uint32_t at = inode_at(index)->directory.first; at && listed <= used;
             at = entry_at(at)->next) {
            expect("directory of entry", at, entry_at(at)->directory, index);
            listed++;
        }
    }
    expect("entries in the hash", 0, hashed, used);
    expect("entries in directories", 0, listed, used);
}

/* Every directory with a name is below a root. */
static void check_reach(void)
{
    FOR_EACH(TABLE_INODE, index)
    {
        uint32_t at = index, steps = 0;

        if (!inode_is_directory(inode_at(index)))
            continue;
        while (inode_at(at)->directory.parent != at &&
               steps++ < STATE->table[TABLE_INODE].made)
            at = inode_at(at)->directory.parent;
        if (steps >= STATE->table[TABLE_INODE].made)
            complain_about("way up from directory", index, steps, 0);
    }
}

/* ---- who uses what ---- */

static void see_place(struct where where, uint32_t owner)
{
    if (where.inode == 0)
        return;
    if (!is_live(TABLE_INODE, where.inode)) {
        complain_about("a directory of process", owner, 0, 1);
        return;
    }
    seen(TABLE_INODE, where.inode)->uses++;
    if (where.mount)
        seen(TABLE_MOUNT, where.mount)->uses++;
}

static void see_processes(void)
{
    FOR_EACH(TABLE_PROCESS, index)
    {
        const struct process *process = process_at(index);

        see_place(process->cwd, index);
        see_place(process->root, index);
        see_place(process->exe, index);
        if (process->exe.inode && is_live(TABLE_INODE, process->exe.inode))
            seen(TABLE_INODE, process->exe.inode)->runs++;
        if (process->proc) {
            seen(TABLE_INODE, process->proc)->uses++;
            seen(TABLE_INODE, process->proc)->links += 2;
            seen(TABLE_INODE, STATE->proc_root)->links++;
        }
        for (uint32_t fd = 0; fd < PROCESS_FDS_MAX; fd++) {
            uint32_t entry = fd_entry(process, fd) & ~FD_ENTRY_CLOEXEC;

            if (entry)
                seen(TABLE_DESCRIPTION, entry)->uses++;
        }
    }
}

/* Each terminal is opened as often as descriptions say; it and its session name each
 * other. */
static void see_terminals(void)
{
    FOR_EACH(TABLE_DESCRIPTION, index)
    if (description_at(index)->kind == KIND_TTY)
        seen(TABLE_TTY, description_at(index)->channel)->uses++;
    FOR_EACH(TABLE_TTY, index)
    {
        const struct tty *tty = tty_at(index);

        expect("opens of terminal", index, tty->opens, seen(TABLE_TTY, index)->uses);
        if (tty->session)
            expect("terminal of session", tty->session, id_at(tty->session)->session_tty,
                   index);
    }
}

static void see_descriptions(void)
{
    FOR_EACH(TABLE_PROCESS, index)
    if (process_at(index)->trace)
        seen(TABLE_DESCRIPTION, process_at(index)->trace)->uses++;
    FOR_EACH(TABLE_DESCRIPTION, index)
    {
        const struct description *open = description_at(index);

        expect("references of description", index, open->references,
               seen(TABLE_DESCRIPTION, index)->uses);
        see_place((struct where){open->mount, open->inode}, index);
        if (open->is_writer)
            seen(TABLE_INODE, open->inode)->writers++;
        if (open->pipe) {
            seen(TABLE_PIPE, open->pipe)->readers += end_reads(open);
            seen(TABLE_PIPE, open->pipe)->writers += end_writes(open);
        }
    }
}

/* What no fd means must be what a thread waits for. */
static void see_openings(void)
{
    uint32_t unmeant = 0, openings = 0;

    FOR_EACH(TABLE_DESCRIPTION, index)
    unmeant += description_at(index)->references == 0;
    FOR_EACH(TABLE_THREAD, index)
    openings += thread_at(index)->opening != 0;
    expect("opens that wait", 0, openings, unmeant);
}

static void see_pipes(void)
{
    FOR_EACH(TABLE_PIPE, index)
    {
        const struct pipe *pipe = pipe_at(index);

        expect("readers of pipe", index, pipe->readers, seen(TABLE_PIPE, index)->readers);
        expect("writers of pipe", index, pipe->writers, seen(TABLE_PIPE, index)->writers);
        if (pipe->inode && inode_at(pipe->inode)->pipe != index)
            complain_about("inode of pipe", index, inode_at(pipe->inode)->pipe, index);
    }
}

static void see_mounts(void)
{
    uint32_t listed = 0;

    for (uint32_t i = STATE->mount_first; i; i = mount_at(i)->next, listed++) {
        const struct mount *mount = mount_at(i);

        seen(TABLE_INODE, mount->root)->uses++;
        seen(TABLE_INODE, mount->fs_root)->uses++;
        see_text(mount->source, i);
        if (!mount->directory)
            continue;
        see_place((struct where){mount->parent, mount->directory}, i);
        seen(TABLE_INODE, mount->directory)->mounts++;
    }
    for (uint32_t i = STATE->mount_dying; i; i = mount_at(i)->next, listed++)
        seen(TABLE_INODE, mount_at(i)->fs_root)->uses++;
    expect("mounts listed", 0, listed, STATE->table[TABLE_MOUNT].used);
    FOR_EACH(TABLE_MOUNT, index)
    expect("uses of mount", index, mount_at(index)->uses, seen(TABLE_MOUNT, index)->uses);
}

/* ---- file systems of others ---- */

static void see_call(uint32_t index)
{
    const struct fs_call *call = call_at(index);
    const uint32_t inodes[] = {call->inode, call->other, call->made, call->copy};

    expect("call of thread", index, thread_at(call->thread)->call, index);
    for (uint32_t i = 0; i < 4; i++)
        if (inodes[i])
            seen(TABLE_INODE, inodes[i])->uses++;
}

static void see_file_systems(void)
{
    uint64_t copy_bytes = 0;
    uint32_t inodes = 0;

    FOR_EACH(TABLE_FILE_SYSTEM, index)
    {
        seen(TABLE_INODE, fs_at(index)->index)->uses++;
        seen(TABLE_INODE, fs_at(index)->trash)->uses++;
        see_text(fs_at(index)->path, index);
        inodes += fs_at(index)->inodes;
    }
    expect("inodes of others", 0, inodes, STATE->table[TABLE_NODE].used);
    FOR_EACH(TABLE_NODE, index)
    {
        const struct fs_node *node = SLOT_AT(TABLE_NODE, struct fs_node, index);

        expect("node of inode", index, inode_at(node->inode)->proc.number, index);
        if (node->copy) {
            seen(TABLE_INODE, node->copy)->uses++;
            copy_bytes += inode_at(node->copy)->size;
        }
    }
    expect("bytes of copies", 0, STATE->copy_bytes, copy_bytes);
    FOR_EACH(TABLE_CALL, index)
    see_call(index);
}

/* ---- contents, locks ---- */

static uint32_t nodes_seen, windows_seen;

static uint64_t see_node(uint32_t index, uint32_t level)
{
    const struct page_node *node = SLOT_AT(TABLE_PAGE_NODE, struct page_node, index);
    uint64_t bits = 0;
    uint32_t used = 0;

    nodes_seen++;
    for (uint32_t i = 0; i < PAGE_NODE_WORDS; i++) {
        uint32_t word = node->word[i];

        if (level > 1 && word) {
            bits += see_node(word, level - 1);
            used++;
        }
        for (; level == 1 && word; word &= word - 1)
            used++;
    }
    expect("children of page node", index, node->used, used);
    return level == 1 ? used : bits;
}

static void see_file(uint32_t index)
{
    const struct inode *inode = inode_at(index);
    const struct filedata *file = &inode->file;
    uint64_t bits = 0;

    if (file->source == FILE_OBJECT) {
        windows_seen++;
        if (!file->is_mapped && inode->size > file->object_bytes)
            complain_about("object of file", index, file->object_bytes, inode->size);
    }
    if (file->pages.root)
        bits = see_node(file->pages.root, file->pages.levels);
    expect("pages in the tree of file", index, file->pages.tree_pages, bits);
}

static void see_locks(uint32_t index)
{
    for (uint32_t i = inode_at(index)->locks; i; i = lock_at(i)->next) {
        expect("inode of lock", i, lock_at(i)->inode, index);
        if (lock_at(i)->kind != LOCK_PROCESS)
            seen(TABLE_DESCRIPTION, lock_at(i)->owner)->locks++;
        seen(TABLE_LOCK, i)->locks++;
    }
}

static void see_inodes(void)
{
    uint32_t windows = 0;

    FOR_EACH(TABLE_INODE, index)
    {
        if (inode_is_regular(inode_at(index)))
            see_file(index);
        if (inode_type(inode_at(index)) == LINUX_S_IFLNK &&
            !inode_is_of_proc(inode_at(index)))
            see_text(inode_at(index)->target, index);
        see_locks(index);
    }
    for (uint32_t i = STATE->window_dying; i;
         i = SLOT_AT(TABLE_WINDOW, struct window, i)->next)
        windows++;
    for (uint32_t c = 0; c < WINDOW_CLASSES; c++)
        for (uint32_t i = STATE->window_free[c]; i;
             i = SLOT_AT(TABLE_WINDOW, struct window, i)->next)
            windows++;
    expect("windows", 0, windows + windows_seen, STATE->table[TABLE_WINDOW].used);
    expect("page nodes", 0, nodes_seen, STATE->table[TABLE_PAGE_NODE].used);
    for (uint32_t i = STATE->lock_waiting; i; i = lock_at(i)->next)
        seen(TABLE_LOCK, i)->locks++;
    FOR_EACH(TABLE_LOCK, index)
    expect("chains of lock", index, seen(TABLE_LOCK, index)->locks, 1);
    FOR_EACH(TABLE_DESCRIPTION, index)
    expect("locks of description", index, description_at(index)->locks,
           seen(TABLE_DESCRIPTION, index)->locks);
}

static void check_inode(uint32_t index)
{
    const struct inode *inode = inode_at(index);
    struct seen *counted = seen(TABLE_INODE, index);

    expect("opens of inode", index, inode->opens, counted->uses);
    expect("mounts on inode", index, inode->mounts, counted->mounts);
    expect("writers of inode", index, inode->writers, counted->writers);
    expect("programs of inode", index, inode->runs, counted->runs);
    /* A root has a link of its own and one for its "."; a removed directory its ".". */
    if (inode_is_directory(inode) && inode->directory.entry == 0 && inode->links &&
        inode->proc.kind != PROC_PROCESS)
        counted->links += 2;
    expect("links of inode", index, inode->links, counted->links);
    if (inode->links == 0 && inode->opens == 0)
        complain_about("use of inode", index, 0, 1);
    if (inode->name &&
        (!is_live(TABLE_ENTRY, inode->name) || entry_at(inode->name)->inode != index))
        complain_about("name of inode", index, inode->name, 0);
}

/* ---- who pays ---- */

static void see_slots_of_users(enum table_id id)
{
    const struct table *table = &STATE->table[id];

    FOR_EACH(id, index)
    {
        uint32_t payer = slot_in(id, index)->payer;

        if (payer && !is_live(TABLE_USER, payer))
            complain_about("payer of slot", index, payer, 0);
        else if (payer)
            seen(TABLE_USER, payer)->bytes += table->slot_bytes;
    }
}

static void check_users(void)
{
    for (uint32_t id = 0; id < TABLE_COUNT; id++)
        see_slots_of_users((enum table_id)id);
    FOR_EACH(TABLE_PROCESS, index)
    if (process_at(index)->user)
        seen(TABLE_USER, process_at(index)->user)->uses++;
    FOR_EACH(TABLE_INODE, index)
    if (inode_is_regular(inode_at(index)) && inode_at(index)->file.user)
        seen(TABLE_USER, inode_at(index)->file.user)->links++;
    FOR_EACH(TABLE_USER, index)
    {
        const struct user *user = user_at(index);
        const struct seen *counted = seen(TABLE_USER, index);

        expect("bytes of user", index, user->bytes, counted->bytes);
        expect("processes of user", index, user->processes, counted->uses);
        expect("objects of user", index, user->objects, counted->links);
    }
}

uint64_t check_memory_bytes(void)
{
    uint64_t slots = 0;

    for (uint32_t id = 0; id < TABLE_COUNT; id++)
        slots += STATE->table[id].made;
    return slots * sizeof(struct seen);
}

uint32_t check_state(void *memory, handle_t log)
{
    struct seen *next = memory;

    for (uint32_t id = 0; id < TABLE_COUNT; id++) {
        seen_first[id] = next;
        next += STATE->table[id].made;
    }
    log_handle = log;
    wrong = texts_seen = nodes_seen = windows_seen = 0;
    check_tables();
    check_entries();
    check_reach();
    see_processes();
    see_descriptions();
    see_openings();
    see_pipes();
    see_terminals();
    see_mounts();
    see_file_systems();
    see_inodes();
    check_owners();
    check_users();
    if (STATE->proc_root)
        seen(TABLE_INODE, STATE->proc_root)->uses++;
    if (STATE->pts_root)
        seen(TABLE_INODE, STATE->pts_root)->uses++;
    FOR_EACH(TABLE_INODE, index)
    check_inode(index);
    expect("texts", 0, texts_seen, STATE->table[TABLE_TEXT].used);
    return wrong;
}

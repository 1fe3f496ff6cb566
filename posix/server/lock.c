/* SPDX-License-Identifier: MIT */
/* The locks of lock.h. Start reading at lock_set. */
#include <posix/server/lock.h>

#include <posix/server/filedata.h>
#include <posix/server/ramfs.h>
#include <user/lib/string.h>

#define LAST_BYTE      ((uint64_t)INT64_MAX)
#define LOCKS_MAX      10000u /* of a file: the list is walked */
#define DEADLOCK_STEPS 64u    /* a longer chain of waiters is no deadlock that we see */

static bool same_owner(const struct lock *one, const struct lock *other)
{
    return one->kind == other->kind && one->owner == other->owner;
}

static bool overlaps(const struct lock *one, const struct lock *other)
{
    return one->start <= other->last && other->start <= one->last;
}

/* A lock on the same inode that keeps wanted from being had, or 0. */
static uint32_t lock_conflict(uint32_t inode, const struct lock *wanted)
{
    uint32_t index;

    for (index = inode_at(inode)->locks; index; index = lock_at(index)->next) {
        const struct lock *lock = lock_at(index);

        if ((lock->kind == LOCK_FLOCK) == (wanted->kind == LOCK_FLOCK) &&
            !same_owner(lock, wanted) && overlaps(lock, wanted) &&
            (lock->type == LINUX_F_WRLCK || wanted->type == LINUX_F_WRLCK))
            break;
    }
    return index;
}

static void lock_count(const struct lock *lock, int32_t change)
{
    if (lock->kind != LOCK_PROCESS)
        description_at(lock->owner)->locks += (uint32_t)change;
}

static void lock_add(uint32_t inode, uint32_t index, const struct lock *content)
{
    struct lock *lock = lock_at(index);
    struct slot slot = lock->slot;

    *lock = *content;
    lock->slot = slot;
    lock->inode = inode;
    lock->next = inode_at(inode)->locks;
    inode_at(inode)->locks = index;
    lock_count(lock, 1);
}

/* Free the lock that *link names. */
static void lock_remove(uint32_t *link)
{
    uint32_t index = *link;

    lock_count(lock_at(index), -1);
    *link = lock_at(index)->next;
    slot_drop(TABLE_LOCK, index);
}

/* How many locks of the owner cover more than what is set, on both sides. */
static bool lock_splits(uint32_t inode, const struct lock *set)
{
    for (uint32_t i = inode_at(inode)->locks; i; i = lock_at(i)->next)
        if (same_owner(lock_at(i), set) && lock_at(i)->start < set->start &&
            lock_at(i)->last > set->last)
            return true;
    return false;
}

/* Let go of what the owner's locks have in common with a range; spare becomes the second
 * half of one that is split. */
static void lock_cut(uint32_t inode, const struct lock *set, uint32_t *spare)
{
    uint32_t *link = &inode_at(inode)->locks;

    while (*link) {
        struct lock *lock = lock_at(*link);

        if (!same_owner(lock, set) || !overlaps(lock, set)) {
            link = &lock->next;
        } else if (lock->start >= set->start && lock->last <= set->last) {
            lock_remove(link);
        } else if (lock->start < set->start && lock->last > set->last) {
            struct lock behind = *lock;

            behind.start = set->last + 1;
            lock->last = set->start - 1;
            lock_add(inode, *spare, &behind);
            *spare = 0;
            return; /* the owner's locks do not overlap: there is no other */
        } else {
            if (lock->start < set->start)
                lock->last = set->start - 1;
            else
                lock->start = set->last + 1;
            link = &lock->next;
        }
    }
}

/* Take the owner's locks of the same type that touch a new one into it. */
static void lock_join(uint32_t inode, struct lock *set)
{
    uint32_t *link = &inode_at(inode)->locks;

    while (*link) {
        const struct lock *lock = lock_at(*link);

        if (!same_owner(lock, set) || lock->type != set->type ||
            (lock->last + 1 != set->start && set->last + 1 != lock->start)) {
            link = &lock_at(*link)->next;
            continue;
        }
        if (lock->start < set->start)
            set->start = lock->start;
        if (lock->last > set->last)
            set->last = lock->last;
        lock_remove(link);
    }
}

static uint32_t locks_of(uint32_t inode)
{
    uint32_t count = 0;

    for (uint32_t i = inode_at(inode)->locks; i; i = lock_at(i)->next)
        count++;
    return count;
}

/* Set or (LINUX_F_UNLCK) release a range that nobody else is in the way of. 0 or -ENOLCK.
 */
static int64_t lock_set(uint32_t inode, struct lock *set)
{
    bool releases = set->type == LINUX_F_UNLCK;
    uint32_t spare = 0, added = 0;

    if (!releases && locks_of(inode) >= LOCKS_MAX)
        return -LINUX_ENOLCK;
    if (lock_splits(inode, set)) {
        spare = slot_take(TABLE_LOCK);
        if (spare == 0)
            return -LINUX_ENOLCK;
    }
    if (!releases) {
        added = slot_take(TABLE_LOCK);
        if (added == 0) {
            if (spare)
                slot_drop(TABLE_LOCK, spare);
            return -LINUX_ENOLCK;
        }
    }
    /* From here on nothing can fail. */
    lock_cut(inode, set, &spare);
    if (!releases) {
        lock_join(inode, set);
        lock_add(inode, added, set);
    }
    wait_wake_all(&inode_at(inode)->lock_queue);
    return 0;
}

static void release_where(uint32_t inode, enum lock_kind kind, uint32_t owner)
{
    uint32_t *link = &inode_at(inode)->locks;
    bool any = false;

    while (*link) {
        const struct lock *lock = lock_at(*link);

        if (lock->kind == (uint32_t)kind && lock->owner == owner) {
            lock_remove(link);
            any = true;
        } else {
            link = &lock_at(*link)->next;
        }
    }
    if (any)
        wait_wake_all(&inode_at(inode)->lock_queue);
}

void lock_release_process(const struct process *process, uint32_t inode)
{
    release_where(inode, LOCK_PROCESS, process->pid);
}

void lock_release_description(uint32_t description)
{
    uint32_t inode = description_at(description)->inode;

    release_where(inode, LOCK_DESCRIPTION, description);
    release_where(inode, LOCK_FLOCK, description);
}

/* ---- waiting ---- */

/* Does the thread of a note still wait for that inode's locks? */
static bool note_is_true(const struct lock *note)
{
    const struct thread *thread = thread_at(note->thread);

    return slot_is_live(TABLE_THREAD, &thread->slot) && thread->wait_first &&
           process_at(thread->process)->pid == note->owner &&
           wait_is_on(note->thread, &inode_at(note->inode)->lock_queue);
}

/* Whom a process waits for, or 0. Notes that are true no longer go on the way. */
static uint32_t waits_for(uint32_t pid)
{
    uint32_t *link = &STATE->lock_waiting;
    uint32_t found = 0;

    while (*link) {
        uint32_t index = *link;
        const struct lock *note = lock_at(index);

        if (!note_is_true(note)) {
            *link = note->next;
            slot_drop(TABLE_LOCK, index);
            continue;
        }
        if (note->owner == pid)
            found = note->blocker;
        link = &lock_at(index)->next;
    }
    return found;
}

/* Would a process that waits for another one wait for itself? */
static bool would_deadlock(uint32_t pid, uint32_t blocker)
{
    for (uint32_t i = 0; i < DEADLOCK_STEPS && blocker; i++) {
        if (blocker == pid)
            return true;
        blocker = waits_for(blocker);
    }
    return false;
}

static int64_t lock_wait(struct request *r, uint32_t inode, const struct lock *wanted,
                         const struct lock *conflict)
{
    uint32_t note = 0;

    if (wanted->kind == LOCK_PROCESS && conflict->kind == LOCK_PROCESS) {
        struct lock *waits;

        if (would_deadlock(wanted->owner, conflict->owner))
            return -LINUX_EDEADLK;
        note = slot_take(TABLE_LOCK);
        if (note == 0)
            return -LINUX_ENOLCK;
        waits = lock_at(note);
        waits->kind = LOCK_WAITS;
        waits->owner = wanted->owner;
        waits->blocker = conflict->owner;
        waits->thread = r->thread_index;
        waits->inode = inode;
        waits->next = STATE->lock_waiting;
        STATE->lock_waiting = note;
    }
    return request_wait(r, &inode_at(inode)->lock_queue);
}

/* ---- requests ---- */

/* The range that a struct flock means in a file. */
static int64_t range_of(const struct description *open, const struct linux_flock *flock,
                        struct lock *lock)
{
    int64_t start = 0;
    int64_t last;

    if (flock->whence == LINUX_SEEK_CUR)
        start = (int64_t)open->offset;
    else if (flock->whence == LINUX_SEEK_END)
        start = (int64_t)inode_at(open->inode)->size;
    else if (flock->whence != LINUX_SEEK_SET)
        return -LINUX_EINVAL;
    if (__builtin_add_overflow(start, flock->start, &start))
        return -LINUX_EOVERFLOW;
    last = INT64_MAX;
    if (start < 0)
        return -LINUX_EINVAL;
    if (flock->length > 0 && __builtin_add_overflow(start, flock->length - 1, &last))
        return -LINUX_EOVERFLOW;
    if (flock->length < 0) {
        last = start - 1;
        if (__builtin_add_overflow(start, flock->length, &start) || start < 0)
            return -LINUX_EINVAL;
    }
    lock->start = (uint64_t)start;
    lock->last = (uint64_t)last;
    return 0;
}

static int64_t access_check(const struct description *open, const struct lock *lock)
{
    if (lock->type == LINUX_F_RDLCK && !description_may_read(open))
        return -LINUX_EBADF;
    if (lock->type == LINUX_F_WRLCK && !description_may_write(open))
        return -LINUX_EBADF;
    return 0;
}

static int64_t lock_get(uint32_t inode, const struct lock *wanted,
                        struct linux_flock *flock, uint64_t theirs)
{
    uint32_t index = lock_conflict(inode, wanted);

    flock->type = LINUX_F_UNLCK;
    if (index) {
        const struct lock *lock = lock_at(index);

        flock->type = (int16_t)lock->type;
        flock->whence = LINUX_SEEK_SET;
        flock->start = (int64_t)lock->start;
        flock->length =
            lock->last == LAST_BYTE ? 0 : (int64_t)(lock->last - lock->start + 1);
        flock->pid = lock->kind == LOCK_PROCESS ? (int32_t)lock->owner : -1;
    }
    return copy_out(theirs, flock, sizeof(*flock));
}

bool lock_is_command(uint32_t command)
{
    return (command >= LINUX_F_GETLK && command <= LINUX_F_SETLKW) ||
           (command >= LINUX_F_OFD_GETLK && command <= LINUX_F_OFD_SETLKW);
}

int64_t lock_control(struct request *r, struct description *open, uint32_t command,
                     uint64_t theirs)
{
    bool is_ofd = command >= LINUX_F_OFD_GETLK;
    uint32_t plain = is_ofd ? command - LINUX_F_OFD_GETLK + LINUX_F_GETLK : command;
    struct lock wanted = {.kind = is_ofd ? LOCK_DESCRIPTION : LOCK_PROCESS};
    struct linux_flock flock;
    uint32_t conflict;
    int64_t status = copy_in(&flock, theirs, sizeof(flock));

    if (status < 0)
        return status;
    if (open->inode == 0 || (is_ofd && flock.pid != 0))
        return -LINUX_EINVAL;
    wanted.type = (uint32_t)(uint16_t)flock.type;
    wanted.owner =
        is_ofd ? fd_entry(r->process, r->word[0]) & ~FD_ENTRY_CLOEXEC : r->process->pid;
    if (wanted.type > LINUX_F_UNLCK ||
        (plain == LINUX_F_GETLK && wanted.type == LINUX_F_UNLCK && !is_ofd))
        return -LINUX_EINVAL;
    status = range_of(open, &flock, &wanted);
    if (status < 0)
        return status;
    if (plain == LINUX_F_GETLK)
        return lock_get(open->inode, &wanted, &flock, theirs);
    status = access_check(open, &wanted);
    if (status < 0)
        return status;
    conflict = wanted.type == LINUX_F_UNLCK ? 0 : lock_conflict(open->inode, &wanted);
    if (conflict == 0)
        return lock_set(open->inode, &wanted);
    if (plain == LINUX_F_SETLK)
        return -LINUX_EAGAIN;
    return lock_wait(r, open->inode, &wanted, lock_at(conflict));
}

int64_t request_FLOCK(struct request *r)
{
    uint32_t entry = fd_entry(r->process, r->word[0]) & ~FD_ENTRY_CLOEXEC;
    uint32_t operation = (uint32_t)r->word[1];
    bool may_wait = !(operation & LINUX_LOCK_NB);
    struct lock wanted = {.kind = LOCK_FLOCK, .owner = entry, .last = LAST_BYTE};
    uint32_t conflict, inode;

    if (entry == 0 || description_at(entry)->kind == KIND_PATH)
        return -LINUX_EBADF;
    inode = description_at(entry)->inode;
    switch (operation & ~(uint32_t)LINUX_LOCK_NB) {
    case LINUX_LOCK_SH:
        wanted.type = LINUX_F_RDLCK;
        break;
    case LINUX_LOCK_EX:
        wanted.type = LINUX_F_WRLCK;
        break;
    case LINUX_LOCK_UN:
        wanted.type = LINUX_F_UNLCK;
        break;
    default:
        return -LINUX_EINVAL;
    }
    if (inode == 0)
        return -LINUX_EINVAL; /* a stream has none */
    conflict = wanted.type == LINUX_F_UNLCK ? 0 : lock_conflict(inode, &wanted);
    if (conflict == 0)
        return lock_set(inode, &wanted);
    if (!may_wait)
        return -LINUX_EAGAIN;
    /* As on Linux a conversion gives up the old lock before it waits for the new one. */
    release_where(inode, LOCK_FLOCK, entry);
    return lock_wait(r, inode, &wanted, lock_at(conflict));
}

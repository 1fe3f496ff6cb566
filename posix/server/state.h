/* SPDX-License-Identifier: MIT */
/*
 * The server's state: one memory object, mapped at a fixed address, that holds
 * everything which must outlive a request.
 *
 * It is made of 64 KiB chunks; chunk 0 is struct state, the others belong to tables of
 * fixed-size slots that grow by a chunk at a time. Slots name each other by index, never
 * by address, index 0 is nobody, and each slot starts with a magic number and a
 * generation, so that a successor or a debugger can read the object without this
 * program. Slots never move, so a pointer to one stays good until it is freed. Start
 * reading at struct state.
 */
#ifndef POSIX_SERVER_STATE_H
#define POSIX_SERVER_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <abi/handle.h>
#include <posix/server/console.h>
#include <posix/server/random.h>
#include <posix/server/session.h>

/* The server's own address space. Everything else is the loader's (user/proto/startup.h).
 */
#define SERVER_FILES_VA   0x200000000000ull /* windows onto file data, filedata.c */
#define SERVER_STATE_VA   0x500000000000ull
#define SERVER_PAGES_VA   0x510000000000ull /* pages shared with clients, by slot */
#define SERVER_OUTPUT_VA  0x520000000000ull
#define SERVER_INPUT_VA   0x520001000000ull
#define SERVER_IMAGE_VA   0x530000000000ull
#define SERVER_SCRATCH_VA 0x540000000000ull
#define SERVER_CHANNELS_VA 0x550000000000ull /* to file systems, by slot */

#define STATE_CHUNK_SHIFT 16
#define STATE_CHUNK_BYTES (1u << STATE_CHUNK_SHIFT)
#define STATE_MAGIC       0x4f5554504f535453ull /* "OUTPOSTS" */
#define STATE_VERSION     1

#define TABLE_CHUNKS_MAX 512 /* 33 MB of slots of one kind */
#define STATE_ID_BUCKETS 2048u
#define HOST_NAME_BYTES  65u /* with the NUL; as in struct utsname */

struct slot {
    uint32_t magic;      /* the table's, 0 while free */
    uint32_t generation; /* counts the slot's uses */
    uint32_t payer;      /* user that it is charged to, user.h; 0: the server */
};

/* X(constant, type, magic). One row per kind of slot. */
#define STATE_TABLES(X)                                                                  \
    X(PROCESS, struct process, 0x434f5250u)                                              \
    X(THREAD, struct thread, 0x44524854u)                                                \
    X(ID, struct id, 0x53444950u)                                                        \
    X(SIGNAL, struct queued_signal, 0x4c474953u)                                         \
    X(FD_INDEX, struct fd_index, 0x49584446u)                                            \
    X(FD_BLOCK, struct fd_block, 0x4b424446u)                                            \
    X(TIMER, struct timer, 0x524d4954u)                                                  \
    X(PIPE, struct pipe, 0x45504950u)                                                    \
    X(PIPE_PAGE, struct pipe_page, 0x47415050u)                                          \
    X(DESCRIPTION, struct description, 0x43534544u)                                      \
    X(INODE, struct inode, 0x444f4e49u)                                                  \
    X(ENTRY, struct entry, 0x59525445u)                                                  \
    X(TEXT, struct text, 0x54584554u)                                                    \
    X(BUCKET, struct bucket, 0x544b4342u)                                                \
    X(WAIT, struct wait_record, 0x54494157u)                                             \
    X(WINDOW, struct window, 0x444e4957u)                                                \
    X(TTY, struct tty, 0x20595454u)                                                      \
    X(MOUNT, struct mount, 0x544e554du)                                                  \
    X(LOCK, struct lock, 0x4b434f4cu)                                                    \
    X(SERVICE, struct service, 0x43565253u)                                              \
    X(FILE_SYSTEM, struct file_system, 0x53595346u)                                      \
    X(NODE, struct fs_node, 0x45444f4eu)                                                    \
    X(CALL, struct fs_call, 0x4c4c4143u)                                                 \
    X(USER, struct user, 0x52455355u)                                                    \
    X(PAGE_NODE, struct page_node, 0x45474150u)

enum table_id {
#define X(constant, type, magic) TABLE_##constant,
    STATE_TABLES(X)
#undef X
        TABLE_COUNT
};

struct table {
    uint32_t magic;
    uint32_t slot_bytes;
    uint32_t slot_shift; /* a chunk holds 1 << slot_shift slots */
    uint32_t made;       /* slots ever made: indices 1 .. made - 1 have been used */
    uint32_t used;
    uint32_t free_first; /* chain through slot_free_next */
    uint32_t chunk_count;
    uint32_t chunk[TABLE_CHUNKS_MAX];
};

struct state {
    uint64_t magic;
    uint32_t version;
    uint32_t generation; /* which server of this boot wrote it */
    uint32_t chunk_count;
    uint32_t root;        /* inode of / */
    uint32_t proc_root;   /* inode of /proc */
    uint64_t last_inode;  /* number of the newest inode */
    uint32_t last_fs;     /* number of the newest file system */
    uint32_t mount_first; /* mounts in the order they were made, mount.c */
    uint32_t mount_last;
    uint32_t mount_dying;  /* chain of those whose files are still to be removed */
    uint32_t lock_waiting; /* chain of locks that somebody waits for, lock.c */
    uint32_t last_pid;
    uint32_t timer_heap[2]; /* the timers that fire next, by time since boot and since 1970 */
    uint32_t timer_is_news; /* the first of them may be an earlier one, or come earlier */
    uint32_t robust_first;  /* process whose locks are being passed on, robust.c */
    uint32_t orphans;       /* chain of processes without a parent, process.c */
    uint32_t console_tty;   /* the console's terminal, the first slot of its table */
    uint32_t pts_root;      /* inode of /dev/pts */
    uint64_t copy_bytes;     /* of the copies of foreign files that are kept, */
    uint32_t copy_first;     /* nodes that have them, foreign_copy.c */
    uint32_t copy_last;
    uint32_t call_first;     /* questions to file systems that are not answered, foreign.c */
    uint32_t call_last;
    uint32_t fs_trash;       /* not 0: some have directories to take down */
    uint32_t mounts_missing; /* that init will mount before anything runs */
    uint64_t fs_clock;       /* counts what is asked of and learned from file systems */
    uint32_t terminal_service; /* the service that has the terminal, services.h */
    handle_t services_account; /* of the others */
    uint32_t process_limit; /* that all users together may have */
    uint64_t user_state_bytes; /* what one user other than root may have, user.h */
    uint64_t user_file_pages;
    uint32_t id_hash[STATE_ID_BUCKETS];
    uint32_t bucket_count;   /* of the hash of directory entries, entry.c */
    uint32_t bucket_mask;    /* 2^n - 1 with bucket_count <= 2^n < 2 * bucket_count */
    uint32_t window_dying;   /* chain of file windows still to be unmapped, filedata.c */
    uint32_t window_free[8]; /* free ones by size class */
    uint32_t window_next[8]; /* number of the first never used one of a class */
    char host_name[HOST_NAME_BYTES];
    char domain_name[HOST_NAME_BYTES];
    struct random_state random;
    struct console console;
    struct session session;
    struct table table[TABLE_COUNT];
};

#define STATE ((struct state *)SERVER_STATE_VA)

_Static_assert(sizeof(struct state) <= STATE_CHUNK_BYTES, "struct state is chunk 0");

/*
 * Make the state object, map it and write empty tables. Returns OK or the kernel's
 * status; called once, before anything else here.
 */
int64_t state_init(uint32_t generation);

/* The state object: RIGHT_READ and more, kept by this module. */
handle_t state_object(void);

/* Who pays for slots that are taken now (user.h); 0: the server. */
extern uint32_t state_payer;

/* Take a free slot of a table, zeroed but for its head. Returns its index, or 0 when
 * neither the table nor the account has room, or the payer may have no more. */
uint32_t slot_take(enum table_id id);

/* The same, but only its first bytes are zeroed: the rest is whatever it was. */
uint32_t slot_take_head(enum table_id id, uint32_t bytes);

/* Give a slot back; its index may be used again under another generation. */
void slot_drop(enum table_id id, uint32_t index);

/* A chunk holds 1 << SLOT_SHIFT slots. Constant for each type, as every request finds
 * half a dozen slots. */
#define SLOT_SHIFT(type) (31 - __builtin_clz(STATE_CHUNK_BYTES / sizeof(type)))

static inline void *slot_address(enum table_id id, uint32_t index, uint32_t shift,
                                 uint32_t slot_bytes)
{
    uint64_t chunk = STATE->table[id].chunk[index >> shift];

    return (void *)(SERVER_STATE_VA + (chunk << STATE_CHUNK_SHIFT) +
                    (uint64_t)(index & ((1u << shift) - 1)) * slot_bytes);
}

/* How a slot is found when its index is known to be good. */
#define SLOT_AT(id, type, index)                                                         \
    ((type *)slot_address(id, index, SLOT_SHIFT(type), sizeof(type)))

/* An index that came from outside: has there ever been such a slot? */
static inline bool slot_was_made(enum table_id id, uint32_t index)
{
    return index != 0 && index < STATE->table[id].made;
}

/* Then: is it in use? */
static inline bool slot_is_live(enum table_id id, const struct slot *slot)
{
    return slot->magic == STATE->table[id].magic;
}

#endif

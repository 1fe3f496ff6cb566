/* SPDX-License-Identifier: MIT */
/*
 * File systems that other processes have (user/proto/file_system.h), as part of the tree.
 *
 * What is known of one is kept as inodes and entries like any others, marked PROC_FOREIGN:
 * a memory of answers, no more. Nothing in it is believed for longer than the request that
 * asked, unless the file system says that nobody else changes it. Contents are kept only of
 * what runs or is mapped.
 *
 *   foreign.c       the channel, calls, answers      foreign_name.c  inodes and names
 *   foreign_file.c  what is done to files            foreign_mount.c where they are mounted
 *   foreign_copy.c  files that run or are mapped
 *
 * A request that needs to know something puts a question on the channel and ends with
 * "wait"; the answer goes into inodes and entries, the thread is woken, asks again, and
 * comes further. What connects its tries is the thread's struct fs_call. An operation that
 * changes something is asked once: its result stays in the call until the thread takes it.
 * Start reading at foreign_ask.
 */
#ifndef POSIX_SERVER_FOREIGN_H
#define POSIX_SERVER_FOREIGN_H

#include <stdbool.h>
#include <stdint.h>

#include <posix/server/fd.h>
#include <posix/server/names.h>
#include <posix/server/procfs.h>
#include <posix/server/ramfs.h>
#include <posix/server/request.h>
#include <posix/server/wait.h>
#include <user/lib/ring.h>
#include <user/proto/file_system.h>

enum fs_state { FS_STARTING, FS_RUNNING, FS_DEAD };

struct file_system {
    struct slot slot;
    uint32_t service;   /* init's number of it */
    uint32_t state;     /* enum fs_state */
    uint32_t is_stable; /* what was learned stays true */
    handle_t endpoint;  /* POST */
    uint32_t index;     /* hidden directory: an entry for each inode, named by its node */
    uint32_t trash;     /* hidden directory: directories that are to be taken down */
    uint32_t trash_count;
    uint32_t inodes;
    uint32_t owes;          /* a call may have a piece to ask for when there is room */
    uint64_t look_at;       /* cookie in index: where to look for inodes to forget */
    struct wait_queue room; /* threads that wait for room in the ring of requests */
    struct ring requests, answers; /* our ends; they lie at a fixed address */
    uint32_t path;                 /* text, where it is mounted */
    uint32_t path_bytes;
};

/* What an inode has beside what every inode has. */
struct fs_node {
    struct slot slot;
    uint32_t inode;
    uint32_t fs;
    uint32_t links;     /* st_nlink */
    uint32_t given;     /* how often the file system gave us its number */
    uint32_t writer;    /* call that writes to it: writes come one after the other */
    uint32_t copy;      /* inode with its contents, counted there as open, or 0; */
    uint32_t copy_next; /* nodes that have one, the oldest first: foreign_copy.c */
    uint32_t copy_previous;
    uint32_t copy_call; /* that keeps it, or 0 */
    uint64_t number;
    uint64_t file; /* st_ino */
    uint64_t blocks;
    uint64_t fresh;   /* STATE->fs_clock when it was learned */
    uint64_t written; /* and when a write of ours was answered */
};

enum call_state { CALL_IDLE, CALL_SENT, CALL_ANSWERED };

struct fs_call {
    struct slot slot;
    uint32_t thread; /* slot */
    uint32_t fs;
    uint32_t label; /* of the thread's request; with its words, what it is */
    uint64_t word[4];
    uint64_t began; /* STATE->fs_clock */
    uint64_t asked; /* STATE->fs_clock when the question was sent */
    uint32_t state; /* enum call_state */
    uint32_t operation;
    uint32_t is_final;   /* the result is the request's */
    uint32_t tries;      /* how often the request was made */
    uint32_t is_spent;   /* in which of them a transfer's result was taken */
    uint32_t opened;     /* FS_TO_READ, FS_TO_WRITE: that was asked and is well */
    uint32_t inode;      /* asked about, counted there as open */
    uint32_t other;      /* likewise, or 0 */
    uint32_t made;       /* by this request, 0: none; counted there as open */
    uint32_t copy;       /* that READ fills, likewise; 0: it goes to the client */
    uint32_t owes;       /* it has a piece to ask for when there is room */
    uint32_t has_copies; /* it may keep some of those that nodes have */
    int64_t result;
    uint64_t offset, theirs, bytes, done; /* of READ, WRITE, LIST */
    uint64_t position;                    /* LIST: where the next one goes on */
    uint64_t deadline_ns;
    uint32_t next; /* of those sent, the oldest first */
    uint32_t previous;
    uint32_t absent; /* directory in which `name` is not; 0: none */
    uint32_t name_bytes;
    struct wait_queue waiters;
    char name[LINUX_NAME_MAX + 1];
    uint32_t name2_bytes;
    char name2[LINUX_NAME_MAX + 1];
};

static inline struct file_system *fs_at(uint32_t index)
{
    return SLOT_AT(TABLE_FILE_SYSTEM, struct file_system, index);
}

static inline struct fs_call *call_at(uint32_t index)
{
    return SLOT_AT(TABLE_CALL, struct fs_call, index);
}

static inline bool inode_is_foreign(const struct inode *inode)
{
    return inode->proc.kind == PROC_FOREIGN;
}

/* Of a foreign inode. */
static inline struct fs_node *node_of(const struct inode *inode)
{
    return SLOT_AT(TABLE_NODE, struct fs_node, inode->proc.number);
}

/* A client's request begins; NULL: none is, what is done now is the server's own. */
extern struct request *foreign_current;

static inline void foreign_request(struct request *r)
{
    foreign_current = r;
}

/* The result of the thread's call is the request's: true. Only where it has a call. */
bool foreign_result(struct request *r, int64_t *result);

/* After a request that had to do with calls: what is over is given back. result: its
 * answer. Returns the time by which a call must be answered; UINT64_MAX: none. */
uint64_t foreign_request_ends(struct request *r, int64_t result);

/* The current request came to something foreign: nobody who did not needs to look. */
extern bool foreign_was_used;

/* Does a request that is to wait do so for a file system? */
bool foreign_is_asked(const struct request *r);

/* The thread ends: whatever it asked for is nobody's. */
void foreign_abandon(uint32_t thread);

/* Look up a name in a foreign directory. 0: *inode and *entry, or 0 when there is none;
 * REQUEST_WAIT; -errno. */
int64_t foreign_look_up(uint32_t directory, const char *name, uint32_t name_bytes,
                        uint32_t *inode, uint32_t *entry);

/* Have an inode's attributes be those of now. 0, REQUEST_WAIT, -errno. */
int64_t foreign_refresh(uint32_t inode);

/* Did the current request make it? */
bool foreign_was_made(uint32_t inode);

/* Make something in a place that names_new found; mode with its type. As an open does it:
 * *made is its inode. */
int64_t foreign_make(const struct place *place, uint32_t mode, uint32_t *made);

/* The same as the whole request; target: of a link. */
int64_t foreign_make_final(const struct request *r, const struct place *place,
                           uint32_t mode, uint32_t device, const char *target,
                           uint32_t target_bytes);
int64_t foreign_add_name(const struct place *place, uint32_t inode);
int64_t foreign_remove(const struct place *place, bool is_directory);
int64_t foreign_rename(const struct place *from, const struct place *to);
int64_t foreign_change(uint32_t inode, const struct fs_change *change);
int64_t foreign_sync(uint32_t inode);

/* May it be opened with these LINUX_O_* flags? Cut, if they say so. */
int64_t foreign_open(uint32_t inode, uint32_t flags);

/* KIND_FOREIGN. */
int64_t foreign_read(struct request *r, struct description *open, uint64_t offset,
                     uint64_t theirs, uint64_t bytes);
int64_t foreign_write(struct request *r, struct description *open, uint64_t offset,
                      uint64_t theirs, uint64_t bytes);

/* Where the current request's WRITE, which has just been done, began: with O_APPEND that was
 * the end. */
uint64_t foreign_written_at(void);

/*
 * Entries of a directory as getdents64 has them, behind its dots. Bytes, 0: the end. Its
 * offsets are the file system's cookies as they are (those of ext4 use all bits of one),
 * but for 0, the beginning, and two that mean: "." was listed, ".." as well.
 */
#define FOREIGN_DOT_LISTED  0x7ffffffffffffff0ull
#define FOREIGN_DOTS_LISTED 0x7ffffffffffffff1ull
int64_t foreign_list(struct description *open, uint64_t theirs, uint64_t bytes);

/*
 * A copy of a regular file as it is now, to be run or mapped: an inode that stays only while
 * the current request does not end, unless it is taken in use. 0, REQUEST_WAIT, -errno.
 */
int64_t foreign_copy(uint32_t inode, uint32_t *copy);

/* Space of the file system that an inode is of. */
int64_t foreign_space(uint32_t inode, struct fs_space *space);

/* Make the request again at once, with everything asked anew. */
int64_t foreign_again(struct request *r);

/* An inode goes: the file system may forget its node. */
void foreign_forget(uint32_t inode);

/* ---- with init and the file systems ---- */

/* init's call: a file system comes, or goes. A status. */
int64_t foreign_service(uint64_t service, uint32_t handle_count,
                        struct thread_page *page);

/* Answers have come, or room. */
void foreign_events(void);

/* What is to be done between requests; true: there is more. */
bool foreign_work(void);

/* A call that is sent has failed. */
void foreign_failed(uint32_t call);

/* Calls whose time is up have failed. */
void foreign_timeouts(uint64_t now_ns);

/* When there is something to do, nanoseconds since boot; UINT64_MAX: nothing. */
uint64_t foreign_wants_ns(void);

/* How many of those that init will mount are still to come. */
bool foreign_are_missing(void);

/* ---- between the files of this part ---- */

/* The current request's call, made if need be; NULL: nobody asks, or no room. */
struct fs_call *foreign_call(void);

/* The current request, or NULL. */
const struct request *foreign_asker(void);

/*
 * Ask about an inode, and another one or 0, on behalf of the current request. Before: the
 * caller has set what is kept in the call. 0 if that is answered already (then call->result,
 * and the call is idle again); REQUEST_WAIT; -errno.
 */
int64_t foreign_ask_about(struct fs_call *call, enum fs_operation operation,
                          uint32_t inode, uint32_t other, const uint64_t words[3],
                          const void *data, uint32_t bytes);
int64_t foreign_ask(struct fs_call *call, enum fs_operation operation, uint32_t inode,
                    const uint64_t words[3], const void *data, uint32_t bytes);

/* Put a request that nobody waits for, or a transfer's next piece, into the ring. */
bool foreign_put(struct file_system *fs, enum fs_operation operation,
                 const struct fs_request *head, const void *data, uint32_t bytes);

/* The answers that belong to names: apply them, call->result is set. */
void foreign_named(struct fs_call *call, const struct fs_attributes *attributes,
                   const char *target, uint32_t target_bytes);
void foreign_unnamed(struct fs_call *call);

/* asked: STATE->fs_clock when the question was sent. */
void foreign_learned(uint32_t inode, const struct fs_attributes *attributes,
                     uint64_t asked);

/* An inode for attributes, 0: no room, or nonsense. */
uint32_t foreign_inode(uint32_t fs, const struct fs_attributes *attributes,
                       const char *target, uint32_t target_bytes, uint64_t asked);

/* The time of a call's next question begins. */
void foreign_asks_on(struct fs_call *call);

/* There may be room for the piece that a call owes. False: its transfer is over. */
bool foreign_piece_again(struct fs_call *call);

/* Pieces of data: true: the call is done; false: the next piece was asked for, or is owed. */
bool foreign_read_came(struct fs_call *call, const uint8_t *data, uint32_t bytes);
bool foreign_write_came(struct fs_call *call);
bool foreign_list_came(struct fs_call *call, const uint8_t *data, uint32_t bytes);

/* The same of a copy: bytes that were put there, or -errno; all of it came. The node at an
 * index of TABLE_NODE goes, its copy as well. */
int64_t foreign_copy_put(struct fs_call *call, const uint8_t *data, uint32_t bytes);
void foreign_copy_ends(struct fs_call *call);
void foreign_copy_drop(uint32_t node);

/* The call at an index, which has copies, ends: it keeps them no more. */
void foreign_copies_release(uint32_t call);

/* One inode fewer is known of a file system. */
void foreign_inode_gone(uint32_t fs);

/* The root's attributes have come: mount it. */
void foreign_started(uint32_t fs, const struct fs_attributes *attributes, int64_t result);

#endif

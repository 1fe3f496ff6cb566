/* SPDX-License-Identifier: MIT */
/*
 * Pipes: bytes in a chain of page-sized slots, taken from the table as they are written and
 * given back as they are read. An end is a description; the pipe lives while one does. A
 * FIFO is a pipe with a name (fifo.h): its inode says which, while one does.
 */
#ifndef POSIX_SERVER_PIPE_H
#define POSIX_SERVER_PIPE_H

#include <posix/server/fd.h>
#include <posix/server/wait_queue.h>

#define PIPE_PAGE_DATA     4080u
#define PIPE_BYTES_DEFAULT 65536u
#define PIPE_BYTES_MAX     1048576u

struct pipe {
    struct slot slot;
    uint32_t inode;   /* of a FIFO, else 0 */
    uint32_t readers; /* ends; those that wait in open for the other side, too */
    uint32_t writers;
    uint32_t reader_opens; /* how many there have ever been: they only count up */
    uint32_t writer_opens;
    uint32_t first; /* pipe_page */
    uint32_t last;
    uint32_t first_at; /* next byte to read in the first page */
    uint32_t last_end; /* end of the bytes in the last page */
    uint32_t bytes;
    uint32_t capacity;
    struct wait_queue read_waiters;
    struct wait_queue write_waiters;
    struct wait_queue open_waiters; /* of a FIFO: for the other side */
    uint64_t time_ns;               /* of its making, for fstat */
};

struct pipe_page {
    struct slot slot;
    uint32_t next;
    uint8_t data[PIPE_PAGE_DATA];
};

_Static_assert(sizeof(struct pipe_page) == 4096, "a page of a pipe is a page");

static inline struct pipe *pipe_at(uint32_t index)
{
    return SLOT_AT(TABLE_PIPE, struct pipe, index);
}

static inline bool end_reads(const struct description *end)
{
    return end->kind != KIND_PIPE_WRITE;
}

static inline bool end_writes(const struct description *end)
{
    return end->kind != KIND_PIPE_READ;
}

/* A pipe without ends. Its index, or 0: no room. */
uint32_t pipe_new(void);

/* Make a description of KIND_PIPE_* an end of a pipe, and count it. */
void pipe_attach(struct description *end, uint32_t pipe);

/* One end goes, with its description. */
void pipe_close(const struct description *end);

/* F_GETPIPE_SZ, F_SETPIPE_SZ. */
int64_t pipe_control(const struct request *r, struct description *end, uint32_t command,
                     uint64_t argument);

/* struct kind_operations of KIND_PIPE_*. */
int64_t pipe_read(struct request *r, struct description *end, uint64_t offset,
                  uint64_t theirs, uint64_t bytes);
int64_t pipe_write(struct request *r, struct description *end, uint64_t offset,
                   uint64_t theirs, uint64_t bytes);
int64_t pipe_ioctl(struct request *r, struct description *end, uint64_t command,
                   uint64_t argument);
int64_t pipe_poll(const struct description *end, uint32_t waiter);

#endif

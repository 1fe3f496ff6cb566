/* SPDX-License-Identifier: MIT */
/*
 * The file system of the host: requests of the POSIX server (user/proto/file_system.h)
 * become 9P messages through a virtio device.
 *
 *   wire.c   messages as bytes      node.c   what the POSIX server's numbers mean
 *   job.c    requests on their way  step.c   which message comes next
 *   main.c   start, events          change.c messages that change something
 *
 * A request is a job until it is answered: it has a chain of the queue and so one message
 * on its way at a time. Requests wait in their ring while all jobs are taken. Nothing here
 * waits for the host; what it never answers keeps its job, so one file can have only some.
 * Start reading at job_begin.
 */
#ifndef SERVERS_P9_P9_H
#define SERVERS_P9_P9_H

#include <stdbool.h>
#include <stdint.h>

#include <user/drivers/virtio/virtio.h>
#include <user/lib/ring.h>
#include <user/lib/server.h>
#include <user/servers/p9/wire.h>

#define P9_JOBS 32u

/* So many jobs of a node may have been given up by who asked, because the host does not answer
 * them; then no more are begun. They keep their memory, which the host may yet write to. */
#define P9_LATE_MAX 4u

/* The memory that the device reaches: the queue, then of each job what goes out and what
 * comes in. In front of an answer there is room for the head of our own. */
#define P9_OUT_BYTES (FS_DATA_MAX + 4096u)
#define P9_IN_BYTES  (FS_DATA_MAX + 4096u)
#define P9_IN_MARGIN 64u
#define P9_JOB_BYTES (P9_OUT_BYTES + P9_IN_BYTES)
/* Data that is to be written waits here for the file to be opened. */
#define P9_WRITE_OFFSET 4096u
#define P9_NAMES_BYTES  4608u /* a name, and a link's target */
#define P9_ANSWER_BYTES (8192u - P9_NAMES_BYTES)
#define P9_LIST_BYTES   2816u /* asked for; as our entries they are at most a fourth more */

_Static_assert(VIRTIO_QUEUE_BYTES + P9_JOBS * P9_JOB_BYTES <= FS_DMA_BYTES, "DMA memory");

/* A node's fids. */
enum { FID_WALK, FID_READ, FID_WRITE, FID_COUNT };

struct node {
    uint32_t generation;
    uint32_t given; /* how often the POSIX server got its number, less FORGETs */
    uint32_t users; /* jobs that use it */
    uint32_t live;  /* bit n: fid n is one for the other side */
    uint32_t fid[FID_COUNT];
    uint32_t next; /* in its bucket, or of the free ones */
    uint64_t file; /* qid path and, as that is used again, */
    uint32_t type; /* type: the same file, the same node */
    bool is_hashed;
};

enum step {
    STEP_NONE, /* the job is free */
    STEP_VERSION,
    STEP_ATTACH,
    STEP_MAKE,
    STEP_WALK,
    STEP_GET_NEW,
    STEP_READ_LINK,
    STEP_SET,
    STEP_GET,
    STEP_CLONE,
    STEP_OPEN,
    STEP_DATA,
    STEP_SIMPLE, /* its answer is only whether it worked */
    STEP_CLUNK,
    STEP_ANSWER, /* waits for room in the ring of answers */
};

struct job {
    enum step step;
    enum fs_operation operation;
    struct fs_request request;
    uint32_t bytes; /* of data that came with the request */
    uint64_t late_ns; /* since boot: who asked has given it up then */
    uint32_t node;
    uint32_t other;    /* a second node of the request */
    uint32_t made;     /* the node that a walk makes, or that has its fid; 0: none */
    uint32_t opening;  /* fid to open: FID_READ or FID_WRITE */
    enum p9_type sent; /* what the message on its way is */
    struct fs_attributes attributes;
    uint8_t *answer; /* that waits for room */
    uint32_t answer_bytes;
    char names[P9_NAMES_BYTES];
    uint8_t reply[P9_ANSWER_BYTES]; /* an answer without a file's data */
};

struct p9 {
    struct server server;
    handle_t system;
    handle_t posix;
    uint64_t answers_bit, room_bit;
    uint32_t line;
    uint64_t timebase_hz;
    struct virtio device;
    struct virtio_queue queue;
    uint8_t *dma;
    uint64_t dma_physical;
    struct ring requests, answers;
    struct job job[P9_JOBS];
};

extern struct p9 p9;

/* ---- node.c ---- */

struct node *node_at(uint32_t index);

/* The node that a number of the POSIX server's means, or 0. The root is node 1. */
uint32_t node_find(uint64_t number);
uint64_t node_number(uint32_t index);

/* A node with fids of its own, none of them live; 0: no memory. */
uint32_t node_make(void);

/* Nobody means it, and none of its fids is live. */
void node_free(uint32_t index);

/* A walk led to a file: the node that has it already, which then goes on with the newer
 * fid (its old one is `made`'s now, to be clunked); or made itself. */
uint32_t node_settle(uint32_t made, uint64_t file, uint32_t type);

/* ---- job.c ---- */

/* Begin what the ring of requests has, as far as jobs are free. */
void jobs_begin(void);

/* Take back what the device has done. */
void jobs_reap(void);

/* The ring of answers has room again. */
void jobs_answer(void);

uint8_t *job_out(const struct job *job);
uint8_t *job_in(const struct job *job);

/* Send the message in the job's out memory, from offset on. */
void job_send(struct job *job, enum p9_type type, uint32_t offset, uint32_t bytes);

/* Answer with a result >= 0 and bytes of data, or an error; then what is no longer meant is
 * given back, and the job ends. at: where the data lies; sizeof(struct fs_answer) before
 * it can be written to. */
void job_answer(struct job *job, int64_t result, uint8_t *at, uint32_t bytes);
void job_fail(struct job *job, int64_t error);

/* ---- step.c ---- */

/* A request came: send the first message, or answer. */
void step_first(struct job *job);

/* The answer to the message that was sent. */
void step_next(struct job *job, uint32_t bytes);

/* Give back fids that nobody needs any more; false: there are none, the job has ended. */
bool step_clunk(struct job *job);

/* A message of a type in the job's out memory; send it, and which step that is. */
void step_begin(const struct job *job, struct p9_writer *writer, enum p9_type type);
void step_send(struct job *job, struct p9_writer *writer, enum p9_type type,
               enum step step);

uint32_t step_fid(uint32_t node, uint32_t which);

/* The request's first name, and what lies behind its NUL. Their lengths; false: it is
 * none. */
bool step_names(const struct job *job, uint32_t *first, const char **second,
                uint32_t *second_bytes);

/* ---- change.c: the messages of SET, MAKE, of names, SYNC and STATFS ---- */

void change_set(struct job *job);
void change_make(struct job *job);
void change_names(struct job *job);
void change_sync(struct job *job);
void change_statfs(struct job *job);

/* RSTATFS has come. */
void change_space(struct job *job, struct p9_reader *reader);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * What each operation is in 9P: which message begins it, and which comes after an answer.
 *
 *   LOOKUP   walk, getattr, and of a link readlink      GET   getattr
 *   MAKE     mkdir, symlink or mknod, then as LOOKUP    SET   setattr, getattr
 *   OPEN, READ, WRITE, LIST   walk, lopen if it is not open yet; then the message itself
 *
 * Fids that are no longer meant are clunked after the answer. Start at step_first.
 */
#include <user/servers/p9/p9.h>

#include <user/lib/string.h>
#include <user/lib/time.h>
#include <user/proto/linux_abi.h>

#define OPEN_READ  0x8000u /* O_RDONLY with O_LARGEFILE, as the protocol numbers them */
#define OPEN_WRITE 0x8001u

static const char version[] = "9P2000.L";

void step_begin(const struct job *job, struct p9_writer *writer, enum p9_type type)
{
    uint16_t tag = type == P9_TVERSION ? P9_TAG_NONE : (uint16_t)(job - p9.job);

    p9_begin(writer, job_out(job), P9_WRITE_OFFSET, type, tag);
}

void step_send(struct job *job, struct p9_writer *writer, enum p9_type type,
               enum step step)
{
    job->step = step;
    job_send(job, type, 0, p9_finish(writer));
}

uint32_t step_fid(uint32_t node, uint32_t which)
{
    return node_at(node)->fid[which];
}

bool step_names(const struct job *job, uint32_t *first, const char **second,
                uint32_t *second_bytes)
{
    const char *end = memchr(job->names, 0, job->bytes);

    *first = end ? (uint32_t)(end - job->names) : job->bytes;
    *second = job->names + *first + (end != NULL);
    *second_bytes = end ? job->bytes - *first - 1 : 0;
    return p9_name_is_good(job->names, *first);
}

/* ---- walking ---- */

static void send_walk(struct job *job)
{
    struct p9_writer writer;
    const char *second;
    uint32_t bytes, rest;

    job->made = node_make();
    if (!step_names(job, &bytes, &second, &rest) || job->made == 0) {
        job_fail(job, job->made ? -LINUX_EIO : -LINUX_ENOMEM);
        return;
    }
    step_begin(job, &writer, P9_TWALK);
    p9_put32(&writer, step_fid(job->node, FID_WALK));
    p9_put32(&writer, step_fid(job->made, FID_WALK));
    p9_put16(&writer, 1);
    p9_put_string(&writer, job->names, bytes);
    step_send(job, &writer, P9_TWALK, STEP_WALK);
}

static void send_get(struct job *job, uint32_t node, enum step step)
{
    struct p9_writer writer;

    step_begin(job, &writer, P9_TGETATTR);
    p9_put32(&writer, step_fid(node, FID_WALK));
    p9_put64(&writer, 0x7ff); /* all that stat shows */
    step_send(job, &writer, P9_TGETATTR, step);
}

static void answer_attributes(struct job *job, uint32_t node, uint32_t target_bytes)
{
    uint8_t *at = job->reply + sizeof(struct fs_answer);

    job->attributes.node = node_number(node);
    memcpy(at, &job->attributes, sizeof(job->attributes));
    job_answer(job, 0, at, (uint32_t)sizeof(job->attributes) + target_bytes);
}

/* A name was walked to and its attributes are there. */
static void walked(struct job *job, struct p9_reader *reader)
{
    struct p9_writer writer;
    uint32_t node;

    if (!p9_get_attributes(reader, &job->attributes)) {
        job_fail(job, -LINUX_EIO);
        return;
    }
    node =
        node_settle(job->made, job->attributes.file, job->attributes.mode & LINUX_S_IFMT);
    node_at(node)->given++;
    job->other = node; /* the answer's; made is it, or has what is to be clunked */
    node_at(node)->users++;
    if ((job->attributes.mode & LINUX_S_IFMT) != LINUX_S_IFLNK) {
        answer_attributes(job, node, 0);
        return;
    }
    step_begin(job, &writer, P9_TREADLINK);
    p9_put32(&writer, step_fid(node, FID_WALK));
    step_send(job, &writer, P9_TREADLINK, STEP_READ_LINK);
}

static void link_read(struct job *job, struct p9_reader *reader)
{
    char *to = (char *)job->reply + sizeof(struct fs_answer) + sizeof(job->attributes);
    uint32_t room =
        P9_ANSWER_BYTES - (uint32_t)(sizeof(struct fs_answer) + sizeof(job->attributes));
    uint32_t bytes = p9_get_string(reader, to, room);

    job->attributes.size = bytes;
    if (reader->is_bad || bytes == 0 || memchr(to, 0, bytes)) {
        node_at(job->other)->given--; /* its number does not get out */
        job_fail(job, -LINUX_EIO);
        return;
    }
    answer_attributes(job, job->other, bytes);
}

/* ---- opening ---- */

static void send_data(struct job *job);

/* A fid of its own, cloned and opened, takes the place of the one so far: a file that was
 * removed and made anew on the other side may have the number of the old one. */
static void send_clone(struct job *job, uint32_t which)
{
    struct p9_writer writer;

    job->opening = which;
    job->made = node_make();
    if (job->made == 0) {
        job_fail(job, -LINUX_ENOMEM);
        return;
    }
    step_begin(job, &writer, P9_TWALK);
    p9_put32(&writer, step_fid(job->node, FID_WALK));
    p9_put32(&writer, step_fid(job->made, FID_WALK));
    p9_put16(&writer, 0);
    step_send(job, &writer, P9_TWALK, STEP_CLONE);
}

static void send_open(struct job *job)
{
    struct p9_writer writer;

    step_begin(job, &writer, P9_TLOPEN);
    p9_put32(&writer, step_fid(job->made, FID_WALK));
    p9_put32(&writer, job->opening == FID_WRITE ? OPEN_WRITE : OPEN_READ);
    step_send(job, &writer, P9_TLOPEN, STEP_OPEN);
}

/* The fid that was opened changes places with the node's, which goes with `made`. */
static void opened(struct job *job)
{
    struct node *node = node_at(job->node), *made = node_at(job->made);
    uint32_t bit = 1u << job->opening, fid = node->fid[job->opening];

    node->fid[job->opening] = made->fid[FID_WALK];
    made->fid[FID_WALK] = fid;
    made->live = node->live & bit ? 1u << FID_WALK : 0;
    node->live |= bit;
    send_data(job);
}

static void with_open(struct job *job, uint32_t which)
{
    if (job->operation != FS_OPEN && node_at(job->node)->live & 1u << which)
        send_data(job);
    else
        send_clone(job, which);
}

/* ---- data ---- */

static void send_read(struct job *job, enum p9_type type, uint32_t bytes)
{
    struct p9_writer writer;

    step_begin(job, &writer, type);
    p9_put32(&writer, step_fid(job->node, FID_READ));
    p9_put64(&writer, job->request.a);
    p9_put32(&writer, bytes);
    step_send(job, &writer, type, STEP_DATA);
}

/* The data lies behind the head already. */
static void send_write(struct job *job)
{
    uint32_t offset = P9_WRITE_OFFSET - P9_WRITE_HEAD_BYTES;
    struct p9_writer writer;

    p9_begin(&writer, job_out(job) + offset, P9_WRITE_HEAD_BYTES, P9_TWRITE,
             (uint16_t)(job - p9.job));
    p9_put32(&writer, step_fid(job->node, FID_WRITE));
    p9_put64(&writer, job->request.a);
    p9_put32(&writer, job->bytes);
    p9_finish(&writer);
    writer.at = 0;
    p9_put32(&writer, P9_WRITE_HEAD_BYTES + job->bytes);
    job->step = STEP_DATA;
    job_send(job, P9_TWRITE, offset, P9_WRITE_HEAD_BYTES + job->bytes);
}

static void send_data(struct job *job)
{
    switch (job->operation) {
    case FS_READ:
        send_read(job, P9_TREAD,
                  job->request.b < FS_DATA_MAX ? (uint32_t)job->request.b : FS_DATA_MAX);
        break;
    case FS_LIST:
        send_read(job, P9_TREADDIR, P9_LIST_BYTES);
        break;
    case FS_WRITE:
        send_write(job);
        break;
    default: /* OPEN: that it can be is the answer */
        job_answer(job, 0, job->reply + sizeof(struct fs_answer), 0);
        break;
    }
}

static void data_came(struct job *job, struct p9_reader *reader)
{
    uint32_t bytes;
    int64_t listed;

    if (job->operation == FS_LIST) {
        listed = p9_get_entries(reader, job->reply + sizeof(struct fs_answer),
                                P9_ANSWER_BYTES - (uint32_t)sizeof(struct fs_answer));
        if (listed < 0)
            job_fail(job, listed);
        else
            job_answer(job, 0, job->reply + sizeof(struct fs_answer), (uint32_t)listed);
        return;
    }
    bytes = p9_get32(reader);
    if (job->operation == FS_WRITE) {
        if (reader->is_bad || bytes > job->bytes)
            job_fail(job, -LINUX_EIO);
        else
            job_answer(job, bytes, job->reply + sizeof(struct fs_answer), 0);
        return;
    }
    if (reader->is_bad || bytes > job->request.b || bytes > reader->bytes - reader->at)
        job_fail(job, -LINUX_EIO);
    else
        job_answer(job, bytes, job_in(job) + P9_READ_HEAD_BYTES, bytes);
}

/* ---- start ---- */

static void send_version(struct job *job)
{
    struct p9_writer writer;

    job->made = node_make();
    if (job->made != 1) { /* there was a START before */
        job_fail(job, -LINUX_EIO);
        return;
    }
    step_begin(job, &writer, P9_TVERSION);
    p9_put32(&writer, P9_MSIZE);
    p9_put_string(&writer, version, sizeof(version) - 1);
    step_send(job, &writer, P9_TVERSION, STEP_VERSION);
}

static void send_attach(struct job *job, struct p9_reader *reader)
{
    char said[sizeof(version)];
    uint32_t msize = p9_get32(reader), bytes = p9_get_string(reader, said, sizeof(said));
    struct p9_writer writer;

    if (reader->is_bad || msize != P9_MSIZE || bytes != sizeof(version) - 1 ||
        memcmp(said, version, bytes) != 0) {
        job_fail(job, -LINUX_EIO);
        return;
    }
    step_begin(job, &writer, P9_TATTACH);
    p9_put32(&writer, step_fid(job->made, FID_WALK));
    p9_put32(&writer, P9_FID_NONE);
    p9_put_string(&writer, "root", 4);
    p9_put_string(&writer, "", 0);
    p9_put32(&writer, 0);
    step_send(job, &writer, P9_TATTACH, STEP_ATTACH);
}

/* ---- the machine ---- */

static void forget(struct job *job)
{
    struct node *node = node_at(job->node);

    node->given -= job->request.a < node->given ? (uint32_t)job->request.a : node->given;
    node->users--;
    if (!step_clunk(job))
        job->step = STEP_NONE;
}

void step_first(struct job *job)
{
    switch (job->operation) {
    case FS_START:
        send_version(job);
        break;
    case FS_LOOKUP:
        send_walk(job);
        break;
    case FS_FORGET:
        forget(job);
        break;
    case FS_GET:
        send_get(job, job->node, STEP_GET);
        break;
    case FS_SET:
        change_set(job);
        break;
    case FS_MAKE:
        change_make(job);
        break;
    case FS_STATFS:
        change_statfs(job);
        break;
    case FS_SYNC:
        change_sync(job);
        break;
    case FS_OPEN:
        with_open(job, job->request.a == FS_TO_WRITE ? FID_WRITE : FID_READ);
        break;
    case FS_READ:
    case FS_LIST:
        with_open(job, FID_READ);
        break;
    case FS_WRITE:
        with_open(job, FID_WRITE);
        break;
    default:
        change_names(job);
        break;
    }
}

static void send_clunk(struct job *job, uint32_t node, uint32_t which)
{
    struct p9_writer writer;

    step_begin(job, &writer, P9_TCLUNK);
    p9_put32(&writer, step_fid(node, which));
    node_at(node)->live &= ~(1u << which); /* whatever the answer is */
    step_send(job, &writer, P9_TCLUNK, STEP_CLUNK);
}

/* An error is the answer; what was begun is not live. */
static void failed(struct job *job, int64_t error)
{
    if (job->step == STEP_READ_LINK)
        node_at(job->other)->given--;
    job_fail(job, error);
}

static void came(struct job *job, struct p9_reader *reader)
{
    switch (job->step) {
    case STEP_VERSION:
        send_attach(job, reader);
        break;
    case STEP_ATTACH:
        node_at(job->made)->live |= 1u << FID_WALK;
        send_get(job, job->made, STEP_GET_NEW);
        break;
    case STEP_MAKE:
        send_walk(job);
        break;
    case STEP_WALK:
        if (p9_get16(reader) != 1) {
            job_fail(job, -LINUX_ENOENT);
            break;
        }
        node_at(job->made)->live |= 1u << FID_WALK;
        send_get(job, job->made, STEP_GET_NEW);
        break;
    case STEP_GET_NEW:
        walked(job, reader);
        break;
    case STEP_READ_LINK:
        link_read(job, reader);
        break;
    case STEP_SET:
        send_get(job, job->node, STEP_GET);
        break;
    case STEP_GET:
        if (p9_get_attributes(reader, &job->attributes))
            answer_attributes(job, job->node, 0);
        else
            job_fail(job, -LINUX_EIO);
        break;
    case STEP_CLONE:
        node_at(job->made)->live |= 1u << FID_WALK;
        send_open(job);
        break;
    case STEP_OPEN:
        opened(job);
        break;
    case STEP_DATA:
        (job->operation == FS_STATFS ? change_space : data_came)(job, reader);
        break;
    default:
        job_answer(job, 0, job->reply + sizeof(struct fs_answer), 0);
        break;
    }
}

/* A node's next fid that is to be given back; FID_COUNT: none. */
static uint32_t doomed_fid(uint32_t index)
{
    const struct node *node = node_at(index);
    uint32_t which = 0;

    if (index <= 1 || node->given > 0 || node->users > 0)
        return FID_COUNT;
    while (which < FID_COUNT && !(node->live & 1u << which))
        which++;
    return which;
}

/* Is it one that goes when its fids have gone? */
static bool is_over(uint32_t index)
{
    return index > 1 && node_at(index)->given == 0 && node_at(index)->users == 0;
}

bool step_clunk(struct job *job)
{
    uint32_t *const nodes[] = {&job->made, &job->node, &job->other};

    for (uint32_t i = 0; i < 3; i++) {
        uint32_t index = *nodes[i], which = doomed_fid(index);

        if (which < FID_COUNT) {
            send_clunk(job, index, which);
            return true;
        }
        for (uint32_t j = i + 1; j < 3; j++)
            if (*nodes[j] == index)
                *nodes[j] = 0;
        if (is_over(index))
            node_free(index);
        *nodes[i] = 0;
    }
    return false;
}

void step_next(struct job *job, uint32_t bytes)
{
    struct p9_reader reader;
    uint16_t tag = job->sent == P9_TVERSION ? P9_TAG_NONE : (uint16_t)(job - p9.job);
    int64_t status = p9_open(&reader, job_in(job), bytes, job->sent, tag);

    if (job->step == STEP_CLUNK) {
        if (!step_clunk(job))
            job->step = STEP_NONE;
        return;
    }
    if (status < 0)
        failed(job, status);
    else
        came(job, &reader);
}

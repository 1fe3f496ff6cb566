/* SPDX-License-Identifier: MIT */
/* Messages that change files and names, and those about the file system itself. */
#include <user/servers/p9/p9.h>

#include <user/lib/string.h>
#include <user/lib/time.h>
#include <user/proto/linux_abi.h>

#define AT_REMOVEDIR 0x200u

void change_set(struct job *job)
{
    struct fs_change change;
    struct p9_writer writer;
    uint32_t which;

    if (job->bytes != sizeof(change)) {
        job_fail(job, -LINUX_EIO);
        return;
    }
    memcpy(&change, job->names, sizeof(change));
    /* Both number mode, uid, gid, size, atime, mtime; a time that is given is one bit more. */
    which = change.which & 63;
    which |= (which & FS_SET_ATIME ? 128u : 0) | (which & FS_SET_MTIME ? 256u : 0);
    step_begin(job, &writer, P9_TSETATTR);
    p9_put32(&writer, step_fid(job->node, FID_WALK));
    p9_put32(&writer, which);
    p9_put32(&writer, change.mode);
    p9_put32(&writer, change.uid);
    p9_put32(&writer, change.gid);
    p9_put64(&writer, change.size);
    p9_put64(&writer, change.atime_ns / NANOSECONDS_PER_SECOND);
    p9_put64(&writer, change.atime_ns % NANOSECONDS_PER_SECOND);
    p9_put64(&writer, change.mtime_ns / NANOSECONDS_PER_SECOND);
    p9_put64(&writer, change.mtime_ns % NANOSECONDS_PER_SECOND);
    step_send(job, &writer, P9_TSETATTR, STEP_SET);
}

void change_make(struct job *job)
{
    uint32_t mode = (uint32_t)job->request.a, type = mode & LINUX_S_IFMT;
    uint32_t gid = (uint32_t)(job->request.b >> 32);
    enum p9_type message = type == LINUX_S_IFDIR   ? P9_TMKDIR
                           : type == LINUX_S_IFLNK ? P9_TSYMLINK
                                                   : P9_TMKNOD;
    struct p9_writer writer;
    uint32_t bytes, target_bytes;
    const char *target;

    if (!step_names(job, &bytes, &target, &target_bytes)) {
        job_fail(job, -LINUX_EIO);
        return;
    }
    step_begin(job, &writer, message);
    p9_put32(&writer, step_fid(job->node, FID_WALK));
    p9_put_string(&writer, job->names, bytes);
    if (type == LINUX_S_IFLNK)
        p9_put_string(&writer, target, target_bytes);
    else
        p9_put32(&writer, type == LINUX_S_IFDIR ? mode & 07777 : mode);
    if (message == P9_TMKNOD) {
        p9_put32(&writer, (uint32_t)job->request.c >> 8 & 0xfff);
        p9_put32(&writer, (uint32_t)job->request.c & 0xff);
    }
    p9_put32(&writer, gid);
    step_send(job, &writer, message, STEP_MAKE);
}

void change_names(struct job *job)
{
    struct p9_writer writer;
    uint32_t bytes, second_bytes;
    const char *second;
    enum p9_type type = job->operation == FS_LINK     ? P9_TLINK
                        : job->operation == FS_REMOVE ? P9_TUNLINKAT
                                                      : P9_TRENAMEAT;

    if (!step_names(job, &bytes, &second, &second_bytes) ||
        (type != P9_TUNLINKAT && job->other == 0) ||
        (type == P9_TRENAMEAT && !p9_name_is_good(second, second_bytes))) {
        job_fail(job, -LINUX_EIO);
        return;
    }
    step_begin(job, &writer, type);
    p9_put32(&writer, step_fid(job->node, FID_WALK));
    if (type == P9_TLINK)
        p9_put32(&writer, step_fid(job->other, FID_WALK));
    p9_put_string(&writer, job->names, bytes);
    if (type == P9_TUNLINKAT)
        p9_put32(&writer, job->request.a ? AT_REMOVEDIR : 0);
    if (type == P9_TRENAMEAT) {
        p9_put32(&writer, step_fid(job->other, FID_WALK));
        p9_put_string(&writer, second, second_bytes);
    }
    step_send(job, &writer, type, STEP_SIMPLE);
}

void change_sync(struct job *job)
{
    uint32_t which = node_at(job->node)->live & 1u << FID_WRITE ? FID_WRITE : FID_READ;
    struct p9_writer writer;

    if (!(node_at(job->node)->live & 1u << which)) {
        job_answer(job, 0, job->reply + sizeof(struct fs_answer),
                   0); /* nothing is open */
        return;
    }
    step_begin(job, &writer, P9_TFSYNC);
    p9_put32(&writer, step_fid(job->node, which));
    p9_put32(&writer, 0);
    step_send(job, &writer, P9_TFSYNC, STEP_SIMPLE);
}

void change_statfs(struct job *job)
{
    struct p9_writer writer;

    step_begin(job, &writer, P9_TSTATFS);
    p9_put32(&writer, step_fid(job->node, FID_WALK));
    step_send(job, &writer, P9_TSTATFS, STEP_DATA);
}

void change_space(struct job *job, struct p9_reader *reader)
{
    struct fs_space space = {.magic = p9_get32(reader), .block_bytes = p9_get32(reader)};
    uint8_t *at = job->reply + sizeof(struct fs_answer);

    space.blocks = p9_get64(reader);
    space.free = p9_get64(reader);
    space.available = p9_get64(reader);
    space.files = p9_get64(reader);
    space.files_free = p9_get64(reader);
    p9_get64(reader); /* id */
    space.name_max = p9_get32(reader);
    if (reader->is_bad) {
        job_fail(job, -LINUX_EIO);
        return;
    }
    memcpy(at, &space, sizeof(space));
    job_answer(job, 0, at, sizeof(space));
}

/* SPDX-License-Identifier: MIT */
/* Jobs: taken from the ring of requests, sent to the device, answered. */
#include <user/servers/p9/p9.h>

#include <user/lib/kernel.h>
#include <user/lib/string.h>
#include <user/lib/time.h>
#include <user/proto/linux_abi.h>

static uint32_t number_of(const struct job *job)
{
    return (uint32_t)(job - p9.job);
}

static uint64_t offset_of(const struct job *job)
{
    return VIRTIO_QUEUE_BYTES + (uint64_t)number_of(job) * P9_JOB_BYTES;
}

uint8_t *job_out(const struct job *job)
{
    return p9.dma + offset_of(job);
}

uint8_t *job_in(const struct job *job)
{
    return job_out(job) + P9_OUT_BYTES + P9_IN_MARGIN;
}

void job_send(struct job *job, enum p9_type type, uint32_t offset, uint32_t bytes)
{
    uint64_t physical = p9.dma_physical + offset_of(job);

    job->sent = type;
    virtio_put(&p9.queue, number_of(job), physical + offset, bytes,
               physical + P9_OUT_BYTES + P9_IN_MARGIN, P9_IN_BYTES - P9_IN_MARGIN);
    virtio_kick(&p9.queue);
}

/* ---- the end of a job ---- */

static void job_end(struct job *job)
{
    if (job->node)
        node_at(job->node)->users--;
    if (job->other)
        node_at(job->other)->users--;
    if (!step_clunk(job))
        job->step = STEP_NONE;
}

/* Put the answer that the job holds into the ring. False: no room. */
static bool answer_put(struct job *job)
{
    int64_t status = ring_put(&p9.answers, p9.server.page->cause, job->operation,
                              job->answer, job->answer_bytes);

    if (status == E_AGAIN && ring_producer_may_sleep(&p9.answers, job->answer_bytes))
        return false;
    if (status == E_AGAIN)
        status = ring_put(&p9.answers, p9.server.page->cause, job->operation, job->answer,
                          job->answer_bytes);
    if (ring_must_wake_consumer(&p9.answers))
        endpoint_post(p9.posix, p9.answers_bit);
    return status != E_AGAIN;
}

void job_answer(struct job *job, int64_t result, uint8_t *at, uint32_t bytes)
{
    struct fs_answer head = {.id = job->request.id, .result = result};

    job->answer = at - sizeof(head);
    job->answer_bytes = (uint32_t)sizeof(head) + bytes;
    memcpy(job->answer, &head, sizeof(head));
    if (answer_put(job))
        job_end(job);
    else
        job->step = STEP_ANSWER;
}

void job_fail(struct job *job, int64_t error)
{
    job_answer(job, error, job->reply + sizeof(struct fs_answer), 0);
}

void jobs_answer(void)
{
    for (uint32_t i = 0; i < P9_JOBS; i++)
        if (p9.job[i].step == STEP_ANSWER && answer_put(&p9.job[i]))
            job_end(&p9.job[i]);
    jobs_begin();
}

/* ---- requests ---- */

static struct job *job_free(void)
{
    for (uint32_t i = 0; i < P9_JOBS; i++)
        if (p9.job[i].step == STEP_NONE)
            return &p9.job[i];
    return NULL;
}

/* Take the request that was peeked at. False: it is none; it is skipped. */
static bool job_take(struct job *job, const struct ring_entry *entry)
{
    uint32_t head = sizeof(job->request);
    bool is_write = entry->kind == FS_WRITE;
    uint32_t room = is_write ? FS_DATA_MAX : P9_NAMES_BYTES;

    if (entry->kind == FS_NONE || entry->kind >= FS_OPERATION_COUNT ||
        entry->bytes < head || entry->bytes - head > room)
        return false;
    job->operation = (enum fs_operation)entry->kind;
    job->bytes = entry->bytes - head;
    ring_read(&p9.requests, 0, &job->request, head);
    ring_read(&p9.requests, head,
              is_write ? job_out(job) + P9_WRITE_OFFSET : (uint8_t *)job->names,
              job->bytes);
    return true;
}

/* Does the host leave too much about a node unanswered? */
static bool node_hangs(uint32_t node, uint64_t now_ns)
{
    uint32_t late = 0;

    for (uint32_t i = 0; i < P9_JOBS; i++)
        late += p9.job[i].step != STEP_NONE && p9.job[i].node == node &&
                p9.job[i].late_ns <= now_ns;
    return late >= P9_LATE_MAX;
}

static void job_begin(struct job *job)
{
    uint64_t now_ns = time_now_ns(p9.timebase_hz);

    p9.server.page->cause = 0;
    job->late_ns = now_ns + FS_PATIENCE_NS;
    job->made = job->other = 0;
    job->node = node_find(job->request.node);
    if (job->node)
        node_at(job->node)->users++;
    if (job->operation == FS_LINK || job->operation == FS_RENAME)
        job->other = node_find(job->request.a);
    if (job->other)
        node_at(job->other)->users++;
    if (job->node == 0 && job->operation == FS_FORGET)
        job->step = STEP_NONE;
    else if ((job->node == 0 && job->operation != FS_START) ||
             (job->operation != FS_FORGET && node_hangs(job->node, now_ns)))
        job_fail(job, -LINUX_EIO);
    else
        step_first(job);
}

void jobs_begin(void)
{
    struct ring_entry entry;
    struct job *job;

    do {
        while ((job = job_free()) != NULL && ring_peek(&p9.requests, &entry) > 0) {
            bool is_good = job_take(job, &entry);

            ring_drop(&p9.requests);
            if (is_good)
                job_begin(job);
        }
        if (ring_must_wake_producer(&p9.requests))
            endpoint_post(p9.posix, p9.room_bit);
    } while (job && !p9.requests.is_broken && !ring_consumer_may_sleep(&p9.requests));
}

void jobs_reap(void)
{
    uint32_t chain, bytes;

    while (virtio_take(&p9.queue, &chain, &bytes))
        step_next(&p9.job[chain], bytes);
    jobs_begin();
}

/* SPDX-License-Identifier: MIT */
/*
 * The shim's reads and writes against a server that is faked: it moves at most
 * POSIX_TRANSFER_MAX bytes at once, often fewer, or says "wait", or fails.
 *
 * Contract checked: bytes arrive in order and none twice, by way of the slot or not; a read that has bytes never
 * sleeps, and stops at the first request that gives less than it could; a write goes on
 * to the end or to an error; an error after the first bytes is a count; vectors behave as
 * one buffer.
 */
/* sources: */
#define USER_LIB_KERNEL_H
#include <abi/handle.h>
#include <abi/message.h>
#include <abi/status.h>
#include <abi/thread_page.h>
#include <abi/vm.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <user/proto/linux_abi.h>
#include <user/proto/posix.h>

#include <posix/client/shim.h>

#define POSIX_CLIENT_THREAD_H /* the calling thread is faked, too */
static struct posix_slot *slot_own(void);

#include "../../posix/client/transfer.c"

static struct posix_slot slot;
static uint64_t random_below(uint64_t limit);

static struct posix_slot *slot_own(void)
{
    return random_below(4) ? &slot : NULL;
}

/* At times the shim cannot reach a buffer: then it must ask without the slot. */
long user_probe(uint64_t at, size_t bytes)
{
    (void)at, (void)bytes;
    return random_below(8) ? 0 : -LINUX_EFAULT;
}

long user_copy(void *to, const void *from, size_t bytes)
{
    bool is_into_slot = (uint64_t)to - (uint64_t)&slot < sizeof(slot);

    if (is_into_slot && random_below(8) == 0)
        return -LINUX_EFAULT;
    memcpy(to, from, bytes);
    return 0;
}

void signal_raise(long signal)
{
    (void)signal;
}

#define STREAM_BYTES 400000
#define PARTS_MAX    9

static unsigned char stream[STREAM_BYTES]; /* what is read, or has been written */
static uint64_t position;                  /* in it */
static uint64_t moved;                     /* in this transfer */
static bool was_short;                     /* the last request gave less than it could */
static bool slept_late; /* a read could have slept after its first bytes */
static bool went_on;    /* a read asked again after a short answer */
static bool asked_too_much;
static unsigned mischief; /* one request in so many does less than all; 0: none */
static long refusal;      /* errno the server gives next, negative; 0: none */
static uint64_t random_state = 88172645463325252ull;
static int tests;
static int failures;

static uint64_t random_below(uint64_t limit)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state % limit;
}

static void ok(bool good, const char *name)
{
    printf("%sok %d - %s\n", good ? "" : "not ", ++tests, name);
    failures += !good;
}

/* Move bytes between the stream and the caller, or less of them. */
static uint64_t stream_move(bool is_write, uint64_t at, uint64_t buffer, uint64_t bytes)
{
    if (bytes > STREAM_BYTES - at)
        bytes = STREAM_BYTES - at;
    if (is_write)
        memcpy(stream + at, (void *)buffer, bytes);
    else
        memcpy((void *)buffer, stream + at, bytes);
    return bytes;
}

static long server_vector(bool is_write, const struct linux_iovec *vector, uint64_t count,
                          uint64_t most)
{
    uint64_t done = 0;

    for (uint64_t i = 0; i < count && done < most; i++) {
        uint64_t bytes = vector[i].length < most - done ? vector[i].length : most - done;
        done += stream_move(is_write, position + done, vector[i].base, bytes);
    }
    return (long)done;
}

static uint64_t vector_bytes(const struct linux_iovec *vector, uint64_t count)
{
    uint64_t total = 0;

    for (uint64_t i = 0; i < count; i++)
        total += vector[i].length;
    return total;
}

static long server(enum posix_request request, uint64_t word1, uint64_t word2,
                   uint64_t word3)
{
    bool is_vector = request == POSIX_READV || request == POSIX_WRITEV;
    bool is_write =
        request == POSIX_WRITEV || request == POSIX_WRITE || request == POSIX_PWRITE;
    bool is_positioned = request == POSIX_PREAD || request == POSIX_PWRITE;
    const struct linux_iovec *vector = (const struct linux_iovec *)word1;
    uint64_t most = is_vector ? vector_bytes(vector, word2) : word2;
    uint64_t could;
    long done;

    if (!is_vector && word2 > POSIX_TRANSFER_MAX)
        asked_too_much = true;
    if (most > POSIX_TRANSFER_MAX)
        most = POSIX_TRANSFER_MAX;
    could = most;
    went_on |= was_short && !is_write;
    if (refusal && random_below(3) == 0)
        return refusal;
    if (most > 1 && mischief && random_below(mischief) == 0)
        most = 1 + random_below(most - 1);
    if (is_positioned)
        done = (long)stream_move(is_write, word3, word1, most);
    else if (is_vector)
        done = server_vector(is_write, vector, word2, most);
    else
        done = (long)stream_move(is_write, position, word1, most);
    if (!is_positioned)
        position += (uint64_t)done;
    moved += (uint64_t)done;
    was_short = (uint64_t)done < could;
    return done;
}

long posix_try(enum posix_request request, uint64_t word0, uint64_t word1, uint64_t word2,
               uint64_t word3)
{
    (void)word0;
    if (mischief && random_below(mischief) == 0)
        return POSIX_WOULD_WAIT;
    return server(request, word1, word2, word3);
}

long posix_call(enum posix_request request, uint64_t word0, uint64_t word1,
                uint64_t word2, uint64_t word3)
{
    bool is_read =
        request == POSIX_READ || request == POSIX_READV || request == POSIX_PREAD;

    (void)word0;
    if (is_read && moved > 0)
        slept_late = true;
    return server(request, word1, word2, word3);
}

long posix_call_words(enum posix_request request, const uint64_t word[4])
{
    return posix_call((enum posix_request)((uint32_t)request & POSIX_REQUEST_BITS),
                      word[0], word[1], word[2], word[3]);
}

/* A buffer cut at random places into a vector with empty parts among them. */
static long vector_cut(struct linux_iovec *vector, unsigned char *buffer, uint64_t bytes)
{
    long count = 1 + (long)random_below(PARTS_MAX);
    uint64_t at = 0;

    for (long i = 0; i < count; i++) {
        uint64_t part = i == count - 1 ? bytes - at : random_below(bytes - at + 1);
        vector[i] = (struct linux_iovec){(uint64_t)(buffer + at), part};
        at += part;
    }
    return count;
}

static long transfer(bool is_write, bool is_vector, unsigned char *buffer, uint64_t bytes)
{
    struct linux_iovec vector[PARTS_MAX];
    long argument[4] = {3, (long)buffer, (long)bytes, 0};

    moved = 0;
    was_short = false;
    if (is_vector) {
        argument[1] = (long)vector;
        argument[2] = vector_cut(vector, buffer, bytes);
    }
    if (is_write)
        return is_vector ? shim_writev(argument) : shim_write(argument);
    return is_vector ? shim_readv(argument) : shim_read(argument);
}

/* Random transfers, one after another, must give the stream back. */
static bool run(bool is_write, bool is_vector, bool with_errors)
{
    static unsigned char image[STREAM_BYTES];
    static unsigned char buffer[STREAM_BYTES];
    uint64_t at = 0;

    for (size_t i = 0; i < STREAM_BYTES; i++)
        image[i] = (unsigned char)(i * 31 + i / 257);
    memcpy(stream, image, STREAM_BYTES);
    if (is_write)
        memset(stream, 0, STREAM_BYTES);
    position = 0;
    slept_late = went_on = asked_too_much = false;
    while (at < STREAM_BYTES) {
        uint64_t most = STREAM_BYTES - at < 200000 ? STREAM_BYTES - at : 200000;
        uint64_t bytes = 1 + random_below(random_below(2) || most < 600 ? most : 600);
        long got;

        refusal = with_errors ? -LINUX_EIO : 0;
        if (is_write)
            memcpy(buffer, image + at, bytes);
        got = transfer(is_write, is_vector, buffer, bytes);
        if (got < 0 && with_errors && moved == 0)
            continue;
        if (got <= 0 || (uint64_t)got > bytes || (uint64_t)got != moved)
            return false;
        if (is_write && !with_errors && (uint64_t)got != bytes)
            return false;
        if (!is_write && memcmp(buffer, image + at, (size_t)got) != 0)
            return false;
        at += (uint64_t)got;
    }
    return !slept_late && !went_on && !asked_too_much &&
           memcmp(stream, image, STREAM_BYTES) == 0;
}

static void positioned(void)
{
    static unsigned char buffer[STREAM_BYTES];
    static unsigned char before[STREAM_BYTES];

    memcpy(before, stream, sizeof before);
    refusal = 0;
    mischief = 0;
    position = 5;
    moved = 0;
    was_short = false;
    ok(shim_pread((const long[]){3, (long)buffer, 200000, 100}) == 200000 &&
           memcmp(buffer, before + 100, 200000) == 0 && position == 5,
       "a long pread, at its offset");
    ok(shim_pread((const long[]){3, (long)buffer, 100, -1}) == -LINUX_EINVAL,
       "before the start: EINVAL");
    memset(buffer, 1, sizeof buffer);
    ok(shim_pwrite((const long[]){3, (long)buffer, 150000, 1000}) == 150000 &&
           memcmp(stream + 1000, buffer, 150000) == 0 && stream[999] == before[999] &&
           stream[151000] == before[151000],
       "a long pwrite, at its offset");
}

int main(void)
{
    static const char *const names[] = {"read", "readv", "write", "writev"};
    char name[80];

    for (int kind = 0; kind < 4; kind++) {
        for (unsigned errors = 0; errors < 2; errors++) {
            bool good = true;
            for (int round = 0; round < 200; round++) {
                mischief = (unsigned)random_below(5);
                good = good && run(kind >= 2, kind & 1, errors);
            }
            snprintf(name, sizeof name, "%s, the server %s", names[kind],
                     errors ? "failing at times" : "slow at times");
            ok(good, name);
        }
    }
    positioned();
    printf("1..%d\n", tests);
    return failures != 0;
}

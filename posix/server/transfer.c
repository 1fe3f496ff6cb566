/* SPDX-License-Identifier: MIT */
/*
 * Data between the current caller and the server. Addresses in the caller's slots mean
 * memory that the server has mapped, too, and are copied there; all others go by vm_copy
 * through the caller's window, where the kernel checks every byte. Either way the server
 * follows no address of the caller's, and takes each byte once: what it checks is its own
 * copy, whatever another thread of the caller writes meanwhile.
 */
#include <posix/server/request.h>

#include <user/lib/kernel.h>
#include <user/lib/string.h>

#define STRING_PIECE 256u

static const uint8_t zeros[4096];

typedef uint64_t __attribute__((may_alias)) shared_word;

static int64_t copy_error(int64_t status)
{
    if (status == E_QUOTA || status == E_NO_MEMORY)
        return -LINUX_ENOMEM;
    return -LINUX_EFAULT;
}

uint8_t *transfer_slots;

static bool is_in_slots(uint64_t theirs, uint64_t bytes)
{
    uint64_t at = theirs - POSIX_SLOTS_VA;

    return at < POSIX_SLOTS_BYTES && bytes <= POSIX_SLOTS_BYTES - at;
}

static uint8_t *in_slots(uint64_t theirs)
{
    return transfer_slots + (theirs - POSIX_SLOTS_VA);
}

int64_t transfer_in(void *own, uint64_t theirs, uint64_t bytes)
{
    int64_t done;

    if (is_in_slots(theirs, bytes)) {
        memcpy(own, in_slots(theirs), bytes);
        return (int64_t)bytes;
    }
    done = vm_copy(HANDLE_CALLER, theirs, own, bytes, VM_COPY_IN);
    return done >= 0 ? done : copy_error(done);
}

int64_t transfer_out(uint64_t theirs, const void *own, uint64_t bytes)
{
    int64_t done;

    if (is_in_slots(theirs, bytes)) {
        memcpy(in_slots(theirs), own, bytes);
        return (int64_t)bytes;
    }
    done = vm_copy(HANDLE_CALLER, theirs, (void *)own, bytes, VM_COPY_OUT);
    return done >= 0 ? done : copy_error(done);
}

void *transfer_place(uint64_t theirs, uint64_t bytes)
{
    return is_in_slots(theirs, bytes) && (theirs & 7) == 0 ? in_slots(theirs) : NULL;
}

void transfer_expect(const struct request *r, uint64_t theirs, uint64_t bytes)
{
    uint64_t offset = theirs - POSIX_SLOTS_VA;
    const volatile struct posix_slot *slot;

    if (!is_in_slots(theirs, bytes))
        return;
    slot = (const void *)(transfer_slots + (offset & ~(uint64_t)(POSIX_SLOT_BYTES - 1)));
    if (slot->expects)
        wait_expect(r->thread_index, (uint32_t)offset, (uint32_t)bytes);
}

/* The thread's records are gone already, as with each of its requests. */
int64_t request_WITHDRAW(struct request *r)
{
    (void)r;
    return 0;
}

int64_t copy_in(void *own, uint64_t theirs, uint64_t bytes)
{
    int64_t done = transfer_in(own, theirs, bytes);

    if (done < 0)
        return done;
    return (uint64_t)done == bytes ? 0 : -LINUX_EFAULT;
}

int64_t copy_out(uint64_t theirs, const void *own, uint64_t bytes)
{
    int64_t done = transfer_out(theirs, own, bytes);

    if (done < 0)
        return done;
    return (uint64_t)done == bytes ? 0 : -LINUX_EFAULT;
}

int64_t transfer_zeros(uint64_t theirs, uint64_t bytes)
{
    uint64_t done = 0;

    while (done < bytes) {
        uint64_t piece = bytes - done < sizeof(zeros) ? bytes - done : sizeof(zeros);
        int64_t got = transfer_out(theirs + done, zeros, piece);

        if (got < 0)
            return done ? (int64_t)done : got;
        done += (uint64_t)got;
        if ((uint64_t)got < piece)
            break;
    }
    return (int64_t)done;
}

#define ONES 0x0101010101010101ull

/* Not zero if and only if a byte of the word is; its lowest bit is in the lowest such. */
static uint64_t zero_bytes(uint64_t word)
{
    return (word - ONES) & ~word & (ONES << 7);
}

/* How many bytes come before it: ones below that bit, one for each byte, are added up. */
static uint64_t bytes_before(uint64_t zero)
{
    return (((((zero & -zero) - 1) & ONES) * ONES) >> 56) - 1;
}

/*
 * A string in the slots, with at most room bytes: word by word, each read once and looked
 * at when it is ours. Returns its length, or room when it has no end there.
 */
static uint64_t slot_string(char *buffer, const uint8_t *from, uint64_t room)
{
    uint64_t done = 0;

    for (; done < room; done++) {
        bool is_word = (((uintptr_t)(buffer + done) | (uintptr_t)(from + done)) & 7) == 0;

        while (is_word && room - done >= sizeof(uint64_t)) {
            uint64_t word = *(const volatile shared_word *)(from + done);

            *(shared_word *)(buffer + done) = word;
            if (zero_bytes(word))
                return done + bytes_before(zero_bytes(word));
            done += sizeof(word);
        }
        if (done == room)
            break;
        buffer[done] = *(const volatile char *)(from + done);
        if (buffer[done] == 0)
            break;
    }
    return done;
}

int64_t copy_in_string(char *buffer, uint64_t buffer_bytes, uint64_t theirs)
{
    uint64_t done = 0;

    if (is_in_slots(theirs, 1)) {
        uint64_t room = POSIX_SLOTS_VA + POSIX_SLOTS_BYTES - theirs;

        if (room > buffer_bytes)
            room = buffer_bytes;
        done = slot_string(buffer, in_slots(theirs), room);
        if (done < room)
            return (int64_t)done;
        /* It goes on behind the slots, or the buffer is full. */
    }
    while (done < buffer_bytes) {
        uint64_t room = buffer_bytes - done;
        uint64_t piece = room < STRING_PIECE ? room : STRING_PIECE;
        int64_t got = transfer_in(buffer + done, theirs + done, piece);
        const char *end;

        if (got <= 0)
            return got < 0 ? got : -LINUX_EFAULT;
        end = memchr(buffer + done, 0, (size_t)got);
        if (end)
            return end - buffer;
        done += (uint64_t)got;
    }
    return -LINUX_ENAMETOOLONG;
}

/* SPDX-License-Identifier: MIT */
/* One message from thread to thread; start reading at message_transfer(). */
#include <kernel/ipc/message.h>

#include <kernel/base/string.h>
#include <kernel/debug/trace.h>
#include <kernel/object/handle.h>
#include <kernel/sched/process.h>
#include <kernel/sched/thread.h>

#define SENDER_FLAGS                                                                     \
    (MESSAGE_WINDOW_READ | MESSAGE_WINDOW_WRITE | MESSAGE_UNINTERRUPTIBLE |              \
     MESSAGE_DEADLINE)
#define CONTENT_MASK ((1ull << MESSAGE_FLAGS_SHIFT) - 1)

enum status message_check_info(uint64_t info)
{
    uint64_t flags = info & ~CONTENT_MASK;

    if ((flags & ~SENDER_FLAGS) || (info >> 47 & 1) ||
        message_bytes(info) > MESSAGE_BYTES_MAX ||
        message_handles(info) > MESSAGE_HANDLES_MAX)
        return REFUSE(E_INVALID);
    return OK;
}

void message_fetch_handles(struct thread *from, uint64_t info)
{
    for (uint32_t i = 0; i < message_handles(info); i++)
        from->call_handles[i] = READ_ONCE(from->page->handles[i]);
}

static enum status transfer_handles(struct thread *from, struct thread *to, uint32_t n)
{
    struct process *source = from->process, *target = to->process;
    struct handle_entry *entry;
    handle_t made[MESSAGE_HANDLES_MAX];
    enum status st = OK;
    uint32_t i;

    if (n > READ_ONCE(to->page->accept))
        return REFUSE(E_TOO_BIG);
    for (i = 0; i < n; i++) {
        st = handle_lookup(&source->handles, from->call_handles[i], OBJECT_NONE,
                           RIGHT_DUPLICATE, &entry);
        if (st == OK)
            st = handle_make(&target->handles, target->account, entry->object,
                             entry->rights, entry->badge, &made[i]);
        if (st != OK)
            break;
    }
    if (st != OK) {
        while (i-- > 0)
            if (handle_drop(&target->handles, made[i]) != OK)
                panic("a handle just made can be dropped");
        return st;
    }
    for (i = 0; i < n; i++)
        to->page->handles[i] = made[i];
    return OK;
}

enum status message_transfer(struct thread *from, struct thread *to, uint64_t info)
{
    enum status st;

    if (message_handles(info) > 0) {
        st = transfer_handles(from, to, message_handles(info));
        if (st != OK)
            return st;
    }
    /* Nothing can fail from here on. */
    if (message_bytes(info) > 0)
        memcpy(to->page->bytes, from->page->bytes, message_bytes(info));
    context_set_result(&to->context, OK);
    context_set_argument(&to->context, 1,
                         info &
                             (CONTENT_MASK | MESSAGE_WINDOW_READ | MESSAGE_WINDOW_WRITE));
    for (unsigned i = 2; i < 6; i++)
        context_set_argument(&to->context, i, context_argument(&from->context, i));
    return OK;
}

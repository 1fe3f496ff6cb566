/* SPDX-License-Identifier: MIT */
/*
 * The loop of a server: one thread, one endpoint; each event, notice or call is handled to
 * completion, then the thread sleeps for the next one.
 *
 * Embed struct server in the program's own state and get it back with SERVER_OF.
 */
#ifndef USER_LIB_SERVER_H
#define USER_LIB_SERVER_H

#include <stddef.h>
#include <stdint.h>

#include <user/lib/kernel.h>

struct server {
    handle_t endpoint; /* RECEIVE */
    struct thread_page *page;
    /* When to call on_deadline, nanoseconds since boot; a handler may change it. */
    uint64_t deadline_ns;
    /* Handlers; one that is NULL must not be needed, except that an unexpected call is
     * answered with E_UNSUPPORTED in word 0. */
    void (*on_events)(struct server *server, uint64_t bits);
    void (*on_death)(struct server *server, uint64_t badge, const struct message *death);
    void (*on_alarm)(struct server *server, uint64_t badge); /* PROCESS_SET_ALARM's */
    /* The message holds the call; what it holds on return is the reply. Handles that came
     * with it are in page->handles, as many as message_handles(call->info). */
    void (*on_call)(struct server *server, uint64_t badge, struct message *call);
    /* deadline_ns has passed; it is DEADLINE_NEVER again. */
    void (*on_deadline)(struct server *server);
};

#define SERVER_OF(server, type, member) \
    ((type *)((char *)(server) - offsetof(type, member)))

/* Set up for endpoint, with no handlers and no deadline; takes up to `accept` handles
 * with a call. page is the calling thread's. */
void server_start(struct server *server, handle_t endpoint, struct thread_page *page,
                  uint32_t accept);

/* Run until endpoint_reply_wait fails for a reason of its own; returns that status. */
int64_t server_run(struct server *server);

#endif

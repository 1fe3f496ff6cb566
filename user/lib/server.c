/* SPDX-License-Identifier: MIT */
/* The server loop of server.h. Start at server_run. */
#include <user/lib/server.h>

void server_start(struct server *server, handle_t endpoint, struct thread_page *page,
                  uint32_t accept)
{
    *server = (struct server){
        .endpoint = endpoint,
        .page = page,
        .deadline_ns = DEADLINE_NEVER,
    };
    page->accept = accept;
}

static void dispatch(struct server *server, struct message *m)
{
    if (m->info & MESSAGE_IS_EVENT) {
        server->on_events(server, m->word[0]);
        m->info = 0;
    } else if (m->info & MESSAGE_IS_DEATH) {
        if (server->on_death)
            server->on_death(server, server->page->badge, m);
        m->info = 0;
    } else if (m->info & MESSAGE_IS_ALARM) {
        if (server->on_alarm)
            server->on_alarm(server, server->page->badge);
        m->info = 0;
    } else if (server->on_call) {
        server->on_call(server, server->page->badge, m);
    } else {
        for (uint32_t i = 0; i < message_handles(m->info); i++)
            handle_close(server->page->handles[i]);
        *m = (struct message){.word = {(uint64_t)E_UNSUPPORTED}};
    }
}

int64_t server_run(struct server *server)
{
    struct message m = {0};

    for (;;) {
        int64_t status;

        if (server->deadline_ns != DEADLINE_NEVER) {
            server->page->deadline_ns = server->deadline_ns;
            m.info |= MESSAGE_DEADLINE;
        }
        status = endpoint_reply_wait(server->endpoint, &m);
        if (status >= 0) {
            dispatch(server, &m);
            continue;
        }
        m = (struct message){0};
        if (status == E_TIMED_OUT) {
            server->deadline_ns = DEADLINE_NEVER;
            server->on_deadline(server);
        } else if (status != E_INTERRUPTED) {
            return status;
        }
    }
}

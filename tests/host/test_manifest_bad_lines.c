/* SPDX-License-Identifier: MIT */
/*
 * The manifest's reader: what a line means, what is wrong with bad ones, and that no bytes
 * make it read or write anywhere else (under ASan) or lose count of lines.
 */
/* sources: user/lib/manifest.c */
#include <stdlib.h>
#include <string.h>
#include <tests/host/tap.h>
#include <user/lib/manifest.h>

static struct manifest_service service;
static const char *why;

static enum manifest_result first(const char *text)
{
    struct manifest manifest;

    manifest_start(&manifest, text, strlen(text));
    return manifest_next(&manifest, &service, &why);
}

static bool is_bad(const char *text, const char *reason)
{
    return first(text) == MANIFEST_BAD && strstr(why, reason) != NULL;
}

static void good_lines(void)
{
    const char *word;

    check(first("# c\n\n uart always console device=ns16550a interrupt log /boot/uart a") ==
              MANIFEST_SERVICE && service.line == 3 && service.role == ROLE_CONSOLE &&
              service.restart == RESTART_ALWAYS &&
              service.gives == (MANIFEST_INTERRUPT | MANIFEST_LOG) &&
              strcmp(service.device, "ns16550a") == 0 && service.words == 2,
          "a native service");
    word = service.text + service.program;
    check(strcmp(word, "/boot/uart") == 0 && strcmp(word + 11, "a") == 0 && service.bytes == 13,
          "its words");
    check(first("h never mount=/host device=virtio:9 if-present /p") == MANIFEST_SERVICE &&
              service.virtio == 9 && strcmp(service.text + service.path, "/host") == 0,
          "a file system");
    check(first("s on-failure terminal /bin/sh -c \"a  # 'b'\"x # c") == MANIFEST_SERVICE &&
              service.words == 3 &&
              strcmp(service.text + service.program + 11, "a  # 'b'x") == 0,
          "quotes");
    check(first("p always posix log schedule /p") == MANIFEST_SERVICE &&
              service.gives == (MANIFEST_LOG | MANIFEST_SCHEDULE),
          "what the server gets");
}

static void bad_lines(void)
{
    check(is_bad("a", "no program") && is_bad("a always", "no program"), "no program");
    check(is_bad("/a always /p", "name") &&
              is_bad("aaaaaaaaaabbbbbbbbbbccccccccccdd always /p", "name"), "names");
    check(is_bad("a b /p", "never"), "restart");
    check(is_bad("a always x /p", "unknown"), "a word that means nothing");
    check(is_bad("a always console posix /p", "more than one"), "two roles");
    check(is_bad("a always mount=x device=d /p", "absolute") &&
              is_bad("a always mount=/ device=d /p", "absolute"), "mount=");
    check(is_bad("a always mount=/x device=virtio:x /p", "number") &&
              is_bad("a always mount=/x device=virtio: /p", "number"), "virtio:");
    check(is_bad("a always mount=/x /p", "device") && is_bad("a always log /p", "handles"),
          "handles");
    check(is_bad("a always /p \"x", "quote"), "a quote that is open");
}

/* Any bytes: each line is looked at once, and nothing behind the text is. */
static void any_bytes(void)
{
    static const char *const words[] = {"a", "always", "never", "mount=/x", "device=virtio:9",
                                        "/p", "\"", "#", "\n", "terminal", " ", "\t"};
    unsigned seed = 1, results = 0;
    bool is_well = true;

    for (int round = 0; round < 20000; round++) {
        size_t bytes = 0, room = 3000, lines = 1;
        char *text = malloc(room), *end;
        struct manifest manifest;
        enum manifest_result result;
        uint32_t line = 0;

        for (int i = 0; i < 40 && bytes < 2000; i++) {
            const char *word = words[rand_r(&seed) % 12];

            if (rand_r(&seed) % 8 == 0) {
                size_t run = (size_t)rand_r(&seed) % 1100;

                memset(text + bytes, rand_r(&seed), bytes + run < 2900 ? run : 1);
                bytes += bytes + run < 2900 ? run : 1;
            } else {
                memcpy(text + bytes, word, strlen(word));
                bytes += strlen(word);
                text[bytes++] = ' ';
            }
        }
        text = realloc(text, bytes); /* not a byte more for it to read */
        for (size_t i = 0; i < bytes; i++)
            lines += text[i] == '\n';
        manifest_start(&manifest, text, bytes);
        while ((result = manifest_next(&manifest, &service, &why)) != MANIFEST_END) {
            is_well &= service.line > line && service.line <= lines;
            is_well &= (result == MANIFEST_BAD) == (why != NULL);
            line = service.line;
            results++;
            end = service.text + service.program + service.bytes;
            if (result == MANIFEST_SERVICE)
                is_well &= end <= service.text + sizeof(service.text) && end[-1] == 0;
        }
        free(text);
    }
    check(is_well && results > 1000, "20,000 texts of any bytes");
}

int main(void)
{
    good_lines();
    bad_lines();
    any_bytes();
    return tap_end();
}

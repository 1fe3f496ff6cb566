/* SPDX-License-Identifier: MIT */
/* The parser of manifest.h: a line becomes words, words become fields. */
#include <user/lib/manifest.h>

#include <user/lib/string.h>

void manifest_start(struct manifest *manifest, const void *text, size_t bytes)
{
    *manifest = (struct manifest){.text = text, .bytes = bytes};
}

/* The next line, without its end; NULL: there is none. */
static const char *line_next(struct manifest *manifest, size_t *bytes)
{
    const char *line = manifest->text + manifest->at;
    size_t left = manifest->bytes - manifest->at;
    const char *end;

    if (left == 0)
        return NULL;
    end = memchr(line, '\n', left);
    *bytes = end ? (size_t)(end - line) : left;
    manifest->at += *bytes + (end != NULL);
    manifest->line++;
    return line;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Words are taken apart in place: `text` gets them, each with a NUL. How many, or why not. */
static uint32_t words_split(const char *line, size_t bytes, char *text, uint32_t *length,
                            const char **why)
{
    uint32_t count = 0, to = 0;
    size_t at = 0;

    for (;;) {
        bool is_quoted = false;

        while (at < bytes && is_blank(line[at]))
            at++;
        if (at == bytes || line[at] == '#')
            break;
        for (; at < bytes && (is_quoted || !is_blank(line[at])); at++) {
            if (line[at] == 0)
                *why = "a NUL character";
            else if (line[at] == '"')
                is_quoted = !is_quoted;
            else
                text[to++] = line[at];
        }
        if (is_quoted)
            *why = "a quote that is not closed";
        text[to++] = 0;
        count++;
    }
    *length = to;
    return count;
}

/* ---- words ---- */

static const char *take_restart(struct manifest_service *service, const char *word)
{
    static const char *const names[] = {
        [RESTART_NEVER] = "never",
        [RESTART_ON_FAILURE] = "on-failure",
        [RESTART_ALWAYS] = "always",
    };

    for (uint32_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(word, names[i]) == 0) {
            service->restart = (enum manifest_restart)i;
            return NULL;
        }
    }
    return "the second word is none of never, on-failure, always";
}

static const char *take_name(struct manifest_service *service, const char *word)
{
    size_t bytes = strlen(word);

    if (bytes == 0 || bytes > MANIFEST_NAME_MAX || word[0] == '/')
        return "the first word is no name of 1 to 31 characters";
    memcpy(service->name, word, bytes + 1);
    return NULL;
}

static const char *take_role(struct manifest_service *service, enum manifest_role role)
{
    if (service->role != ROLE_PROGRAM)
        return "more than one of terminal, console, posix, mount";
    service->role = role;
    return NULL;
}

/* virtio:N, or a compatible string of the device tree. */
static const char *take_device(struct manifest_service *service, const char *word)
{
    size_t bytes = strlen(word);

    if (bytes == 0 || bytes > MANIFEST_DEVICE_MAX || service->device[0])
        return "not one device of 1 to 31 characters";
    memcpy(service->device, word, bytes + 1);
    if (strncmp(word, "virtio:", 7) != 0)
        return NULL;
    for (word += 7; *word >= '0' && *word <= '9' && service->virtio < 1000; word++)
        service->virtio = service->virtio * 10 + (uint32_t)(*word - '0');
    return *word || service->virtio == 0 ? "virtio: is followed by a number" : NULL;
}

static const char *take_mount(struct manifest_service *service, const char *path)
{
    service->path = (uint32_t)(path - service->text);
    if (path[0] != '/' || path[1] == 0)
        return "mount= is followed by an absolute path, not /";
    return take_role(service, ROLE_MOUNT);
}

static const char *take_word(struct manifest_service *service, const char *word)
{
    if (strncmp(word, "device=", 7) == 0)
        return take_device(service, word + 7);
    if (strncmp(word, "mount=", 6) == 0)
        return take_mount(service, word + 6);
    if (strcmp(word, "terminal") == 0)
        return take_role(service, ROLE_TERMINAL);
    if (strcmp(word, "console") == 0)
        return take_role(service, ROLE_CONSOLE);
    if (strcmp(word, "posix") == 0)
        return take_role(service, ROLE_POSIX);
    if (strcmp(word, "interrupt") == 0)
        service->gives |= MANIFEST_INTERRUPT;
    else if (strcmp(word, "log") == 0)
        service->gives |= MANIFEST_LOG;
    else if (strcmp(word, "schedule") == 0)
        service->gives |= MANIFEST_SCHEDULE;
    else if (strcmp(word, "if-present") == 0)
        service->gives |= MANIFEST_IF_PRESENT;
    else
        return "an unknown word before the program";
    return NULL;
}

/* What words may stand together. */
static const char *check(const struct manifest_service *service)
{
    if (service->words == 0)
        return "no program: a word that begins with /";
    if (!manifest_is_native(service) && (service->device[0] || service->gives))
        return "handles are only for console, posix and mount";
    if ((service->role == ROLE_CONSOLE || service->role == ROLE_MOUNT) &&
        service->device[0] == 0)
        return "console and mount need a device";
    if (service->role == ROLE_CONSOLE && service->virtio)
        return "no virtio device is a console";
    return NULL;
}

/* count words in service->text, bytes together. */
static const char *take_words(struct manifest_service *service, uint32_t count,
                              uint32_t bytes)
{
    const char *word = service->text;
    const char *why = take_name(service, word);

    for (uint32_t i = 1; i < count && why == NULL; i++) {
        word += strlen(word) + 1;
        if (i == 1) {
            why = take_restart(service, word);
        } else if (word[0] == '/') {
            service->program = (uint32_t)(word - service->text);
            service->words = count - i;
            service->bytes = bytes - service->program;
            break;
        } else {
            why = take_word(service, word);
        }
    }
    return why ? why : check(service);
}

enum manifest_result manifest_next(struct manifest *manifest,
                                   struct manifest_service *service, const char **why)
{
    const char *line;
    size_t bytes;

    while ((line = line_next(manifest, &bytes)) != NULL) {
        uint32_t count, length;

        memset(service, 0, sizeof(*service));
        service->line = manifest->line;
        *why = NULL;
        if (bytes > MANIFEST_LINE_MAX) {
            *why = "the line is longer than 1000 characters";
            return MANIFEST_BAD;
        }
        count = words_split(line, bytes, service->text, &length, why);
        if (count == 0)
            continue;
        if (*why == NULL)
            *why = take_words(service, count, length);
        return *why ? MANIFEST_BAD : MANIFEST_SERVICE;
    }
    return MANIFEST_END;
}

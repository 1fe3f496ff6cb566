/* SPDX-License-Identifier: MIT */
/*
 * A program's first stack, built from its top downwards [System V ABI, RISC-V psABI:
 * process initialisation]:
 *
 *   top   strings: path, environment, arguments; 16 random bytes
 *         auxiliary vector, pairs, ended by AT_NULL
 *         environment pointers, NULL
 *         argument pointers, NULL
 *   sp    argument count
 */
#include <posix/server/stack.h>

#include <posix/server/process.h>

#include <user/lib/string.h>

struct builder {
    uint8_t *image;
    uint64_t top;
    uint32_t at; /* offset in the image of what was put last; 0 once it did not fit */
};

/* Room for bytes below what is there. Returns its address in the program. */
static uint64_t take(struct builder *builder, uint64_t bytes)
{
    if (bytes >= builder->at) {
        builder->at = 0;
        return 0;
    }
    builder->at -= (uint32_t)bytes;
    return builder->top - STACK_IMAGE_BYTES + builder->at;
}

static uint64_t put(struct builder *builder, const void *data, uint64_t bytes)
{
    uint64_t address = take(builder, bytes);

    if (builder->at)
        memcpy(builder->image + builder->at, data, bytes);
    return address;
}

static uint64_t put_string(struct builder *builder, const char *text)
{
    return put(builder, text, strlen(text) + 1);
}

static void put_word(struct builder *builder, uint32_t *at, uint64_t word)
{
    memcpy(builder->image + *at, &word, sizeof(word));
    *at += sizeof(word);
}

struct pair {
    uint64_t type;
    uint64_t value;
};

/* Pointers to consecutive strings, and the NULL after them. */
static void put_pointers(struct builder *builder, uint32_t *at,
                         const struct exec_strings *strings, uint64_t address)
{
    const char *text = strings->first;

    for (uint32_t i = 0; i < strings->count; i++) {
        uint64_t bytes = strlen(text) + 1;

        put_word(builder, at, address);
        address += bytes;
        text += bytes;
    }
    put_word(builder, at, 0);
}

uint64_t stack_build(uint8_t *image, uint64_t top, const struct stack_input *input)
{
    struct builder builder = {.image = image, .top = top, .at = STACK_IMAGE_BYTES};
    const struct exec_strings *arguments = &input->program->arguments;
    const struct exec_strings *environment = &input->program->environment;
    const struct credentials *who = input->credentials;
    uint64_t path = put_string(&builder, input->program->path);
    uint64_t environment_at = put(&builder, environment->first, environment->bytes);
    uint64_t arguments_at = put(&builder, arguments->first, arguments->bytes);
    uint64_t random = put(&builder, input->random, sizeof(input->random));
    const struct pair pairs[] = {
        {LINUX_AT_PHDR, input->elf->program_headers},
        {LINUX_AT_PHENT, 56},
        {LINUX_AT_PHNUM, input->elf->program_headers ? input->elf->header_count : 0},
        {LINUX_AT_PAGESZ, 4096},
        {LINUX_AT_BASE, input->interpreter_base},
        {LINUX_AT_FLAGS, 0},
        {LINUX_AT_ENTRY, input->elf->entry},
        {LINUX_AT_UID, who->uid},
        {LINUX_AT_EUID, who->euid},
        {LINUX_AT_GID, who->gid},
        {LINUX_AT_EGID, who->egid},
        {LINUX_AT_SECURE, who->uid != who->euid || who->gid != who->egid},
        {LINUX_AT_RANDOM, random},
        {LINUX_AT_HWCAP, LINUX_HWCAP_ISA('I') | LINUX_HWCAP_ISA('M') |
                             LINUX_HWCAP_ISA('A') | LINUX_HWCAP_ISA('F') |
                             LINUX_HWCAP_ISA('D') | LINUX_HWCAP_ISA('C')},
        {LINUX_AT_CLKTCK, 100},
        {LINUX_AT_EXECFN, path},
        {LINUX_AT_SYSINFO, input->shim_entry},
        {LINUX_AT_NULL, 0},
    };
    uint64_t words =
        1 + (uint64_t)arguments->count + 1 + environment->count + 1 + sizeof(pairs) / 8;
    uint64_t pointer;
    uint32_t at;

    /* All that is left to take: the vectors, with padding so that sp is aligned. */
    builder.at &= ~15u;
    pointer = take(&builder, (words * 8 + 15) & ~15ull);
    if (builder.at == 0)
        return 0;
    at = builder.at;
    put_word(&builder, &at, arguments->count);
    put_pointers(&builder, &at, arguments, arguments_at);
    put_pointers(&builder, &at, environment, environment_at);
    memcpy(image + at, pairs, sizeof(pairs));
    return pointer;
}

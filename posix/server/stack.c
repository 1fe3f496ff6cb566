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

/* The next string and the start of the one after it. */
static const char *argument_next(const char **strings)
{
    const char *text = *strings;

    *strings += strlen(text) + 1;
    return text + (text[0] == 1);
}

static uint32_t environment_count(const char *const *environment)
{
    uint32_t count = 0;

    while (environment[count])
        count++;
    return count;
}

/* Pointers to consecutive strings, and the NULL after them. */
static void put_argument_pointers(struct builder *builder, uint32_t *at,
                                  const struct exec_arguments *arguments,
                                  uint64_t address)
{
    const char *strings = arguments->strings;

    for (uint32_t i = 0; i < arguments->count; i++) {
        const char *text = argument_next(&strings);

        put_word(builder, at, address);
        address += strlen(text) + 1;
    }
    put_word(builder, at, 0);
}

static void put_environment_pointers(struct builder *builder, uint32_t *at,
                                     const char *const *environment, uint64_t address)
{
    for (uint32_t i = 0; environment[i]; i++) {
        put_word(builder, at, address);
        address += strlen(environment[i]) + 1;
    }
    put_word(builder, at, 0);
}

/* All arguments as consecutive strings; the address of the first. */
static uint64_t put_arguments(struct builder *builder,
                              const struct exec_arguments *arguments)
{
    const char *strings = arguments->strings;
    uint64_t bytes = 0;
    uint64_t address;
    uint32_t at;

    for (uint32_t i = 0; i < arguments->count; i++)
        bytes += strlen(argument_next(&strings)) + 1;
    address = take(builder, bytes);
    at = builder->at;
    if (at == 0)
        return 0;
    strings = arguments->strings;
    for (uint32_t i = 0; i < arguments->count; i++) {
        const char *text = argument_next(&strings);

        memcpy(builder->image + at, text, strlen(text) + 1);
        at += (uint32_t)strlen(text) + 1;
    }
    return address;
}

static uint64_t put_environment(struct builder *builder, const char *const *environment)
{
    uint64_t address = builder->top;

    /* Backwards, so that the first ends up lowest. */
    for (uint32_t i = environment_count(environment); i-- > 0;)
        address = put_string(builder, environment[i]);
    return address;
}

uint64_t stack_build(uint8_t *image, uint64_t top, const struct stack_input *input)
{
    struct builder builder = {.image = image, .top = top, .at = STACK_IMAGE_BYTES};
    uint64_t path = put_string(&builder, input->path);
    uint64_t environment = put_environment(&builder, input->environment);
    uint64_t arguments = put_arguments(&builder, input->arguments);
    uint64_t random = put(&builder, input->random, sizeof(input->random));
    const struct pair pairs[] = {
        {LINUX_AT_PHDR, input->elf->program_headers},
        {LINUX_AT_PHENT, 56},
        {LINUX_AT_PHNUM, input->elf->program_headers ? input->elf->header_count : 0},
        {LINUX_AT_PAGESZ, 4096},
        {LINUX_AT_BASE, 0},
        {LINUX_AT_FLAGS, 0},
        {LINUX_AT_ENTRY, input->elf->entry},
        {LINUX_AT_UID, 0},
        {LINUX_AT_EUID, 0},
        {LINUX_AT_GID, 0},
        {LINUX_AT_EGID, 0},
        {LINUX_AT_SECURE, 0},
        {LINUX_AT_RANDOM, random},
        {LINUX_AT_HWCAP, LINUX_HWCAP_ISA('I') | LINUX_HWCAP_ISA('M') |
                             LINUX_HWCAP_ISA('A') | LINUX_HWCAP_ISA('F') |
                             LINUX_HWCAP_ISA('D') | LINUX_HWCAP_ISA('C')},
        {LINUX_AT_CLKTCK, 100},
        {LINUX_AT_EXECFN, path},
        {LINUX_AT_SYSINFO, input->shim_entry},
        {LINUX_AT_NULL, 0},
    };
    uint64_t words = 1 + input->arguments->count + 1 +
                     environment_count(input->environment) + 1 + sizeof(pairs) / 8;
    uint64_t pointer;
    uint32_t at;

    /* All that is left to take: the vectors, with padding so that sp is aligned. */
    builder.at &= ~15u;
    pointer = take(&builder, (words * 8 + 15) & ~15ull);
    if (builder.at == 0)
        return 0;
    at = builder.at;
    put_word(&builder, &at, input->arguments->count);
    put_argument_pointers(&builder, &at, input->arguments, arguments);
    put_environment_pointers(&builder, &at, input->environment, environment);
    memcpy(image + at, pairs, sizeof(pairs));
    return pointer;
}

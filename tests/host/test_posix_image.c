/* SPDX-License-Identifier: MIT */
/*
 * The boot image as file system, and a program's first stack.
 *
 * Contract checked: files, directories, links and their metadata come out of a cpio as
 * they went in; missing directories are made; later names replace earlier ones; hard
 * links share an inode; a damaged image gives what came before the damage and one line;
 * 3,000 mutations of an image (ASan watches) leave a file system that can be walked and
 * emptied. Stack: every pointer leads to its string, the stack pointer is aligned, too
 * much is refused.
 */
/* sources: user/lib/ring.c user/lib/print.c user/lib/cpio.c */
#include "test_posix_fake.h"

#include "../../posix/server/image.c"
#include "../../posix/server/stack.c"
#include "tap.h"

static uint8_t *const image = (uint8_t *)SERVER_IMAGE_VA;
static uint32_t image_bytes;

static void append(const void *bytes, uint32_t count)
{
    memcpy(image + image_bytes, bytes, count);
    image_bytes += count;
    while (image_bytes % 4)
        image[image_bytes++] = 0;
}

static void add(const char *name, uint32_t mode, uint32_t inode, uint32_t links,
                const char *data)
{
    char head[111];
    uint32_t bytes = (uint32_t)strlen(data), name_bytes = (uint32_t)strlen(name) + 1;

    sprintf(head, "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", inode,
            mode, 5, 6, links, 1000, bytes, 0, 0, 0, 0, name_bytes, 0);
    memcpy(image + image_bytes, head, 110);
    image_bytes += 110;
    append(name, name_bytes);
    append(data, bytes);
}

static void make_image(void)
{
    image_bytes = 0;
    add("bin", 0040755, 1, 2, "");
    add("bin/tool", 0100755, 2, 1, "first");
    add("deep/er/file", 0100600, 3, 1, "made its directories");
    add("link", 0120777, 4, 1, "bin/tool");
    add("one", 0100644, 7, 2, "");
    add("two", 0100644, 7, 2, "shared");
    add("dev/null", 0020666, 8, 1, "");
    add("TRAILER!!!", 0, 0, 1, "");
    add("bin/tool", 0100700, 2, 1, "second");
    add("TRAILER!!!", 0, 0, 1, "");
}

static bool has(const char *path, const char *content)
{
    int64_t fd = client_open(path, LINUX_O_RDONLY, 0);
    int64_t done = fd < 0 ? -1 : client_read(fd, 1000);

    if (fd >= 0)
        client_close(fd);
    return done == (int64_t)strlen(content) &&
           !memcmp(client_pointer(AT_BUFFER), content, (size_t)done);
}

static void test_contents(void)
{
    struct linux_stat stat, other;

    make_image();
    fake_log[0] = 0;
    image_load(0, image_bytes);
    check(has("/bin/tool", "second"), "a later archive replaces a file");
    check(has("/deep/er/file", "made its directories"), "missing directories are made");
    check(has("/link", "second"), "a symlink");
    check(has("/one", "shared") && has("/two", "shared"),
          "hard links share their contents");
    client_stat("/one", &stat);
    client_stat("/two", &other);
    check(stat.ino == other.ino && stat.nlink == 2, "and their inode");
    client_stat("/bin/tool", &stat);
    check(stat.mode == 0100700 && stat.uid == 5 && stat.gid == 6 &&
              stat.mtime.seconds == 1000,
          "metadata");
    check(client_stat("/.links", &stat) == -LINUX_ENOENT, "nothing else is there");
    check(strstr(fake_log, "dev/null") != NULL, "a device node is refused, and said");
}

static void empty_directory(uint32_t directory)
{
    uint32_t entry;

    while ((entry = inode_at(directory)->directory.first) != 0) {
        uint32_t inode = entry_at(entry)->inode;

        if (inode_is_directory(inode_at(inode))) {
            empty_directory(inode);
            ramfs_remove_directory(entry);
        } else {
            ramfs_unlink(entry);
        }
    }
}

static void test_damage(void)
{
    struct fake_usage before;
    unsigned long long seed = 99;

    empty_directory(STATE->root);
    before = fake_usage();
    make_image();
    image_load(0, image_bytes / 2);
    check(strstr(fake_log, "truncated") != NULL && has("/bin/tool", "first"),
          "a truncated image: said, and what came before counts");
    empty_directory(STATE->root);
    for (unsigned i = 0; i < 3000; i++) {
        make_image();
        for (unsigned n = 0; n <= tap_random(&seed) % 4; n++)
            image[tap_random(&seed) % image_bytes] = (uint8_t)(tap_random(&seed) >> 20);
        image_load(0, image_bytes);
        empty_directory(STATE->root);
    }
    check(fake_usage_equal(before, fake_usage()), "3,000 mutations leave nothing behind");
}

static uint64_t word_at(const uint8_t *stack, uint64_t top, uint64_t address)
{
    uint64_t word;

    memcpy(&word, stack + STACK_IMAGE_BYTES - (top - address), 8);
    return word;
}

static const char *string_at(const uint8_t *stack, uint64_t top, uint64_t address)
{
    return (const char *)stack + STACK_IMAGE_BYTES - (top - address);
}

static void test_stack(void)
{
    static uint8_t stack[STACK_IMAGE_BYTES];
    static const char variables[] = "A=1\0BB=22";
    static const char strings[] = "prog\0\0\1x\0last";
    struct exec_program program = {
        0, "/bin/prog", {strings, 4, sizeof(strings)}, {variables, 2, sizeof(variables)}};
    struct credentials who = {.uid = 5};
    struct elf_image elf = {.entry = 0x1234, .program_headers = 0x40, .header_count = 3};
    struct stack_input input = {&program, &elf, &who, 0x7777, 0x70000, {9}};
    uint64_t top = 0x7e0000000000, sp = stack_build(stack, top, &input), at;
    static char long_strings[STACK_IMAGE_BYTES];
    uint64_t value[64] = {0};

    check(sp % 16 == 0 && sp < top && word_at(stack, top, sp) == 4, "the argument count");
    check(!strcmp(string_at(stack, top, word_at(stack, top, sp + 8)), "prog") &&
              !strcmp(string_at(stack, top, word_at(stack, top, sp + 16)), "") &&
              !strcmp(string_at(stack, top, word_at(stack, top, sp + 24)), "\1x") &&
              !strcmp(string_at(stack, top, word_at(stack, top, sp + 32)), "last") &&
              word_at(stack, top, sp + 40) == 0,
          "arguments, an empty one among them");
    check(!strcmp(string_at(stack, top, word_at(stack, top, sp + 48)), "A=1") &&
              !strcmp(string_at(stack, top, word_at(stack, top, sp + 56)), "BB=22") &&
              word_at(stack, top, sp + 64) == 0,
          "environment");
    for (at = sp + 72; word_at(stack, top, at) != LINUX_AT_NULL; at += 16)
        value[word_at(stack, top, at) % 64] = word_at(stack, top, at + 8);
    check(value[LINUX_AT_ENTRY] == 0x1234 && value[LINUX_AT_PHDR] == 0x40 &&
              value[LINUX_AT_PHNUM] == 3 && value[LINUX_AT_SYSINFO] == 0x7777 &&
              value[LINUX_AT_BASE] == 0x70000 && value[LINUX_AT_PAGESZ] == 4096 &&
              !strcmp(string_at(stack, top, value[LINUX_AT_EXECFN]), "/bin/prog") &&
              *string_at(stack, top, value[LINUX_AT_RANDOM]) == 9,
          "auxiliary vector");
    memset(long_strings, 'y', sizeof(long_strings) - 1);
    program.arguments = (struct exec_strings){long_strings, 1, sizeof(long_strings)};
    check(stack_build(stack, top, &input) == 0, "too much is refused");
}

int main(void)
{
    fake_start();
    if (mmap((void *)SERVER_IMAGE_VA, 0x10000, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == MAP_FAILED)
        abort();
    test_contents();
    test_damage();
    test_stack();
    return tap_end();
}

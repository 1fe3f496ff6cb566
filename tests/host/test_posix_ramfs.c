/* SPDX-License-Identifier: MIT */
/*
 * Directories of the POSIX server.
 *
 * Contract checked: link counts; what unlink, rmdir and rename allow and replace;
 * listings that go on where they were while entries come and go; 20,000 names in one
 * directory; stat of every kind; long names; a table that cannot grow; after all is
 * removed no slot is left.
 */
/* sources: user/lib/ring.c user/lib/print.c */
#include "test_posix_fake.h"
#include "tap.h"

static uint32_t links_of(const char *path)
{
    struct linux_stat stat;

    return client_stat(path, &stat) == 0 ? stat.nlink : 0;
}

static int64_t touch(const char *path)
{
    int64_t fd = client_open(path, LINUX_O_CREAT | LINUX_O_EXCL | LINUX_O_WRONLY, 0644);

    return fd < 0 ? fd : client_close(fd);
}

static void test_counts(void)
{
    uint32_t inode;
    struct place place;
    char path[] = "/d/f";

    check(client_mkdir("/d") == 0 && links_of("/d") == 2, "a directory has two links");
    client_mkdir("/d/e");
    check(links_of("/d") == 3, "three with one below");
    check(client_mkdir("/d/e") == -LINUX_EEXIST, "which cannot be made twice");
    check(touch("/d/f") == 0 && links_of("/d/f") == 1 && links_of("/d") == 3,
          "a file, one");
    names_walk(NULL, (struct where){STATE->mount_first, STATE->root}, path, 4, 0, &place);
    inode = place.inode;
    check(ramfs_add_name(STATE->root, "g", 1, inode) == 0 && links_of("/d/f") == 2,
          "a second name");
    check(client_unlink("/d/f", 0) == 0 && links_of("/g") == 1, "the first goes");
    client_unlink("/g", 0);
    check(links_of("/g") == 0, "and the second");
}

static void test_removal(void)
{
    check(client_unlink("/d", 0) == -LINUX_EISDIR, "unlink of a directory");
    check(client_unlink("/d", LINUX_AT_REMOVEDIR) == -LINUX_ENOTEMPTY,
          "rmdir, not empty");
    check(client_unlink("/d/e/.", LINUX_AT_REMOVEDIR) == -LINUX_EINVAL, "rmdir of .");
    check(client_unlink("/d/e/..", LINUX_AT_REMOVEDIR) == -LINUX_ENOTEMPTY,
          "rmdir of ..");
    check(client_unlink("/", LINUX_AT_REMOVEDIR) == -LINUX_EBUSY, "rmdir of the root");
    check(client_unlink("/d/e/", LINUX_AT_REMOVEDIR) == 0, "rmdir with a slash");
    check(client_unlink("/d/e", LINUX_AT_REMOVEDIR) == -LINUX_ENOENT, "twice");
    touch("/d/f");
    check(client_unlink("/d/f", LINUX_AT_REMOVEDIR) == -LINUX_ENOTDIR, "rmdir of a file");
    check(client_unlink("/d/f/", 0) == -LINUX_ENOTDIR, "unlink of a file with a slash");
    client_unlink("/d/f", 0);
    client_unlink("/d", LINUX_AT_REMOVEDIR);
}

static void test_rename(void)
{
    client_mkdir("/r");
    client_mkdir("/r/a");
    client_mkdir("/r/a/b");
    client_mkdir("/r/empty");
    touch("/r/f");
    touch("/r/g");
    check(client_rename("/r/a", "/r/a/b/c") == -LINUX_EINVAL, "into its own subtree");
    check(client_rename("/r/a", "/r/a") == 0, "to itself");
    check(client_rename("/r/f", "/r/a") == -LINUX_EISDIR, "a file over a directory");
    check(client_rename("/r/a", "/r/f") == -LINUX_ENOTDIR, "a directory over a file");
    check(client_rename("/r/empty", "/r/a") == -LINUX_ENOTEMPTY,
          "over one that is not empty");
    check(client_rename("/r/none", "/r/x") == -LINUX_ENOENT, "what is not there");
    check(client_rename("/r/f", "/r/x/") == -LINUX_ENOTDIR,
          "a file to a name with a slash");
    check(client_rename("/", "/r/x") == -LINUX_EBUSY, "the root");
    check(client_rename("/r/f", "/r/g") == 0 && links_of("/r/f") == 0 &&
              links_of("/r/g") == 1,
          "a file over a file");
    check(client_rename("/r/a", "/r/empty") == 0 && links_of("/r/empty/b") == 2,
          "a directory over an empty one");
    check(links_of("/r") == 3 && links_of("/r/empty") == 3, "counts after that");
    client_mkdir("/s");
    check(client_rename("/r/empty/b", "/s/b") == 0 && links_of("/r/empty") == 2 &&
              links_of("/s") == 3,
          "into another directory");
    check(client_open("/s/b/../b", LINUX_O_DIRECTORY, 0) == 0, ".. follows");
    client_close(0);
    client_unlink("/s/b", LINUX_AT_REMOVEDIR);
    client_unlink("/s", LINUX_AT_REMOVEDIR);
    client_unlink("/r/empty", LINUX_AT_REMOVEDIR);
    client_unlink("/r/g", 0);
    check(client_unlink("/r", LINUX_AT_REMOVEDIR) == 0, "all gone");
}

#define MANY 20000

static uint8_t listed[MANY];

/* List through a small buffer; every number seen is counted. The names met, or -1. */
static int list_some(int64_t fd, uint64_t room)
{
    int64_t bytes = client_call(POSIX_GETDENTS, (uint64_t)fd, AT_BUFFER, room, 0);
    const char *at = client_pointer(AT_BUFFER);
    int names = 0;

    if (bytes < 0)
        return -1;
    for (const char *end = at + bytes; at < end; names++) {
        const struct linux_dirent64 *record = (const void *)at;
        const char *name = at + LINUX_DIRENT64_HEAD;

        if (name[0] == 'n' && listed[atoi(name + 1)] < 255)
            listed[atoi(name + 1)]++;
        at += record->reclen;
    }
    return names;
}

static void many_name(char *path, int number)
{
    sprintf(path, "/many/n%d", number);
}

static void test_listing(void)
{
    char path[64];
    int64_t fd;
    int missing = 0, twice = 0, status = 0;
    int got;

    client_mkdir("/many");
    for (int i = 0; i < MANY && status == 0; i++) {
        many_name(path, i);
        status = (int)touch(path);
    }
    check(status == 0, "20,000 files in a directory");
    check(STATE->bucket_count > MANY / 3, "the hash has grown with them");
    fd = client_open("/many", LINUX_O_DIRECTORY, 0);
    check(client_call(POSIX_GETDENTS, (uint64_t)fd, AT_BUFFER, 20, 0) == -LINUX_EINVAL,
          "a buffer too small for one record");
    /* While listing, remove what was seen and every 7th that was not, and add new ones.
     */
    for (int round = 0; (got = list_some(fd, 1000)) > 0; round++) {
        many_name(path, (round * 7 + 15000) % MANY);
        if (!listed[(round * 7 + 15000) % MANY] && client_unlink(path, 0) == 0)
            listed[(round * 7 + 15000) % MANY] = 100;
        sprintf(path, "/many/extra%d", round);
        if (round < 100)
            touch(path);
    }
    check(got == 0, "the listing ends");
    for (int i = 0; i < MANY; i++) {
        missing += listed[i] == 0;
        twice += listed[i] > 1 && listed[i] != 100;
    }
    check(missing == 0 && twice == 0, "every name that stayed was listed exactly once");
    client_call(POSIX_LSEEK, (uint64_t)fd, 0, LINUX_SEEK_SET, 0);
    check(list_some(fd, 60) == 2, "again from the start");
    client_close(fd);
    for (int i = 0; i < MANY; i++) {
        many_name(path, i);
        client_unlink(path, 0);
    }
    for (int i = 0; i < 100; i++) {
        sprintf(path, "/many/extra%d", i);
        client_unlink(path, 0);
    }
    check(client_unlink("/many", LINUX_AT_REMOVEDIR) == 0, "empty again");
}

static void test_kinds(void)
{
    struct linux_stat stat;
    char target[300];

    memset(target, 't', 299);
    target[299] = 0;
    make_symlink("/", "link", target);
    check(client_stat("/link", &stat) == 0 &&
              (stat.mode & LINUX_S_IFMT) == LINUX_S_IFLNK && stat.size == 299,
          "a symlink");
    check(client_call(POSIX_READLINKAT, (uint64_t)LINUX_AT_FDCWD,
                      client_string(AT_PATH, "/link"), AT_BUFFER, 10) == 10,
          "readlink, cut");
    check(client_call(POSIX_READLINKAT, (uint64_t)LINUX_AT_FDCWD,
                      client_string(AT_PATH, "/link"), AT_BUFFER, 1000) == 299 &&
              !memcmp(client_pointer(AT_BUFFER), target, 299),
          "readlink");
    check(client_call(POSIX_READLINKAT, (uint64_t)LINUX_AT_FDCWD,
                      client_string(AT_PATH, "/"), AT_BUFFER, 10) == -LINUX_EINVAL,
          "readlink of something else");
    check(client_stat("/dev/null", &stat) == 0 && stat.rdev == 0x103 &&
              (stat.mode & LINUX_S_IFMT) == LINUX_S_IFCHR,
          "a device");
    check(client_call(POSIX_FACCESSAT, (uint64_t)LINUX_AT_FDCWD,
                      client_string(AT_PATH, "/dev/null"), LINUX_X_OK,
                      0) == -LINUX_EACCES,
          "faccessat");
    client_unlink("/link", 0);
}

static void test_no_room(void)
{
    struct fake_usage before = fake_usage();
    char path[300];
    int64_t status = 0;
    int made = 0;

    /* Names of 200 bytes take several slots: some creation stops half-way. */
    memset(path, 'x', 250);
    fake_pages = 0;
    while (status == 0 && made < 100000) {
        sprintf(path + 200, "%d", made);
        path[0] = '/';
        status = client_mkdir(path);
        made += status == 0;
    }
    check(status == -LINUX_ENOSPC, "when the tables cannot grow it is ENOSPC");
    fake_pages = 1u << 20;
    while (made-- > 0) {
        sprintf(path + 200, "%d", made);
        client_unlink(path, LINUX_AT_REMOVEDIR);
    }
    check(fake_usage_equal(before, fake_usage()), "and what was begun is undone");
}

int main(void)
{
    struct fake_usage before;

    fake_start();
    before = fake_usage();
    test_counts();
    test_removal();
    test_rename();
    test_listing();
    test_kinds();
    check(fake_usage_equal(before, fake_usage()), "no slot is left");
    test_no_room();
    return tap_end();
}

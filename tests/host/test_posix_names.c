/* SPDX-License-Identifier: MIT */
/*
 * Path names of the POSIX server.
 *
 * Contract checked: names resolve as POSIX.1-2017 4.13 says: dots, repeated and trailing
 * slashes, symlinks in every place with their limit, lengths at and beyond NAME_MAX and
 * PATH_MAX, and each error where it belongs. A failed call leaves no slot behind.
 */
/* sources: user/lib/ring.c user/lib/print.c */
#include "test_posix_fake.h"
#include "tap.h"

static int64_t open_error(const char *path)
{
    int64_t fd = client_open(path, LINUX_O_RDONLY, 0);

    if (fd >= 0)
        client_close(fd);
    return fd < 0 ? -fd : 0;
}

static void make_tree(void)
{
    client_mkdir("/a");
    client_mkdir("/a/b");
    client_close(client_open("/a/file", LINUX_O_CREAT | LINUX_O_WRONLY, 0644));
    make_symlink("/a", "up", "..");
    make_symlink("/a", "absolute", "/a/b");
    make_symlink("/a", "relative", "b");
    make_symlink("/a", "to-file", "file");
    make_symlink("/a", "dangling", "nowhere");
    make_symlink("/a", "self", "self");
    make_symlink("/", "x0", "/a");
    for (int i = 1; i <= 41; i++) {
        char name[16], target[16];

        snprintf(name, sizeof(name), "x%d", i);
        snprintf(target, sizeof(target), "x%d", i - 1);
        make_symlink("/", name, target);
    }
}

static void test_walk(void)
{
    check(open_error("/") == 0, "the root");
    check(open_error("///") == 0, "only slashes");
    check(open_error("/a//b///") == 0, "repeated and trailing slashes");
    check(open_error("/a/./b/../b/.") == 0, "dots");
    check(open_error("/../../a") == 0, "above the root is the root");
    check(open_error("a/b") == 0, "relative to the working directory");
    check(open_error("") == LINUX_ENOENT, "the empty path");
    check(open_error("/a/none") == LINUX_ENOENT, "a missing name");
    check(open_error("/none/b") == LINUX_ENOENT, "a missing directory");
    check(open_error("/a/file/b") == LINUX_ENOTDIR, "a file as a directory");
    check(open_error("/a/file/") == LINUX_ENOTDIR, "a trailing slash on a file");
    check(open_error("/a/file/.") == LINUX_ENOTDIR, "a dot below a file");
}

static void test_symlinks(void)
{
    check(open_error("/a/absolute/../file") == 0, "absolute target, then ..");
    check(open_error("/a/relative") == 0, "relative target at the end");
    check(open_error("/a/up/a/up/a/file") == 0, "links in the middle");
    check(open_error("/a/relative/") == 0, "a link with a trailing slash");
    check(open_error("/a/to-file/") == LINUX_ENOTDIR, "a link to a file with a slash");
    check(open_error("/a/dangling") == LINUX_ENOENT, "a dangling link");
    check(open_error("/a/self") == LINUX_ELOOP, "a link to itself");
    check(open_error("/x39") == 0, "40 links");
    check(open_error("/x40") == LINUX_ELOOP, "41 links");
    check(-client_open("/a/to-file", LINUX_O_NOFOLLOW, 0) == LINUX_ELOOP, "O_NOFOLLOW");
    check(client_open("/a/dangling", LINUX_O_CREAT | LINUX_O_EXCL | LINUX_O_RDWR, 0644) ==
              -LINUX_EEXIST,
          "O_EXCL does not follow");
}

static void test_create_through_link(void)
{
    int64_t fd = client_open("/a/dangling", LINUX_O_CREAT | LINUX_O_RDWR, 0644);

    check(fd >= 0 && open_error("/a/nowhere") == 0,
          "O_CREAT makes a dangling link's target");
    client_close(fd);
    client_unlink("/a/nowhere", 0);
}

static void test_lengths(void)
{
    static char path[8192];
    char name[300];

    memset(name, 'n', sizeof(name));
    name[0] = '/';
    name[LINUX_NAME_MAX + 1] = 0;
    check(open_error(name) == LINUX_ENOENT, "a component of NAME_MAX bytes");
    name[LINUX_NAME_MAX + 1] = 'n';
    name[LINUX_NAME_MAX + 2] = 0;
    check(open_error(name) == LINUX_ENAMETOOLONG, "a component of NAME_MAX + 1 bytes");
    memset(path, '/', sizeof(path));
    path[LINUX_PATH_MAX - 1] = 0;
    check(open_error(path) == 0, "a path of PATH_MAX bytes with its NUL");
    path[LINUX_PATH_MAX - 1] = '/';
    path[LINUX_PATH_MAX] = 0;
    check(open_error(path) == LINUX_ENAMETOOLONG, "one byte more");
    memset(path, '/', sizeof(path));
    memcpy(path, "/a/absolute", 11);
    path[LINUX_PATH_MAX - 8] = 0;
    check(open_error(path) == 0, "a long path that a link makes shorter");
}

static void test_client_memory(void)
{
    int64_t status = client_call(POSIX_OPENAT, (uint64_t)LINUX_AT_FDCWD, 0x10, 0, 0);

    check(status == -LINUX_EFAULT, "a path outside the client");
    memset(fake_client + CLIENT_BYTES - 8, 'p', 8);
    status = client_call(POSIX_OPENAT, (uint64_t)LINUX_AT_FDCWD,
                         CLIENT_VA + CLIENT_BYTES - 8, 0, 0);
    check(status == -LINUX_EFAULT, "a path that runs out of the client");
    memcpy(fake_client + CLIENT_BYTES - 3, "/a", 3);
    status = client_call(POSIX_OPENAT, (uint64_t)LINUX_AT_FDCWD,
                         CLIENT_VA + CLIENT_BYTES - 3, 0, 0);
    check(status >= 0, "a path in the client's very last bytes");
    client_close(status);
    check(client_call(POSIX_OPENAT, 99, client_string(AT_PATH, "a"), 0, 0) ==
              -LINUX_EBADF,
          "a bad directory fd");
    check(client_call(POSIX_OPENAT, 99, client_string(AT_PATH, "/a"), 0, 0) >= 0,
          "which an absolute path does not use");
    client_close(0);
}

static void test_directories(void)
{
    int64_t directory = client_open("/a", LINUX_O_DIRECTORY, 0);
    int64_t length;

    check(client_call(POSIX_OPENAT, (uint64_t)directory, client_string(AT_PATH, "b"), 0,
                      0) >= 0,
          "openat below a directory fd");
    client_close(1);
    check(client_call(POSIX_CHDIR, client_string(AT_PATH, "/a/absolute"), 0, 0, 0) == 0,
          "chdir through a link");
    length = client_call(POSIX_GETCWD, AT_BUFFER, 4096, 0, 0);
    check(length == 5 && strcmp(client_pointer(AT_BUFFER), "/a/b") == 0, "getcwd");
    check(client_call(POSIX_GETCWD, AT_BUFFER, 4, 0, 0) == -LINUX_ERANGE,
          "getcwd, no room");
    check(client_unlink("../b", LINUX_AT_REMOVEDIR) == 0, "the working directory can go");
    check(client_call(POSIX_GETCWD, AT_BUFFER, 4096, 0, 0) == -LINUX_ENOENT,
          "getcwd in what was removed");
    check(client_open("x", LINUX_O_CREAT | LINUX_O_WRONLY, 0644) == -LINUX_ENOENT,
          "nothing can be made there");
    check(open_error("..") == 0, "and .. does no harm");
    check(client_call(POSIX_FCHDIR, (uint64_t)directory, 0, 0, 0) == 0, "fchdir");
    client_call(POSIX_CHDIR, client_string(AT_PATH, "/"), 0, 0, 0);
    length = client_call(POSIX_GETCWD, AT_BUFFER, 4096, 0, 0);
    check(length == 2 && strcmp(client_pointer(AT_BUFFER), "/") == 0,
          "getcwd at the root");
    client_close(directory);
}

int main(void)
{
    struct fake_usage before;

    fake_start();
    make_tree();
    before = fake_usage();
    test_walk();
    test_symlinks();
    test_create_through_link();
    test_lengths();
    test_client_memory();
    check(fake_usage_equal(before, fake_usage()), "nothing is left behind");
    test_directories();
    return tap_end();
}

/* SPDX-License-Identifier: MIT */
/*
 * Directories: making, listing, removing them; the working directory; paths relative to
 * an open directory; names with dots and slashes.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tap.h"

#define MANY 300

static char top[PATH_MAX];

static int touch(const char *name)
{
    int fd = open(name, O_WRONLY | O_CREAT, 0600);

    return fd < 0 ? -1 : close(fd);
}

static int count_entries(const char *name, int *dots)
{
    DIR *directory = opendir(name);
    struct dirent *entry;
    int n = 0;

    *dots = 0;
    if (!directory)
        return -1;
    while ((entry = readdir(directory)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            ++*dots;
        else
            n++;
    }
    closedir(directory);
    return n;
}

static void check_making(void)
{
    struct stat status;

    is(mkdir("d", 0750), 0, "mkdir");
    is(stat("d", &status), 0, "stat");
    ok(S_ISDIR(status.st_mode) && (status.st_mode & 0777) == 0750,
       "a directory, its mode");
    ok(status.st_size > 0, "which has a size");
    fails(mkdir("d", 0750), EEXIST, "mkdir again");
    fails(mkdir("no/d", 0750), ENOENT, "mkdir below nothing");
    touch("file");
    fails(mkdir("file/d", 0750), ENOTDIR, "mkdir below a file");
    fails(rmdir("file"), ENOTDIR, "rmdir of a file");
    fails(rmdir("nothing"), ENOENT, "rmdir of nothing");
    ok(unlink("d") == -1 && (errno == EISDIR || errno == EPERM), "unlink of a directory");
    touch("d/x");
    fails(rmdir("d"), ENOTEMPTY, "rmdir of one that is not empty");
    is(unlink("d/x"), 0, "unlink in it");
    is(rmdir("d"), 0, "rmdir");
    fails(stat("d", &status), ENOENT, "and it is gone");
    unlink("file");
}

static void check_listing(void)
{
    static int seen[MANY];
    DIR *directory;
    struct dirent *entry;
    char name[40];
    int dots;
    int good = 1;

    mkdir("d", 0700);
    is(count_entries("d", &dots), 0, "an empty directory");
    is(dots, 2, "has its two dots");
    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "d/entry-with-a-long-name-%d", i);
        good = good && touch(name) == 0;
    }
    ok(good, "%d files", MANY);
    directory = opendir("d");
    while (directory && (entry = readdir(directory)) != NULL) {
        int i;
        if (sscanf(entry->d_name, "entry-with-a-long-name-%d", &i) == 1 && i >= 0 &&
            i < MANY)
            seen[i]++;
        if (entry->d_type != DT_UNKNOWN)
            good = good && entry->d_type == (entry->d_name[0] == '.' ? DT_DIR : DT_REG);
    }
    for (int i = 0; i < MANY; i++)
        good = good && seen[i] == 1;
    ok(good, "are listed once each, with their type");
    rewinddir(directory);
    ok(readdir(directory) != NULL, "rewinddir");
    closedir(directory);
    directory = opendir("d"); /* removing while reading is what rm -r does */
    while (directory && (entry = readdir(directory)) != NULL)
        if (entry->d_name[0] != '.')
            good = good && unlinkat(dirfd(directory), entry->d_name, 0) == 0;
    closedir(directory);
    ok(good && count_entries("d", &dots) == 0, "each is removed while they are listed");
    is(rmdir("d"), 0, "rmdir");
    fails(opendir("d") ? 0 : -1, ENOENT, "opendir of nothing");
}

static void check_working(void)
{
    char path[PATH_MAX];
    char expected[PATH_MAX + 8];
    int fd;

    mkdir("d", 0700);
    mkdir("d/e", 0700);
    snprintf(expected, sizeof expected, "%s/d/e", top);
    is(chdir("d/e"), 0, "chdir");
    ok(getcwd(path, sizeof path) && strcmp(path, expected) == 0, "getcwd");
    touch("here");
    is(access("../../d/./e//here", F_OK), 0, "dots and slashes in a path");
    is(chdir(".."), 0, "chdir ..");
    is(access("e/here", F_OK), 0, "one up");
    fd = open("e", O_RDONLY | O_DIRECTORY);
    is(faccessat(fd, "here", F_OK, 0), 0, "faccessat");
    is(unlinkat(fd, "here", 0), 0, "unlinkat");
    is(mkdirat(fd, "sub", 0700), 0, "mkdirat");
    is(unlinkat(fd, "sub", AT_REMOVEDIR), 0, "unlinkat with AT_REMOVEDIR");
    is(fchdir(fd), 0, "fchdir");
    close(fd);
    ok(getcwd(path, sizeof path) && strcmp(path, expected) == 0, "to the same place");
    fails(getcwd(path, 3) ? 0 : -1, ERANGE, "getcwd with little room");
    fails(chdir("nothing"), ENOENT, "chdir to nothing");
    is(chdir(top), 0, "chdir to an absolute path");
    is(rmdir("d/e"), 0, "rmdir e");
    is(chdir("/.."), 0, "above the root");
    ok(getcwd(path, sizeof path) && strcmp(path, "/") == 0, "is the root");
    chdir(top);
    rmdir("d");
}

static void check_removed(void)
{
    char records[1024];
    int fd;

    mkdir("gone", 0700);
    fd = open("gone", O_RDONLY | O_DIRECTORY);
    rmdir("gone");
    fails(syscall(SYS_getdents64, fd, records, sizeof records), ENOENT,
          "listing a directory that was removed");
    fails(mkdirat(fd, "x", 0700), ENOENT, "making something in it");
    fails(openat(99, "", O_RDONLY), ENOENT, "an empty name, whatever the directory");
    close(fd);
}

static void check_renaming(void)
{
    mkdir("d", 0700);
    mkdir("empty", 0700);
    mkdir("full", 0700);
    touch("full/x");
    touch("file");
    is(rename("d", "moved"), 0, "rename of a directory");
    is(rename("moved", "empty"), 0, "onto an empty one");
    fails(rename("empty", "file"), ENOTDIR, "onto a file");
    fails(rename("file", "empty"), EISDIR, "of a file onto a directory");
    ok(rename("empty", "full") == -1 && (errno == ENOTEMPTY || errno == EEXIST),
       "onto one that is not empty");
    fails(rename("full", "full/inside"), EINVAL, "into itself");
    is(rename("full", "empty/below"), 0, "into another");
    is(access("empty/below/x", F_OK), 0, "with what is in it");
    is(access("empty/below/../below/x", F_OK), 0, "whose parent is the new one");
    unlink("empty/below/x");
    rmdir("empty/below");
    rmdir("empty");
    unlink("file");
}

/* A place in a listing is one to come back to. */
static void check_places(void)
{
    char name[16], names[32][32];
    long places[32];
    struct dirent *entry;
    int count = 0, right = 0;
    DIR *listing;

    mkdir("places", 0700);
    for (int i = 0; i < 20; i++) {
        sprintf(name, "places/%d", i);
        close(open(name, O_CREAT | O_WRONLY, 0600));
    }
    listing = opendir("places");
    for (;;) {
        places[count] = telldir(listing);
        entry = readdir(listing);
        if (entry == NULL || count == 31)
            break;
        strcpy(names[count++], entry->d_name);
    }
    is(count, 22, "twenty files and two");
    for (int i = count - 1; i >= 0; i--) {
        seekdir(listing, places[i]);
        entry = readdir(listing);
        right += entry != NULL && strcmp(entry->d_name, names[i]) == 0;
    }
    is(right, 22, "seekdir to each place that telldir gave, backwards");
    rewinddir(listing);
    entry = readdir(listing);
    ok(entry != NULL && strcmp(entry->d_name, names[0]) == 0, "rewinddir");
    closedir(listing);
    for (int i = 0; i < 20; i++) {
        sprintf(name, "places/%d", i);
        unlink(name);
    }
    rmdir("places");
}

int main(void)
{
    char directory[] = "/tmp/directories.XXXXXX";

    umask(022);
    if (!ok(mkdtemp(directory) && chdir(directory) == 0, "a directory to work in"))
        return done();
    ok(getcwd(top, sizeof top) != NULL, "its path");
    check_making();
    check_listing();
    check_working();
    check_removed();
    check_renaming();
    check_places();
    chdir("/");
    is(rmdir(directory), 0, "nothing is left");
    return done();
}

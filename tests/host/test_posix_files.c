/* SPDX-License-Identifier: MIT */
/*
 * Files of the POSIX server: contents, offsets, descriptors.
 *
 * Contract checked: reads and writes against a model in memory, at random offsets with
 * holes and truncations, for files made here and files of the boot image; O_APPEND,
 * O_TRUNC, O_EXCL, dup, fcntl, lseek, readv and writev; running out of pages is ENOSPC
 * and changes nothing; after everything is closed and removed no slot and no memory
 * object is left.
 */
/* sources: user/lib/ring.c user/lib/print.c */
#include "test_posix_fake.h"
#include "tap.h"

#define MODEL_BYTES 300000u

static uint8_t model[MODEL_BYTES];
static uint64_t model_size;
static unsigned long long seed = 88172645463325252ull;

static uint64_t random_below(uint64_t limit)
{
    return tap_random(&seed) % limit;
}

static bool model_write(int64_t fd)
{
    uint64_t offset = random_below(MODEL_BYTES - 70000);
    uint64_t bytes = 1 + random_below(random_below(8) ? 3000 : 65536);
    uint8_t *data = client_pointer(AT_BUFFER);

    for (uint64_t i = 0; i < bytes; i++)
        data[i] = (uint8_t)tap_random(&seed);
    if (client_call(POSIX_PWRITE, (uint64_t)fd, AT_BUFFER, bytes, offset) !=
        (int64_t)bytes)
        return false;
    memcpy(model + offset, data, bytes);
    if (offset + bytes > model_size)
        model_size = offset + bytes;
    return true;
}

static bool model_read(int64_t fd)
{
    uint64_t offset = random_below(MODEL_BYTES);
    uint64_t bytes = 1 + random_below(65536);
    uint64_t want = offset < model_size ? model_size - offset : 0;

    if (want > bytes)
        want = bytes;
    if (client_call(POSIX_PREAD, (uint64_t)fd, AT_BUFFER, bytes, offset) != (int64_t)want)
        return false;
    return memcmp(client_pointer(AT_BUFFER), model + offset, want) == 0;
}

static bool model_truncate(int64_t fd)
{
    uint64_t size = random_below(4) ? random_below(MODEL_BYTES) : 0;

    if (client_call(POSIX_FTRUNCATE, (uint64_t)fd, size, 0, 0) != 0)
        return false;
    if (size < model_size)
        memset(model + size, 0, model_size - size);
    model_size = size;
    return true;
}

/* Many random operations; the number of the first that went wrong, or 0. */
static unsigned against_model(int64_t fd)
{
    for (unsigned i = 1; i <= 4000; i++) {
        struct linux_stat stat;
        unsigned what = (unsigned)random_below(20);
        bool good = what < 8    ? model_write(fd)
                    : what < 19 ? model_read(fd)
                                : model_truncate(fd);

        client_call(POSIX_FSTAT, (uint64_t)fd, AT_BUFFER, 0, 0);
        memcpy(&stat, client_pointer(AT_BUFFER), sizeof(stat));
        if (!good || stat.size != (int64_t)model_size)
            return i;
        if (i % 7 == 0)
            window_work();
    }
    return 0;
}

static void test_model(void)
{
    int64_t fd = client_open("/m", LINUX_O_CREAT | LINUX_O_RDWR, 0600);

    check(against_model(fd) == 0, "4000 random operations on a file");
    client_close(fd);
    client_unlink("/m", 0);
}

/* A file as the boot image gives it. */
static void test_image(void)
{
    uint32_t index;
    int64_t fd;

    if (mmap((void *)SERVER_IMAGE_VA, 0x100000, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == MAP_FAILED)
        abort();
    for (unsigned i = 0; i < 100000; i++)
        ((uint8_t *)SERVER_IMAGE_VA)[i] = (uint8_t)(i * 7 + i / 251);
    mprotect((void *)SERVER_IMAGE_VA, 0x100000, PROT_READ);
    if (ramfs_make(STATE->root, "i", 1, LINUX_S_IFREG | 0644, &index) != 0)
        abort();
    inode_at(index)->file.source = FILE_IMAGE;
    inode_at(index)->file.image_offset = 1001;
    inode_at(index)->size = 80000;
    memcpy(model, (uint8_t *)SERVER_IMAGE_VA + 1001, 80000);
    memset(model + 80000, 0, MODEL_BYTES - 80000);
    model_size = 80000;
    fd = client_open("/i", LINUX_O_RDWR, 0);
    check(model_read(fd) && fake_open_objects() == 1, "it is read in place");
    fake_pages = 10;
    check(client_write(fd, "x", 1) == -LINUX_ENOSPC && model_read(fd),
          "too little memory for a copy: ENOSPC, unchanged");
    fake_pages = 1 << 20;
    check(against_model(fd) == 0, "4000 random operations on it, which copy it first");
    client_close(fd);
    client_unlink("/i", 0);
}

static void test_offsets(void)
{
    int64_t fd = client_open("/o", LINUX_O_CREAT | LINUX_O_EXCL | LINUX_O_RDWR, 0640);
    int64_t other, append;
    struct linux_stat stat;

    check(client_write(fd, "hello world", 11) == 11, "write");
    check(client_call(POSIX_LSEEK, (uint64_t)fd, 6, LINUX_SEEK_SET, 0) == 6, "lseek");
    check(client_read(fd, 100) == 5 && !memcmp(client_pointer(AT_BUFFER), "world", 5),
          "read to the end");
    check(client_read(fd, 100) == 0, "at the end");
    other = client_call(POSIX_DUP, (uint64_t)fd, 0, 0, 0);
    client_call(POSIX_LSEEK, (uint64_t)other, (uint64_t)-5, LINUX_SEEK_END, 0);
    check(client_read(fd, 1) == 1 && *(char *)client_pointer(AT_BUFFER) == 'w',
          "dup shares the offset");
    append = client_open("/o", LINUX_O_WRONLY | LINUX_O_APPEND, 0);
    check(client_write(append, "!", 1) == 1, "append");
    client_stat("/o", &stat);
    check(stat.size == 12 && stat.mode == (LINUX_S_IFREG | 0640) && stat.nlink == 1,
          "stat");
    check(client_read(append, 1) == -LINUX_EBADF, "reading what is open for writing");
    check(client_call(POSIX_LSEEK, (uint64_t)fd, (uint64_t)-20, LINUX_SEEK_CUR, 0) ==
              -LINUX_EINVAL,
          "lseek before the start");
    check(client_call(POSIX_LSEEK, (uint64_t)fd, INT64_MAX, LINUX_SEEK_END, 0) ==
              -LINUX_EOVERFLOW,
          "lseek beyond everything");
    check(client_open("/o", LINUX_O_CREAT | LINUX_O_EXCL, 0) == -LINUX_EEXIST, "O_EXCL");
    check(client_close(client_open("/o", LINUX_O_WRONLY | LINUX_O_TRUNC, 0)) == 0,
          "O_TRUNC");
    client_stat("/o", &stat);
    check(stat.size == 0, "cuts");
    client_unlink("/o", 0);
    check(client_write(fd, "still", 5) == 5,
          "an unlinked file that is open can be written");
    client_close(fd);
    client_close(other);
    client_close(append);
}

static void test_vectors(void)
{
    int64_t fd = client_open("/v", LINUX_O_CREAT | LINUX_O_RDWR, 0600);
    struct linux_iovec *vector = client_pointer(CLIENT_VA);

    client_string(AT_BUFFER, "onetwothree");
    vector[0] = (struct linux_iovec){AT_BUFFER, 3};
    vector[1] = (struct linux_iovec){0, 0};
    vector[2] = (struct linux_iovec){AT_BUFFER + 3, 8};
    check(client_call(POSIX_WRITEV, (uint64_t)fd, CLIENT_VA, 3, 0) == 11, "writev");
    client_call(POSIX_LSEEK, (uint64_t)fd, 0, LINUX_SEEK_SET, 0);
    memset(client_pointer(AT_BUFFER), 0, 16);
    vector[2].base = AT_BUFFER + 8;
    check(client_call(POSIX_READV, (uint64_t)fd, CLIENT_VA, 3, 0) == 11, "readv");
    check(!memcmp(client_pointer(AT_BUFFER), "one\0\0\0\0\0twothree", 16),
          "into its parts");
    vector[1] = (struct linux_iovec){1, 5};
    client_call(POSIX_LSEEK, (uint64_t)fd, 0, LINUX_SEEK_SET, 0);
    check(client_call(POSIX_READV, (uint64_t)fd, CLIENT_VA, 3, 0) == 3,
          "a bad second part");
    vector[2].length = INT64_MAX;
    check(client_call(POSIX_WRITEV, (uint64_t)fd, CLIENT_VA, 3, 0) == -LINUX_EINVAL,
          "a sum that overflows");
    check(client_call(POSIX_WRITEV, (uint64_t)fd, CLIENT_VA, 1025, 0) == -LINUX_EINVAL,
          "more than IOV_MAX");
    check(client_call(POSIX_WRITEV, (uint64_t)fd, 8, 1, 0) == -LINUX_EFAULT, "no vector");
    vector[0] = (struct linux_iovec){AT_BUFFER, 65536};
    vector[1] = vector[2] = vector[0];
    check(client_call(POSIX_WRITEV, (uint64_t)fd, CLIENT_VA, 3, 0) == 65536,
          "not more than one transfer's worth");
    client_close(fd);
    client_unlink("/v", 0);
}

static void test_descriptors(void)
{
    int64_t fd = client_open("/d", LINUX_O_CREAT | LINUX_O_RDWR | LINUX_O_CLOEXEC, 0600);
    uint64_t f = (uint64_t)fd;
    int64_t last = 0;

    check(client_call(POSIX_FCNTL, f, LINUX_F_GETFD, 0, 0) == LINUX_FD_CLOEXEC,
          "F_GETFD");
    client_call(POSIX_FCNTL, f, LINUX_F_SETFD, 0, 0);
    check(client_call(POSIX_FCNTL, f, LINUX_F_GETFD, 0, 0) == 0, "F_SETFD");
    check(client_call(POSIX_FCNTL, f, LINUX_F_DUPFD_CLOEXEC, 10, 0) == 10,
          "F_DUPFD_CLOEXEC");
    check(client_call(POSIX_FCNTL, f, LINUX_F_DUPFD, 10, 0) == 11, "F_DUPFD");
    check(client_call(POSIX_FCNTL, f, LINUX_F_DUPFD, 1024, 0) == -LINUX_EINVAL,
          "F_DUPFD beyond the limit");
    client_call(POSIX_FCNTL, f, LINUX_F_SETFL, LINUX_O_APPEND | LINUX_O_WRONLY, 0);
    check((client_call(POSIX_FCNTL, f, LINUX_F_GETFL, 0, 0) & 0xffff & ~0100000) ==
              (LINUX_O_RDWR | LINUX_O_APPEND),
          "F_SETFL changes what it may");
    check(client_call(POSIX_DUP3, f, 500, LINUX_O_CLOEXEC, 0) == 500, "dup3");
    check(client_call(POSIX_DUP3, f, f, 0, 0) == -LINUX_EINVAL, "dup3 to itself");
    check(client_call(POSIX_DUP3, f, 1024, 0, 0) == -LINUX_EBADF,
          "dup3 beyond the limit");
    check(client_call(POSIX_DUP3, f, 11, 0, 0) == 11, "dup3 over an open one");
    check(client_close(11) == 0 && client_close(11) == -LINUX_EBADF, "close, twice");
    while ((fd = client_call(POSIX_DUP, f, 0, 0, 0)) >= 0)
        last = fd;
    check(fd == -LINUX_EMFILE && last == 1023, "1024 fds and no more");
    fd_close_all(process_at(fake_process));
    check(client_call(POSIX_DUP, f, 0, 0, 0) == -LINUX_EBADF, "all closed");
    client_unlink("/d", 0);
}

static void test_memory_runs_out(void)
{
    int64_t fd = client_open("/q", LINUX_O_CREAT | LINUX_O_RDWR, 0600);
    struct linux_stat stat;
    int64_t status;

    client_write(fd, "first", 5);
    fake_pages = BUDGET_RESERVE_PAGES + 6;
    status = client_call(POSIX_PWRITE, (uint64_t)fd, AT_BUFFER, 65536, 8192);
    client_stat("/q", &stat);
    check(status == -LINUX_ENOSPC && stat.size == 5, "ENOSPC, and the file is as it was");
    check(client_write(fd, "more", 4) == 4, "a page that is there can still be written");
    check(client_call(POSIX_FTRUNCATE, (uint64_t)fd, 1ull << 34, 0, 0) == 0,
          "a hole of 16 GiB costs nothing");
    check(client_call(POSIX_PREAD, (uint64_t)fd, AT_BUFFER, 8, 1ull << 33) == 8 &&
              *(uint64_t *)client_pointer(AT_BUFFER) == 0,
          "and reads as zeros");
    check(client_call(POSIX_FTRUNCATE, (uint64_t)fd, (1ull << 36) + 1, 0, 0) ==
              -LINUX_EFBIG,
          "larger than a file can be");
    fake_pages = 1u << 20;
    check(client_call(POSIX_PWRITE, (uint64_t)fd, AT_BUFFER, 100, (1ull << 36) - 50) ==
              50,
          "a write up to the largest size");
    client_close(fd);
    client_unlink("/q", 0);
}

static void test_devices(void)
{
    int64_t null = client_open("/dev/null", LINUX_O_RDWR, 0);
    int64_t zero = client_open("/dev/zero", LINUX_O_RDWR, 0);
    int64_t full = client_open("/dev/full", LINUX_O_RDWR, 0);
    int64_t dice = client_open("/dev/urandom", LINUX_O_RDONLY, 0);
    uint64_t first;

    check(client_read(null, 10) == 0 && client_write(null, "x", 1) == 1, "/dev/null");
    memset(client_pointer(AT_BUFFER), 1, 65536);
    check(client_read(zero, 65536) == 65536 &&
              ((uint8_t *)client_pointer(AT_BUFFER))[65535] == 0,
          "/dev/zero");
    check(client_write(full, "x", 1) == -LINUX_ENOSPC, "/dev/full");
    check(client_read(dice, 1000) == 1000, "/dev/urandom");
    first = *(uint64_t *)client_pointer(AT_BUFFER);
    client_read(dice, 1000);
    check(first != *(uint64_t *)client_pointer(AT_BUFFER),
          "gives something else each time");
    check(client_open("/dev/stdin", LINUX_O_RDWR, 0) == 4, "/dev/stdin is a dup of fd 0");
    check(client_open("/dev/null", LINUX_O_RDONLY | LINUX_O_DIRECTORY, 0) ==
              -LINUX_ENOTDIR,
          "a device is no directory");
    fd_close_all(process_at(fake_process));
}

int main(void)
{
    struct fake_usage before;

    fake_start();
    before = fake_usage();
    test_model();
    check(fake_usage_equal(before, fake_usage()), "nothing is left of the model file");
    test_image();
    test_offsets();
    test_vectors();
    test_descriptors();
    test_memory_runs_out();
    test_devices();
    check(fake_usage_equal(before, fake_usage()), "nothing is left of all files");
    return tap_end();
}

/* SPDX-License-Identifier: MIT */
/*
 * Numbers and layouts of the riscv64 Linux user interface that musl is compiled for:
 * errno values, flags and structures that cross between a program, its shim and the POSIX
 * server. Facts only; posix/server and posix/client share them. Names carry a prefix
 * so that host tests can include the host's own headers beside this one.
 */
#ifndef PROTO_LINUX_ABI_H
#define PROTO_LINUX_ABI_H

#include <stddef.h>
#include <stdint.h>

enum linux_errno {
    LINUX_EPERM = 1,
    LINUX_ENOENT = 2,
    LINUX_ESRCH = 3,
    LINUX_EINTR = 4,
    LINUX_EIO = 5,
    LINUX_ENXIO = 6,
    LINUX_E2BIG = 7,
    LINUX_ENOEXEC = 8,
    LINUX_EBADF = 9,
    LINUX_ECHILD = 10,
    LINUX_EAGAIN = 11,
    LINUX_ENOMEM = 12,
    LINUX_EACCES = 13,
    LINUX_EFAULT = 14,
    LINUX_EBUSY = 16,
    LINUX_EEXIST = 17,
    LINUX_EXDEV = 18,
    LINUX_ENODEV = 19,
    LINUX_ENOTDIR = 20,
    LINUX_EISDIR = 21,
    LINUX_EINVAL = 22,
    LINUX_ENFILE = 23,
    LINUX_EMFILE = 24,
    LINUX_ENOTTY = 25,
    LINUX_ETXTBSY = 26,
    LINUX_EFBIG = 27,
    LINUX_ENOSPC = 28,
    LINUX_ESPIPE = 29,
    LINUX_EROFS = 30,
    LINUX_EMLINK = 31,
    LINUX_EPIPE = 32,
    LINUX_EDOM = 33,
    LINUX_ERANGE = 34,
    LINUX_EDEADLK = 35,
    LINUX_ENAMETOOLONG = 36,
    LINUX_ENOLCK = 37,
    LINUX_ENOSYS = 38,
    LINUX_ENOTEMPTY = 39,
    LINUX_ELOOP = 40,
    LINUX_EOVERFLOW = 75,
    LINUX_ELIBBAD = 80,
    LINUX_EOPNOTSUPP = 95,
    LINUX_EAFNOSUPPORT = 97,
    LINUX_ETIMEDOUT = 110,
    LINUX_EOWNERDEAD = 130,
};

#define LINUX_NAME_MAX     255
#define LINUX_PATH_MAX     4096 /* with the NUL */
#define LINUX_IOV_MAX      1024
#define LINUX_SYMLINKS_MAX 40

/* open and fcntl */
#define LINUX_O_ACCMODE   00000003
#define LINUX_O_RDONLY    00000000
#define LINUX_O_WRONLY    00000001
#define LINUX_O_RDWR      00000002
#define LINUX_O_CREAT     00000100
#define LINUX_O_EXCL      00000200
#define LINUX_O_NOCTTY    00000400
#define LINUX_O_TRUNC     00001000
#define LINUX_O_APPEND    00002000
#define LINUX_O_NONBLOCK  00004000
#define LINUX_O_DSYNC     00010000
#define LINUX_O_ASYNC     00020000
#define LINUX_O_DIRECT    00040000
#define LINUX_O_LARGEFILE 00100000
#define LINUX_O_DIRECTORY 00200000
#define LINUX_O_NOFOLLOW  00400000
#define LINUX_O_NOATIME   01000000
#define LINUX_O_CLOEXEC   02000000
#define LINUX_O_SYNC      04010000
#define LINUX_O_PATH      010000000
#define LINUX_O_TMPFILE   020200000

#define LINUX_F_DUPFD         0
#define LINUX_F_GETFD         1
#define LINUX_F_SETFD         2
#define LINUX_F_GETFL         3
#define LINUX_F_SETFL         4
#define LINUX_F_GETLK         5
#define LINUX_F_SETLK         6
#define LINUX_F_SETLKW        7
#define LINUX_F_DUPFD_CLOEXEC 1030
#define LINUX_FD_CLOEXEC      1

#define LINUX_AT_FDCWD            (-100)
#define LINUX_AT_SYMLINK_NOFOLLOW 0x100
#define LINUX_AT_REMOVEDIR        0x200
#define LINUX_AT_EACCESS          0x200
#define LINUX_AT_SYMLINK_FOLLOW   0x400
#define LINUX_AT_NO_AUTOMOUNT     0x800
#define LINUX_AT_EMPTY_PATH       0x1000

#define LINUX_R_OK 4
#define LINUX_W_OK 2
#define LINUX_X_OK 1

#define LINUX_SEEK_SET 0
#define LINUX_SEEK_CUR 1
#define LINUX_SEEK_END 2
#define LINUX_SEEK_DATA 3
#define LINUX_SEEK_HOLE 4

/* renameat2 */
#define LINUX_RENAME_NOREPLACE 1u
#define LINUX_RENAME_EXCHANGE  2u

/* fallocate */
#define LINUX_FALLOC_KEEP_SIZE  0x01u
#define LINUX_FALLOC_PUNCH_HOLE 0x02u
#define LINUX_FALLOC_ZERO_RANGE 0x10u

/* mount and umount2 */
#define LINUX_MS_RDONLY      1u
#define LINUX_MS_NOSUID      2u
#define LINUX_MS_NODEV       4u
#define LINUX_MS_NOEXEC      8u
#define LINUX_MS_REMOUNT     32u
#define LINUX_MS_NOATIME     1024u
#define LINUX_MS_BIND        4096u
#define LINUX_MS_MOVE        8192u
#define LINUX_MS_REC         16384u
#define LINUX_MS_SILENT      32768u
#define LINUX_MS_UNBINDABLE  (1u << 17)
#define LINUX_MS_PRIVATE     (1u << 18)
#define LINUX_MS_SLAVE       (1u << 19)
#define LINUX_MS_SHARED      (1u << 20)
#define LINUX_MS_RELATIME    (1u << 21)
#define LINUX_MNT_FORCE      1u
#define LINUX_MNT_DETACH     2u
#define LINUX_MNT_EXPIRE     4u
#define LINUX_UMOUNT_NOFOLLOW 8u

/* flock and record locks */
#define LINUX_LOCK_SH 1
#define LINUX_LOCK_EX 2
#define LINUX_LOCK_NB 4
#define LINUX_LOCK_UN 8
#define LINUX_F_RDLCK 0
#define LINUX_F_WRLCK 1
#define LINUX_F_UNLCK 2
#define LINUX_F_OFD_GETLK  36
#define LINUX_F_OFD_SETLK  37
#define LINUX_F_OFD_SETLKW 38
#define LINUX_F_ADD_SEALS  1033
#define LINUX_F_GET_SEALS  1034

#define LINUX_SEAL_SEAL   0x01u
#define LINUX_SEAL_SHRINK 0x02u
#define LINUX_SEAL_GROW   0x04u
#define LINUX_SEAL_WRITE  0x08u

#define LINUX_MFD_CLOEXEC       1u
#define LINUX_MFD_ALLOW_SEALING 2u

struct linux_flock {
    int16_t type;
    int16_t whence;
    int32_t reserved0;
    int64_t start;
    int64_t length;
    int32_t pid;
    int32_t reserved1;
};

_Static_assert(sizeof(struct linux_flock) == 32, "struct flock of riscv64");

struct linux_statfs {
    uint64_t type;
    uint64_t block_bytes;
    uint64_t blocks;
    uint64_t free;
    uint64_t available;
    uint64_t files;
    uint64_t files_free;
    int32_t id[2];
    uint64_t name_max;
    uint64_t fragment_bytes;
    uint64_t flags;
    uint64_t reserved[4];
};

_Static_assert(sizeof(struct linux_statfs) == 120, "struct statfs of riscv64");

#define LINUX_TMPFS_MAGIC 0x01021994u
#define LINUX_RAMFS_MAGIC 0x858458f6u
#define LINUX_PROC_MAGIC  0x9fa0u
#define LINUX_DEVPTS_MAGIC 0x1cd1u
#define LINUX_ST_VALID    0x20u

struct linux_statx_time {
    int64_t seconds;
    uint32_t nanoseconds;
    int32_t reserved;
};

struct linux_statx {
    uint32_t mask;
    uint32_t blksize;
    uint64_t attributes;
    uint32_t nlink;
    uint32_t uid;
    uint32_t gid;
    uint16_t mode;
    uint16_t reserved0;
    uint64_t ino;
    uint64_t size;
    uint64_t blocks;
    uint64_t attributes_mask;
    struct linux_statx_time atime;
    struct linux_statx_time btime;
    struct linux_statx_time ctime;
    struct linux_statx_time mtime;
    uint32_t rdev_major;
    uint32_t rdev_minor;
    uint32_t dev_major;
    uint32_t dev_minor;
    uint64_t mount_id;
    uint64_t reserved1[13];
};

_Static_assert(sizeof(struct linux_statx) == 256, "struct statx");

#define LINUX_STATX_BASIC   0x7ffu
#define LINUX_STATX_BTIME   0x800u
#define LINUX_STATX_MNT_ID  0x1000u
#define LINUX_STATX_RESERVED 0x80000000u
#define LINUX_AT_STATX_SYNC 0x6000u

struct linux_sysinfo {
    int64_t uptime; /* seconds */
    uint64_t loads[3];
    uint64_t total; /* in units, as all that follow */
    uint64_t free;
    uint64_t shared;
    uint64_t buffers;
    uint64_t total_swap;
    uint64_t free_swap;
    uint16_t processes;
    uint16_t reserved0;
    uint32_t reserved1;
    uint64_t total_high;
    uint64_t free_high;
    uint32_t unit;
    uint32_t reserved2;
};

_Static_assert(sizeof(struct linux_sysinfo) == 112, "struct sysinfo of riscv64");

/* utimensat */
#define LINUX_UTIME_NOW  0x3fffffff
#define LINUX_UTIME_OMIT 0x3ffffffe

/* st_mode */
#define LINUX_S_IFMT  0170000
#define LINUX_S_IFIFO 0010000
#define LINUX_S_IFCHR 0020000
#define LINUX_S_IFDIR 0040000
#define LINUX_S_IFBLK 0060000
#define LINUX_S_IFREG 0100000
#define LINUX_S_IFLNK 0120000
#define LINUX_S_IFSOCK 0140000
#define LINUX_S_ISUID 04000
#define LINUX_S_ISGID 02000
#define LINUX_S_ISVTX 01000

struct linux_timespec {
    int64_t seconds;
    int64_t nanoseconds;
};

struct linux_stat {
    uint64_t dev;
    uint64_t ino;
    uint32_t mode;
    uint32_t nlink;
    uint32_t uid;
    uint32_t gid;
    uint64_t rdev;
    uint64_t reserved0;
    int64_t size;
    int32_t blksize;
    int32_t reserved1;
    int64_t blocks; /* of 512 bytes */
    struct linux_timespec atime;
    struct linux_timespec mtime;
    struct linux_timespec ctime;
    uint32_t reserved2[2];
};

_Static_assert(sizeof(struct linux_stat) == 128, "struct stat of riscv64");

/* getdents64: the name and its NUL follow, records are padded to 8 bytes. */
struct linux_dirent64 {
    uint64_t ino;
    int64_t off;
    uint16_t reclen;
    uint8_t type;
    char name[];
};

#define LINUX_DIRENT64_HEAD 19 /* bytes before name */
_Static_assert(offsetof(struct linux_dirent64, name) == LINUX_DIRENT64_HEAD, "dirent64");

#define LINUX_DT_UNKNOWN 0
#define LINUX_DT_CHR     2
#define LINUX_DT_DIR     4
#define LINUX_DT_REG     8
#define LINUX_DT_LNK     10

struct linux_iovec {
    uint64_t base;
    uint64_t length;
};

struct linux_utsname {
    char sysname[65];
    char nodename[65];
    char release[65];
    char version[65];
    char machine[65];
    char domainname[65];
};

#define LINUX_FIONREAD 0x541b
#define LINUX_FICLONE  0x40049409

/* Signal numbers that end a program. */
#define LINUX_SIGINT  2
#define LINUX_SIGQUIT 3
#define LINUX_SIGILL  4
#define LINUX_SIGTRAP 5
#define LINUX_SIGABRT 6
#define LINUX_SIGBUS  7
#define LINUX_SIGFPE  8
#define LINUX_SIGKILL 9
#define LINUX_SIGSEGV 11
#define LINUX_SIGPIPE 13
#define LINUX_SIGSYS  31

/* Auxiliary vector */
enum linux_auxv {
    LINUX_AT_NULL = 0,
    LINUX_AT_PHDR = 3,
    LINUX_AT_PHENT = 4,
    LINUX_AT_PHNUM = 5,
    LINUX_AT_PAGESZ = 6,
    LINUX_AT_BASE = 7,
    LINUX_AT_FLAGS = 8,
    LINUX_AT_ENTRY = 9,
    LINUX_AT_UID = 11,
    LINUX_AT_EUID = 12,
    LINUX_AT_GID = 13,
    LINUX_AT_EGID = 14,
    LINUX_AT_HWCAP = 16,
    LINUX_AT_CLKTCK = 17,
    LINUX_AT_SECURE = 23,
    LINUX_AT_RANDOM = 25,
    LINUX_AT_EXECFN = 31,
    LINUX_AT_SYSINFO = 32,
};

/* RISC-V AT_HWCAP: one bit per letter of the ISA string. */
#define LINUX_HWCAP_ISA(letter) (1ull << ((letter) - 'A'))

/* reboot */
#define LINUX_REBOOT_MAGIC1    0xfee1deadu
#define LINUX_REBOOT_MAGIC2    0x28121969u
#define LINUX_REBOOT_RESTART   0x01234567u
#define LINUX_REBOOT_HALT      0xcdef0123u
#define LINUX_REBOOT_POWER_OFF 0x4321fedcu

/* getrandom */
#define LINUX_GRND_NONBLOCK 1u
#define LINUX_GRND_RANDOM   2u
#define LINUX_GRND_INSECURE 4u

#endif

/* SPDX-License-Identifier: MIT */
/*
 * What the files of /proc say, in the form that programs written for Linux parse. Figures
 * that nobody measures (faults) are 0, as on a Linux without the accounting.
 * Start reading at proc_text.
 */
#include <posix/server/job.h>
#include <posix/server/pty.h>
#include <posix/server/procfs.h>

#include <posix/server/budget.h>
#include <posix/server/clock.h>
#include <posix/server/device.h>
#include <posix/server/entry.h>
#include <posix/server/ids.h>
#include <posix/server/misc.h>
#include <posix/server/mount.h>
#include <posix/server/names.h>
#include <posix/server/schedule.h>
#include <posix/server/self.h>
#include <user/lib/kernel.h>
#include <user/lib/print.h>
#include <user/lib/string.h>
#include <user/lib/time.h>

#define PAGE_KB       4u
#define TICKS_HZ      100u
#define ARGUMENTS_MAX 4096u /* bytes of a command line that are shown */
#define MEMORY_PAGES  (self.startup->value[POSIX_VALUE_MEMORY] / VM_PAGE_BYTES)

/* A text that is being written; what does not fit is cut. */
struct text_out {
    char *buffer;
    uint32_t bytes;
    uint32_t at;
};

#define SAY(out, ...)                                                                    \
    ((out)->at += said(out, print_to(say_at(out), say_room(out), __VA_ARGS__)))

static char *say_at(const struct text_out *out)
{
    return out->buffer + out->at;
}

static size_t say_room(const struct text_out *out)
{
    return out->bytes - out->at;
}

static uint32_t said(const struct text_out *out, size_t wanted)
{
    return wanted < say_room(out) ? (uint32_t)wanted : (uint32_t)say_room(out) - 1;
}

static uint64_t uptime_ns(void)
{
    return clock_realtime_ns() - clock_realtime_offset_ns();
}

static uint64_t pages_of(handle_t account)
{
    struct info_account info;

    if (account == HANDLE_NONE ||
        handle_info(account, INFO_ACCOUNT, &info, sizeof(info)) < 0)
        return 0;
    return info.pages_used;
}

static uint32_t process_count(void)
{
    return STATE->table[TABLE_PROCESS].used;
}

static uint32_t parent_pid(const struct process *process)
{
    return process->parent ? process_at(process->parent)->pid : ID_INIT;
}

/* As ps shows it: what the first thread does. One whose request is being handled, or
 * waits for that, is not asleep. */
static char state_of(const struct process *process)
{
    struct info_thread info = {.activity = THREAD_IS_BUSY};
    handle_t thread;

    if (process->state == PROCESS_ZOMBIE)
        return 'Z';
    if (process->is_stopped)
        return 'T';
    thread =
        process->first_thread ? thread_at(process->first_thread)->handle : HANDLE_NONE;
    if (thread != HANDLE_NONE)
        handle_info(thread, INFO_THREAD, &info, sizeof(info));
    switch (info.activity) {
    case THREAD_IS_ASLEEP:
        return 'S';
    case THREAD_IS_FAST_ASLEEP:
        return 'D';
    default:
        return 'R';
    }
}

static uint32_t session_of(const struct process *process)
{
    return id_at(id_at(process->group)->group_session)->number;
}

static unsigned long threads_of(const struct process *process)
{
    struct info_process info = {.threads = 1};

    if (process->process != HANDLE_NONE)
        handle_info(process->process, INFO_PROCESS, &info, sizeof(info));
    return info.threads;
}

/* Up to 15 bytes, as Linux keeps. */
static void say_name(struct text_out *out, const struct process *process)
{
    char name[16] = "";

    memcpy(name, process->name, strnlen(process->name, sizeof(name) - 1));
    SAY(out, "%s", name);
}

static unsigned long ticks_of(uint64_t ns)
{
    return ns / (NANOSECONDS_PER_SECOND / TICKS_HZ);
}

static void text_stat(struct text_out *out, const struct process *process)
{
    uint64_t pages = pages_of(process->account);
    uint32_t terminal = job_terminal(process);
    uint32_t group = terminal ? job_foreground(tty_at(terminal)) : 0;
    int foreground = group ? (int)id_at(group)->number : -1;

    SAY(out, "%u (", process->pid);
    say_name(out, process);
    SAY(out, ") %c %u %u %u %u %d 4194304 0 0 0 0 %lu 0 %lu 0 %d %d %lu 0 %lu %lu %lu",
        state_of(process), parent_pid(process), id_at(process->group)->number,
        session_of(process), terminal ? pty_device(terminal) : 0, foreground,
        ticks_of(process_cpu_ns(process)), ticks_of(process->children_cpu_ns),
        schedule_shown(process->schedule), process->schedule.nice, threads_of(process),
        ticks_of(process->start_ns),
        (unsigned long)(pages * VM_PAGE_BYTES), (unsigned long)pages);
    SAY(out,
        " 18446744073709551615 0 0 %lu 0 0 0 0 0 0 0 0 0 17 0 %u %u 0 0 0 0 0 0 0 0 "
        "0 0 0\n",
        (unsigned long)POSIX_STACK_TOP, process->schedule.priority,
        process->schedule.policy);
}

static void text_status(struct text_out *out, const struct process *process)
{
    unsigned long kilobytes = pages_of(process->account) * PAGE_KB;

    SAY(out, "Name:\t");
    say_name(out, process);
    SAY(out, "\nUmask:\t0%u%u%u", process->umask >> 6 & 7, process->umask >> 3 & 7,
        process->umask & 7);
    SAY(out, "\nState:\t%c\nTgid:\t%u\nPid:\t%u\nPPid:\t%u\n", state_of(process),
        process->pid, process->pid, parent_pid(process));
    SAY(out, "TracerPid:\t0\nUid:\t%u\t%u\t%u\t%u\nGid:\t%u\t%u\t%u\t%u\n",
        process->credentials.uid, process->credentials.euid, process->credentials.suid,
        process->fsuid, process->credentials.gid, process->credentials.egid,
        process->credentials.sgid, process->fsgid);
    SAY(out, "FDSize:\t%u\nVmSize:\t%lu kB\nVmRSS:\t%lu kB\nThreads:\t%lu\n",
        PROCESS_FDS_MAX, kilobytes, kilobytes, threads_of(process));
}

static void text_statm(struct text_out *out, const struct process *process)
{
    unsigned long pages = pages_of(process->account);

    SAY(out, "%lu %lu 0 0 0 %lu 0\n", pages, pages, pages);
}

/* The strings that argv points to, from the process's own memory: it may have changed
 * them, or given them away. */
static void text_cmdline(struct text_out *out, const struct process *process)
{
    uint64_t head[2];
    uint64_t left;
    int64_t got;

    if (process->arguments == 0 || vm_copy(process->process, process->arguments, head,
                                           sizeof(head), VM_COPY_IN) != sizeof(head))
        return;
    got = vm_copy(process->process, head[1], say_at(out), ARGUMENTS_MAX, VM_COPY_IN);
    left = head[0];
    for (int64_t i = 0; i < got && left > 0; i++) {
        out->at++;
        left -= out->buffer[out->at - 1] == 0;
    }
}

static void say_mount(struct text_out *out, const struct process *process, uint32_t index)
{
    static char path[LINUX_PATH_MAX];
    static const char *const types[] = {[MOUNT_RAMFS] = "tmpfs",
                                        [MOUNT_PROC] = "proc",
                                        [MOUNT_DEVPTS] = "devpts",
                                        [MOUNT_FOREIGN] = "9p"};
    const struct mount *mount = mount_at(index);
    struct where at = {index, mount->root};
    uint32_t bytes = mount->source_bytes < 255 ? mount->source_bytes : 255;
    char source[256] = "";

    if (!mount->is_attached)
        return;
    text_read(mount->source, source, bytes);
    if (!inode_is_directory(inode_at(mount->root)))
        at = (struct where){mount->parent, mount->directory};
    if (names_of_inode(process->root, at, path, sizeof(path)) < 0)
        return;
    SAY(out, "%s %s %s %s%s%s%s%s 0 0\n", source[0] ? source : "none", path,
        types[mount->type], mount->flags & LINUX_MS_RDONLY ? "ro" : "rw",
        mount->flags & LINUX_MS_NOSUID ? ",nosuid" : "",
        mount->flags & LINUX_MS_NODEV ? ",nodev" : "",
        mount->flags & LINUX_MS_NOEXEC ? ",noexec" : "",
        mount->flags & LINUX_MS_NOATIME ? ",noatime" : ",relatime");
}

static void text_mounts(struct text_out *out, const struct process *process)
{
    for (uint32_t i = STATE->mount_first; i; i = mount_at(i)->next)
        say_mount(out, process, i);
}

/* Ranges as the process's shim records them (POSIX_RANGES_VA); then what the server itself
 * put there. */
static void text_maps(struct text_out *out, const struct process *process)
{
    struct posix_range_head head;
    struct posix_range range;

    if (vm_copy(process->process, POSIX_RANGES_VA, &head, sizeof(head), VM_COPY_IN) !=
        sizeof(head))
        head.count = 0;
    for (uint64_t i = 0; i < head.count && say_room(out) > 128; i++) {
        uint64_t at = POSIX_RANGES_VA + sizeof(head) + i * sizeof(range);

        if (vm_copy(process->process, at, &range, sizeof(range), VM_COPY_IN) !=
            sizeof(range))
            break;
        SAY(out, "%08lx-%08lx %c%c%c%c 00000000 00:00 0\n", (unsigned long)range.start,
            (unsigned long)range.end, range.access & VM_READ ? 'r' : '-',
            range.access & VM_WRITE ? 'w' : '-', range.access & VM_EXECUTE ? 'x' : '-',
            range.kind & 1 ? 's' : 'p');
    }
    SAY(out, "%08lx-%08lx rw-p 00000000 00:00 0                          [stack]\n",
        (unsigned long)(POSIX_STACK_TOP - process->stack_bytes),
        (unsigned long)POSIX_STACK_TOP);
}

static void text_meminfo(struct text_out *out)
{
    unsigned long total = MEMORY_PAGES * PAGE_KB;
    unsigned long free = budget_pages() * PAGE_KB;

    SAY(out, "MemTotal:       %8lu kB\nMemFree:        %8lu kB\n", total, free);
    SAY(out, "MemAvailable:   %8lu kB\nBuffers:               0 kB\n", free);
    SAY(out, "Cached:                0 kB\nSwapCached:            0 kB\n"
             "SwapTotal:             0 kB\nSwapFree:              0 kB\n"
             "Shmem:                 0 kB\nSReclaimable:          0 kB\n");
}

static void text_uptime(struct text_out *out)
{
    unsigned long hundredths = uptime_ns() / (NANOSECONDS_PER_SECOND / 100);

    SAY(out, "%lu.%02lu 0.00\n", hundredths / 100, hundredths % 100);
}

static void text_cpuinfo(struct text_out *out)
{
    uint64_t harts = self.startup->value[POSIX_VALUE_HARTS];

    for (uint64_t i = 0; i < (harts ? harts : 1); i++)
        SAY(out,
            "processor\t: %lu\nhart\t\t: %lu\nisa\t\t: rv64imafdc\nmmu\t\t: sv48\n\n",
            (unsigned long)i, (unsigned long)i);
}

static void text_loadavg(struct text_out *out)
{
    SAY(out, "0.00 0.00 0.00 1/%u %u\n", process_count(), STATE->last_pid);
}

static void text_system_stat(struct text_out *out)
{
    uint64_t boot = clock_realtime_offset_ns() / NANOSECONDS_PER_SECOND;

    SAY(out, "cpu  0 0 0 0 0 0 0 0 0 0\ncpu0 0 0 0 0 0 0 0 0 0 0\nintr 0\nctxt 0\n");
    SAY(out, "btime %lu\nprocesses %u\nprocs_running 1\nprocs_blocked 0\n",
        (unsigned long)boot, STATE->last_pid);
}

static int64_t text_of_process(struct text_out *out, const struct inode *node)
{
    uint32_t index = proc_process(node);
    const struct process *process = index ? process_at(index) : NULL;

    if (process == NULL)
        return -LINUX_ESRCH;
    switch (node->proc.kind) {
    case PROC_STAT:
        text_stat(out, process);
        break;
    case PROC_STATM:
        text_statm(out, process);
        break;
    case PROC_STATUS:
        text_status(out, process);
        break;
    case PROC_CMDLINE:
        text_cmdline(out, process);
        break;
    case PROC_COMM:
        say_name(out, process);
        SAY(out, "\n");
        break;
    case PROC_MOUNTS:
        text_mounts(out, process);
        break;
    default:
        text_maps(out, process);
        break;
    }
    return out->at;
}

int64_t proc_text(uint32_t node, char *buffer, uint32_t bytes)
{
    struct text_out out = {.buffer = buffer, .bytes = bytes};

    switch (inode_at(node)->proc.kind) {
    case PROC_MEMINFO:
        text_meminfo(&out);
        break;
    case PROC_UPTIME:
        text_uptime(&out);
        break;
    case PROC_CPUINFO:
        text_cpuinfo(&out);
        break;
    case PROC_LOADAVG:
        text_loadavg(&out);
        break;
    case PROC_VERSION:
        SAY(&out, "Outpost version %s (POSIX server)\n", OUTPOST_RELEASE);
        break;
    case PROC_FILESYSTEMS:
        SAY(&out, "nodev\ttmpfs\nnodev\tramfs\nnodev\tproc\nnodev\tdevpts\n");
        break;
    case PROC_SYSTEM_STAT:
        text_system_stat(&out);
        break;
    default:
        return text_of_process(&out, inode_at(node));
    }
    return out.at;
}

/* SPDX-License-Identifier: MIT */
/* Small requests: uname and what it says, getrandom, umask, sysinfo, and the report of a call
 * that is not built. */
#include <posix/server/budget.h>
#include <posix/server/clock.h>
#include <posix/server/device.h>
#include <posix/server/misc.h>
#include <posix/server/request.h>
#include <posix/server/self.h>

#include <abi/vm.h>
#include <user/lib/kernel.h>
#include <user/lib/print.h>
#include <user/lib/string.h>
#include <user/lib/time.h>

static void text_set(char to[65], const char *text)
{
    memcpy(to, text, strnlen(text, 64));
}

/* pid (0: oneself): its processor time in word 1, that of children waited for in word 2. */
int64_t request_CPU_TIME(struct request *r)
{
    uint32_t pid = (uint32_t)r->word[0];
    uint32_t index = pid ? id_process(pid) : r->process_index;
    struct info_process own = {.cpu_ns = 0};

    if (pid == ID_INIT) { /* the server itself */
        handle_info(HANDLE_SELF, INFO_PROCESS, &own, sizeof(own));
        r->reply[0] = own.cpu_ns;
        return 0;
    }
    if (index == 0)
        return -LINUX_ESRCH;
    r->reply[0] = process_cpu_ns(process_at(index));
    r->reply[1] = process_at(index)->children_cpu_ns;
    return 0;
}

int64_t request_UNAME(struct request *r)
{
    struct linux_utsname name;

    memset(&name, 0, sizeof(name));
    text_set(name.sysname, "Outpost");
    text_set(name.nodename, STATE->host_name);
    text_set(name.domainname, STATE->domain_name);
    text_set(name.release, OUTPOST_RELEASE);
    text_set(name.version, "POSIX server");
    text_set(name.machine, "riscv64");
    return copy_out(r->word[0], &name, sizeof(name));
}

/* Is the domain's, text, bytes. Nothing but root's word is behind a name. */
int64_t request_SET_NAME(struct request *r)
{
    char name[HOST_NAME_BYTES] = "";
    int64_t status;

    if (r->process->credentials.euid != 0)
        return -LINUX_EPERM;
    if (r->word[2] >= sizeof(name))
        return -LINUX_EINVAL;
    status = copy_in(name, r->word[1], r->word[2]);
    if (status == 0)
        memcpy(r->word[0] ? STATE->domain_name : STATE->host_name, name, sizeof(name));
    return status;
}

int64_t request_GETRANDOM(struct request *r)
{
    uint64_t bytes = r->word[1];
    uint32_t flags = (uint32_t)r->word[2];

    if ((flags & LINUX_GRND_RANDOM) && (flags & LINUX_GRND_INSECURE))
        return -LINUX_EINVAL;
    if (flags & ~(LINUX_GRND_NONBLOCK | LINUX_GRND_RANDOM | LINUX_GRND_INSECURE))
        return -LINUX_EINVAL;
    if (bytes > POSIX_TRANSFER_MAX)
        bytes = POSIX_TRANSFER_MAX;
    return random_transfer(r->word[0], bytes);
}

int64_t request_UMASK(struct request *r)
{
    uint32_t old = r->process->umask;

    r->process->umask = (uint32_t)r->word[0] & 0777;
    return old;
}

int64_t request_SYSINFO(struct request *r)
{
    struct linux_sysinfo info;

    memset(&info, 0, sizeof(info));
    info.uptime = (int64_t)((clock_realtime_ns() - clock_realtime_offset_ns()) /
                            NANOSECONDS_PER_SECOND);
    info.total = self.startup->value[POSIX_VALUE_MEMORY];
    info.free = budget_pages() * VM_PAGE_BYTES;
    info.processes = (uint16_t)STATE->table[TABLE_PROCESS].used;
    info.unit = 1;
    return copy_out(r->word[0], &info, sizeof(info));
}

int64_t request_UNKNOWN(struct request *r)
{
    uint64_t number = r->word[0];
    uint64_t bit;

    if (number >= PROCESS_CALLS_NOTED)
        return -LINUX_ENOSYS; /* no such call on any Linux: not worth a line */
    bit = 1ull << (number % 64);
    if (!(r->process->calls_noted[number / 64] & bit)) {
        r->process->calls_noted[number / 64] |= bit;
        log_printf(self.log, "%s[%u]: Linux call %lu is not built: ENOSYS",
                   r->process->name, r->process->pid, number);
    }
    return -LINUX_ENOSYS;
}

/* SPDX-License-Identifier: MIT */
/*
 * reboot(2): the end of everything by one process. The server has no power over the machine; it
 * ends the session, its exit status says what init is to do then. Whoever wants others to
 * have a last word asks them first (user/root/bin/poweroff): this call ends them as SIGKILL
 * does, the caller among them.
 */
#include <posix/server/request.h>
#include <posix/server/session.h>

int64_t request_REBOOT(struct request *r)
{
    uint32_t command = (uint32_t)r->word[2];

    if (r->process->credentials.euid != 0)
        return -LINUX_EPERM;
    if ((uint32_t)r->word[0] != LINUX_REBOOT_MAGIC1 ||
        (uint32_t)r->word[1] != LINUX_REBOOT_MAGIC2)
        return -LINUX_EINVAL;
    if (command != LINUX_REBOOT_RESTART && command != LINUX_REBOOT_HALT &&
        command != LINUX_REBOOT_POWER_OFF)
        return -LINUX_EINVAL;
    session_end(command == LINUX_REBOOT_RESTART ? POSIX_END_REBOOT : POSIX_END_OFF);
    return 0;
}

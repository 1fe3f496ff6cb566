/* SPDX-License-Identifier: MIT */
/*
 * The shim is a flat image (abi/bootinfo.h) linked at POSIX_SHIM_VA. Its text lies in one
 * memory object that every process maps. It has no data; what it keeps is in the area of a
 * process's first thread (exec.c).
 */
#include <posix/server/shim.h>

#include <abi/bootinfo.h>
#include <posix/server/names.h>
#include <posix/server/process.h>
#include <posix/server/ramfs.h>
#include <posix/server/self.h>
#include <user/lib/kernel.h>
#include <user/lib/print.h>
#include <user/lib/string.h>

#define SHIM_PATH "/boot/shim"
#define SHIM_END  POSIX_INFO_VA

static struct {
    struct posix_shim_head head;
    const uint8_t *file;
    handle_t text;
} shim;

static bool shim_is_good(const struct posix_shim_head *shim_head, uint64_t file_bytes)
{
    const struct flat_image *head = &shim_head->image;
    uint64_t room = SHIM_END - POSIX_SHIM_VA;

    if (head->magic != FLAT_IMAGE_MAGIC || head->base != POSIX_SHIM_VA)
        return false;
    if (head->data_bytes | head->bss_bytes | (head->text_bytes & (VM_PAGE_BYTES - 1)))
        return false;
    return head->text_bytes > 0 && head->text_bytes <= room &&
           head->text_bytes <= file_bytes && head->entry - head->base < head->text_bytes &&
           shim_head->traced_entry - head->base < head->text_bytes;
}

/* Put the text into an object that every process maps. */
static int64_t shim_share(void)
{
    int64_t memory = memory_create(HANDLE_NONE, MEMORY_ANONYMOUS, shim.head.image.text_bytes, 0,
                                   HANDLE_NONE);
    int64_t status;

    if (memory < 0)
        return memory;
    status = vm_map(HANDLE_SELF, SERVER_SCRATCH_VA, shim.head.image.text_bytes,
                    (handle_t)memory, 0, VM_READ | VM_WRITE);
    if (status < 0)
        return status;
    memcpy((void *)SERVER_SCRATCH_VA, shim.file, shim.head.image.text_bytes);
    vm_unmap(HANDLE_SELF, SERVER_SCRATCH_VA, shim.head.image.text_bytes);
    shim.text = (handle_t)memory;
    return OK;
}

void shim_init(void)
{
    uint32_t inode = names_find(SHIM_PATH);
    const struct inode *file = inode ? inode_at(inode) : NULL;

    if (file == NULL || inode_type(file) != LINUX_S_IFREG ||
        file->size < sizeof(shim.head)) {
        log_printf(self.log, "outpost: " SHIM_PATH ": not found: no program can run");
        return;
    }
    shim.file = file_bytes(file);
    memcpy(&shim.head, shim.file, sizeof(shim.head));
    if (!shim_is_good(&shim.head, file->size) || shim_share() < 0)
        log_printf(self.log, "outpost: " SHIM_PATH ": no good shim: no program can run");
}

uint64_t shim_entry(bool is_traced)
{
    if (shim.text == HANDLE_NONE)
        return 0;
    return is_traced ? shim.head.traced_entry : shim.head.image.entry;
}

int64_t shim_map(handle_t process)
{
    return vm_map(process, shim.head.image.base, shim.head.image.text_bytes, shim.text, 0,
                  VM_READ | VM_EXECUTE);
}

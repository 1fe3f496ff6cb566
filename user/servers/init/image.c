/* SPDX-License-Identifier: MIT */
/* The boot image: mapped once, checked from end to end, then searched by name. */
#include <user/lib/cpio.h>
#include <user/lib/process.h>
#include <user/servers/init/init.h>

static void check_archive(struct init *init)
{
    size_t bytes = init->boot->boot_image_bytes, at, entries;
    enum cpio_result result = cpio_check(init->image, bytes, &at, &entries);

    if (result == CPIO_EMPTY)
        init_fail(init, "the boot image %s", cpio_describe(result));
    if (result != CPIO_END)
        init_fail(init, "the boot image %s: at byte %zu of %zu, after %zu files",
                  cpio_describe(result), at, bytes, entries);
}

void image_open(struct init *init)
{
    const struct bootinfo *boot = init->boot;
    uint64_t offset = boot->boot_image_offset, bytes = boot->boot_image_bytes;
    uint64_t mapped = (offset + bytes + VM_PAGE_BYTES - 1) & ~(VM_PAGE_BYTES - 1);
    int64_t status;

    if (boot->boot_image == HANDLE_NONE)
        init_fail(init, "there is no boot image");
    if (bytes == 0)
        init_fail(init, "the boot image is empty");
    status = vm_map(HANDLE_SELF, INIT_IMAGE_VA, mapped, boot->boot_image, 0, VM_READ);
    if (status < 0)
        init_fail(init, "the boot image cannot be mapped: %s", status_name(status));
    init->image = (const uint8_t *)(INIT_IMAGE_VA + offset);
    check_archive(init);
}

const void *image_file(const struct init *init, const char *path, size_t *bytes)
{
    struct cpio_entry entry;

    if (!cpio_find(init->image, init->boot->boot_image_bytes, path, &entry) ||
        (entry.mode & CPIO_TYPE) != CPIO_REGULAR)
        return NULL;
    *bytes = entry.bytes;
    return entry.data;
}

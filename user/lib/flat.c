/* SPDX-License-Identifier: MIT */
/* flat_check; pure. */
#include <abi/status.h>
#include <abi/vm.h>
#include <user/lib/flat.h>
#include <user/lib/string.h>

int64_t flat_check(const void *file, size_t file_bytes, struct flat_image *head)
{
    uint64_t bytes;

    if (file_bytes < sizeof(*head))
        return E_TOO_BIG;
    memcpy(head, file, sizeof(*head));
    if (head->magic != FLAT_IMAGE_MAGIC)
        return E_INVALID;
    if ((head->base | head->text_bytes | head->data_bytes | head->bss_bytes) %
        VM_PAGE_BYTES)
        return E_ALIGN;
    /* One by one first, so that the sum cannot overflow. */
    if (head->text_bytes > FLAT_BYTES_MAX || head->data_bytes > FLAT_BYTES_MAX ||
        head->bss_bytes > FLAT_BYTES_MAX)
        return E_RANGE;
    bytes = head->text_bytes + head->data_bytes + head->bss_bytes;
    if (bytes > FLAT_BYTES_MAX || head->base < FLAT_BASE_MIN ||
        head->base > FLAT_END_MAX - bytes)
        return E_RANGE;
    if (head->entry < head->base + sizeof(*head) ||
        head->entry >= head->base + head->text_bytes || head->entry % 2 != 0)
        return E_RANGE;
    if (file_bytes != head->text_bytes + head->data_bytes)
        return E_TOO_BIG;
    return OK;
}

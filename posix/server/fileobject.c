/* SPDX-License-Identifier: MIT */
/*
 * The memory object of a file: making it, letting it grow, cutting it, punching holes,
 * mapping it into programs. Each operation finds out what could fail before it changes
 * anything. Start reading at file_reserve. Windows: window.c.
 */
#include <posix/server/filedata.h>

#include <posix/server/budget.h>
#include <posix/server/clock.h>
#include <posix/server/ramfs.h>
#include <posix/server/request.h>
#include <posix/server/user.h>
#include <posix/server/window.h>
#include <user/lib/kernel.h>
#include <user/lib/string.h>

#define OBJECT_BYTES_MIN 65536u
#define TOUCH_PAGES      4u /* page tables that a first touch of a window may need */
#define PAGE_BITS        12

/* What is cut off a file is zeroed when it is no more than this, else given back. */
#define CUT_BY_ZEROS_BYTES 65536u
/* The same for a file that is mapped, whose mappings keep what is given back. */
#define CUT_MAPPED_BYTES (16ull << 20)
#define ALLOCATE_BYTES   (1ull << 20) /* of one request */

uint8_t *file_object_at(const struct filedata *file, uint64_t offset)
{
    return (uint8_t *)window_address(file->window) + offset;
}

/* Let the object, and its window, be at least bytes long. Content and size stay. */
static int64_t object_extend(struct filedata *file, uint64_t bytes)
{
    uint64_t length = file->is_mapped ? 0 : file->object_bytes * 2;
    uint32_t window;

    if (bytes <= file->object_bytes)
        return 0;
    if (length < bytes)
        length = file_page_up(bytes);
    if (length > FILE_BYTES_MAX)
        length = FILE_BYTES_MAX;
    if (memory_control(file->memory, MEMORY_RESIZE, length, 0, 0) < 0)
        return -LINUX_ENOSPC;
    if (!window_extend(file->window, file->memory, length)) {
        window = window_open(file->memory, length);
        if (window == 0)
            return -LINUX_ENOSPC; /* the object is longer than need be: no harm */
        window_close(file->window, file->written_bytes, HANDLE_NONE);
        file->window = window;
    }
    file->object_bytes = length;
    return 0;
}

/* Give the file an object of its own with room for bytes; nothing of the file is lost
 * when that fails. */
static int64_t object_make(struct inode *inode, uint64_t bytes)
{
    struct filedata made = {.source = FILE_OBJECT, .user = state_payer};
    uint64_t content = inode->file.source == FILE_IMAGE ? inode->size : 0;
    handle_t account;
    int64_t memory;

    if (!budget_allows(file_page_up(content) / VM_PAGE_BYTES + TOUCH_PAGES))
        return -LINUX_ENOSPC;
    made.object_bytes = file_page_up(bytes > content ? bytes : content);
    if (made.object_bytes < OBJECT_BYTES_MIN)
        made.object_bytes = OBJECT_BYTES_MIN;
    if (!user_object_begins(made.user, &account))
        return -LINUX_ENOSPC;
    memory = memory_create(account, MEMORY_ANONYMOUS, made.object_bytes, 0, HANDLE_NONE);
    if (memory >= 0) {
        made.memory = (handle_t)memory;
        made.window = window_open(made.memory, made.object_bytes);
    }
    if (made.window == 0) {
        if (memory >= 0)
            handle_close(made.memory);
        user_object_ends(made.user);
        return -LINUX_ENOSPC;
    }
    made.written_bytes = file_page_up(content);
    made.pages.dense_pages = made.written_bytes >> PAGE_BITS;
    if (content && process_write(HANDLE_SELF, (uint64_t)file_object_at(&made, 0),
                                 file_bytes(inode), content) < 0) {
        window_close(made.window, made.written_bytes, made.memory);
        user_object_ends(made.user);
        return -LINUX_ENOSPC;
    }
    inode->file = made;
    return 0;
}

static bool inode_has_seal(const struct inode *inode, uint32_t seal)
{
    return (inode->flags >> INODE_SEAL_SHIFT & seal) != 0;
}

int64_t file_reserve(struct inode *inode, uint64_t offset, uint64_t end)
{
    struct filedata *file = &inode->file;
    uint64_t from = file->written_bytes;
    int64_t status = 0;

    if (inode->flags & INODE_SEALABLE &&
        (inode_has_seal(inode, LINUX_SEAL_WRITE) ||
         (end > inode->size && inode_has_seal(inode, LINUX_SEAL_GROW))))
        return -LINUX_EPERM;
    if (file->source != FILE_OBJECT) {
        status = object_make(inode, end);
        from = file->written_bytes;
    } else {
        status = object_extend(file, end);
    }
    if (status < 0)
        return status;
    if (file_page_up(end) > from) {
        if (offset > from)
            from = offset & ~(VM_PAGE_BYTES - 1);
        if (!budget_allows((file_page_up(end) - from) / VM_PAGE_BYTES + TOUCH_PAGES))
            return -LINUX_ENOSPC;
    }
    if (!pages_set(&file->pages, offset >> PAGE_BITS, file_page_up(end) >> PAGE_BITS))
        return -LINUX_ENOSPC;
    if (file_page_up(end) > file->written_bytes)
        file->written_bytes = file_page_up(end);
    return 0;
}

/* Make sure that [address, end) of the server can be written: each page gets one of its
 * own bytes from the kernel, which fills holes and page tables or says that it cannot. */
static bool pages_are_there(uint64_t address, uint64_t end)
{
    uint64_t page = address & ~(VM_PAGE_BYTES - 1);

    for (; page < end; page += VM_PAGE_BYTES) {
        uint8_t byte;

        if (vm_copy(HANDLE_SELF, page, &byte, 1, VM_COPY_IN) < 1 ||
            process_write(HANDLE_SELF, page, &byte, 1) < 0)
            return false;
    }
    return true;
}

bool file_readable(const struct inode *inode, uint64_t offset, uint64_t bytes)
{
    const struct filedata *file = &inode->file;
    uint64_t end = offset + bytes;

    if (bytes > inode->size || offset > inode->size - bytes)
        return false;
    if (file->source == FILE_IMAGE)
        return true;
    for (uint64_t at = offset & ~(VM_PAGE_BYTES - 1); at < end; at += VM_PAGE_BYTES)
        if (pages_next(&file->pages, at >> PAGE_BITS, true) != at >> PAGE_BITS &&
            !pages_are_there((uint64_t)file_object_at(file, at),
                             (uint64_t)file_object_at(file, at) + 1))
            return false;
    return true;
}

/* Does a page of an object exist, as far as is known? */
static bool page_may_exist(const struct filedata *file, uint64_t page)
{
    return file->is_mapped || pages_next(&file->pages, page, true) == page;
}

/* The first page from offset on that may exist, and where that run ends. False: none
 * before end. */
static bool run_that_exists(const struct filedata *file, uint64_t *offset, uint64_t *stop,
                            uint64_t end)
{
    uint64_t page = *offset >> PAGE_BITS;
    uint64_t next;

    *stop = end;
    if (file->is_mapped)
        return *offset < end;
    if (!page_may_exist(file, page)) {
        page = pages_next(&file->pages, page, true);
        if (page >= UINT64_MAX >> PAGE_BITS)
            return false;
        *offset = page << PAGE_BITS;
    }
    next = pages_next(&file->pages, page, false);
    if (next << PAGE_BITS < end)
        *stop = next << PAGE_BITS;
    return *offset < end;
}

/* Zero what exists of [offset, end), in two rounds: the first may fail. */
static int64_t object_zero(const struct filedata *file, uint64_t offset, uint64_t end)
{
    uint64_t stop;

    for (uint64_t at = offset; run_that_exists(file, &at, &stop, end); at = stop)
        if (!pages_are_there((uint64_t)file_object_at(file, at),
                             (uint64_t)file_object_at(file, stop)))
            return -LINUX_ENOSPC;
    for (uint64_t at = offset; run_that_exists(file, &at, &stop, end); at = stop)
        memset(file_object_at(file, at), 0, stop - at);
    return 0;
}

/* Give back all pages behind the one of offset: a shorter object, seen through a new
 * window, because pages stay in the old window until it is unmapped. The page of offset
 * can then be written. */
static int64_t object_shorten(struct filedata *file, uint64_t offset)
{
    uint64_t page = file_page_up(offset);
    uint32_t window = window_open(file->memory, page);
    uint64_t address = window ? window_address(window) : 0;

    if (window == 0)
        return -LINUX_ENOSPC;
    if ((offset < page && page_may_exist(file, offset >> PAGE_BITS) &&
         !pages_are_there(address + offset, address + page)) ||
        memory_control(file->memory, MEMORY_RESIZE, page, 0, 0) < 0) {
        window_close(window, page, HANDLE_NONE);
        return -LINUX_ENOSPC;
    }
    window_close(file->window, file->written_bytes, HANDLE_NONE);
    file->window = window;
    file->object_bytes = page;
    return 0;
}

/* Make everything from offset on read as zeros again. */
static int64_t object_cut(struct filedata *file, uint64_t offset)
{
    uint64_t page = file_page_up(offset);
    uint64_t end = file->is_mapped ? file->object_bytes : file->written_bytes;
    uint64_t most = file->is_mapped ? CUT_MAPPED_BYTES : CUT_BY_ZEROS_BYTES;
    int64_t status = 0;

    if (offset >= end)
        return 0;
    if (end - offset > most && offset > 0) {
        status = object_shorten(file, offset);
        end = page;
    }
    if (status == 0 && offset < end)
        status = object_zero(file, offset, end);
    if (status < 0)
        return status;
    file->written_bytes = page;
    /* Towards the end nothing is kept, so nothing needs room. */
    pages_clear(&file->pages, page >> PAGE_BITS, UINT64_MAX >> PAGE_BITS);
    return 0;
}

/* A mapped file's object ends with its last page, so that touching more is an error. */
static void object_fit(struct inode *inode, uint64_t size)
{
    uint64_t bytes = size ? file_page_up(size) : VM_PAGE_BYTES;

    if (inode->file.is_mapped && bytes < inode->file.object_bytes &&
        memory_control(inode->file.memory, MEMORY_RESIZE, bytes, 0, 0) >= 0)
        inode->file.object_bytes = bytes;
}

int64_t file_truncate(struct inode *inode, uint64_t size)
{
    struct filedata *file = &inode->file;
    int64_t status = 0;

    if (size > FILE_BYTES_MAX)
        return -LINUX_EFBIG;
    if ((size < inode->size && inode_has_seal(inode, LINUX_SEAL_SHRINK)) ||
        (size > inode->size && inode_has_seal(inode, LINUX_SEAL_GROW)))
        return -LINUX_EPERM;
    if (size == 0 && !file->is_mapped) {
        file_clear(inode);
    } else if (size < inode->size) {
        /* What is read in place of the image is only shown to be shorter. */
        status = file->source == FILE_OBJECT ? object_cut(file, size) : 0;
    } else if (size > inode->size) {
        status = file->source == FILE_OBJECT ? object_extend(file, size)
                                             : object_make(inode, size);
    }
    if (status < 0)
        return status;
    inode->size = size;
    inode->mtime_ns = inode->ctime_ns = clock_realtime_ns();
    return 0;
}

int64_t file_allocate(struct inode *inode, uint64_t offset, uint64_t bytes, uint64_t size)
{
    uint64_t end = offset + (bytes < ALLOCATE_BYTES ? bytes : ALLOCATE_BYTES);
    uint64_t address;
    int64_t status;

    if (offset >= FILE_BYTES_MAX || bytes > FILE_BYTES_MAX - offset)
        return -LINUX_EFBIG;
    if (size > inode->size && inode_has_seal(inode, LINUX_SEAL_GROW))
        return -LINUX_EPERM;
    status = file_reserve(inode, offset, end);
    if (status < 0)
        return status;
    address = (uint64_t)file_object_at(&inode->file, 0);
    if (!pages_are_there(address + offset, address + end))
        return -LINUX_ENOSPC;
    if (end > inode->size && size > inode->size)
        inode->size = end < size ? end : size;
    inode->ctime_ns = clock_realtime_ns();
    return (int64_t)(end - offset);
}

/* Give the pages [from, end) of an object back that nobody else has mapped. */
static void object_decommit(struct filedata *file, uint64_t from, uint64_t end)
{
    uint64_t address = window_address(file->window);

    if (file->is_mapped || from >= end)
        return;
    if (vm_unmap(HANDLE_SELF, address + from, end - from) < 0)
        return; /* they stay, zeroed */
    memory_control(file->memory, MEMORY_DECOMMIT, from, end - from, 0);
    vm_map(HANDLE_SELF, address + from, end - from, file->memory, from,
           VM_READ | VM_WRITE);
}

int64_t file_punch(struct inode *inode, uint64_t offset, uint64_t bytes)
{
    struct filedata *file = &inode->file;
    uint64_t end = bytes < FILE_BYTES_MAX - offset ? offset + bytes : FILE_BYTES_MAX;
    uint64_t first, last;
    int64_t status = 0;

    if (inode_has_seal(inode, LINUX_SEAL_WRITE))
        return -LINUX_EPERM;
    if (file->source == FILE_IMAGE)
        status = object_make(inode, inode->size);
    if (status < 0 || file->source == FILE_EMPTY)
        return status;
    if (end > file->object_bytes)
        end = file->object_bytes;
    if (offset >= end)
        return 0;
    status = object_zero(file, offset, end);
    if (status < 0)
        return status;
    first = file_page_up(offset);
    last = end & ~(VM_PAGE_BYTES - 1);
    if (first < last && pages_clear(&file->pages, first >> PAGE_BITS, last >> PAGE_BITS))
        object_decommit(file, first, last);
    inode->mtime_ns = inode->ctime_ns = clock_realtime_ns();
    return 0;
}

static int64_t map_error(int64_t status)
{
    switch (status) {
    case E_EXISTS:
        return -LINUX_EEXIST;
    case E_BUSY:
        return -LINUX_EAGAIN;
    default:
        return -LINUX_ENOMEM;
    }
}

int64_t file_map(struct inode *inode, handle_t process, uint64_t address, uint64_t bytes,
                 uint64_t offset, uint32_t access, uint32_t most, bool shared)
{
    struct filedata *file = &inode->file;
    uint64_t end = offset + bytes;
    int64_t status = 0;

    if (offset > FILE_BYTES_MAX || bytes > FILE_BYTES_MAX - offset)
        return -LINUX_ENOMEM;
    if (file->source != FILE_OBJECT)
        status = object_make(inode, inode->size);
    if (status < 0)
        return status;
    /* The kernel maps only what is inside the object, and does not mind when it is cut
     * afterwards. */
    if (end > file->object_bytes &&
        memory_control(file->memory, MEMORY_RESIZE, end, 0, 0) < 0)
        return -LINUX_ENOMEM;
    status = vm_map(process, address, bytes, file->memory, offset,
                    shared ? most : access | VM_PRIVATE);
    if (end > file->object_bytes)
        memory_control(file->memory, MEMORY_RESIZE, file->object_bytes, 0, 0);
    if (status < 0)
        return map_error(status);
    if (shared && most != access)
        status = vm_protect(process, address, bytes, access);
    if (status < 0) {
        vm_unmap(process, address, bytes);
        return map_error(status);
    }
    file->is_mapped = 1;
    object_fit(inode, inode->size);
    return 0;
}

void file_clear(struct inode *inode)
{
    struct filedata *file = &inode->file;

    if (file->source == FILE_OBJECT && file->is_mapped) {
        /* The object lives on in its mappings. */
        handle_close(file->memory);
        window_close(file->window, file->written_bytes, HANDLE_NONE);
    } else if (file->source == FILE_OBJECT) {
        window_close(file->window, file->written_bytes, file->memory);
    }
    pages_drop(&file->pages);
    if (file->source == FILE_OBJECT)
        user_object_ends(file->user);
    memset(file, 0, sizeof(*file));
    inode->size = 0;
}

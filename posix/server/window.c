/* SPDX-License-Identifier: MIT */
/*
 * Windows onto file data. A closed window is unmapped from its end, WORK_BYTES per step,
 * and the object, when it goes too, is cut to match, so that no step's work grows with
 * the file. A window of one step is done at once.
 */
#include <posix/server/window.h>

#include <posix/server/filedata.h>
#include <posix/server/state.h>
#include <user/lib/kernel.h>

#define WORK_BYTES (1ull << 20)

static struct window *window_at(uint32_t index)
{
    return SLOT_AT(TABLE_WINDOW, struct window, index);
}

uint64_t window_address(uint32_t window)
{
    const struct window *at = window_at(window);

    return SERVER_FILES_VA + ((uint64_t)at->size_class << WINDOW_REGION_SHIFT) +
           ((uint64_t)at->number << WINDOW_SHIFT(at->size_class));
}

static uint32_t window_take(uint32_t size_class)
{
    uint32_t index = STATE->window_free[size_class];

    if (index) {
        STATE->window_free[size_class] = window_at(index)->next;
        return index;
    }
    if (STATE->window_next[size_class] >>
        (WINDOW_REGION_SHIFT - WINDOW_SHIFT(size_class)))
        return 0;
    index = slot_take(TABLE_WINDOW);
    if (index == 0)
        return 0;
    window_at(index)->size_class = size_class;
    window_at(index)->number = STATE->window_next[size_class]++;
    return index;
}

static void window_give(uint32_t index)
{
    struct window *window = window_at(index);

    window->next = STATE->window_free[window->size_class];
    STATE->window_free[window->size_class] = index;
}

uint32_t window_open(handle_t memory, uint64_t bytes)
{
    uint32_t size_class = 0;
    uint32_t index;

    while (size_class < WINDOW_CLASSES && (1ull << WINDOW_SHIFT(size_class)) < bytes)
        size_class++;
    if (size_class == WINDOW_CLASSES)
        return 0;
    index = window_take(size_class);
    if (index == 0)
        return 0;
    if (!window_extend(index, memory, bytes)) {
        window_give(index);
        return 0;
    }
    return index;
}

bool window_extend(uint32_t index, handle_t memory, uint64_t bytes)
{
    struct window *window = window_at(index);
    uint64_t mapped = window->mapped_bytes;

    if (bytes > 1ull << WINDOW_SHIFT(window->size_class))
        return false;
    if (bytes <= mapped)
        return true; /* it may show more than the object has */
    if (vm_map(HANDLE_SELF, window_address(index) + mapped, bytes - mapped, memory,
               mapped, VM_READ | VM_WRITE) < 0)
        return false;
    window->mapped_bytes = bytes;
    return true;
}

/* One step of taking a window down; true when nothing of it is left. */
static bool window_step(uint32_t index)
{
    struct window *window = window_at(index);
    uint64_t rest =
        window->dying_bytes > WORK_BYTES ? window->dying_bytes - WORK_BYTES : 0;

    if (window->dying_bytes > rest)
        vm_unmap(HANDLE_SELF, window_address(index) + rest, window->dying_bytes - rest);
    window->dying_bytes = rest;
    if (rest > 0) {
        if (window->dying_memory)
            memory_control(window->dying_memory, MEMORY_RESIZE, rest, 0, 0);
        return false;
    }
    if (window->dying_memory)
        handle_close(window->dying_memory);
    window->dying_memory = HANDLE_NONE;
    return true;
}

void window_close(uint32_t index, uint64_t used_bytes, handle_t memory)
{
    struct window *window = window_at(index);
    uint64_t mapped = window->mapped_bytes;

    window->dying_memory = memory;
    window->dying_bytes = used_bytes < mapped ? used_bytes : mapped;
    window->mapped_bytes = 0;
    /* Nothing was ever touched in the rest: there are no pages to give back. */
    if (window->dying_bytes < mapped)
        vm_unmap(HANDLE_SELF, window_address(index) + window->dying_bytes,
                 mapped - window->dying_bytes);
    if (window_step(index)) {
        window_give(index);
        return;
    }
    window->next = STATE->window_dying;
    STATE->window_dying = index;
}

bool window_work(void)
{
    uint32_t index = STATE->window_dying;

    if (index && window_step(index)) {
        STATE->window_dying = window_at(index)->next;
        window_give(index);
    }
    return STATE->window_dying != 0;
}

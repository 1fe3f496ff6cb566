/* SPDX-License-Identifier: MIT */
/*
 * Nodes: a table that grows, with a hash over the files they are. A node's number is its
 * index and a generation, so an old number means nothing.
 */
#include <user/servers/p9/p9.h>

#include <user/lib/kernel.h>

#define NODES_VA    0x610000000000ull
#define NODES_PIECE 65536u
#define NODES_MAX   (1u << 20)
#define BUCKETS     4096u

static uint32_t made_count = 1; /* nodes ever made, and 0, which is nobody */
static uint32_t first_free;
static uint64_t mapped_bytes;
static uint32_t bucket[BUCKETS];

struct node *node_at(uint32_t index)
{
    return (struct node *)NODES_VA + index;
}

uint64_t node_number(uint32_t index)
{
    return (uint64_t)node_at(index)->generation << 32 | index;
}

uint32_t node_find(uint64_t number)
{
    uint32_t index = (uint32_t)number;

    if (index == 0 || index >= made_count || node_number(index) != number ||
        !(node_at(index)->live & 1u << FID_WALK))
        return 0;
    return index;
}

static bool table_grow(void)
{
    uint64_t bytes = (made_count + 1) * sizeof(struct node);

    if (made_count >= NODES_MAX)
        return false;
    if (bytes <= mapped_bytes)
        return true;
    if (vm_map(HANDLE_SELF, NODES_VA + mapped_bytes, NODES_PIECE, HANDLE_NONE, 0,
               VM_READ | VM_WRITE) < 0)
        return false;
    mapped_bytes += NODES_PIECE;
    return true;
}

/* Its fids are numbers that no other node has. A node that is made again keeps those it has
 * by then: they change hands (node_settle, opening). */
static uint32_t node_new(void)
{
    uint32_t index;

    if (!table_grow())
        return 0;
    index = made_count++;
    for (uint32_t i = 0; i < FID_COUNT; i++)
        node_at(index)->fid[i] = index * FID_COUNT + i;
    return index;
}

uint32_t node_make(void)
{
    uint32_t index = first_free;
    struct node *node = node_at(index);

    if (index == 0)
        return node_new();
    first_free = node->next;
    node->generation++;
    node->given = node->users = node->live = 0;
    return index;
}

static uint32_t *bucket_of(uint64_t file)
{
    return &bucket[(file ^ file >> 12 ^ file >> 32) % BUCKETS];
}

static void unhash(uint32_t index)
{
    uint32_t *at = bucket_of(node_at(index)->file);

    if (!node_at(index)->is_hashed)
        return;
    while (*at != index)
        at = &node_at(*at)->next;
    *at = node_at(index)->next;
    node_at(index)->is_hashed = false;
}

void node_free(uint32_t index)
{
    unhash(index);
    node_at(index)->generation++; /* its number is void at once */
    node_at(index)->next = first_free;
    first_free = index;
}

uint32_t node_settle(uint32_t made, uint64_t file, uint32_t type)
{
    uint32_t index = *bucket_of(file);
    struct node *node = node_at(made);
    uint32_t fid;

    while (index && (node_at(index)->file != file || node_at(index)->type != type))
        index = node_at(index)->next;
    if (index == 0) {
        node->file = file;
        node->type = type;
        node->next = *bucket_of(file);
        node->is_hashed = true;
        *bucket_of(file) = made;
        return made;
    }
    fid = node->fid[FID_WALK];
    node->fid[FID_WALK] = node_at(index)->fid[FID_WALK];
    node_at(index)->fid[FID_WALK] = fid;
    return index;
}

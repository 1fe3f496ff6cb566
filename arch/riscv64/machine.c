/* SPDX-License-Identifier: MIT */
/*
 * The device tree [devicetree v0.4], read with libfdt. Nothing else in the kernel knows
 * what machine this is.
 *
 * libfdt checks structure and bounds; what it hands out is still only claims, so sizes
 * are checked here before use. Addresses are taken as the bus gives them: soc buses with
 * an empty "ranges" are identity.
 */
#include <arch/machine.h>

#include <libfdt.h>

#include <arch/mmu.h>
#include <kernel/base/string.h>
#include <kernel/debug/klog.h>

#define DEPTH_MAX           16 /* nodes further down are none this kernel wants */
#define SUPERVISOR_EXTERNAL 9  /* interrupt number at a hart's own controller */

static uint64_t read_cells(const fdt32_t *cells, int count)
{
    uint64_t value = 0;

    while (count-- > 0)
        value = value << 32 | fdt32_to_cpu(*cells++);
    return value;
}

/* Entry n of a node's reg; false when there is none. (libfdt can find the parent itself,
 * by walking the whole tree again.) */
static bool read_reg(const void *tree, int parent, int node, int n,
                     struct boot_range *out)
{
    int bytes, address_cells = fdt_address_cells(tree, parent);
    int size_cells = fdt_size_cells(tree, parent);
    const fdt32_t *reg = fdt_getprop(tree, node, "reg", &bytes);
    int stride = address_cells + size_cells;

    if (reg == NULL || address_cells < 1 || address_cells > 2 || size_cells < 0 ||
        size_cells > 2 || bytes < (n + 1) * stride * 4)
        return false;
    out->base = PADDR(read_cells(reg + n * stride, address_cells));
    out->bytes = read_cells(reg + n * stride + address_cells, size_cells);
    return out->bytes <= UINT64_MAX - out->base.value;
}

static bool read_number(const void *tree, int node, const char *name, uint64_t *out)
{
    int bytes;
    const fdt32_t *value = fdt_getprop(tree, node, name, &bytes);

    if (value == NULL || (bytes != 4 && bytes != 8))
        return false;
    *out = read_cells(value, bytes / 4);
    return true;
}

static uint32_t read_u32(const void *tree, int node, const char *name)
{
    uint64_t value;

    return read_number(tree, node, name, &value) ? (uint32_t)value : 0;
}

static void read_string(const void *tree, int node, const char *name, char *out,
                        size_t size)
{
    int bytes;
    const char *text = fdt_getprop(tree, node, name, &bytes);
    size_t n = text != NULL && bytes > 0 ? strnlen(text, (size_t)bytes) : 0;

    if (n > size - 1)
        n = size - 1;
    memcpy(out, text, n);
    out[n] = '\0';
}

static bool is_enabled(const void *tree, int node)
{
    char status[16];

    read_string(tree, node, "status", status, sizeof(status));
    return status[0] == '\0' || strcmp(status, "okay") == 0 || strcmp(status, "ok") == 0;
}

static void add_range(struct boot_range *ranges, unsigned *count, struct boot_range range)
{
    if (range.bytes == 0)
        return;
    if (*count == BOOT_RANGES_MAX)
        boot_stop("the device tree names more than %u memory ranges", BOOT_RANGES_MAX);
    ranges[(*count)++] = range;
}

/* All entries of a node's reg. */
static void add_regs(const void *tree, int parent, int node, struct boot_range *ranges,
                     unsigned *count)
{
    struct boot_range range;

    for (int n = 0; read_reg(tree, parent, node, n, &range); n++)
        add_range(ranges, count, range);
}

static void read_memory(struct machine *m, const void *tree)
{
    int node, child, bytes;

    fdt_for_each_subnode(node, tree, 0)
    {
        const char *type = fdt_getprop(tree, node, "device_type", &bytes);

        if (type != NULL && bytes == 7 && memcmp(type, "memory", 7) == 0)
            add_regs(tree, 0, node, m->memory, &m->memory_count);
    }
    for (int n = 0; n < fdt_num_mem_rsv(tree); n++) {
        uint64_t base, size;

        if (fdt_get_mem_rsv(tree, n, &base, &size) == 0)
            add_range(m->reserved, &m->reserved_count,
                      (struct boot_range){PADDR(base), size});
    }
    node = fdt_path_offset(tree, "/reserved-memory");
    if (node < 0)
        return;
    fdt_for_each_subnode(child, tree, node)
        add_regs(tree, node, child, m->reserved, &m->reserved_count);
}

/* The phandle of the boot hart's own interrupt controller, 0 if it was not found. */
static uint32_t read_harts(struct machine *m, const void *tree, uint64_t booted)
{
    int cpus = fdt_path_offset(tree, "/cpus"), node, child;
    uint32_t phandle = 0;
    uint64_t hart;

    if (cpus < 0 || !read_number(tree, cpus, "timebase-frequency", &m->timebase_hz) ||
        m->timebase_hz == 0 || m->timebase_hz > 1000000000)
        boot_stop("the device tree has no usable timebase-frequency");
    fdt_for_each_subnode(node, tree, cpus)
    {
        if (!read_number(tree, node, "reg", &hart) || !is_enabled(tree, node))
            continue;
        m->hart_count++;
        if (hart < HARTS_MAX)
            m->harts |= 1ull << hart;
        if (hart != booted)
            continue;
        read_string(tree, node, "riscv,isa", m->isa, sizeof(m->isa));
        fdt_for_each_subnode(
            child, tree,
            node) if (fdt_getprop(tree, child, "interrupt-controller", NULL) != NULL)
            phandle = fdt_get_phandle(tree, child);
    }
    return phandle;
}

/* Which of the controller's contexts is the boot hart's supervisor mode: the position of
 * that pair in "interrupts-extended" [plic binding]. */
static void read_interrupts(struct machine *m, const void *tree, int node,
                            uint32_t hart_controller)
{
    const fdt32_t *pairs;
    int bytes;

    m->interrupt_lines = read_u32(tree, node, "riscv,ndev") + 1;
    if (m->interrupt_lines > 1024)
        m->interrupt_lines = 1024; /* the most a PLIC has [plic 1.0.0 §3] */
    pairs = fdt_getprop(tree, node, "interrupts-extended", &bytes);
    for (int n = 0; pairs != NULL && n < bytes / 8; n++) {
        if (fdt32_to_cpu(pairs[2 * n]) == hart_controller &&
            fdt32_to_cpu(pairs[2 * n + 1]) == SUPERVISOR_EXTERNAL) {
            m->interrupt_context = (uint32_t)n;
            return;
        }
    }
    boot_stop("the interrupt controller does not reach this hart's supervisor mode");
}

static void read_chosen(struct machine *m, const void *tree)
{
    int node = fdt_path_offset(tree, "/chosen"), bytes;
    uint64_t start = 0, end = 0;
    const void *seed;

    if (node < 0)
        return;
    read_string(tree, node, "bootargs", m->arguments, sizeof(m->arguments));
    if (read_number(tree, node, "linux,initrd-start", &start) &&
        read_number(tree, node, "linux,initrd-end", &end) && end > start)
        m->boot_image = (struct boot_range){PADDR(start), end - start};
    seed = fdt_getprop(tree, node, "rng-seed", &bytes);
    if (seed == NULL || bytes <= 0)
        return;
    m->seed_bytes = (uint32_t)bytes < sizeof(m->seed) ? (uint32_t)bytes : sizeof(m->seed);
    memcpy(m->seed, seed, m->seed_bytes);
}

/* Everything with registers, an interrupt and a name: user mode knows what to do with it. */
static void read_device(struct machine *m, const void *tree, int node,
                        struct boot_range range)
{
    int bytes;
    const fdt32_t *line = fdt_getprop(tree, node, "interrupts", &bytes);
    struct boot_device *d;

    if (line == NULL || bytes < 4 || !is_enabled(tree, node) ||
        m->device_count++ >= BOOTINFO_DEVICES_MAX)
        return;
    d = &m->devices[m->device_count - 1];
    read_string(tree, node, "compatible", d->compatible, sizeof(d->compatible));
    d->base = range.base.value;
    d->length_bytes = range.bytes;
    d->interrupt = fdt32_to_cpu(*line);
    d->clock_hz = read_u32(tree, node, "clock-frequency");
    d->reg_shift = read_u32(tree, node, "reg-shift");
}

static bool is_compatible(const void *tree, int node, const char *name)
{
    return fdt_node_check_compatible(tree, node, name) == 0;
}

/* One walk over all nodes, remembering the way down for the parents' cell sizes. */
static void read_devices(struct machine *m, const void *tree, uint32_t hart_controller)
{
    int way[DEPTH_MAX], depth = 0;

    way[0] = 0;
    for (int node = fdt_next_node(tree, 0, &depth); node >= 0 && depth > 0;
         node = fdt_next_node(tree, node, &depth)) {
        struct boot_range range;

        if (depth >= DEPTH_MAX)
            continue;
        way[depth] = node;
        if (fdt_getprop(tree, node, "compatible", NULL) == NULL ||
            !read_reg(tree, way[depth - 1], node, 0, &range))
            continue;
        if (is_compatible(tree, node, "sifive,plic-1.0.0") ||
            is_compatible(tree, node, "riscv,plic0")) {
            m->interrupt_controller = range;
            read_interrupts(m, tree, node, hart_controller);
        } else if (is_compatible(tree, node, "sifive,test1")) {
            m->finisher = range;
        } else {
            read_device(m, tree, node, range);
        }
    }
    if (m->interrupt_controller.bytes == 0)
        boot_stop("the device tree has no interrupt controller this kernel knows (PLIC)");
}

/* DOC: device-tree */
void machine_read(struct machine *m, uint64_t hart, paddr_t device_tree)
{
    const void *tree = arch_direct(device_tree);

    if (fdt_check_header(tree) != 0)
        boot_stop("firmware gave no valid device tree at 0x%lx", device_tree.value);
    m->device_tree = (struct boot_range){device_tree, fdt_totalsize(tree)};
    if (fdt_check_full(tree, fdt_totalsize(tree)) != 0)
        boot_stop("the device tree at 0x%lx is damaged", device_tree.value);
    read_memory(m, tree);
    read_chosen(m, tree);
    read_devices(m, tree, read_harts(m, tree, hart));
}

uint64_t machine_argument(const struct machine *m, const char *key, uint64_t fallback)
{
    size_t n = strlen(key);
    uint64_t value = 0;

    for (const char *a = m->arguments; a != NULL && *a != '\0';) {
        if (strncmp(a, key, n) == 0) {
            for (a += n; *a >= '0' && *a <= '9'; a++)
                value = value * 10 + (uint64_t)(*a - '0');
            return value;
        }
        a = strchr(a, ' ');
        a = a != NULL ? a + 1 : NULL;
    }
    return fallback;
}

# SPDX-License-Identifier: MIT
"""Reads boot images (cpio, newc), and makes damaged programs and images for tests."""

import os
import random
import struct

HEADER_BYTES = 110
PAGE = 4096


def read_cpio(path):
    """Files of concatenated newc archives: path -> content."""
    with open(path, "rb") as file:
        data = file.read()
    files, at = {}, 0
    while at < len(data):
        if data[at] == 0:       # between archives
            at += 4
            continue
        assert data[at:at + 6] == b"070701", f"no entry at {at}"
        fields = [int(data[at + 6 + 8 * i:at + 14 + 8 * i], 16) for i in range(13)]
        size, name_size = fields[6], fields[11]
        name = data[at + HEADER_BYTES:at + HEADER_BYTES + name_size - 1]
        start = (at + HEADER_BYTES + name_size + 3) & ~3
        if name != b"TRAILER!!!":
            files[os.fsdecode(name)] = data[start:start + size]
        at = (start + size + 3) & ~3
    return files


class Elf:
    """A 64-bit ELF file whose headers can be changed."""

    # Program header: name -> (offset in it, struct format)
    FIELDS = {"type": (0, "<I"), "flags": (4, "<I"), "offset": (8, "<Q"), "vaddr": (16, "<Q"),
              "paddr": (24, "<Q"), "filesz": (32, "<Q"), "memsz": (40, "<Q"),
              "align": (48, "<Q")}
    HEADER_BYTES, PROGRAM_HEADER_BYTES = 64, 56
    LOAD = 1

    def __init__(self, data):
        self.data = bytearray(data)
        self.table, = struct.unpack_from("<Q", data, 32)
        self.count, = struct.unpack_from("<H", data, 56)

    def place(self, index, field):
        """(format, offset in the file) of a program header's field."""
        offset, form = self.FIELDS[field]
        return form, self.table + index * self.PROGRAM_HEADER_BYTES + offset

    def get(self, index, field):
        """Value of a program header's field."""
        form, at = self.place(index, field)
        return struct.unpack_from(form, self.data, at)[0]

    def set(self, index, **fields):
        """Change fields of a program header. Returns self."""
        for field, value in fields.items():
            form, at = self.place(index, field)
            mask = (1 << 8 * struct.calcsize(form)) - 1
            struct.pack_into(form, self.data, at, value & mask)
        return self

    def loads(self):
        """Indices of the program headers that are loaded."""
        return [index for index in range(self.count) if self.get(index, "type") == self.LOAD]


NUMBERS = [0, 1, 3, 4095, 4096, 4097, 1 << 31, 1 << 32, (1 << 46) - PAGE, (1 << 47) - PAGE,
           1 << 47, 1 << 62, 1 << 63, 0xFFFFFFC000000000, (1 << 64) - PAGE, (1 << 64) - 1,
           0x7F0000000000, 0x7E0000000000]


def change_header(elf, chance):
    for _ in range(chance.randint(1, 3)):
        elf.data[chance.randrange(elf.HEADER_BYTES)] = chance.randrange(256)


def change_program_header(elf, chance):
    field = chance.choice(sorted(elf.FIELDS))
    index = chance.randrange(elf.count)
    value = chance.choice([chance.choice(NUMBERS), elf.get(index, field) ^ 1 << chance.randrange(48),
                           elf.get(index, field) + chance.randint(-PAGE, PAGE),
                           elf.get(chance.randrange(elf.count), field)])
    elf.set(index, **{field: value})


def change_content(elf, chance):
    """Bytes of what is loaded: the file stays well-formed, the program goes wrong."""
    index = chance.choice(elf.loads())
    start, size = elf.get(index, "offset"), elf.get(index, "filesz")
    first = elf.table + elf.count * elf.PROGRAM_HEADER_BYTES
    for _ in range(chance.choice([1, 1, 4, 64, 1024])):
        elf.data[chance.randrange(max(start, first), start + size)] = chance.randrange(256)


def change_length(elf, chance):
    del elf.data[chance.randrange(1, len(elf.data)):]


ELF_CHANGES = [(change_header, 20), (change_program_header, 35), (change_content, 40),
               (change_length, 5)]


def mutate_elf(data, seed):
    """A damaged copy of a program, always the same for a seed, and the name of the damage."""
    chance = random.Random(seed)
    elf = Elf(data)
    change = chance.choices([one for one, _ in ELF_CHANGES], [n for _, n in ELF_CHANGES])[0]
    change(elf, chance)
    return bytes(elf.data), change.__name__


def mutate_image(data, seed):
    """A damaged copy of a boot image, and the name of the damage."""
    chance = random.Random(seed)
    data = bytearray(data)
    kind = chance.choice(["header", "header", "anywhere", "length", "zeros"])
    if kind == "header":        # a digit of some entry's head
        heads = [at for at in range(0, len(data), 4) if data[at:at + 6] == b"070701"]
        at = chance.choice(heads) + chance.randrange(HEADER_BYTES)
        data[at] = chance.choice(b"0123456789ABCDEFabcdef\0/x\xff")
    elif kind == "anywhere":
        for _ in range(chance.choice([1, 100, 10000])):
            data[chance.randrange(len(data))] = chance.randrange(256)
    elif kind == "length":
        del data[chance.randrange(len(data)):]
    else:
        at, size = chance.randrange(len(data)), chance.choice([1, 100, 5000])
        data[at:at + size] = bytes(len(data[at:at + size]))
    return bytes(data), kind

#!/bin/sh
# SPDX-License-Identifier: MIT
# Contract: an include that the design's table of layers does not allow fails make check.
. "$(dirname "$0")/lib.sh"
plan 9
passes check-layers

plant kernel/mm/planted.c '#include <kernel/ipc/planted.h>'
plant kernel/ipc/planted.h ''
rejects check-layers 'kernel/mm/planted.c:1: kernel/mm may not include' 'a layer above'

plant arch/riscv64/planted.c '#include <kernel/mm/planted.h>'
plant kernel/mm/planted.h ''
rejects check-layers 'arch/riscv64 may not include <kernel/mm/planted.h>' \
    'arch beyond base, debug and entry.h'

plant abi/planted.h '#include <kernel/entry.h>'
rejects check-layers 'abi/planted.h:1: abi may not include <kernel/entry.h>' 'abi and the kernel'

plant abi/planted.h '#include <stdbool.h>'
rejects check-layers 'abi may not include <stdbool.h>' 'abi beyond stdint and stddef'

plant kernel/base/planted.c '#include <string.h>'
rejects check-layers 'include <string.h>: no such file' 'a header of a hosted library'

plant kernel/base/planted.c '#include "planted.h"'
rejects check-layers 'includes are root-relative' 'an include in quotes'

plant posix/server/planted.c '#include <posix/client/planted.h>'
plant posix/client/planted.h ''
rejects check-layers 'posix/server may not include <posix/client/planted.h>' 'server and shim'

plant user/drivers/uart/planted.c '#include <kernel/entry.h>'
rejects check-layers 'user/drivers may not include <kernel/entry.h>' 'a driver and the kernel'

# SPDX-License-Identifier: MIT
#
# Outpost: the only place with rules. `make help` lists what there is to make.
#
# Everything is built under build/. Third-party sources and what is made of them are cached
# there (build/downloads, src, sysroot, ports) and rebuilt only when their pins change.

CROSS_COMPILE ?= riscv64-linux-gnu-
# The toolchain is the kernel's and the servers'; musl programs need the one for Linux.
export CROSS_COMPILE
CC      := $(CROSS_COMPILE)gcc
OBJCOPY := $(CROSS_COMPILE)objcopy
O       := build
Q       := $(if $(V),,@)
say      = @$(if $(V),true,printf '  %-8s %s\n' $(1) $(patsubst $(O)/%,%,$(2)))

VERSION := 0.1
BUILD_ID := $(shell git describe --always --dirty --abbrev=10 2>/dev/null || echo unknown)

ARCH_FLAGS := -march=rv64imac_zicsr_zifencei -mabi=lp64 -mcmodel=medany
WARNINGS   := -Wall -Wextra -Wshadow -Wmissing-prototypes -Wvla -Werror
COMMON     := -std=gnu11 -O2 -g -MMD -MP -I. -Iarch/include -ffreestanding -fno-common $(ARCH_FLAGS) \
              $(WARNINGS) -fno-stack-protector -fno-asynchronous-unwind-tables \
              -fno-tree-loop-distribute-patterns
# Frame pointers: the panic screen's backtrace follows them.
KFLAGS := $(COMMON) -mno-relax -ffunction-sections -fno-pic -fno-omit-frame-pointer $(EXTRA_KFLAGS)
# UBSAN=1: another kernel beside the usual one, $(O)/kernel-ubsan.elf.
K      := kernel$(if $(UBSAN),-ubsan)
KFLAGS += $(if $(UBSAN),-fsanitize=undefined)
UFLAGS := $(COMMON) -fno-pic -ffunction-sections -fdata-sections
EFLAGS := $(COMMON) -fpic -fvisibility=hidden -fno-jump-tables -ffunction-sections

MAKEFLAGS += -rR
ifneq ($(words $(CURDIR)),1)
$(error make cannot build in a folder with a space in its name: $(CURDIR))
endif
.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all
all: $(O)/$(K).elf $(O)/boot.cpio ## build everything that boots (the default)

# ---- third-party sources ----

$(O)/.libfdt: musl-port/sources.lock
	$(Q)scripts/fetch libfdt && touch $@

$(O)/.musl: musl-port/sources.lock $(shell find musl-port/overlay musl-port/patches -type f 2>/dev/null)
	$(Q)scripts/build-musl && touch $@

# What the boot image has beside our own programs. Of two with the same name the later wins.
PORTS := bash bzip2 dash less lua make mawk nano sqlite3 toybox vim zlib
$(O)/.ports: $(O)/.musl $(wildcard musl-port/ports/*/*) scripts/build-port scripts/outpost-cc
	$(Q)scripts/build-port $(PORTS) && touch $@

# What only tests put into the guest.
TEST_PORTS := bc coreutils mujs tcc
$(O)/.test-ports: $(O)/.ports
	$(Q)scripts/build-port $(TEST_PORTS) && touch $@

# ---- native user programs: flat images ----

objects = $(patsubst %,$(O)/$(1)/%.o,$(basename $(2)))
LIB_SRC := $(wildcard user/lib/*.c user/lib/*.S)

INIT_OBJ  := $(call objects,user-obj,$(LIB_SRC) $(wildcard user/servers/init/*.c))
UART_OBJ  := $(call objects,user-obj,$(LIB_SRC) $(wildcard user/drivers/uart/*.c))
P9_OBJ    := $(call objects,user-obj,$(LIB_SRC) $(wildcard user/drivers/virtio/*.c user/servers/p9/*.c))
POSIX_OBJ := $(call objects,user-obj,$(LIB_SRC) $(wildcard posix/server/*.c))
CHECKER_OBJ := $(call objects,user-obj,$(LIB_SRC) $(wildcard posix/checker/*.c))
SHIM_OBJ  := $(call objects,shim-obj,$(wildcard posix/client/*.c posix/client/*.S musl-port/*.c musl-port/*.S))

$(O)/user-obj/%.o: %.c Makefile
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(UFLAGS) -c $< -o $@
$(O)/user-obj/%.o: %.S Makefile
	$(call say,AS,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(UFLAGS) -c $< -o $@
$(O)/shim-obj/%.o: %.c Makefile
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(EFLAGS) -c $< -o $@
$(O)/shim-obj/%.o: %.S Makefile
	$(call say,AS,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(EFLAGS) -c $< -o $@

link_user = $(call say,LD,$@)
define link_flat
	$(call say,LD,$@)
	$(Q)mkdir -p $(@D) && $(CC) $(ARCH_FLAGS) -nostdlib -static -no-pie -Wl,--gc-sections \
	  -Wl,--build-id=none -Wl,--fatal-warnings -Wl,--no-warn-rwx-segments -T $(1) -o $@ \
	  $(filter %.o,$^)
endef

$(O)/user/init.elf: $(INIT_OBJ) linker/user.ld
	$(call link_flat,linker/user.ld)
$(O)/user/uart.elf: $(UART_OBJ) linker/user.ld
	$(call link_flat,linker/user.ld)
$(O)/user/p9.elf: $(P9_OBJ) linker/user.ld
	$(call link_flat,linker/user.ld)
$(O)/user/posix-server.elf: $(POSIX_OBJ) linker/user.ld
	$(call link_flat,linker/user.ld)
$(O)/user/posix-checker.elf: $(CHECKER_OBJ) linker/user.ld
	$(call link_flat,linker/user.ld)
$(O)/user/shim.elf: $(SHIM_OBJ) linker/emu.ld
	$(call link_flat,linker/emu.ld)
$(O)/user/%.flat: $(O)/user/%.elf
	$(Q)$(OBJCOPY) -O binary $< $@

# ---- musl programs ----

$(O)/user/hello: user/apps/hello/hello.c $(O)/.musl scripts/outpost-cc
	$(call say,OCC,$<)
	$(Q)mkdir -p $(@D) && scripts/outpost-cc -O2 -Wall -Wextra -Werror $< -o $@

$(O)/user/trace-calls: user/apps/trace-calls/trace-calls.c user/proto/posix.h $(O)/.musl scripts/outpost-cc
	$(call say,OCC,$<)
	$(Q)mkdir -p $(@D) && scripts/outpost-cc -O2 -Wall -Wextra -Werror -I. $< -o $@

$(O)/tests/user/%: tests/user/%.c $(wildcard tests/user/*.h) $(O)/.musl scripts/outpost-cc
	$(call say,OCC,$<)
	$(Q)mkdir -p $(@D) && scripts/outpost-cc -O1 -Wall -Wextra -I. $< -o $@

# Programs that make kernel calls themselves.
$(O)/tests/kernel/%: tests/kernel/%.c $(wildcard tests/kernel/*.h abi/*.h abi/*.def user/lib/*.h user/proto/*.h) $(O)/.musl scripts/outpost-cc
	$(call say,OCC,$<)
	$(Q)mkdir -p $(@D) && scripts/outpost-cc -O1 -Wall -Wextra -I. $< -o $@

# The C library for programs that are linked dynamically, which is their dynamic linker, too.
$(O)/user/ld-musl: $(O)/.musl
	$(Q)mkdir -p $(@D) && $(OBJCOPY) --strip-all $(O)/sysroot/lib/libc.so $@

# ---- the boot image ----

BOOT_FILES := $(O)/user/uart.flat:/boot/uart $(O)/user/posix-server.flat:/boot/posix-server \
  $(O)/user/p9.flat:/boot/p9 \
  $(O)/user/posix-checker.flat:/boot/posix-checker $(O)/user/shim.flat:/boot/shim \
  $(O)/user/ld-musl:/lib/ld-musl-riscv64.so.1 \
  $(O)/user/hello:/bin/hello $(O)/user/trace-calls:/bin/trace-calls
BOOT_DEPS  := $(foreach f,$(BOOT_FILES),$(firstword $(subst :, ,$(f))))

$(O)/boot.cpio: $(BOOT_DEPS) $(O)/.ports scripts/mkboot $(shell find user/root ! -type l)
	$(call say,BOOT,$@)
	$(Q)scripts/mkboot -l $@ :/dev :/root $(PORTS:%=$(O)/ports/%/root:/) user/root:/ $(BOOT_FILES)

# ---- kernel ----

KERNEL_SRC := $(wildcard kernel/*/*.c) $(wildcard arch/riscv64/*.c arch/riscv64/*.S)
KERNEL_OBJ := $(call objects,$(K)-obj,$(KERNEL_SRC))
FDT_SRC    := fdt fdt_ro fdt_addresses fdt_check
FDT_OBJ    := $(patsubst %,$(O)/$(K)-obj/libfdt/%.o,$(FDT_SRC))
FDT_FLAGS  := -Iarch/riscv64/libfdt_env -I$(O)/src/libfdt

$(O)/$(K)-obj/arch/riscv64/machine.o: KFLAGS += $(FDT_FLAGS)
$(O)/$(K)-obj/arch/riscv64/machine.o: $(O)/.libfdt
$(O)/$(K)-obj/libfdt/%.o: $(O)/.libfdt Makefile
	$(call say,CC,libfdt/$*.c)
	$(Q)mkdir -p $(@D) && $(CC) $(filter-out -fsanitize%,$(KFLAGS)) -Wno-error -Wno-shadow \
	  -Wno-sign-compare -Wno-missing-prototypes $(FDT_FLAGS) -c $(O)/src/libfdt/$*.c -o $@
$(O)/$(K)-obj/%.o: %.c Makefile
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(KFLAGS) -c $< -o $@
$(O)/$(K)-obj/%.o: %.S Makefile
	$(call say,AS,$<)
	$(Q)mkdir -p $(@D) && $(CC) $(KFLAGS) -c $< -o $@
$(O)/$(K)-obj/arch/riscv64/init_image.o: $(O)/user/init.flat

KERNEL_LINES := $(shell cat $$(find kernel abi arch -name '*.[chS]' -o -name '*.def') | wc -l)
$(O)/$(K)-version.c: $(KERNEL_SRC)
	$(Q)mkdir -p $(@D) && printf '%s\n' '#include <kernel/debug/panic.h>' \
	  'const char kernel_version[] = "$(VERSION)";' \
	  'const char kernel_build_id[] = "$(BUILD_ID)";' \
	  'const uint64_t kernel_source_lines = $(KERNEL_LINES);' > $@

# Linked twice: the table of symbols comes from the first link and lies behind the text.
link_kernel = $(CC) $(KFLAGS) -nostdlib -static -no-pie -Wl,--gc-sections -Wl,--build-id=none \
  -Wl,--no-warn-rwx-segments -T linker/kernel.ld -MF $(O)/$(K).d $(KERNEL_OBJ) $(FDT_OBJ) \
  $(O)/$(K)-version.c $(O)/$(K)-symtab.c -o
$(O)/$(K).elf: $(KERNEL_OBJ) $(FDT_OBJ) $(O)/$(K)-version.c linker/kernel.ld scripts/symtab
	$(call say,LD,$@)
	$(Q)scripts/symtab $(O)/$(K)-symtab.c && $(link_kernel) $@.1
	$(Q)scripts/symtab $(O)/$(K)-symtab.c $@.1 && $(link_kernel) $@
	$(Q)rm -f $@.1

-include $(shell find $(O) -path $(O)/fresh -prune -o -type f -name '*.d' -print 2>/dev/null)

# ---- tests ----

HOST_TESTS := $(patsubst tests/%.c,$(O)/tests/%,$(wildcard tests/host/test_*.c))
USER_TESTS := $(patsubst tests/%.c,$(O)/tests/%,$(wildcard tests/user/*.c tests/kernel/*.c))

# What a host test is made of stands in the test itself; scripts/host-test reads it.
$(O)/tests/host/%: tests/host/%.c scripts/host-test $(wildcard tests/host/*.h) \
    $(wildcard user/lib/*.[ch] user/proto/*.h user/drivers/*/*.[ch] user/servers/*/*.[ch] \
      posix/*/*.[ch] musl-port/*.[ch] abi/*.h abi/*.def kernel/base/*.[ch])
	$(call say,HOSTCC,$<)
	$(Q)mkdir -p $(@D) && scripts/host-test $< $@

.PHONY: tests test test-ubsan test-linux soak check bench bench-linux mutants size docs lint fmt test-fresh
tests: all $(O)/.test-ports $(HOST_TESTS) $(USER_TESTS)
	$(Q)scripts/fetch figlet hello
	$(Q)$(MAKE) --no-print-directory UBSAN=1
test: setup-quietly ## all tests (TAP, by prove)
	$(Q)$(MAKE) --no-print-directory tests
	$(Q)tests/run-all -j 2
test-ubsan: all $(USER_TESTS) ## the kernel ring, in a kernel that panics at undefined behaviour
	$(Q)tests/run-all tests/run/ubsan.t
soak: setup-quietly tests ## the long forms of the tests, seeded: about 20 minutes
	$(Q)OUTPOST_SCALE=$${OUTPOST_SCALE:-10} STORM_ROUNDS=$${STORM_ROUNDS:-100} \
	  tests/run-all -j 1 -v tests/soak/*.t tests/posix/scale.t tests/posix/storm.t
test-linux: setup-quietly $(O)/.musl ## the same programs of tests/user on Linux 6.12, in QEMU
	$(Q)scripts/test-linux
test-fresh: ## the two README commands in a new Debian chroot (root; takes minutes)
	$(Q)scripts/test-fresh -t
mutants: setup-quietly all tests ## plant one-line bugs; each must fail its named test
	$(Q)scripts/mutants
bench: setup-quietly all ## what things cost, in instructions and wall clock
	$(Q)tests/bench/run
bench-linux: setup-quietly all $(O)/.test-ports ## the same programs in Outpost and in Linux 6.12: minutes
	$(Q)tests/bench/compare
CHECKS := layers words asm refusals style docs ref ledger size shell ecall static
check: setup-quietly all ## structure, style, documents, sizes
	$(Q)set -e; for c in $(CHECKS); do scripts/check-$$c; done
	$(Q)scripts/mutants -c
	$(Q)tests/bench/run --check
size: ## lines of code by part, and the budgets
	$(Q)scripts/check-size -l
docs: ## check anchors, links and reference pages
	$(Q)scripts/check-docs && scripts/check-ref && scripts/check-ledger
lint: $(O)/.libfdt ## shellcheck; static analysis of the kernel
	$(Q)scripts/check-shell && scripts/check-static
fmt: ## format C as .clang-format says
	$(Q)clang-format -i $$(git ls-files '*.c' '*.h')

# ---- running ----

.PHONY: run gdb clean help port setup-quietly
setup-quietly:
	$(Q)scripts/setup
run: all ## boot to the console
	$(Q)./qemu-run.sh
gdb: all ## boot and wait for gdb
	$(Q)./qemu-run.sh -g
port: setup-quietly ## begin a port: make port NAME=hello [PACKAGE=bookworm/hello], of a Debian source package
	$(Q)scripts/new-port '$(NAME)' $(PACKAGE)
clean: ## remove what was built, keep third-party downloads and builds
	$(Q)rm -rf $(O)/kernel*.elf $(O)/boot.cpio $(O)/boot $(O)/*-obj $(O)/user $(O)/tests \
	  $(O)/*.[cd]
help: ## this list
	$(Q)sed -n 's/^\([a-z-]*\):.*## /\1|/p' Makefile | \
	  awk -F'|' '{printf "  make %-11s %s\n", $$1, $$2}'

/* SPDX-License-Identifier: MIT */
/*
 * Control and status registers: names of fields and accessors; shared with assembly.
 * [priv 20211203 §4.1 Supervisor CSRs]
 */
#ifndef ARCH_RISCV64_CSR_H
#define ARCH_RISCV64_CSR_H

/* sstatus [§4.1.1] */
#define SSTATUS_SPIE       0x20
#define SSTATUS_SPP        0x100
#define SSTATUS_FS         0x6000
#define SSTATUS_FS_OFF     0
#define SSTATUS_FS_CLEAN   0x4000
#define SSTATUS_FS_DIRTY   0x6000

#define FCSR_MASK 0xff /* rounding mode and flags [unpriv 20191213 §11.2] */

/* sie, sip [§4.1.3] */
#define SIP_SSIP 0x2
#define SIP_STIP 0x20
#define SIP_SEIP 0x200

/* scause [§4.1.8] */
#define SCAUSE_INTERRUPT      (1ull << 63)
#define SCAUSE_SOFTWARE       1
#define SCAUSE_TIMER          5
#define SCAUSE_EXTERNAL       9
#define SCAUSE_FETCH_MISALIGN 0
#define SCAUSE_FETCH_ACCESS   1
#define SCAUSE_ILLEGAL        2
#define SCAUSE_BREAKPOINT     3
#define SCAUSE_LOAD_MISALIGN  4
#define SCAUSE_LOAD_ACCESS    5
#define SCAUSE_STORE_MISALIGN 6
#define SCAUSE_STORE_ACCESS   7
#define SCAUSE_ECALL_U        8
#define SCAUSE_FETCH_PAGE     12
#define SCAUSE_LOAD_PAGE      13
#define SCAUSE_STORE_PAGE     15

/* satp [§4.1.11] */
#define SATP_MODE_SHIFT 60
#define SATP_MODE_SV48  9
#define SATP_ASID_SHIFT 44
#define SATP_ASID_MASK  0xffff

/* The Sstc extension's stimecmp, which this assembler knows by number only. */
#define CSR_STIMECMP 0x14d

/* The kernel half of the address space; linker/kernel.ld agrees. Sv48 [§4.5]. */
#define DIRECT_MAP_BASE 0xffff800000000000
#define KERNEL_BASE     0xffffffff80000000

#define KERNEL_STACK_BYTES 16384

#ifndef __ASSEMBLER__

#define csr_read(csr)                                                                    \
    ({                                                                                   \
        uint64_t value_;                                                                 \
        __asm__ volatile("csrr %0, " #csr : "=r"(value_));                               \
        value_;                                                                          \
    })
#define csr_write(csr, value)                                                            \
    __asm__ volatile("csrw " #csr ", %0" : : "rK"((uint64_t)(value)) : "memory")
#define csr_set(csr, bits)                                                               \
    __asm__ volatile("csrs " #csr ", %0" : : "rK"((uint64_t)(bits)) : "memory")
#define csr_clear(csr, bits)                                                             \
    __asm__ volatile("csrc " #csr ", %0" : : "rK"((uint64_t)(bits)) : "memory")

#endif
#endif

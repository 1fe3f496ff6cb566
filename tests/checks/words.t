#!/bin/sh
# SPDX-License-Identifier: MIT
# Contract: no identifier in kernel/, abi/ or arch/ has a POSIX word; comments may.
. "$(dirname "$0")/lib.sh"
plan 5
passes check-words

plant kernel/base/planted.c 'static int process_fork_count;'
rejects check-words "planted.c:1: identifier process_fork_count has the POSIX word 'fork'" \
    'a word inside an identifier'

plant abi/planted.h '#define PLANTED_PID 1'
rejects check-words "identifier PLANTED_PID has the POSIX word 'pid'" 'capitals do not hide it'

plant arch/riscv64/planted.S 'inode:'
rejects check-words "planted.S:1: identifier inode" 'a label in assembly'

plant kernel/base/planted.c '/* fork, exec and errno are fine here */ // fd
static const char planted[] = "pipe inode"; int rapid_pipeline;'
passes check-words

#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Some of the tests that toybox's source brings along give what they give on Linux
# (tests/userland/toybox.linux, toybox.differ).
set -eu

cd "$(dirname "$0")/../.."
exec scripts/test-toybox cut expr grep head paste printf sort tr wc

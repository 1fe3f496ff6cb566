#!/bin/sh
# SPDX-License-Identifier: MIT
# Contract: a script that shellcheck complains about fails make check.
. "$(dirname "$0")/lib.sh"
if ! command -v shellcheck >/dev/null; then
    echo "1..0 # SKIP shellcheck is not installed"
    exit 0
fi
plan 2
passes check-shell
# shellcheck disable=SC2016 # meant as it stands
plant scripts/planted '#!/bin/sh
rm -r $1/*'
rejects check-shell 'scripts/planted:2:.*SC2086' 'an unquoted variable'

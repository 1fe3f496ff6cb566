#!/bin/sh
# SPDX-License-Identifier: MIT
# Contract: an anchor or link that leads nowhere, an anchor nobody uses or that is there
# twice, and a decision missing from the index fail make check.
. "$(dirname "$0")/lib.sh"
plan 10
passes check-docs
c='/* ''DOC: planted-place */'

plant kernel/base/planted.c "$c"
plant docs/planted.md 'See {kernel/base/planted.c#planted-place}.'
passes check-docs

plant kernel/base/planted.c "$c"
rejects check-docs 'kernel/base/planted.c:2: anchor planted-place is already' 'the same name twice'

plant docs/planted.md 'See {kernel/base/planted.c#planted-place}.'
rejects check-docs 'docs/planted.md:1: no anchor planted-place in kernel/base/planted.c' \
    'a reference without its anchor'

plant kernel/base/planted.c "$c"
rejects check-docs 'anchor planted-place: no document refers to it' 'an unused anchor'

plant kernel/base/planted.c "$c"
plant docs/planted.md 'See {kernel/mm/planted.c#planted-place}.'
rejects check-docs 'no anchor planted-place in kernel/mm/planted.c; it is in kernel/base' \
    'an anchor that has moved'

plant docs/planted.md 'A [link](nowhere.md).'
rejects check-docs 'docs/planted.md:1: link to docs/nowhere.md\|link to nowhere.md' 'a dead link'

plant docs/planted.md 'A [link](../README.md#planted-heading).'
rejects check-docs 'no such heading' 'a link to a heading that is not there'

plant docs/adr/0999-planted.md '# 999

## Context
## Decision
## Alternatives
## Consequences'
rejects check-docs 'docs/adr/README.md:1: does not list 0999-planted.md' 'an unlisted decision'

plant docs/adr/0999-planted.md '# 999'
rejects check-docs "0999-planted.md:1: decision without '## Context'" \
    'a decision without its sections'

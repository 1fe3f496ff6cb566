#!/bin/sh
# SPDX-License-Identifier: MIT
# Contract: scripts/mutants accepts a mutant that its test notices, and says of one that is not
# noticed, does not apply or does not build that it is so.
set -eu
top=$(cd "$(dirname "$0")/../.." && pwd)
mini=$(mktemp -d)
trap 'rm -rf "$mini"' EXIT
mkdir -p "$mini/scripts" "$mini/tests/mutants"
cp "$top/scripts/mutants" "$mini/scripts/"

# A tree of one program, which prints the larger of two numbers, and one test.
cat >"$mini/max" <<'EOF'
a=$1
b=$2
unused=0
if [ "$a" -gt "$b" ]; then echo "$a"; else echo "$b"; fi
EOF
printf '.PHONY: all tests\nall tests:\n\t@mkdir -p build && sh -n max && cp max build/max\n' >"$mini/Makefile"
cat >"$mini/tests/max.t" <<'EOF'
#!/bin/sh
echo 1..1
[ "$(sh build/max 3 2)" = 3 ] && echo "ok 1 - max_of_two" || echo "not ok 1 - max_of_two"
EOF
chmod +x "$mini/tests/max.t"

mutant()
{
    printf 'name: %s\nfile: max\ntest: tests/max.t\nfails: max_of\nwhy: planted\n---\n-%s\n+%s\n' \
        "$1" "$2" "$3" >"$mini/tests/mutants/$1.mutant"
}
# shellcheck disable=SC2016 # the lines are meant as they stand
mutant a-noticed 'if [ "$a" -gt "$b" ]; then echo "$a"; else echo "$b"; fi' \
    'if [ "$a" -lt "$b" ]; then echo "$a"; else echo "$b"; fi'
mutant b-unnoticed 'unused=0' 'unused=1'
mutant c-gone 'no such line' 'x'
mutant d-broken 'unused=0' 'if then'

echo 1..10
failed=0
said=$("$mini/scripts/mutants") && failed=1
case_()
{
    if echo "$said" | grep -q -e "$2"; then echo "ok $1 - $3"; else
        echo "not ok $1 - $3"
        echo "$said" | sed 's/^/# /'
    fi
}
case_ 1 '^ok 2 - tests/max.t passes in the unchanged tree' 'the baseline is run'
case_ 2 '^ok 3 - a-noticed' 'a noticed mutant is ok'
case_ 3 '^not ok 4 - b-unnoticed' 'an unnoticed mutant is not'
case_ 4 'c-gone.*' 'a mutant that does not apply is named'
case_ 5 '^# the old lines are 0 times in max' 'and why'
case_ 6 '^# does not build' 'a mutant that does not build counts as not noticed'
[ $failed = 0 ] && echo "ok 7 - the status says so" || echo "not ok 7 - the status says so"
# refused NUMBER PATTERN WHAT WORD...: it ends with status 2 and says why
refused()
{
    number=$1 pattern=$2 what=$3 status=0
    shift 3
    said=$("$mini/scripts/mutants" "$@" 2>&1) || status=$?
    [ $status = 2 ] || said="status $status"
    case_ "$number" "$pattern" "$what"
}
refused 8 '^mutants: there is no nosuch;' 'a name that no mutant has is refused' nosuch
refused 9 '^mutants: -j 0: at least one' 'and so are no jobs' -j 0
echo 'if then' >"$mini/max"
said=$("$mini/scripts/mutants" a-noticed) && said="status 0"
case_ 10 '^Bail out! there is nothing' 'a tree that does not build says nothing about a mutant'

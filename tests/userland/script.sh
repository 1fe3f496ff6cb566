#!/bin/sh
# SPDX-License-Identifier: MIT
#
# A long day of a POSIX shell: every part prints lines "part: result". tests/userland/script.t
# runs it in Outpost and compares with what it printed on Linux, with the same dash and toybox
# (script.linux). Nothing that it prints depends on time, process ids or the machine.
# shellcheck disable=all  # what it warns of is what is tested
set -u
export LC_ALL=C
umask 022
work=/tmp/script.$$
mkdir "$work" && cd "$work" || exit 1
trap 'cd / && rm -rf "$work"' EXIT
part=none

begin()
{
    part=$1
}

say()
{
    printf '%s: %s\n' "$part" "$*"
}

# each LINE...: one line for each argument, so that splitting is seen
each()
{
    say "$# words"
    for word; do
        printf '%s:   <%s>\n' "$part" "$word"
    done
}

# status COMMAND...: what it ends with
status()
{
    "$@" >/dev/null 2>&1
    say "$1 ends with $?"
}

# ---- words ----

begin parameters
name='two  words' empty='' path=/usr/local/lib/libc.so.1
unset missing
each "$name" "${empty:-default}" "${missing-unset}" "${empty-kept}"
each $name
say "${path##*/} ${path%/*} ${path#*/} ${path%%.*} ${path##*.}"
say "${#path} ${#empty} ${missing:=given} $missing ${name:+other}"
say "${name#two }${name%words}."
pattern='l*b'
say "${path%$pattern*} ${path%"$pattern"*}"
(: "${nothing:?is not set}") 2>/dev/null
say "an error in a subshell ends it with $?"
set -- a 'b c' '' d
each "$@"
each "$*"
each $*
IFS=:
each "$*"
unset IFS
shift 2
say "$# left, last ${2}"
set --
each "$@"
each ${1+"$@"} end

begin splitting
IFS=,
line='a,,b, c ,'
each $line
IFS=' ,'
each $line
IFS=''
each $line
unset IFS
each $(printf 'one two\nthree\tfour\n\n')
each "$(printf 'kept\n\nlines\n\n\n')"

begin quoting
each 'single $name `no` \n' "double \$name \"quoted\" \\ " \a\ b "it's" "a"b'c'
each "$(echo "in $(echo "deep $(echo 'deeper')")")"
each "new
line" 'tab	tab'

begin arithmetic
a=7 b=3
say "$((a + b * 2)) $(((a + b) * 2)) $((a / b)) $((a % b)) $((-a / b)) $((-a % b))"
say "$((a > b)) $((a == 7 && b == 4)) $((a & b)) $((a | b)) $((a ^ b)) $((~a)) $((!a))"
say "$((1 << 40)) $((-1 >> 1)) $((0x1f)) $((010)) $((a > b ? a : b))"
say "$((a += 5)) $a $((a <<= 2)) $a $((a %= 10)) $a"
say "$((9223372036854775807)) $((9223372036854775807 + 1))"
x=5
say "$((x)) $((x * (x - 1) / 2)) $(($x$x))"

# power BASE EXPONENT
power()
{
    product=1 count=$2
    while [ "$count" -gt 0 ]; do
        product=$((product * $1)) count=$((count - 1))
    done
    echo "$product"
}
say "$(power 2 62) $(power 3 39) $(power -7 3)"

# ---- commands ----

begin control
for i in 1 2 3 4 5; do
    [ "$i" = 2 ] && continue
    [ "$i" = 5 ] && break
    say "for $i"
done
i=0
until [ "$i" -ge 3 ]; do
    i=$((i + 1)) j=0
    while :; do
        j=$((j + 1))
        [ "$i" = 1 ] && continue 2
        [ "$j" -lt 4 ] || break 2
    done
done
say "until $i $j"
for word in apple Banana cherry 42 -x '' 'a b' '[z]'; do
    case $word in
    [a-b]*) kind=ab ;;
    [[:upper:]]*) kind=upper ;;
    *[!0-9]*y | c*) kind=y ;;
    '') kind=empty ;;
    -?) kind=option ;;
    *' '*) kind=blank ;;
    *[0-9]) kind=number ;;
    '[z]') kind=literal ;;
    *) kind=other ;;
    esac
    say "case <$word> $kind"
done
if false; then say no; elif true; then say elif; else say no; fi
false || say or
true && say and
! false && say not
{ say group; false; } || say 'the group failed'
(exit 3) || say "subshell $?"

begin functions
fact()
{
    if [ "$1" -le 1 ]; then echo 1; else echo $(($1 * $(fact $(($1 - 1))))); fi
}
say "$(fact 15)"
fib()
{
    [ "$1" -lt 2 ] && return "$1"
    fib $(($1 - 1))
    set -- "$1" $?
    fib $(($1 - 2))
    return $(($? + $2))
}
fib 12
say "fib 12 is $?"
hanoi()
{
    [ "$1" = 0 ] && return
    hanoi $(($1 - 1)) "$2" "$4" "$3"
    moves="$moves $2$3"
    hanoi $(($1 - 1)) "$4" "$3" "$2"
}
moves=
hanoi 4 a b c
say "hanoi$moves"
outer=1
change()
{
    outer=2
    set -- changed
}
set -- kept
change
say "$outer $1"
redefine() { echo first; }
redefine() { echo second; }
say "$(redefine)"
unset -f redefine
(redefine) 2>/dev/null
say "unset function: $?"
outside() { echo "to a file"; echo "to the error" >&2; } >function.out 2>&1
outside
say "$(cat function.out)"

begin eval
code='said="evaluated $((6 * 7))"'
eval "$code"
say "$said"
for n in 1 2 3; do eval "array_$n=\$((n * n))"; done
say "$array_1 $array_2 $array_3"
eval 'false' || say "eval fails with $?"

begin substitution
say "$(true; echo $?) $(false; echo $?)"
value=$(exit 9)
say "an assignment has the status $?"
say "$(case x in x) echo 'case in substitution' ;; esac)"
say "$(cat <<END
from a here-document in a substitution
END
)"
say "`echo old \`echo nested\``"

# ---- input and output ----

begin redirection
echo one >file
echo two >>file
cat <file
{ echo out; echo err >&2; } >both 2>&1
say "$(tr '\n' ' ' <both)"
{ echo out; echo err >&2; } 2>&1 >only | sed "s/^/$part: piped /"
say "$(cat only)"
exec 3>three 4<file
echo written >&3
read -r first <&4
read -r second <&4
exec 3>&- 4<&-
say "$first $second $(cat three)"
(echo no >&3) 2>/dev/null
say "a closed descriptor: $?"
set -C
(echo clobbered >file) 2>/dev/null
say "noclobber: $?"
echo forced >|file
set +C
say "$(cat file)"
exec 5<>file
read -r line <&5
echo more >&5
exec 5>&-
say "$(tr '\n' ' ' <file)"
(: <nosuch) 2>/dev/null
say "no such file: $?"

begin heredoc
name=value
cat <<END | sed "s/^/$part: /"
expanded $name $((1 + 1)) $(echo command) \$kept \\ "quotes"
END
cat <<'END' | sed "s/^/$part: /"
literal $name $((1 + 1)) $(echo command) \$kept
END
cat <<-END | sed "s/^/$part: /"
	tabs are
		taken away
	END
cat <<ONE; cat <<TWO
$part: first of two
ONE
$part: second of two
TWO
i=0
while read -r key rest; do
    i=$((i + 1))
    say "$i key=$key rest=$rest"
done <<END
alpha  1 2
beta
  gamma   3
END
big=$(i=0; while [ $i -lt 2000 ]; do echo "line $i of a here-document larger than a pipe holds"; i=$((i + 1)); done)
say "$(cat <<END | cksum
$big
END
)"

begin read
printf 'a b c d\n' | { read -r x y; say "<$x> <$y>"; }
printf 'a:b::d\n' | { IFS=: read -r x y z rest; say "<$x> <$y> <$z> <$rest>"; }
printf 'back\\slash\n' | { read -r x; say "$x"; }
printf 'con\\\ntinued\n' | { read x; say "$x"; }
printf 'no newline' | { read -r x; say "$? <$x>"; }
printf '' | { read -r x; say "$? <$x>"; }
printf '  lead and trail  \n' | { read -r x; say "<$x>"; }
printf '  lead and trail  \n' | { IFS= read -r x; say "<$x>"; }

begin printf
printf '%s: [%5d] [%-5d] [%05d] [%x] [%o] [%c]\n' "$part" 42 42 42 255 8 word
printf '%s: [%8.3s] [%-8s] [%%] [%b]\n' "$part" abcdef left 'a\tb'
printf "$part: %s-%s\n" 1 2 3 4 5
printf '%s: \101\x\n' "$part" 2>/dev/null | head -c 13
echo
say "$(printf '%d' 0x10) $(printf '%d' 010) $(printf '%d' "'A")"

# ---- files ----

begin test
echo content >full
: >void
mkdir dir
ln -s full link
ln -s nowhere dangling
mkfifo fifo
chmod 640 full
for file in full void dir link dangling fifo nosuch; do
    flags=
    for flag in e f d h p s r w x; do
        test "-$flag" "$file" && flags=$flags$flag
    done
    say "$file $flags"
done
[ full -nt dangling ] 2>/dev/null
touch -t 202001010000 older
touch -t 202101010000 newer
[ newer -nt older ] && [ older -ot newer ] && ! [ older -nt newer ] && say times
ln full hard
[ full -ef hard ] && say 'the same file'
[ 010 -eq 10 ] && say 'decimal'
[ -n "" ] || [ -z "" ] && say strings
[ abc \< abd ] && say order
test ! = ! && test -n = && test -n -a -a -n -o && say 'operators as strings'
status [ 1 -eq ]
status test

begin globs
mkdir -p g/.hidden g/sub
(cd g && touch a.c b.c ab.h '*' '[x]' .dot 'sp ace' sub/deep.c)
cd g || exit 1
each *.c
each ?
each [!a]*
each .[!.]*
each '*' \* "*"
each */*
each no*match
star='*.h'
each $star "$star"
set -f
each *.c
set +f
each [[:alpha:]].c
cd ..

begin directories
mkdir -p deep/er/est
ln -s deep/er short
cd short && say "$(pwd | sed 's,.*/,,') $(pwd -P | sed 's,.*/,,')"
cd est && cd .. && say "${PWD##*/}"
cd -P . && say "${PWD##*/}"
cd "$work" || exit 1
cd deep/er/est && cd - >/dev/null && say "${PWD##*/}" | sed 's/[0-9]*$//'
(cd nosuch) 2>/dev/null
say "cd to nothing: $?"
CDPATH=deep:.
cd er >/dev/null && say "CDPATH ${PWD#"$work"}"
unset CDPATH
cd "$work" || exit 1
rmdir deep 2>/dev/null
say "a folder with something in it: $?"
rm -r deep short
say "$(find . -name 'est' | wc -l)"

begin modes
touch m
for mode in 000 644 u+x go= a+r,u-w 4755; do
    chmod "$mode" m
    say "$mode $(stat -c %a m) $(find m -printf %M 2>/dev/null)"
done
(umask 077; : >private; mkdir private.d)
say "$(stat -c %a private) $(stat -c %a private.d)"
umask 027
say "$(umask) $(umask -S)"
umask 022
mkdir sticky && chmod 1777 sticky && say "$(stat -c %a sticky)"

begin links
ln -s a loop
ln -sf loop a 2>/dev/null
rm -f a
ln -s loop a
(cat loop) 2>/dev/null
say "a loop: $?"
say "$(readlink link) $(readlink -f link | sed 's,.*/,,') $(stat -c %h full)"
mv hard harder && rm full && say "$(cat harder) $(stat -c %h harder)"
cat link 2>/dev/null || say 'it dangles now'

begin times
touch -t 199912312359.58 t
say "$(stat -c %Y t) $(TZ=UTC date -r t +%Y-%m-%dT%H:%M:%S 2>/dev/null)"
cp -p t t2
say "$(stat -c %Y t2)"
say "$(TZ=UTC date -d @951782400 +%F 2>/dev/null) $(TZ=EST5 date -d @0 +%H:%M 2>/dev/null)"

# ---- processes ----

begin pipelines
say "$(echo hello | tr a-z A-Z | rev | cat)"
false | true
say "the last one counts: $?"
true | false
say "here, too: $?"
x=before
echo after | read -r x
say "$x"
yes | head -n 3 | tr '\n' ' ' | sed "s/^/$part: /"
echo
seq 100000 | tail -n 1 | sed "s/^/$part: /"
seq 20000 | sort -rn | awk '{ sum += $1 * NR } END { printf "pipelines: %.0f\n", sum }'
(seq 5; exit 4) | cat >/dev/null
dd if=/dev/zero bs=1000 count=200 2>/dev/null | wc -c | tr -d ' ' | sed "s/^/$part: /"
say "$(echo a | (cat; echo b) | (cat; echo c) | tr -d '\n')"

begin jobs
(exit 7) &
wait $!
say "waited $?"
sh -c 'exit 5' & one=$!
sh -c 'exit 6' & two=$!
wait "$two"
second=$?
wait "$one"
say "$? $second"
wait 99999999 2>/dev/null
say "no such child: $?"
sleep 100 & victim=$!
kill "$victim"
wait "$victim" 2>/dev/null
say "terminated $(kill -l $?) $?"
sleep 100 & victim=$!
kill -9 "$victim"
wait "$victim" 2>/dev/null
say "killed $?"
kill -0 "$victim" 2>/dev/null
say "is gone: $?"
i=0
while [ $i -lt 20 ]; do
    (echo $i >"job.$i") &
    i=$((i + 1))
done
wait
say "$(cat job.* | sort -n | tr '\n' ' ')"
rm job.*

begin signals
sh -c 'trap "echo usr1" USR1; kill -USR1 $$; kill -USR1 $$; echo end' | sed "s/^/$part: /"
sh -c 'trap "" INT; kill -INT $$; echo ignored' | sed "s/^/$part: /"
sh -c 'trap "echo exit with \$?" EXIT; exit 3' | sed "s/^/$part: /"
sh -c 'trap "exit 9" TERM; kill $$; echo no' || say "a handler that exits: $?"
sh -c 'kill -QUIT $$' 2>/dev/null
say "a signal that nobody handles: $?"
sh -c 'trap "" HUP; sh -c "kill -HUP \$\$; echo inherited"' | sed "s/^/$part: /"
sh -c 'trap "echo no" USR2; sh -c "kill -USR2 \$\$" ; echo "reset $?"' 2>/dev/null | sed "s/^/$part: /"
sh -c 'trap "echo woken" USR1; (sleep 0.1; kill -USR1 $$) & wait $!; wait; echo then' | sed "s/^/$part: /"
(trap 'echo in subshell' EXIT) | sed "s/^/$part: /"
trap 'say "trap $1"' USR1
set -- argument
kill -USR1 $$
trap - USR1
{ sleep 0.1; echo late; } | { trap 'exit 2' PIPE; read -r x; say "$x"; }
yes 2>/dev/null | true
say "the writer of a broken pipe is forgotten: $?"

begin fifos
mkfifo queue
(for i in 1 2 3; do echo "message $i"; done >queue) &
while read -r message; do say "$message"; done <queue
wait
# Two workers that answer in turn.
mkfifo there back
(while read -r number; do echo $((number * number)); done <there >back) &
exec 6>there 7<back
total=0
for i in 1 2 3 4 5 6 7 8 9 10; do
    echo $i >&6
    read -r square <&7
    total=$((total + square))
done
exec 6>&- 7<&-
wait
say "sum of squares $total"

begin environment
export VISIBLE=yes HIDDEN=no
unset HIDDEN
sh -c 'echo "$VISIBLE ${HIDDEN-gone}"' | sed "s/^/$part: /"
VISIBLE=once sh -c 'echo $VISIBLE' | sed "s/^/$part: /"
say "$VISIBLE"
env -i A=1 /bin/sh -c 'echo "$A ${VISIBLE-none}"' | sed "s/^/$part: /"
long=$(printf '%5000s' x | tr ' ' y)
say "$(LONG=$long sh -c 'echo ${#LONG}')"
say "$(sh -c 'echo $# "$0" "$2"' zero one 'two words')"
say "$(sh -c 'echo $#' sh $(seq 5000))"

begin options
parse()
{
    OPTIND=1
    while getopts ab:c option "$@"; do
        case $option in
        a | c) say "option $option" ;;
        b) say "option b with $OPTARG" ;;
        *) say 'unknown' ;;
        esac
    done
    shift $((OPTIND - 1))
    say "rest $*"
}
parse -a -b value -c file 2>/dev/null
parse -acbjoined -- -a 2>/dev/null
parse -x more 2>/dev/null
sh -e -c 'false; echo no' || say "-e: $?"
sh -e -c 'if false; then :; fi; false || :; ! true; echo goes on' | sed "s/^/$part: /"
sh -u -c 'echo $nosuchvariable' 2>/dev/null || say '-u stops'
sh -n -c 'echo not run' && say '-n reads'
sh -c 'set -x; echo traced' 2>&1 | sed "s/^/$part: /"
printf 'echo from stdin $1\n' | sh -s argument | sed "s/^/$part: /"
sh -c 'if then' 2>/dev/null
say "a syntax error: $?"
sh -c 'nosuchcommand' 2>/dev/null
say "an unknown command: $?"
echo 'not executable' >plain
sh -c ./plain 2>/dev/null
say "one that may not be run: $?"
printf '#!/bin/sh\necho script $1 $#\n' >script && chmod +x script
say "$(./script a b)"
printf 'echo no first line\n' >bare && chmod +x bare
say "$(./bare)"
say "$(command -v cd) $(command -v sh)"
PATH=$work:$PATH
say "$(script found)"
printf 'sourced=$((6 * 7))\nreturn 4\necho no\n' >source.sh
. ./source.sh
say "sourced $? $sourced"

# ---- programs in shell ----

begin sieve
limit=200 primes=
set --
i=2
while [ "$i" -le $limit ]; do
    prime=yes
    for p; do
        [ $((p * p)) -gt "$i" ] && break
        [ $((i % p)) = 0 ] && prime=no && break
    done
    [ $prime = yes ] && set -- "$@" "$i"
    i=$((i + 1))
done
say "$# primes: $*"

begin roman
roman()
{
    n=$1 text=
    for pair in 1000:M 900:CM 500:D 400:CD 100:C 90:XC 50:L 40:XL 10:X 9:IX 5:V 4:IV 1:I; do
        while [ "$n" -ge "${pair%:*}" ]; do
            text=$text${pair#*:} n=$((n - ${pair%:*}))
        done
    done
    echo "$text"
}
for n in 1 4 9 14 40 90 400 1994 2026 3999; do say "$n $(roman $n)"; done

begin calendar
# day_of_week YEAR MONTH DAY: 0 is Sunday (Zeller's congruence)
day_of_week()
{
    year=$1 month=$2
    [ "$month" -gt 2 ] || { month=$((month + 12)); year=$((year - 1)); }
    echo $((($3 + 13 * (month + 1) / 5 + year + year / 4 - year / 100 + year / 400 + 6) % 7))
}
for date in '2000 2 29' '1970 1 1' '2026 11 21' '1900 3 1'; do
    say "$date: $(day_of_week $date)"
done

begin queens
# place ROW: counts the ways to put queens into the rows from ROW on; columns stand in $board
place()
{
    [ "$1" -gt $size ] && { solutions=$((solutions + 1)); return; }
    for column in $columns; do
        row=1 safe=yes
        for other in $board; do
            distance=$(($1 - row))
            if [ "$column" = "$other" ] || [ $((column - other)) = $distance ] ||
                [ $((other - column)) = $distance ]; then
                safe=no
                break
            fi
            row=$((row + 1))
        done
        [ $safe = yes ] || continue
        board="$board $column"
        place $(($1 + 1))
        board=${board% *}
    done
}
size=6 columns='1 2 3 4 5 6' board='' solutions=0
place 1
say "$size queens: $solutions solutions"

begin tables
cat >people <<END
ada:1815:mathematics
grace:1906:compilers
alan:1912:machines
edsger:1930:algorithms
barbara:1939:types
END
sort -t: -k2,2nr people | sed -n "1,3s/^/$part: /p"
awk -F: '{ n[int($2 / 100)]++ } END { for (c in n) print c, n[c] }' people | sort | sed "s/^/$part: /"
cut -d: -f1 people | paste -sd+ - | sed "s/^/$part: /"
grep -c '^[a-b]' people | sed "s/^/$part: /"
sed -e '/grace/!d' -e 's/\([^:]*\):\([^:]*\):.*/\2-\1/' -e 'y/-/ /' people | sed "s/^/$part: /"
tr -cs a-z '\n' <people | sort | uniq -c | sort -rn | awk '$1 > 1 || NR == 1 { print $1 }' | head -n 1 | sed "s/^/$part: /"
split -l 2 people piece. && say "$(cat piece.* | cmp - people && echo piece.*)"
comm -12 people people | wc -l | tr -d ' ' | sed "s/^/$part: /"
diff people piece.aa | sed "1,2d; s/^/$part: /"
fold -w 7 people | head -n 3 | sed "s/^/$part: /"
od -An -tx1 people | head -n 1 | tr -s ' ' | sed "s/^/$part:/"

begin archives
mkdir -p pack/in/side
for i in 1 2 3; do seq $((i * 1000)) >"pack/in/file.$i"; done
ln -s ../file.1 pack/in/side/link
tar cf pack.tar pack && tar tf pack.tar | sed 's, -> .*,,; s,/$,,' | sort | sed "s/^/$part: /"
mkdir out && tar xf pack.tar -C out && diff -r pack out/pack && say 'unpacked as packed'
gzip -c pack.tar | gunzip | cmp - pack.tar && say 'gzip there and back'
find pack | sort | sha256sum | sed "s/^/$part: /"
find pack -type f | sort | xargs cat | md5sum | sed "s/^/$part: /"
find pack -name 'file.*' -size +4k | sort | tr '\n' ' ' | sed "s/^/$part: /"
echo
cpio -o -H newc 2>/dev/null <<END | wc -c | tr -d ' ' | sed "s/^/$part: /"
pack/in/file.1
END

begin loops
i=0
while [ $i -lt 300 ]; do
    i=$((i + $(sh -c 'echo 1')))
done
say "$i programs were started"
i=0
while [ $i -lt 300 ]; do (exit 0) && i=$((i + 1)); done
say "and $i subshells"
say end

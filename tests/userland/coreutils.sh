# SPDX-License-Identifier: MIT
#
# GNU coreutils at work, in a folder of its own: what each prints and how it ends. Run by
# script.t here and on Linux; nothing in it may depend on the machine, the time or the kernel's
# name.
PATH=/gnu/bin:/bin TZ=UTC0 LC_ALL=C
export PATH TZ LC_ALL
umask 022
mkdir -p /tmp/gnu && cd /tmp/gnu || exit 1

# show COMMAND...: its output, both kinds, and its status
show()
{
    echo "\$ $*"
    "$@" 2>&1
    status=$?
    [ $status = 0 ] || echo "status $status"
}

echo "== text"
seq 1 20 >numbers
printf 'delta\nalpha\ncharlie\nbravo\nalpha\n' >words
show cat -A words
show tac words
show head -n 2 words
show tail -n 2 words
show tail -c 3 numbers
show nl words
show sort words
show sort -u words
show sort -R --random-source=numbers words
show sort --parallel=4 -S 64K -n numbers
show uniq -c words
show wc words numbers
show cut -c 2-3 words
show tr a-z A-Z <words
show paste -d, words words
show comm words words
show join words words
show fold -w 7 numbers
show fmt -w 20 numbers
show pr -h title -l 12 -D then words
show expand -t 4 words
show unexpand -a words
show od -An -tx1 words
show ptx words
show shuf -n 3 --random-source=numbers words
show csplit -s words /charlie/
show cat xx00 xx01
show split -n 3 --additional-suffix=.part numbers piece-
show cat piece-aa.part piece-ac.part
show split -l 5 --filter='wc -l' numbers
printf 'a b\nb c\nc d\n' >pairs
show tsort pairs
printf 'a b\nb a\n' >pairs
show tsort pairs
seq 1 50000 >many
show sort -r --parallel=2 -S 32K many --output=sorted
show md5sum many sorted
show sha1sum many
show sha256sum many
show b2sum many
show cksum many
show sum many
show base64 words
show base32 words
sha256sum many words >sums
show sha256sum -c sums
echo x >>words
show sha256sum -c --quiet sums

echo "== figures"
show factor 18446744073709551615 97
show expr 7 '*' 6
show expr abc : 'a\(.*\)'
show numfmt --to=iec 123456789
show seq -w 8 11
show seq 1 .5 3
show printf '%05d|%-6s|%x|%.3f\n' 42 ab 255 2.5
show echo -e 'a\tb\0101'
show date -d '2024-02-29 12:34:56 UTC' '+%F %T %j %U %s'
show date -d '@1700000000' -R
show date -d nonsense
show test 3 -gt 2
show '[' -e nosuch ']'
show true
show false
show basename /a/b.c .c
show dirname /a/b.c
show pathchk -p 'a b'

echo "== files"
touch -d '2001-02-03 04:05:06.789 UTC' old
show stat -c '%n %a %F %s %h %y' old
show touch -r old like
show stat -c '%y' like
show mkdir -p -m 750 d/e/f
show stat -c '%a %n' d d/e d/e/f
show install -m 640 words d/words
show stat -c '%a %s' d/words
show install -d d/g
show ln words hard
show ln -s words soft
show ln -s -r d/words d/e/relative
show readlink d/e/relative
show readlink -f d/e/relative
show realpath --relative-to=d/e words
show stat -c '%h %F' hard soft
show link words harder
show unlink harder
show ln words hard
show cp words copy
show cp -a d d2
show cp -r d d/e
show cp -l words linked
show cp -s /tmp/gnu/words symbolic
show cp --reflink=auto words copied
show cp --reflink=always words copied2
truncate -s 1M sparse
printf end >>sparse
show cp --sparse=always sparse sparse2
show stat -c %s sparse2
show cmp sparse sparse2
show cp -p old preserved
show stat -c '%y' preserved
show cp nosuch x
show mv copy moved
show mv -n moved words
show mv d2 d3
show mkdir /dev/shm/gnu
show mv d3 /dev/shm/gnu
show ls -R /dev/shm/gnu
show rm -r /dev/shm/gnu
show ls -F
touch -d '2001-02-03' d d/* words
show ls -l --time-style=long-iso d/words words
show ls -1 -S words numbers many
show ls --color=always -d d soft
show ls nosuch
show dir d
show vdir -d --time-style=+%Y words
show du -b words d/words
show chmod -v u+x,g-r words
show chmod -R g=u d
show stat -c %a words d/words
show chown -v 1001:1002 words
show stat -c '%u %g' words
show chown --from=1 0 words
show chgrp 0 words
show stat -c '%u %g' words
show mkfifo -m 600 pipe
show mknod special p
show stat -c '%F %a' pipe special
show mknod null2 c 1 3
show stat -c '%F %t %T' null2
show mktemp -d -u -p . --suffix=.z XXXXXX --quiet | wc -c
show truncate -s 3 words
show truncate -s %8 words
show stat -c %s words
show dd if=numbers bs=5 count=2 skip=1 status=none
show dd if=numbers of=patched bs=1 count=3 seek=4 conv=notrunc status=none
show od -c patched
show dd if=words conv=ucase,sync cbs=4 status=none
show shred -n 1 -u preserved
show sync words
show rmdir d
show rmdir -p --ignore-fail-on-non-empty d/g
show rm words nosuch
show rm -f nosuch
show rm -d d
show rm -rf d
show test -e d
show df nosuch
show chroot / /gnu/bin/echo inside
show chroot nosuch true
show dircolors -b /dev/null
show chcon x numbers
show chmod 600 nosuch

echo "== processes"
show timeout 0.1 sleep 5
show timeout -s KILL 0.1 sleep 5
show timeout --preserve-status -s INT 0.1 sleep 5
show timeout 5 sh -c 'exit 3'
show nice -n 5 nice
show nice nice
show env -i A=1 B=2 printenv A B
show env -u PATH /gnu/bin/printenv PATH
show env -S'A=3 printenv A'
show env --chdir=/ pwd
show env --block-signal=TERM sh -c 'kill -TERM $$; echo went on'
show env --ignore-signal=INT sh -c 'kill -INT $$; echo went on'
show nohup echo hup
show kill -l TERM 9
show kill -0 999999
show sleep 0.01 0.01
show nosuch
show env nosuch
show env /etc/passwd
yes | head -n 3
yes | head -c 1000000 | md5sum
seq 10 | tee copy1 copy2 | tail -n 1
cat copy1 copy2 | md5sum
cat <pipe >frompipe & echo 'through a fifo' >pipe; wait
show cat frompipe
(sleep 0.3; echo later >>grows; sleep 0.3) & echo first >grows; tail -n +1 -s 0.1 ---disable-inotify -f --pid=$! grows
show tee /nosuch/file </dev/null
show tty </dev/null
show stty </dev/null
show id -u
show id -Gn
show id nobody
show groups root
show whoami
show logname </dev/null
show who /dev/null
show users /dev/null
show pwd -P
show uname -m
show printenv TZ
show nproc --ignore=1000
cd / && rm -rf /tmp/gnu && ls -d /tmp/gnu
exit 7

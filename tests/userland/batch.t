#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# ./qemu-run.sh as a part of a pipeline of the host: a script as an argument, in a file, or on
# stdin; stdout, stderr and exit status apart and exact; output in any bytes.
import hashlib
import os
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + "/../lib")
from outpost import TOP, done, equal, no_panic, ok, run, scratch

result = run("sh", "-c", "echo out; echo err >&2; exit 7")
equal((result.stdout, result.stderr, result.status), (b"out\n", b"err\n", 7),
      "stdout, stderr and status are apart", result)
result = run("sh", stdin=b"echo one\nfalse || echo \\\ntwo >&2\nexit 3\n")
equal((result.stdout, result.stderr, result.status), (b"one\n", b"two\n", 3),
      "a script on stdin", result)
path = scratch("script", "#!/bin/sh\necho $# \"$2\" >&2\n. /etc/profile\necho $EDITOR; exit $1\n")
os.chmod(path, 0o755)
result = run("/tmp/script", "42", "two words", options=["--add", f"{path}:/tmp/script"])
equal((result.stdout, result.stderr, result.status), (b"vi\n", b"2 two words\n", 42),
      "a script with #!", result)
result = run("sh", "-c", "stat -c %a /tmp", options=["--add", f"{path}:/tmp/script"])
equal(result.stdout, b"1777\n", "all may write /tmp", result)
path = scratch("broken", "#!/bin/nosuch\n")
os.chmod(path, 0o755)
result = run("/tmp/broken", options=["--add", f"{path}:/tmp/broken"])
equal((result.stdout, result.status), (b"", 126), "one whose interpreter is not there", result)
result = run("sh", "-c", "kill -9 $$")
equal(result.status, 137, "a shell that is killed", result)
with open(f"{TOP}/build/ports/toybox/root/bin/toybox", "rb") as file:
    program = file.read()
result = run("cat", "/bin/toybox")
ok(result.stdout == program and result.status == 0, "cat of a program gives its bytes")
result = run("sh", "-c", "md5sum - | cut -d' ' -f1", stdin=program)
equal(result.stdout.decode().strip(), hashlib.md5(program).hexdigest(), "and it can be sent there")
# What a user has a machine do: its own file system, listed, summed, packed and unpacked, with an
# image of some thousand files; a loop that forks 1,000 times. The sum of /etc is worked out here.
ETC = f"{TOP}/user/root/etc"
listed = "".join(f"{name}\n" for name in sorted(["/etc", *(f"/etc/{name}" for name in os.listdir(ETC))]))
result = run("sh", "-c", """cd /; find /etc | sort | sha256sum
find / | sort >/tmp/all; find / | sort | sha256sum >/tmp/sum; wc -c </tmp/sum
grep -c '^/usr/include/' /tmp/all
find usr bin | sort >/tmp/before
tar c usr bin | gzip | gunzip | tar t | sed 's, -> .*,,;s,/$,,' | sort | cmp - /tmp/before && echo same
tar c usr | gzip >/tmp/usr.tgz; mkdir /tmp/t; tar xzf /tmp/usr.tgz -C /tmp/t; diff -r usr /tmp/t/usr && echo unpacked
i=0; while [ $i -lt 1000 ]; do i=$((i + $(sh -c 'echo 1'))); done; echo $i""",
             options=["--add", f"{TOP}/build/ports/tcc/root:/"])
headers = sum(len(folders) + len(files) for _, folders, files in os.walk(f"{TOP}/build/ports/tcc/root/usr/include"))
equal((result.stdout.decode().splitlines(), result.stderr),
      ([f"{hashlib.sha256(listed.encode()).hexdigest()}  -", "68", str(headers), "same", "unpacked", "1000"], b""),
      "find / | sort | sha256sum; tar c | gzip | gunzip | tar t; 1,000 forks", result)
no_panic(result, "and the server's state is right")

# A database: what people do with it, then writers that are killed in the middle.
FILL = """PRAGMA journal_mode=DELETE; CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT);
BEGIN; WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<100000)
INSERT INTO t SELECT i, 'row '||i FROM n; COMMIT; CREATE INDEX tb ON t(b);
SELECT count(*), sum(a) FROM t; SELECT a FROM t WHERE b='row 77777';
BEGIN; DELETE FROM t; ROLLBACK; PRAGMA integrity_check; SELECT count(*) FROM t;"""
result = run("sqlite3", "/tmp/a.db", FILL)
equal(result.stdout, b"delete\n100000|5000050000\n77777\nok\n100000\n",
      "sqlite3: 100,000 rows, an index, rollback", result)
# Each transaction adds one row and 1 to the sum, and changes all rows: half of one would be seen.
KILL = """sqlite3 /tmp/k.db 'PRAGMA journal_mode=%s; CREATE TABLE t(a INTEGER PRIMARY KEY, x INTEGER, b BLOB);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<2000) INSERT INTO t SELECT i, 0, randomblob(100) FROM n'
for round in 1 2 3; do
(while :; do echo 'BEGIN; UPDATE t SET x=x+1, b=randomblob(100); INSERT INTO t SELECT max(a)+1, max(x), NULL FROM t; COMMIT;'
 echo "SELECT 'done';"; done) | sqlite3 /tmp/k.db >/tmp/done & writer=$!
until [ -s /tmp/done ]; do sleep 0.01; done; sleep 0.$round; kill -9 $writer
ls /tmp/k.db* | wc -l >>/tmp/left; : >/tmp/done
sqlite3 /tmp/k.db 'PRAGMA integrity_check; SELECT count(*) = 2000 + max(x), min(x) = max(x), max(x) > 0 FROM t;'; done"""
for mode in "delete", "wal":
    result = run("sh", "-c", KILL % mode, options=["-s", "2"])
    equal(result.stdout.decode().split(), [mode, *3 * ["ok", "1|1|1"]],
          f"sqlite3, journal {mode}: killed writers leave a whole database", result)
done()

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
result = run("sh", "-c", "cd /; tar c bin | minigzip | minigzip -d | tar t | sort | tail -n 1;"
             "find / | sort | sha256sum >/dev/null; echo $?")
equal(result.stdout, b"bin/zcat -> toybox\n0\n", "the whole of /bin through tar and minigzip", result)
no_panic(result, "and the server's state is right")

# A database: what people do with it, then a writer that is killed in the middle.
FILL = """PRAGMA journal_mode=DELETE; CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT);
BEGIN; WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<20000)
INSERT INTO t SELECT i, 'row '||i FROM n; COMMIT; CREATE INDEX tb ON t(b);
SELECT count(*), sum(a) FROM t; SELECT a FROM t WHERE b='row 777';
BEGIN; DELETE FROM t; ROLLBACK; PRAGMA integrity_check; SELECT count(*) FROM t;"""
result = run("sqlite3", "/tmp/a.db", FILL)
equal(result.stdout, b"delete\n20000|200010000\n777\nok\n20000\n", "sqlite3: tables, index, rollback",
      result)
result = run("sh", "-c", """sqlite3 /tmp/k.db 'CREATE TABLE t(x); INSERT INTO t VALUES(0);'
(i=0; while :; do i=$((i+1)); echo "BEGIN; UPDATE t SET x=x+1; INSERT INTO t SELECT randomblob(9000)"\\
 "FROM t LIMIT 9; COMMIT;"; done) | sqlite3 /tmp/k.db & sleep 1.5; kill -9 $!
sqlite3 /tmp/k.db 'PRAGMA integrity_check; SELECT count(*)>1 FROM t;'""")
equal(result.stdout, b"ok\n1\n", "sqlite3: a killed writer leaves a whole database", result)
done()

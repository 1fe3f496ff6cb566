#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# --share DIR: a folder of the host as /host, read and written from both sides.
import hashlib
import os
import subprocess
import sys
import time
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + "/../lib")
from outpost import (DATA, TOP, Result, command, done, equal, no_panic, ok, read_log, run,
                     scratch)

SHARE = scratch("share")
os.makedirs(f"{SHARE}/sub/deep")
BYTES = bytes(i * 7 % 251 for i in range(300001))
for name, content in (("file", b"from the host\n"), ("sub/deep/bytes", BYTES), ("empty", b"")):
    with open(f"{SHARE}/{name}", "wb") as file:
        file.write(content)
os.symlink("sub/deep", f"{SHARE}/link")


def guest(script, options=(), **others):
    return run("sh", "-c", script, options=["--share", SHARE, *options], **others)


def host(name):
    with open(f"{SHARE}/{name}", "rb") as file:
        return file.read()


result = guest("cd /host; ls; cat file; cat link/bytes | md5sum; readlink link; wc -c <empty; cat nosuch")
equal(result.stdout.decode().split("\n"),
      ["empty", "file", "link", "sub", "from the host", hashlib.md5(BYTES).hexdigest() + "  -",
       "sub/deep", "0", ""], "what the host has is there", result)
ok(b"nosuch: No such file" in result.stderr, "and nothing else", result)
no_panic(result, "the server's state is right")
equal(guest("grep /host /etc/mtab").stdout, b"/host /host 9p rw,relatime 0 0\n", "the list of mounts has it")

result = guest("""set -e; cd /host; echo one >new; echo two >>new; mkdir d d/e; cp link/bytes d/copy
seq 20000 >d/seq; mv d/seq d/e/numbers; ln -s ../new d/link; ln new hard; touch d/gone; rm d/gone
mkdir x; rmdir x; chmod 640 new; truncate -s 100000 d/copy; touch -d 2001-02-03T04:05:06 empty
dd if=/dev/zero of=d/copy bs=1 seek=5 count=3 conv=notrunc 2>/dev/null; (cd d/e; pwd; ls ..)
cat d/link; stat -c '%h %s %a' hard; find . | sort | md5sum; find . | wc -l; sync""")
equal(result.status, 0, "changes work", result)
names = sorted("." + os.path.join(root, name)[len(SHARE):]
               for root, folders, files in os.walk(SHARE) for name in folders + files) + ["."]
names = "".join(f"{name}\n" for name in sorted(names))
equal(result.stdout.decode(), "/host/d/e\ncopy\ne\nlink\none\ntwo\n2 8 640\n" +
      f"{hashlib.md5(names.encode()).hexdigest()}  -\n{names.count(chr(10))}\n",
      "and the guest sees them", result)
equal(host("new"), b"one\ntwo\n", "the host sees what was written")
equal(host("d/copy"), BYTES[:5] + bytes(3) + BYTES[8:100000], "in the middle, too")
equal(host("d/e/numbers").count(b"\n"), 20000, "and what was moved")
equal(os.readlink(f"{SHARE}/d/link"), "../new", "links as they were written")
equal(os.stat(f"{SHARE}/hard").st_ino, os.stat(f"{SHARE}/new").st_ino, "hard links")
ok(not os.path.exists(f"{SHARE}/d/gone") and not os.path.exists(f"{SHARE}/x"), "what was removed")

# Many at once, files that go while they are open, readers and writers side by side.
numbers = hashlib.md5("".join(f"{i}\n" for i in range(1, 601)).encode()).hexdigest()
result = guest("""cd /host; echo 1 >edit; cat edit; rm edit; echo 22 >edit; cat edit; mkdir many; cd many
for i in $(seq 600); do echo $i >f$i; done; ls | wc -l; cat * | sort -n | md5sum; rm f*; ls | wc -l
for i in 1 2 3 4; do (for j in $(seq 50); do echo $i.$j >>log; done) & done; wait; sort log | uniq | wc -l
(cd ..; tar c sub | tar x -C many; cmp sub/deep/bytes many/sub/deep/bytes && echo same)""")
equal(result.stdout.decode(), f"1\n22\n600\n{numbers}  -\n0\n200\nsame\n", "many at once", result)
no_panic(result, "the server's state is right")

result = guest("""cd /host/sub; umount /host 2>/dev/null; echo $?; cd /; umount /host; ls /host; echo $?
mkdir /host/mine; ls /host""")
equal(result.stdout.decode(), "1\n0\nmine\n", "it can be taken away, not while it is used", result)
no_panic(result, "the server's state is right")

# Programs run from there, and files are mapped: as they are at that time.
def compiled(name, text=None, *flags):
    if text:
        with open(scratch(f"{name}.c"), "w", encoding="utf-8") as file:
            file.write(text)
    subprocess.run([f"{TOP}/scripts/outpost-cc", "-O1", *flags, scratch(f"{name}.c") if text else
                    f"{DATA}/{name}.c", "-o", f"{SHARE}/{name}"], check=True)


SAYS = "#include <stdio.h>\nint main(void) { return printf(\"%s\\n\") < 0; }\n"
compiled("says", SAYS % "one")
compiled("mapped")
with open(f"{SHARE}/script", "w", encoding="utf-8") as file:
    file.write("#!/host/sub/shell\necho script $1\n")
os.symlink("/bin/sh", f"{SHARE}/sub/shell")
with open(f"{SHARE}/text", "w", encoding="utf-8") as file:
    file.write("no program")
for name in ("script", "text"):
    os.chmod(f"{SHARE}/{name}", 0o755)
total = 0
for byte in BYTES:
    total = (total * 31 + byte) % 2**64
result = guest("""cd /host; ./says; ./says; ./script 1; cp /bin/toybox .; ./toybox echo copied; ./text; echo $?; ./file; echo $?
for i in 1 2 3 4 5 6; do ./toybox echo $i & done | sort | md5sum; wait; cp says says2; ./says2; ./mapped link/bytes
chmod 4755 says; ./says; ./mapped empty 2>/dev/null; echo $?""", options=["-s", "2"])
equal(result.stdout.decode(), "one\none\nscript 1\ncopied\n127\n126\n" +
      hashlib.md5(b"1\n2\n3\n4\n5\n6\n").hexdigest() + f"  -\none\n{total}\none\n2\n",
      "programs run from there, and files are mapped", result)
no_panic(result, "the server's state is right")
# Its like of the same size, in the place of the old one: the guest sees it by the times alone.
compiled("other", SAYS % "two")
result = guest("""cd /host; ./says; cat other >says; ./says; (while ./says; do :; done) | head -n 200 | uniq
head -c 1000 other >says; ./says 2>/dev/null; echo $?""")
equal(result.stdout.decode(), "one\ntwo\ntwo\n2\n", "as they are now", result)
no_panic(result, "the server's state is right")

# More than is kept of copies.
for i in range(3):
    with open(f"{SHARE}/large{i}", "wb") as file:
        file.write(bytes([i + 1]) * (12 << 20))
result = guest("for j in 1 2; do for i in 0 1 2; do /host/mapped /host/large$i || echo $?; done; done | sort | uniq -c | wc -l")
equal(result.stdout.strip(), b"3", "more than is kept", result)
no_panic(result, "the server's state is right")

# A script and its interpreter, that are more than that together.
compiled("large0", SAYS % "large")
with open(f"{SHARE}/large1", "w", encoding="utf-8") as file:
    file.write("#!/host/large0\n")
for name in ("large0", "large1"):
    os.truncate(f"{SHARE}/{name}", 20 << 20)
    os.chmod(f"{SHARE}/{name}", 0o755)
with open(f"{SHARE}/piece", "wb") as file:
    file.write(bytes(32768))
result = guest("cd /host; ./large1 && ./large1 && ./large0; dd if=piece bs=65536 2>/dev/null | wc -c")
equal(result.stdout, b"large\n" * 3 + b"32768\n",
      "a script and its interpreter that are more than is kept, and a file of one piece", result)
no_panic(result, "the server's state is right")

# A file system that dies: it is started again, given up, and everything else goes on.
services = scratch("services", """uart always console device=ns16550a interrupt log /boot/uart
posix always posix log schedule /boot/posix-server
dies always mount=/host device=virtio:9 interrupt log /boot/posix-checker
shell never terminal /bin/sh -c "ls /host; head -n 1; ls /host; echo end"
""")
log = scratch("log")
with subprocess.Popen(command((), ["--share", SHARE, "--add", f"{services}:/etc/services"], log=log),
                      stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                      env=dict(os.environ, OUTPOST_READY="1")) as machine:
    while machine.poll() is None and "giving it up" not in read_log(log):
        time.sleep(0.1)
    result = Result(None, *machine.communicate(b"given up\n"), read_log(log))
    result.status = machine.returncode
equal((result.stdout.replace(b"\r", b""), result.status), (b"given up\nend\n", 0),
      "a file system that dies stops nobody", result)
equal(len(result.log_lines("init: dies died 5 times within 10 s: giving it up")), 1,
      "and is given up", result)

result = run("ls", "/host", options=["--share", "/nosuch"])
equal(result.status, 2, "a folder that is not there is refused", result)
done()

#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# Contract of qemu-run.sh, scripts/console and scripts/mkboot, against a guest played by
# tests/lib/fake-qemu: what passes is exact, every way to end has its status and its words,
# nothing is left behind.
import os
import shutil
import signal
import subprocess
import sys
import time
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + "/../lib")
import pexpect
from outpost import TOP, QEMU_RUN, commands, done, equal, log_path, ok, run, scratch

BOOT = scratch("boot.cpio")
subprocess.run([f"{TOP}/scripts/mkboot", BOOT, ":/tmp",
                f"{TOP}/scripts/console:/bin/console"], check=True)
KERNEL = scratch("kernel", "x")
os.environ.update(OUTPOST_READY="1", OUTPOST_QEMU=f"{TOP}/tests/lib/fake-qemu",
                  OUTPOST_KERNEL=KERNEL, OUTPOST_BOOT=BOOT)


def fakes():
    """Process ids of fake guests of this test."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                words = file.read().split(b"\0")
        except OSError:
            continue
        if words[1:] and words[1].endswith(b"fake-qemu") and KERNEL.encode() in words:
            found.append(pid)
    return found


def arguments_are_exact():
    words = ["arguments", "", "\1", "\1x", "a b", "'\"$x`\\", "\n", "*", "-n",
             os.fsdecode(b"\xff\xfe\x10")]
    equal(run(*words).stdout, repr(words).encode(), "arguments arrive exactly")
    result = run("status", "0", qemu=["-d", "int"])
    equal(result.status, 0, "arguments for QEMU are not the program's")


def streams_are_exact():
    result = run("both")
    equal(result.stdout, b"".join(b"out %d\n" % n for n in range(1000)), "stdout is exact")
    equal(result.stderr, b"".join(b"err %d\n" % n for n in range(1000)), "stderr is exact")
    ok("log 0\nlog 1\n" in result.log and "OpenSBI" in result.log, "the log is in its file")
    equal(result.status, 3, "the exit status is exact")
    equal(run("status", "255").status, 255, "255 is an exit status")
    result = run("dribble")
    equal((result.stdout, result.status), (b"dri\x10bble", 42), "frames may come in pieces")
    result = run("nonsense")
    ok(b"be" in result.stdout and b"fore" in result.stdout and "not a frame" in result.log,
       "a wrong frame is logged and the rest goes on", result)


def input_is_exact():
    for name, data in (("no input", b""), ("DLE", b"\x10"), ("text without newline", b"a\nb"),
                       ("3 MB", os.urandom(3000000)), ("escapes", b"\x10E\x10" * 5000)):
        result = run("cat", stdin=data)
        equal((result.status, result.stdout), (0, data), f"stdin round trip: {name}", result)
    equal(run("bootargs").stdout.decode().split(" ", 3)[2:],
          ["stdin=none", "stdout=stream stderr=stream check"], "/dev/null is no input at all")
    # run() says --append check itself.
    equal(run("bootargs", options=["--append", "a b=c", "--append", "d"]).stdout.decode()[-14:],
          " check a b=c d", "--append appends, each time")


def ends_without_status():
    result = run("panic")
    ok(result.status == 125 and b"PANIC a reason" in result.stderr.splitlines()[-1] and
       result.stdout == b"some output\n", "a panic is repeated and gives 125", result)
    equal(run("late-panic").status, 125, "a panic after the session's end gives 125")
    result = run("silent")
    ok(result.status == 125 and b"without an exit status" in result.stderr,
       "an end without status is said and gives 125", result)
    result = run("complain")
    ok(result.status == 125 and b"no such machine" in result.stderr,
       "what QEMU complains of is shown", result)
    start = time.monotonic()
    result = run("hang", seconds=1)
    ok(result.status == 124 and b"gave up after 1 s" in result.stderr and
       time.monotonic() - start < 10, "-t gives 124 and says so", result)
    result = run("linger", seconds=1)
    ok(result.status == 5 and b"did not power off" in result.stderr,
       "a machine that stays on is ended and said", result)
    equal(fakes(), [], "no machine is left")


def start(*program):
    return subprocess.Popen([QEMU_RUN, "--log", log_path(), "--", *program],
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.DEVNULL, start_new_session=True)


def is_stopped_from_outside():
    for number, status in ((signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGKILL, -9)):
        process = start("hang")
        while not fakes():
            time.sleep(0.02)
        with open(f"/proc/{process.pid}/cmdline", "rb") as file:
            words = file.read().split(b"\0")
        folder = words[words.index(b"-x") + 1]
        process.send_signal(number)
        equal(process.wait(), status, f"{number.name} gives {status}")
        for _ in range(100):
            if not fakes():
                break
            time.sleep(0.02)
        equal(fakes(), [], f"no machine is left after {number.name}")
        if number == signal.SIGKILL:    # nobody could
            shutil.rmtree(folder)
        ok(not os.path.exists(folder), f"no files are left after {number.name}")
    process = start("flood")
    process.stdout.read(10)
    process.stdout.close()
    equal(process.wait(), 141, "nobody reads stdout: 141")
    equal(fakes(), [], "no machine is left after that")


def wrong_usage():
    for what, options in (("unknown option", ["--what"]), ("missing value", ["-m"]),
                          ("not a number", ["-s", "two"]), ("not a size", ["-m", "12Q"]),
                          ("no such file", ["--add", "/no/such/file"]),
                          ("relative place", ["--add", "/dev/null:x"]),
                          ("program without --", ["hello"])):
        result = subprocess.run([QEMU_RUN, *options], stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        ok(result.returncode == 2 and len(result.stderr.splitlines()) == 1 and
           not result.stdout, f"{what}: one line and status 2", result.stderr)


def streams_may_be_closed():
    for closed in ("<&-", ">&-", "2>&-", "<&- >&- 2>&-"):
        done_ = subprocess.run(["/bin/sh", "-c", f"{QEMU_RUN} --log {log_path()} -- status 4 {closed}"],
                               check=False)
        equal(done_.returncode, 4, f"{closed}: the status all the same")
    result = subprocess.run(["/bin/sh", "-c", f"{QEMU_RUN} --log {log_path()} -- both >/dev/full"],
                            stderr=subprocess.PIPE, check=False)
    ok(result.returncode == 125 and b"standard output: No space left" in result.stderr,
       "stdout on a full disk: said", result.stderr)


def files_are_added():
    folder = scratch("folder")
    os.makedirs(f"{folder}/sub")
    os.symlink("/etc/hostname", f"{folder}/sub/link")
    with open(f"{folder}/big", "wb") as file:
        file.write(os.urandom(10000))
    add = ["--add", f"{folder}:/usr/share/f", "--add", f"{folder}/big"]
    names = run("files", options=add).stdout.decode()
    wanted = ["bin", "bin/console", "big", "usr/share/f/big", "usr/share/f/sub/link"]
    ok(all(repr(name) in names for name in wanted), "files and folders are added", names)
    with open(f"{folder}/big", "rb") as file:
        content = file.read()
    equal(run("file", "usr/share/f/big", options=add).stdout, content, "content is exact")
    result = run("status", "1", options=["--add", scratch("run", commands(["status", "9"])) +
                                         ":/boot/run"])
    equal(result.status, 9, "an added /boot/run wins")
    for name in ("one", "two"):
        subprocess.run([f"{TOP}/scripts/mkboot", scratch(name), f"{folder}:/f", ":/tmp"],
                       check=True)
    equal(subprocess.run(["cmp", scratch("one"), scratch("two")], check=False).returncode, 0,
          "the same input makes the same image")


def printed_command():
    result = run(options=["-n", "-s", "2", "-m", "64M", "--icount", "-g"])
    line = result.stdout.decode()
    ok(result.status == 0 and "-smp 2 -m 64M" in line and "-icount shift=0,sleep=off" in line
       and " -S -gdb tcp:127.0.0.1:" in line, "-n prints the command and runs nothing", line)


def on_a_terminal():
    child = pexpect.spawn(QEMU_RUN, ["--", "size"], timeout=20, dimensions=(31, 97))
    child.expect_exact("31,97\r\n")
    child.setwinsize(40, 100)
    index = child.expect_exact(["40,100\r\n", pexpect.TIMEOUT])
    equal(index, 0, "the window's size and its changes are sent")
    child.send("\x01\x01q")
    child.expect(pexpect.EOF)
    child.close()
    equal(child.exitstatus, 0, "keys arrive")

    child = pexpect.spawn("/bin/sh", ["-c", f"stty -a >{scratch('before')}; "
                                      f"{QEMU_RUN} -- cat; echo status=$?; "
                                      f"stty -a >{scratch('after')}"], timeout=20)
    child.setecho(True)
    while not fakes():
        time.sleep(0.02)
    time.sleep(0.5)
    child.send("\x03\x1a\x10!")
    equal(child.expect_exact(["\x03\x1a\x10!", pexpect.TIMEOUT]), 0,
          "^C, ^Z and ^P go to the guest")
    child.send("\x01x")
    equal(child.expect_exact(["status=125", pexpect.TIMEOUT]), 0, "^A x leaves")
    child.expect(pexpect.EOF)
    with open(scratch("before"), encoding="ascii") as before:
        with open(scratch("after"), encoding="ascii") as after:
            equal(after.read(), before.read(), "the terminal is restored")

    child = pexpect.spawn(QEMU_RUN, [], timeout=20)
    equal(child.expect_exact(["raw console", pexpect.EOF]), 0, "without program: raw console")
    child.close()
    log = scratch("stream.log")
    child = pexpect.spawn("/bin/sh", ["-c", f"{QEMU_RUN} --log {log} -- bootargs | cat"])
    child.expect(pexpect.EOF)
    ok(b"stdin=stream stdout=stream" in child.before and os.path.exists(log),
       "with stdout elsewhere the guest has no tty", child.before)


for test in (arguments_are_exact, streams_are_exact, input_is_exact, ends_without_status,
             is_stopped_from_outside, wrong_usage, streams_may_be_closed, files_are_added, printed_command,
             on_a_terminal):
    test()
done()

# SPDX-License-Identifier: MIT
#
# For tests in Python: TAP output, and runs of ./qemu-run.sh. A test is an executable that
# begins with
#
#   #!/usr/bin/python3
#   import os, sys
#   sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + "/../lib")
#   from outpost import ok, equal, run, done
#
# and ends with done(). A time limit only detects a hang. OUTPOST_TEST_SECONDS shortens that of
# every run, for scripts/mutants, where a hang is likely.
"""TAP and qemu-run.sh for tests."""

import os
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
QEMU_RUN = os.path.join(TOP, "qemu-run.sh")
DATA = os.path.join(TOP, "tests/data")
SECONDS = 60        # a boot takes about one

_count = 0
_failed = 0
_scratch = tempfile.TemporaryDirectory(prefix="outpost-test.")


def note(text, file=sys.stdout):
    """Print a TAP comment."""
    for line in str(text).splitlines() or [""]:
        print(f"# {line}", file=file, flush=True)


def ok(condition, name, *details, known=""):
    """One test. The details are shown when it fails, on stderr, where prove lets them through.
    known: why it fails today."""
    global _count, _failed
    _count += 1
    todo = f" # TODO(#3) {known}" if known else ""
    print(f"{'ok' if condition else 'not ok'} {_count} - {name}{todo}", flush=True)
    if not condition:
        _failed += not known
        for detail in (f"failed: {name}", *details):
            note(detail, sys.stdout if known else sys.stderr)
    return bool(condition)


def excerpt(value, around=0):
    """A printable piece of a long value."""
    if isinstance(value, (bytes, str)) and len(value) > 400:
        start = max(0, around - 100)
        return f"{value[start:start + 300]!r} (from {start} of {len(value)})"
    return repr(value)


def equal(got, expected, name, *details):
    """One test: got is expected. For long strings the first difference is shown."""
    if got == expected:
        return ok(True, name)
    where = 0
    if type(got) is type(expected) and isinstance(got, (bytes, str)):
        where = len(os.path.commonprefix([got, expected]))
    return ok(False, name, f"     got {excerpt(got, where)}",
              f"expected {excerpt(expected, where)}", *details)


def skip(name, reason):
    """A test that cannot run here."""
    global _count
    _count += 1
    print(f"ok {_count} - {name} # SKIP {reason}", flush=True)


def done():
    """Print the plan and end."""
    print(f"1..{_count}", flush=True)
    sys.exit(1 if _failed else 0)


def scratch(name, content=None):
    """Path of a file of this test's own; made with the content when there is one."""
    path = os.path.join(_scratch.name, name)
    if content is not None:
        with open(path, "wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode())
    return path


class Result:
    """How a run ended: status, stdout and stderr (bytes), log (text)."""

    def __init__(self, status, stdout, stderr, log):
        self.status, self.stdout, self.stderr, self.log = status, stdout, stderr, log

    def __str__(self):
        return (f"status {self.status}\nstdout {excerpt(self.stdout)}\n"
                f"stderr {self.stderr.decode(errors='replace')}\nlog ends:\n" +
                "\n".join(self.log.splitlines()[-15:]))

    def log_lines(self, word):
        """The lines of the log that contain the word."""
        return [line for line in self.log.splitlines() if word in line]


_runs = 0


def log_path():
    """A new place for a log."""
    global _runs
    _runs += 1
    return scratch(f"log.{_runs}")


def read_log(path):
    """Text of a log, empty if there is none."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except FileNotFoundError:
        return ""


def command(program, options=(), seconds=SECONDS, log=None, qemu=()):
    """The command line of a run."""
    seconds = min(seconds, int(os.environ.get("OUTPOST_TEST_SECONDS", seconds)))
    line = [QEMU_RUN, "-t", str(seconds), "--log", log or log_path(), "--append", "check",
            *options]
    if program or qemu:
        line += ["--", *program]
    if qemu:
        line += ["--", *qemu]
    return line


def run(*program, options=(), stdin=None, seconds=SECONDS, environment=None, qemu=()):
    """Run a program in the guest. stdin: bytes, or None for /dev/null."""
    log = log_path()
    done_ = subprocess.run(command(program, options, seconds, log, qemu),
                           input=stdin, stdin=subprocess.DEVNULL if stdin is None else None,
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False,
                           env=dict(os.environ, OUTPOST_READY="1", **(environment or {})))
    return Result(done_.returncode, done_.stdout, done_.stderr, read_log(log))


def commands(*programs):
    """Content of a /boot/run with several commands (user/proto/posix.h)."""
    def argument(text):
        data = os.fsencode(text)
        return (b"\1" if data[:1] in (b"", b"\1") else b"") + data + b"\0"
    return b"".join(b"".join(map(argument, program)) + b"\0" for program in programs)


def run_many(programs, options=(), **others):
    """Run several commands in one boot; the status is that of the last one."""
    path = scratch(f"run.{_runs}", commands(*programs))
    return run(options=["--add", f"{path}:/boot/run", *options], **others)


def no_panic(result, name):
    """One test: the kernel did not panic, the run was not cut short by its time limit, and the
    checker of the POSIX server's state, which runs after each command, found nothing wrong."""
    return ok("PANIC" not in result.log and result.status != 124 and
              not state_errors(result.log), name, *state_errors(result.log), result)


def state_errors(log):
    """What the checker found (posix/checker)."""
    return [line for line in log.splitlines()
            if "state: " in line and not line.endswith("state: 0 wrong")]

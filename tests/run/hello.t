#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# The first thing anybody runs prints exactly its line, and nothing else goes anywhere.
import os
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + "/../lib")
from outpost import done, equal, no_panic, ok, run, run_many

result = run("hello")
equal(result.stdout, b"Hello world.\n", "stdout is the line", result)
equal(result.stderr, b"", "stderr is empty")
equal(result.status, 0, "the status is 0", result)
ok("OpenSBI" in result.log, "the firmware's text is in the log", result)
no_panic(result, "no panic")

result = run_many([["hello"]] * 20)
equal(result.stdout, b"Hello world.\n" * 20, "twenty times in one boot", result)
equal(result.status, 0, "and the status is 0", result)
done()

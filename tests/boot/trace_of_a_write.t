#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# One write() is one connected chain: the program's call, the POSIX server's receipt and reply,
# the post to the console driver, the driver's work at the device, all under one cause.
import json
import os
import sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)) + "/../lib")
from outpost import TOP, done, equal, note, ok, run, scratch


def request_numbers():
    """Labels of the requests that write (user/proto/posix.h), by name."""
    with open(f"{TOP}/user/proto/posix.h", encoding="utf-8") as file:
        names = [line.split("(")[1].split(",")[0] for line in file if line.startswith("    X(")]
    return {name: number + 1 for number, name in enumerate(names)}


trace = scratch("trace")
result = run("lua", "-e", "io.stdout:write('traced') io.stdout:flush()", options=["--trace", trace])
equal((result.status, result.stdout), (0, b"traced"), "the program runs", result)
equal(result.stderr, b"", "no record is lost")
with open(trace, encoding="utf-8") as file:
    records = [json.loads(line) for line in file]
ok(records and records[0]["event"] == "boot", "the trace begins with the boot", records[:1])
times = [record["time_ns"] for record in records]
equal(times, sorted(times), "times never go back")

writes = {request_numbers()["WRITE"], request_numbers()["WRITEV"]}
calls = [record for record in records if record["event"] == "msg_call" and
         record["label"] in writes and record["cause"] != "0x0"]
ok(calls, "the write is in the trace")
if not calls:
    done()
call = calls[-1]
chain = [record for record in records if record["cause"] == call["cause"]]
for record in chain:
    note(json.dumps(record))
program = call["process"]
after = chain[chain.index(call):]


def find(what, event, others, **fields):
    """One test: the chain goes on with such a record of a process that is not in others."""
    global after
    for index, record in enumerate(after):
        if (record["event"] == event and record["process"] not in others and
                all(record.get(key) == value for key, value in fields.items())):
            after = after[index:]
            ok(True, what)
            return record["process"]
    ok(False, what, "not in the rest of the chain")
    return None


# A call that finds the server idle names it; another is queued and received later.
taken = [record["process"] for record in after if record["process"] != program and
         (record["thread"] == call["server"] or record["event"] == "msg_receive")]
ok(taken, "the server receives it")
server = taken[0] if taken else None
posts = [record for record in chain if record["event"] == "event_post" and
         record["process"] == server]
ok(posts, "the server tells the driver under the same cause")
find("the server replies", "msg_reply", {program})
reply = [record for record in chain if record["event"] == "msg_reply" and
         record["to"] == call["thread"]]
ok(reply, "to the thread that called")
ok([record["endpoint"] for record in reply] == [call["endpoint"]], "at the endpoint it called")
driver = {record["process"] for record in chain} - {program, server, 0}
ok(driver, "the driver works under the same cause")
equal(len({record["cause"] for record in calls}), len(calls), "each write has its own cause")
done()

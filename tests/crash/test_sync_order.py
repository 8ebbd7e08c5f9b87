"""What kill -9 cannot show: before an answer is sent, everything that it speaks of has been synced (SEMANTICS.md, S1).

A server runs under strace, and the order of its system calls is held to the rule. Syncs are slowed down, so that who
does not wait for them is not right by luck. That the rule can be broken, and the breach be seen, is shown on servers in
which one thing is done wrong, and on logs that were shuffled.
"""

import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bushel.core.credentials import read_credentials
from crash.syscalls import (
    COMMIT,
    INDEX,
    NAME,
    SYNC,
    TRACED,
    WRITE,
    Call,
    Step,
    hasty,
    missing,
    read_calls,
    read_steps,
    unsynced,
)
from live.programs import found
from live.server import BUSHEL, wait_until
from live.wire import Wire

pytestmark = pytest.mark.crash

_EPOCH = "blobs/[0-9a-v]{16}"
_BYTES = _EPOCH + r"/(#\d+|\w{3}\.part)"
"""A file before it has its name: without any, or with a temporary one."""

BLOB = ((WRITE, _BYTES), (SYNC, _BYTES), (NAME, _EPOCH), (SYNC, _EPOCH))
CHANGE = ((WRITE, INDEX), (SYNC, INDEX), (COMMIT, INDEX))

RULES: dict[str, tuple[tuple[str, str], ...]] = {
    "CreateBucket": (*CHANGE, *CHANGE, *CHANGE),  # the owner's list, the bucket's partition, its name
    "PutObject inline": CHANGE,
    "PutObject file": (*BLOB, *CHANGE),
    "UploadPart": (*BLOB, *CHANGE),
    "CompleteMultipartUpload": CHANGE,
    "DeleteObject": CHANGE,
    "user add": CHANGE,
}
"""What must have happened, in this order, between a request and its answer."""

ALL = frozenset(RULES)
WITH_BLOBS = frozenset({"PutObject file", "UploadPart"})


def faults(operation: str, steps: Sequence[Step], asked: float, answered: float) -> list[str]:
    """Why the answer to a request came too early."""
    own = [step for step in steps if asked < step.begun < answered]
    return [
        *missing(own, RULES[operation], asked, answered),
        *(f"answered before a sync of: {step}" for step in unsynced(own, answered)),
        *hasty(own),
    ]


def exchange(calls: Sequence[Call], request: str) -> tuple[float, float]:
    """When a request had been read, and when the first byte of its answer, a success, was written."""
    asked = next(call for call in calls if call.name != "write" and _speaks(call, request))
    line = asked.process, asked.arguments[0]
    answer = next(
        call
        for call in calls
        if call.begun > asked.begun and (call.process, call.arguments[0]) == line and _speaks(call, "HTTP/1.1 ")
    )
    assert _speaks(answer, "HTTP/1.1 20"), answer
    return asked.done, answer.begun


def _speaks(call: Call, text: str) -> bool:
    return len(call.arguments) > 1 and any(
        argument.kind == "string" and argument.text.startswith(text) for argument in call.arguments[1:3]
    )


# --- traced processes ---------------------------------------------------------------------------------------------


class Recording(NamedTuple):
    calls: list[Call]
    steps: list[Step]


def strace(log: Path, delay_microseconds: int) -> tuple[str, ...]:
    """The words before a command that is to be traced with all its children, each sync taking so long at least."""
    names = ",".join(f"?{name}" for name in TRACED)  # not every architecture has all of them
    # -D makes the tracer nobody's parent: signals and waits reach the command itself.
    words = (found("strace"), "-D", "-f", "-q", "-y", "-s100", "--seccomp-bpf", "-o", str(log), "-e", names)
    slow = ("-e", f"inject=fsync,fdatasync,linkat:delay_enter={delay_microseconds}")
    return (*words, *slow) if delay_microseconds else words


def recording(log: Path, pid: int, data: Path) -> Recording:
    """All that was logged of a process that has ended."""
    end = re.compile(rf"^{pid} +\+\+\+ ", re.MULTILINE)  # strace pads short process ids
    wait_until(lambda: end.search(log.read_text(errors="replace")) is not None, what="the end of the log")
    calls = read_calls(log.read_text(errors="replace").splitlines())
    return Recording(calls, read_steps(calls, str(data)))


@pytest.fixture(scope="module")
def tracing(tmp_path_factory) -> None:
    """Skips where the system forbids to trace even one's own children (some containers do)."""
    log = tmp_path_factory.mktemp("strace") / "log"
    tried = subprocess.run([found("strace"), "-o", log, "true"], capture_output=True, text=True)
    if tried.returncode and "ptrace" in tried.stderr.lower():
        pytest.skip(f"tracing is forbidden here: {tried.stderr.splitlines()[0]}")
    assert tried.returncode == 0, tried.stderr


def run_operations(server) -> dict[str, str]:
    """One request of each kind; how the first line of each begins."""
    wire = Wire(server.endpoint, *read_credentials(server.data / "root-credentials"))
    lines = {}

    def send(operation: str, method: str, target: str, body: bytes = b""):
        lines[operation] = f"{method} {target} "
        answer = wire.signed(method, target, body=body)
        assert answer.status in {200, 204}, answer.body
        # Something between two operations, or work put off by one could pass for work done by the next.
        assert wire.signed("GET", "/").status == 200
        return answer

    send("CreateBucket", "PUT", "/bucket")
    send("PutObject inline", "PUT", "/bucket/inline", b"i" * 1000)
    send("PutObject file", "PUT", "/bucket/file", b"f" * 3_000_000)  # more than one write
    upload = send("CreateMultipartUpload", "POST", "/bucket/parts?uploads").text("UploadId")
    part = send("UploadPart", "PUT", f"/bucket/parts?partNumber=1&uploadId={upload}", b"p" * 100_000)
    send(
        "CompleteMultipartUpload",
        "POST",
        f"/bucket/parts?uploadId={upload}",
        b"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>%s</ETag></Part></CompleteMultipartUpload>"
        % part.headers["etag"].encode(),
    )
    send("DeleteObject", "DELETE", "/bucket/file")
    del lines["CreateMultipartUpload"]
    return lines


def add_user(data: Path, log: Path, words: Sequence[str]) -> list[str]:
    """The faults of a ``bushel user add``."""
    keys = ("--access-key", "TRACEDUSERSKEY000000", "--secret-key", "traced/users+secret")
    command = [*words, str(BUSHEL), "user", "add", "traced", *keys, "--data", str(data)]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    calls, steps = recording(log, process.pid, data)
    first = next(call for call in calls if call.name == "write" and call.arguments[0].number == 1)
    return faults("user add", steps, -1, first.begun)


def trace(
    start_server,
    folder: Path,
    *,
    workers: int,
    delay_microseconds: int = 0,
    entry: Sequence[str] = (),
    with_user: bool = True,
) -> dict[str, list[str]]:
    """Run a server and all operations; the faults of each, and of the start under ``serve``."""
    log, user_log = folder / "serve.strace", folder / "user.strace"
    server = start_server(
        workers=workers,
        wrapper=(*strace(log, delay_microseconds), *entry),
        environment={"BUSHEL_ROOT_ACCESS_KEY": "", "BUSHEL_ROOT_SECRET_KEY": ""},  # so that the start stores a pair
    )
    lines = run_operations(server)
    user_faults = add_user(server.data, user_log, (*strace(user_log, delay_microseconds), *entry)) if with_user else []
    assert server.stop() == 0
    calls, steps = recording(log, server.pid, server.data)
    serving = next(call for call in calls if call.name == "write" and _speaks(call, "Serving "))
    return {
        "serve": [f"served before a sync of: {step}" for step in unsynced(steps, serving.begun)],
        **{operation: faults(operation, steps, *exchange(calls, line)) for operation, line in lines.items()},
        "user add": user_faults,
    }


# --- the server ---------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("tracing")
def test_what_was_answered_had_been_synced_in_order_bytes_names_index(start_server, tmp_path):
    verdict = trace(start_server, tmp_path, workers=2, delay_microseconds=20_000)

    assert verdict == {operation: [] for operation in (*RULES, "serve")}


WRONG = {
    "nothing at all": (
        """
os.fsync = os.fdatasync = lambda descriptor: None
lmdb.open = partial(lmdb.open, sync=False)
""",
        ALL | {"serve"},
    ),
    "no files": ("os.fdatasync = lambda descriptor: None", WITH_BLOBS),
    "no folders": ("os.fsync = lambda descriptor: None", WITH_BLOBS | {"serve"}),
    "not the index's last page": ("lmdb.open = partial(lmdb.open, metasync=False)", ALL | {"serve"}),
    "files once they have their names": (
        """
from bushel.engine.embedded import blob_epochs
def publish(draft):
    draft._name()
    blob_epochs.sync_data(draft.fd)
    draft._epoch.sync_name(draft._slot)
blob_epochs.Draft.publish = publish
""",
        WITH_BLOBS,
    ),
    "folders when there is time": (
        """
from threading import Timer
from bushel.engine.embedded.blob_disk import SharedSync
sync = SharedSync.sync
SharedSync.sync = lambda shared: Timer(0.2, sync, (shared,)).start()
""",
        WITH_BLOBS,
    ),
    "the index when there is time": (
        """
from threading import Event
from bushel.engine.embedded import committer, index
run, commit, begin = committer._run_job, committer.Committer._commit, index.Index._begin
idle, read = Event(), Event()
idle.set()
def run_job(job, batch):
    run(job, batch)
    idle.clear()
    read.clear()
    committer._deliver([job])
    read.wait(1)  # for the next request, which comes once this one's answer is there, however long that takes
def commit_all(self, jobs):
    done = commit(self, jobs)
    idle.set()
    return done
def begin_when_idle(self):  # so that a reader sees what was answered
    read.set()
    idle.wait()
    return begin(self)
committer._run_job, committer.Committer._commit, index.Index._begin = run_job, commit_all, begin_when_idle
""",
        ALL - {"user add", "CreateBucket"},  # they wait: for its end, for the owner's quota
    ),
}
"""What is synced wrongly: the change to the server, and whose answers then come too early."""

ENTRY = """
import os, sys
from functools import partial
import lmdb
{change}
from bushel.cli.main import main
sys.exit(main(sys.argv[2:]))
"""


@pytest.mark.usefixtures("tracing")
@pytest.mark.parametrize("wrong", WRONG)
def test_a_server_that_syncs_wrongly_is_seen(start_server, tmp_path, wrong):
    change, whose = WRONG[wrong]
    entry = (sys.executable, "-c", ENTRY.format(change=change))

    verdict = trace(start_server, tmp_path, workers=1, entry=entry, with_user="user add" in whose)

    assert {operation for operation, seen in verdict.items() if seen} == whose, verdict


# --- the rule -----------------------------------------------------------------------------------------------------

OPENED = [
    "1 clone3({flags=CLONE_VM|CLONE_FILES|CLONE_THREAD, exit_signal=0} => {parent_tid=[2]}, 88) = 2",
    "1 clone(child_stack=0x7f, flags=CLONE_VM|CLONE_FILES|CLONE_THREAD <unfinished ...>",
    '3 write(10<anon_inode:[eventfd]>, "\\1", 8) = 8',
    "1 <... clone resumed>, parent_tid=[3]) = 3",
    '1 openat(AT_FDCWD</>, "/d/index/data.mdb", O_RDWR|O_CREAT|O_CLOEXEC, 0700) = 5</d/index/data.mdb>',
    '1 openat(AT_FDCWD</>, "/d/index/data.mdb", O_RDWR|O_DSYNC|O_CLOEXEC) = 6</d/index/data.mdb>',
    '1 openat(7</d/blobs/0123456789abcdef>, ".", O_WRONLY|O_TMPFILE, 0600) = 8</d/blobs/0123456789abcdef/#77>(deleted)',
    '1 read(9<socket:[1]>, "PUT /bucket/file HTTP/1.1\\r\\nHost: a", 262144) = 700',
]
WORK = [
    '2 writev(8</d/blobs/0123456789abcdef/#77>(deleted), [{iov_base="ff) = 1", iov_len=2}], 1) = 2',
    "2 fdatasync(8</d/blobs/0123456789abcdef/#77>(deleted)) = 0 (INJECTED)",
    '2 linkat(AT_FDCWD</>, "/proc/self/fd/8", 7</d/blobs/0123456789abcdef>, "000", AT_SYMLINK_FOLLOW) = 0',
    "2 fsync(7</d/blobs/0123456789abcdef>) = 0",
    '3 pwrite64(5</d/index/data.mdb>, "\\2\\0\\"", 4096, 8192) = 4096',
    "3 fdatasync(5</d/index/data.mdb>) = 0",
    '3 pwrite64(6</d/index/data.mdb>, "\\0", 120, 32) = 120',
    '1 write(9<socket:[1]>, "HTTP/1.1 200 OK\\r\\nDate", 305) = 305',
]


def faults_of(work: Sequence[str]) -> list[str]:
    lines = [*OPENED, *work]
    calls = read_calls(lines)
    return faults("PutObject file", read_steps(calls, "/d"), *exchange(calls, "PUT /bucket/file "))


def test_the_right_order_is_right():
    assert faults_of(WORK) == []
    assert faults_of([WORK[0], *WORK]) == [], "more than is needed does no harm"


@settings(deadline=None)
@given(st.permutations(WORK))
def test_every_other_order_is_wrong(work):
    answered = work[: work.index(WORK[-1]) + 1]

    assert bool(faults_of(answered)) == (answered != WORK)


@pytest.mark.parametrize("number", range(len(WORK) - 1))
def test_every_step_left_out_is_missed(number):
    assert faults_of(WORK[:number] + WORK[number + 1 :])


@pytest.mark.parametrize("number", range(len(WORK) - 1))
def test_a_step_that_failed_does_not_count(number):
    failed = WORK[number].rpartition(" = ")[0].removesuffix(" = 0") + " = -1 EIO (Input/output error)"

    assert faults_of([*WORK[:number], failed, *WORK[number + 1 :]])


@pytest.mark.parametrize("number", range(len(WORK) - 1))
@pytest.mark.parametrize("returns", [True, False])
def test_a_step_that_has_not_returned_when_the_next_begins_does_not_count(number, returns):
    start, _, end = WORK[number].rpartition(") = ")
    thread, _, call = start.partition(" ")
    name = call.partition("(")[0]
    unfinished = f"{start} <unfinished ...>"
    resumed = [f"{thread} <... {name} resumed>) = {end}"] if returns else []

    assert faults_of([*WORK[:number], unfinished, WORK[number + 1], *resumed, *WORK[number + 2 :]])
    if returns:
        assert faults_of([*WORK[:number], unfinished, *resumed, *WORK[number + 1 :]]) == []


@pytest.mark.parametrize("late", [WORK[0], WORK[4], WORK[2].replace("000", "001")])
def test_what_is_begun_after_its_sync_is_seen_however_much_was_done_before(late):
    assert faults_of([*WORK[:-1], late, WORK[-1]])

"""What traced processes asked of the system, read from a log of strace, and which order of it would lose something.

``read_calls`` makes calls of the text, ``read_steps`` keeps those that write, sync or name something in a data folder.
``unsynced``, ``hasty`` and ``missing`` are the rule: a name waits until the bytes are on the disk, the index until the
names are, and the answer until everything is.

What must not be here: which operation takes which steps, how a process is traced.
"""

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

WRITE, SYNC, NAME, COMMIT = "write", "sync", "name", "commit"

_FORKS = {"clone", "clone3", "fork", "vfork"}
_WRITES = {
    "write",
    "writev",
    "pwrite64",
    "pwritev",
    "pwritev2",
    "ftruncate",
    "fallocate",
    "copy_file_range",
    "sendfile",
}
_SYNCS = {"fsync", "fdatasync"}
_MAKES = {"mkdir", "mkdirat"}
_NAMES = {"link", "linkat", "rename", "renameat", "renameat2"}
_TALK = {"read", "readv", "recvfrom", "recvmsg", "sendto", "sendmsg"}
TRACED = ("openat", *sorted(_FORKS | _WRITES | _SYNCS | _MAKES | _NAMES | _TALK))
"""What strace has to log."""

INDEX = "index/data.mdb"
_MAY_BE_LOST = {"lock", "reserve", "index/lock.mdb"}
"""Nobody minds what was in them; the next start makes them again."""

_LINE = re.compile(r"(\d+) +(?:<\.\.\. (\w+) resumed>(.*)|(\w+)\((.*))")
_RETURNED = re.compile(r"(.*)\) += (-?\w+|\?)(?:<((?:[^<>]|->)*)>)?.*")
_UNFINISHED = " <unfinished ...>"
_ARGUMENT = re.compile(r'(\d+|AT_FDCWD)<((?:[^<>]|->)*)>|"((?:[^"\\]|\\.)*)"|[^\s,"][^,"]*')


class Argument(NamedTuple):
    """``kind`` is ``descriptor`` (``text`` is its path), ``string`` or ``word``."""

    kind: str
    text: str
    number: int = -1


class Call(NamedTuple):
    """One system call.

    Attributes:
        process: Whose descriptors it speaks of.
        result: A descriptor, for example; negative where it failed.
        opened: Path of the descriptor that it returned.
        begun: Line of the log where it was entered.
        done: Line where it had returned; infinite where it never did.
    """

    process: int
    name: str
    arguments: list[Argument]
    result: int
    opened: str
    begun: int
    done: float


class Step(NamedTuple):
    """Something that has to be durable, or makes it so; paths are relative to the data folder.

    Attributes:
        kind: WRITE to a file, SYNC of a file or folder, NAME put into a folder, COMMIT of the index (the page that
            makes the others valid, written through to the disk).
        path: The file or folder.
        source: The file that was named.
    """

    kind: str
    path: str
    source: str
    begun: int
    done: float

    def __str__(self) -> str:
        return f"{self.kind} {self.path} (line {self.begun + 1})"


def read_calls(lines: Iterable[str]) -> list[Call]:
    """The calls of a log that ``strace -f -y -o`` wrote, in the order in which they were entered."""
    entered: dict[tuple[int, str], tuple[int, str]] = {}
    found: list[tuple[int, float, int, str, str]] = []
    for number, line in enumerate(lines):
        match = _LINE.match(line)
        if match is None:
            continue  # signals and exits
        thread, name, text = int(match[1]), match[2] or match[4], match[3] or match[5] or ""
        begun = number
        if match[2]:
            begun, before = entered.pop((thread, name))
            text = before + text
        if text.endswith(_UNFINISHED):
            entered[thread, name] = begun, text.removesuffix(_UNFINISHED)
        else:
            found.append((begun, number, thread, name, text))
    found += [(begun, math.inf, thread, name, text) for (thread, name), (begun, text) in entered.items()]
    return list(_calls(sorted(found)))


def _calls(found: Iterable[tuple[int, float, int, str, str]]) -> Iterator[Call]:
    process_of: dict[int, int] = {}
    early: list[Call] = []  # of threads that did something before the call that made them had returned
    for begun, done, thread, name, text in found:
        returned = _RETURNED.fullmatch(text)
        assert returned or done == math.inf, f"line {begun + 1} of the log is no system call: {text!r}"
        arguments = [_argument(match) for match in _ARGUMENT.finditer(returned[1] if returned else text)]
        result = int(returned[2], 0) if returned and returned[2] != "?" else -1
        opened = (returned and returned[3]) or ""
        process = process_of.get(thread, thread)
        if name in _FORKS and result > 0:
            process_of[result] = process if "CLONE_THREAD" in text else result
        early.append(Call(thread, name, arguments, result, opened, begun, done))
    for call in early:
        yield call._replace(process=process_of.get(call.process, call.process))


def _argument(match: re.Match[str]) -> Argument:
    number, path, text = match.groups()
    if number is not None:
        return Argument("descriptor", path, -1 if number == "AT_FDCWD" else int(number))
    return Argument("word", match[0]) if text is None else Argument("string", text)


class _Opened:
    """Descriptors as the log said when they were opened: the path, and whether writes go through to the disk."""

    def __init__(self) -> None:
        self._paths: dict[tuple[int, int], str] = {}
        self._through: set[tuple[int, int]] = set()

    def note(self, call: Call) -> None:
        place = call.process, call.result
        self._paths[place] = call.opened
        if {"O_DSYNC", "O_SYNC"}.intersection(_flags(call)):
            self._through.add(place)
        else:
            self._through.discard(place)

    def writes_through(self, call: Call) -> bool:
        return (call.process, call.arguments[0].number) in self._through

    def path(self, process: int, path: str) -> str:
        """A path, or that of the descriptor which it stands for."""
        number = path.removeprefix("/proc/self/fd/")
        return self._paths.get((process, int(number)), path) if number.isdigit() else path


def _flags(call: Call) -> list[str]:
    return next((each.text.split("|") for each in call.arguments if each.kind == "word"), [])


def read_steps(calls: Iterable[Call], folder: str) -> list[Step]:
    """What happened in a data folder, and to its name; what failed did not happen."""
    opened = _Opened()
    steps = []
    for call in calls:
        if call.result < 0 and call.done < math.inf:
            continue
        if call.name == "openat":
            opened.note(call)
        steps += _steps(call, opened, folder)
    return steps


def _steps(call: Call, opened: _Opened, folder: str) -> Iterator[Step]:
    name, arguments = call.name, call.arguments
    source = ""
    if name in _WRITES:
        path = _below(folder, arguments[2 if name == "copy_file_range" else 0].text)
        kind = COMMIT if path == INDEX and opened.writes_through(call) else WRITE
    elif name in _SYNCS:
        kind, path = SYNC, _below(folder, arguments[0].text)
    elif name in _MAKES | _NAMES or (name == "openat" and "O_CREAT" in _flags(call)):
        kind, paths = NAME, list(_paths(arguments))
        path = _below(folder, paths[-1])
        if name in _NAMES:
            source = _below(folder, opened.path(call.process, paths[0])) or ""
    else:
        return
    if path is None or path in _MAY_BE_LOST:
        return
    if kind == NAME:
        path = str(PurePosixPath(path).parent) if path != "." else ".."
    yield Step(kind, path, source, call.begun, call.done)


def _paths(arguments: Sequence[Argument]) -> Iterator[str]:
    """The paths among the arguments, each relative to the folder before it, if one is."""
    base = "/"
    for argument in arguments:
        if argument.kind == "descriptor":
            base = argument.text
        elif argument.kind == "string":
            yield str(PurePosixPath(base, argument.text))


def _below(folder: str, path: str) -> str | None:
    """Relative to the data folder; ``..`` for the one that it is in, ``None`` for what is elsewhere."""
    if path == str(PurePosixPath(folder).parent):
        return ".."
    return str(PurePosixPath(path).relative_to(folder)) if PurePosixPath(path).is_relative_to(folder) else None


# --- the rule -----------------------------------------------------------------------------------------------------


def unsynced(steps: Sequence[Step], moment: float) -> list[Step]:
    """What was begun before a moment and could still be lost then."""
    syncs = [step for step in steps if step.kind == SYNC and step.done < moment]
    return [
        step
        for step in steps
        if step.begun < moment
        and (step.kind in (WRITE, NAME) or (step.kind == COMMIT and step.done >= moment))
        and not any(sync.path == step.path and step.done < sync.begun for sync in syncs)
    ]


def hasty(steps: Sequence[Step]) -> list[str]:
    """Names that were given, and commits that were made, while what they stand for could still be lost."""
    found = []
    for step in steps:
        named = step.kind == NAME
        if named or step.kind == COMMIT:
            early = [each for each in unsynced(steps, step.begun) if not named or each[:2] == (WRITE, step.source)]
            found += [f"{step} did not wait for a sync of: {each}" for each in early]
    return found


def missing(steps: Sequence[Step], wanted: Sequence[tuple[str, str]], after: float, before: float) -> list[str]:
    """What there is not, of steps (kind, pattern of the path) that must follow one another between two moments."""
    at = after
    for kind, pattern in wanted:
        for step in steps:
            if step.kind == kind and step.begun > at and step.done < before and re.fullmatch(pattern, step.path):
                at = step.done
                break
        else:
            return [f"no {kind} of {pattern} between the lines {at + 1} and {before + 1}"]
    return []

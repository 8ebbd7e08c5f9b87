"""Write docs/compatibility.md from the table of operations and its shapes. A test holds the page to both."""

from collections.abc import Iterator
from pathlib import Path

from bushel.protocol.codec.fields import Header, HeaderPrefix, Payload, Query, Stream, Xml
from bushel.protocol.codec.fields import Path as InPath
from bushel.protocol.codec.members import Member, members_of, root_of
from bushel.protocol.errors import CATALOGUE
from bushel.protocol.operations import NOT_ROUTED, TABLE, Operation, configuration

PAGE = Path(__file__).parent.parent / "docs" / "compatibility.md"

HEAD = """\
# S3 operations, member by member

<!-- Made by `make docs` from src/bushel/protocol/operations and src/bushel/protocol/shapes. Edit those. -->

What a request asks for is done, or the request is refused: nothing is accepted and then ignored. This page is read from
the table that the server routes and binds by. It names members as they travel: header fields and query parameters by
their names, what is in a document by the path of its elements. The SOAP interface has [its own page](soap.md).

{summary}

## Operations

| operation | request | |
|---|---|---|
"""

MEMBERS = """
## Members of requests

*Acts*: the server does what S3 says of the member. *Refused*: a request with it gets the error that is named, and
changes nothing. *No effect*: by S3's own definition there is nothing for it to do here. The operations that are not
listed here are refused whole.
"""

ACTS = "acts"
CONFIGURATION = "acts: nothing can be configured, and the answer is S3's for a bucket or an object that never was"


def page() -> str:
    """The whole page."""
    operations = sorted(TABLE.values(), key=lambda operation: operation.name)
    rows = {operation.name: _row(operation) for operation in operations}
    rows |= {name: f"| {name} | | refused: {why} |\n" for name, why in NOT_ROUTED.items()}
    sections = "".join(_section(operation) for operation in operations if operation.refused is None)
    head = HEAD.format(summary=_summary())
    return head + "".join(rows[name] for name in sorted(rows)) + MEMBERS + sections


def members(operation: Operation) -> Iterator[tuple[str, Member]]:
    """The members of an operation's input by their names on the wire; what the path says has none."""
    assert operation.input is not None
    for member in members_of(operation.input):
        yield from _with_children(member, root_of(operation.input))


def _with_children(member: Member, before: str) -> Iterator[tuple[str, Member]]:
    name = _name(member, before)
    if member.shape is None or member.refused is not None or member.no_effect is not None:
        if name:
            yield name, member
        return
    for child in members_of(member.shape):
        yield from _with_children(child, name)


def _name(member: Member, before: str) -> str:
    match member.place:
        case Header() | Query():
            return member.wire
        case HeaderPrefix(prefix):
            return f"{prefix}*"
        case Payload(root):
            return root
        case Stream():
            return "the body"
        case InPath():
            return ""
        case Xml(_, item):
            steps = (before, member.wire, item or "") if member.is_list else (before, member.wire)
            return "/".join(step for step in steps if step)
        case _:
            return before


def _summary() -> str:
    whole = len(TABLE) + len(NOT_ROUTED)
    refused = sum(operation.refused is not None for operation in TABLE.values()) + len(NOT_ROUTED)
    unmade = len(configuration.OPERATIONS)
    return (
        f"Of the {whole} operations that S3's SDKs know, {whole - refused - unmade} act, {unmade} answer as for what\n"
        f"was never configured, and {refused} are refused with NotImplemented."
    )


def _row(operation: Operation) -> str:
    name = operation.name if operation.refused is not None else f"[{operation.name}](#{operation.name.lower()})"
    if operation.refused is not None:
        state = f"refused: {operation.refused}"
    else:
        state = CONFIGURATION if operation in configuration.OPERATIONS else ACTS
    return f"| {name} | `{_request(operation)}` | {state} |\n"


def _request(operation: Operation) -> str:
    path = {"service": "/", "bucket": "/bucket", "object": "/bucket/key"}[operation.resource]
    query = "&".join(sorted(operation.query))
    headers = "".join(f" + {name}" for name in sorted(operation.headers))
    return f"{operation.method} {path}{'?' + query if query else ''}{headers}"


def _section(operation: Operation) -> str:
    text = f"\n### {operation.name}\n\n`{_request(operation)}`"
    if operation.action:
        text += f" · allowed by `{operation.action}`"
    if operation.never_configured is not None:
        code = operation.never_configured.partition(".")[0]
        text += f" · answered with {CATALOGUE[operation.never_configured].status} {code}"
    text += "\n"
    listed = list(members(operation))
    acting = [f"`{name}`" for name, member in listed if member.refused is None and member.no_effect is None]
    if acting:
        text += f"\nActs: {', '.join(acting)}.\n"
    others = "".join(
        f"| `{name}` | {_fate(member)} |\n"
        for name, member in listed
        if member.refused is not None or member.no_effect is not None
    )
    return text + (f"\n| member | |\n|---|---|\n{others}" if others else "")


def _fate(member: Member) -> str:
    if member.no_effect is not None:
        return f"no effect: {member.no_effect.why}"
    assert member.refused is not None
    reason, allowed = member.refused.reason, member.refused.allow
    code = reason.partition(".")[0]
    said = "refused" if not allowed else f"refused but for {', '.join(f'`{value}`' for value in allowed)}"
    return f"{said}: {CATALOGUE[reason].status} {code}"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")

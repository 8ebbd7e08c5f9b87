"""Conditional requests: reads (RFC 9110 section 13.2.2), copy sources, writes, deletions. Pure functions.

Times are milliseconds since 1970 UTC. HTTP dates have whole seconds, so an object's time is cut to seconds before it is
compared. A date that cannot be read is no condition (RFC 9110 sections 13.1.3 and 13.1.4).

Source for copies, writes and deletions: S3 API Reference, "CopyObject", "PutObject" and "DeleteObject"; S3 User Guide,
"Add preconditions to S3 operations with conditional requests".
"""

from datetime import UTC, datetime
from typing import Final, NamedTuple

from bushel.protocol.errors import S3Error
from bushel.protocol.etags import ANY, matches_strongly, matches_weakly

NOT_MODIFIED_HEADERS: Final = frozenset(
    {"cache-control", "content-location", "date", "etag", "expires", "last-modified", "vary", "x-amz-version-id"}
)
"""Of the headers that a 200 would have, those that a 304 has too (RFC 9110 section 15.4.5, and what S3 adds)."""

_MONTHS: Final = {
    name: number
    for number, name in enumerate(
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), start=1
    )
}


def is_not_modified(
    etag: str,
    last_modified: int,
    now: int,
    *,
    if_match: str | None = None,
    if_none_match: str | None = None,
    if_modified_since: int | None = None,
    if_unmodified_since: int | None = None,
) -> bool:
    """Whether a read is answered 304.

    A tag decides where there is one; its date counts only without it. A date after ``now`` is ignored, as RFC 9110
    section 13.1.3 allows and S3 does.

    Raises:
        S3Error: PreconditionFailed.
    """
    if if_match is not None:
        if not matches_strongly(if_match, etag):
            raise _failed("If-Match")
    elif if_unmodified_since is not None and _seconds(last_modified) > _seconds(if_unmodified_since):
        raise _failed("If-Unmodified-Since")
    if if_none_match is not None:
        return matches_weakly(if_none_match, etag)
    return if_modified_since is not None and not _modified_since(last_modified, if_modified_since, now)


def range_applies(if_range: str | None, etag: str, last_modified: int) -> bool:
    """Whether the object is still the one that If-Range names; if not, a Range is answered with all of it.

    RFC 9110 section 13.1.5: a tag that matches strongly, or exactly the date of Last-Modified.
    """
    if if_range is None:
        return True
    if if_range[-4:] == " GMT":
        return parse_http_date(if_range) == _seconds(last_modified) * 1000
    return if_range != ANY and matches_strongly(if_range, etag)


def check_copy_source(
    etag: str,
    last_modified: int,
    now: int,
    *,
    if_match: str | None = None,
    if_none_match: str | None = None,
    if_modified_since: int | None = None,
    if_unmodified_since: int | None = None,
    header: str = "x-amz-copy-source-",
) -> None:
    """The same for the source of a copy or a renaming, where every condition that does not hold is a failure.

    ``header`` begins the names of the conditions, for the error.

    Raises:
        S3Error: PreconditionFailed.
    """
    if if_match is not None:
        if not matches_strongly(if_match, etag):
            raise _failed(f"{header}If-Match")
    elif if_unmodified_since is not None and _seconds(last_modified) > _seconds(if_unmodified_since):
        raise _failed(f"{header}If-Unmodified-Since")
    if if_none_match is not None:
        if matches_weakly(if_none_match, etag):
            raise _failed(f"{header}If-None-Match")
    elif if_modified_since is not None and not _modified_since(last_modified, if_modified_since, now):
        raise _failed(f"{header}If-Modified-Since")


def check_write_headers(if_match: str | None, if_none_match: str | None) -> None:
    """Whether S3 knows these conditions on a write: one tag in If-Match, or ``*`` in If-None-Match. Before the body.

    Raises:
        S3Error: NotImplemented.
    """
    if if_match is not None and if_none_match is not None:
        raise S3Error(
            "NotImplemented",
            Header="If-Match,If-None-Match",
            additionalMessage="Multiple conditional request headers present in the request",
        )
    if if_match == ANY or (if_none_match is not None and if_none_match != ANY):
        header = "If-Match" if if_none_match is None else "If-None-Match"
        raise S3Error(
            "NotImplemented",
            Header=header,
            additionalMessage=f"We don't accept the provided value of {header} header for this API",
        )


def check_write(key: str, etag: str | None, if_match: str | None, if_none_match: str | None) -> None:
    """Whether a write may replace what is there. Called in the transition that writes, so that one of many racers wins.

    Args:
        key: For the error.
        etag: Tag of the current object; ``None`` where there is none (or a delete marker).
        if_match: As ``check_write_headers`` let it pass.
        if_none_match: Likewise: ``*`` or nothing.

    Raises:
        S3Error: PreconditionFailed, or NoSuchKey where If-Match speaks of an object that is not there.
    """
    if if_none_match is not None and etag is not None:
        raise _failed("If-None-Match")
    if if_match is not None:
        if etag is None:
            raise S3Error("NoSuchKey", Key=key)
        if not matches_strongly(if_match, etag):
            raise _failed("If-Match")


def check_rename_target(
    key: str,
    found: tuple[str, int] | None,
    now: int,
    *,
    if_match: str | None,
    if_none_match: str | None,
    if_modified_since: int | None,
    if_unmodified_since: int | None,
) -> None:
    """Whether an object may be renamed to a key. Called in the transition that renames.

    Args:
        key: For the error.
        found: Tag and time of what the key holds; ``None`` where it holds nothing.
        now: For dates in the future, as in ``is_not_modified``.
        if_match: As ``check_write_headers`` let it pass.
        if_none_match: Likewise.
        if_modified_since: Holds only for an object that is there.
        if_unmodified_since: Holds also where there is none.

    Raises:
        S3Error: PreconditionFailed, or NoSuchKey where If-Match speaks of an object that is not there.
    """
    check_write(key, None if found is None else found[0], if_match, if_none_match)
    if if_modified_since is not None and (found is None or not _modified_since(found[1], if_modified_since, now)):
        raise _failed("If-Modified-Since")
    if found is not None and if_unmodified_since is not None and _seconds(found[1]) > _seconds(if_unmodified_since):
        raise _failed("If-Unmodified-Since")


class DeleteConditions(NamedTuple):
    """What a request demands of an object that it deletes.

    Attributes:
        if_match: Its tag, or ``*`` for any object.
        size: Bytes.
        last_modified: Milliseconds; cut to seconds, as HTTP's dates are.
    """

    if_match: str | None
    size: int | None
    last_modified: int | None


def check_delete(key: str, found: tuple[str, int, int] | None, wanted: DeleteConditions) -> None:
    """Whether an object may be deleted. Called in the transition that deletes.

    Args:
        key: For the error.
        found: Tag, size and time of the current object; ``None`` where there is none (or a delete marker).
        wanted: The conditions. Of an object that is not there only If-Match demands anything.

    Raises:
        S3Error: PreconditionFailed, or NoSuchKey where If-Match speaks of an object that is not there.
    """
    if found is None:
        if wanted.if_match is not None:
            raise S3Error("NoSuchKey", Key=key)
        return
    etag, size, last_modified = found
    if wanted.if_match is not None and not matches_strongly(wanted.if_match, etag):
        raise _failed("If-Match")
    if wanted.size is not None and wanted.size != size:
        raise _failed("x-amz-if-match-size")
    if wanted.last_modified is not None and _seconds(wanted.last_modified) != _seconds(last_modified):
        raise _failed("x-amz-if-match-last-modified-time")


def parse_http_date(text: str) -> int | None:
    """An HTTP date (RFC 9110 section 5.6.7: IMF-fixdate, RFC 850, asctime) in milliseconds; ``None`` for anything else.

    Two digits of a year from 69 on are of the 20th century, as POSIX has it.
    """
    match text.replace(",", " ").replace("-", " ").split():
        case [_, day, month, year, clock, "GMT" | "UTC" | "+0000"]:
            pass
        case [_, month, day, clock, year]:  # asctime: Sun Nov  6 08:49:37 1994
            pass
        case _:
            return None
    numbers = [day, year, *clock.split(":")]
    if len(numbers) != 5 or month not in _MONTHS or not all(_short_number(number) for number in numbers):
        return None
    full_year = int(year)
    if len(year) == 2:
        full_year += 1900 if full_year >= 69 else 2000
    hour, minute, second = map(int, numbers[2:])
    try:
        return int(datetime(full_year, _MONTHS[month], int(day), hour, minute, second, tzinfo=UTC).timestamp()) * 1000
    except ValueError:
        return None


def _short_number(text: str) -> bool:
    return 0 < len(text) <= 4 and text.isascii() and text.isdecimal()


def _seconds(milliseconds: int) -> int:
    return milliseconds // 1000


def _modified_since(last_modified: int, date: int, now: int) -> bool:
    return date > now or _seconds(last_modified) > _seconds(date)


def _failed(condition: str) -> S3Error:
    return S3Error("PreconditionFailed", Condition=condition)

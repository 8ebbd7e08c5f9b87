"""One member's value from text, as headers and query parameters have it, and back to text.

A converter is made once per member. Every refusal is S3's own error, naming the member.
"""

from collections.abc import Callable
from typing import Any, Final

from bushel.protocol.codec.fields import Query
from bushel.protocol.codec.members import Member
from bushel.protocol.codec.refusals import invalid_value, not_integer, out_of_bounds, refusal
from bushel.protocol.codec.scalars import (
    is_header_text,
    read_boolean,
    read_integer,
    read_iso8601,
    read_rfc1123,
    write_iso8601,
    write_rfc1123,
)
from bushel.protocol.errors import S3Error

Convert = Callable[[str], Any]

_INT32: Final = 2**31


def text_reader(member: Member) -> Convert | None:
    """The function from text to value; ``None`` for text that is taken as it is."""
    convert = _checked(member)
    refused = member.refused
    if refused is None:
        return convert
    allowed = {each: each if convert is None else convert(each) for each in refused.allow}
    fold: Convert = str.lower if member.kind == "boolean" else str.upper if member.any_case else str

    def refuse(value: str) -> Any:
        if value in allowed:
            return allowed[value]
        folded = fold(value)
        if folded in allowed:
            return allowed[folded]
        if convert is not None and member.invalid is not None:
            convert(value)
        raise refusal(member, value)

    return refuse


def _checked(member: Member) -> Convert | None:
    match member.kind:
        case "string" if member.is_list:
            return _list_converter(member)
        case "string" if member.choices:
            return _choice_converter(member)
        case "string":
            return _text_converter(member)
        case "integer":
            return _integer_converter(member)
        case "boolean" if isinstance(member.place, Query):
            return "true".__eq__  # S3 takes anything else for false
        case "boolean":
            return _guarded(member, read_boolean)
        case "timestamp":
            return _instant_converter(member)
        case _:
            raise TypeError(f"{member.field}: {member.kind} has no form as a header or parameter")


def _text_converter(member: Member) -> Convert | None:
    if member.wire == "versionId":

        def read_version(value: str) -> str:
            if not value:
                raise S3Error("InvalidArgument.VersionIdEmpty", ArgumentName=member.wire, ArgumentValue="")
            return value

        return read_version
    if not member.echoed:
        return None

    def read_echoed(value: str) -> str | None:
        if not is_header_text(value):
            raise S3Error("InvalidArgument.HeaderText", ArgumentName=member.wire, ArgumentValue=value)
        return value or None

    return read_echoed


def _choice_converter(member: Member) -> Convert:
    choices = {each: each for each in member.choices}
    if member.any_case:
        choices |= {each.lower(): each for each in member.choices}

    def read_choice(value: str) -> str:
        found = choices.get(value)
        if found is None:
            found = choices.get(value.lower()) if member.any_case else None
            if found is None:
                raise invalid_value(member, value)
        return found

    return read_choice


def _list_converter(member: Member) -> Convert:
    one = _choice_converter(member)

    def read_list(value: str) -> tuple[str, ...]:
        return tuple(one(each.strip()) for each in value.split(",") if each.strip())

    return read_list


def _integer_converter(member: Member) -> Convert:
    between = member.between

    def read_bounded(value: str) -> int | None:
        try:
            number = read_integer(value)
        except ValueError:
            if not value and isinstance(member.place, Query) and member.invalid is None:
                return None  # S3 takes an empty parameter for one that is not there
            raise not_integer(member, value) from None
        if between is not None and not between.low <= number <= between.high:
            if not -_INT32 <= number < _INT32:
                raise not_integer(member, value)
            raise out_of_bounds(member, value, low=between.low, high=between.high)
        return number

    return read_bounded


def _instant_converter(member: Member) -> Convert:
    read = read_iso8601 if _is_iso8601(member) else read_rfc1123
    if member.moment is None or not member.moment.lenient:
        return _guarded(member, read)

    def read_leniently(value: str) -> int | None:
        try:
            return read(value)
        except ValueError:
            return None

    return read_leniently


def _guarded(member: Member, read: Callable[[str], Any]) -> Convert:
    def read_guarded(value: str) -> Any:
        try:
            return read(value)
        except ValueError:
            raise invalid_value(member, value) from None

    return read_guarded


def plain_text_reader(member: Member) -> Convert | None:
    """The same for the answers of a server, which may be newer: no value is refused, no bound holds."""
    match member.kind:
        case "integer":
            return read_integer
        case "boolean":
            return read_boolean
        case "timestamp":
            return read_iso8601 if _is_iso8601(member) else read_rfc1123
        case _:
            return None


def text_writer(member: Member) -> Callable[[Any], str]:
    """The function from value to text, for a header or a parameter."""
    match member.kind:
        case "string" if member.is_list:
            return ",".join
        case "boolean":
            return lambda value: "true" if value else "false"
        case "timestamp":
            return write_iso8601 if _is_iso8601(member) else write_rfc1123
        case _:
            return str


def header_text(member: Member) -> str:
    """The same as source of an expression over ``value``, for compiled writers."""
    match member.kind:
        case "integer":
            return "str(value)"
        case "boolean":
            return "'true' if value else 'false'"
        case "timestamp":
            return "write_iso8601(value)" if _is_iso8601(member) else "write_rfc1123(value)"
        case _:
            return "value"


def _is_iso8601(member: Member) -> bool:
    return member.moment is not None and member.moment.style == "iso8601"

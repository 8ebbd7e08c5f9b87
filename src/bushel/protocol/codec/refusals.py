"""The errors of binding: members that are refused, and values that a member cannot have."""

from bushel.protocol.codec.fields import Header, Query
from bushel.protocol.codec.members import Member
from bushel.protocol.errors import S3Error


def refusal(member: Member, value: str | None = None) -> S3Error:
    """The answer to a request that carries a refused member. It names the member, and a value only where S3 does."""
    assert member.refused is not None
    reason = member.refused.reason
    if reason.startswith("InvalidArgument"):
        return _argument(reason, member, value or "")
    if isinstance(member.place, Header):
        return S3Error(reason, Header=member.wire)
    if reason == "NotImplemented":
        return S3Error("NotImplemented.Element", Element=member.wire)
    return S3Error(reason, Element=member.wire)


def invalid_value(member: Member, value: str) -> S3Error:
    """The answer to a value that is not of the member's type."""
    invalid = member.invalid
    if invalid is None:
        return _argument("InvalidArgument", member, value)
    if invalid.reason.startswith("InvalidArgument"):
        return _argument(invalid.reason, member, value)
    error = S3Error(invalid.reason)
    if invalid.value_field is not None:
        error.detail[invalid.value_field] = value
    return error


def out_of_bounds(member: Member, value: str, *, low: int, high: int) -> S3Error:
    """The answer to an integer below or above what the member can be."""
    if member.invalid is not None:
        return invalid_value(member, value)
    message = f"Argument {member.wire} must be an integer between {low} and {high}"
    return _argument("InvalidArgument", member, value, message)


def not_integer(member: Member, value: str) -> S3Error:
    """The answer to a query parameter or header that is no integer, or none that 32 bits hold."""
    if member.invalid is not None:
        return invalid_value(member, value)
    return _argument("InvalidArgument.NotInteger", member, value)


def _argument(reason: str, member: Member, value: str, message: str | None = None) -> S3Error:
    assert isinstance(member.place, Header | Query)
    return S3Error(reason, message=message, ArgumentName=member.wire, ArgumentValue=value)

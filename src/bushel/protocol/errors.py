"""S3's errors: one exception class and one catalogue, keyed by reason.

A *reason* is the S3 error code, or the code, a dot and a word where one code has several messages
(``InvalidArgument.MaxKeys``). Raise ``S3Error("NoSuchKey", Key="a")``: the keyword arguments become XML children of
``<Error>`` in the order given, unless they are ``message=`` (replaces the catalogue's message) or ``headers=`` (extra
response headers). Placeholders ``{name}`` in a message are filled from the detail.

Source of codes, statuses and messages: S3 API Reference, "Error responses", and what botocore's clients rely on.
"""

from typing import NamedTuple


class ErrorKind(NamedTuple):
    """One entry of the catalogue: HTTP status, message, and S3 code (what stands before the dot of the reason)."""

    status: int
    message: str


class S3Error(Exception):
    """An answer that is an S3 error.

    Attributes:
        reason: Key into the catalogue.
        detail: Children of ``<Error>`` beside Code, Message, RequestId and HostId.
        headers: Extra response headers.
    """

    def __init__(
        self, reason: str, /, *, message: str | None = None, headers: list[tuple[str, str]] | None = None, **detail: str
    ) -> None:
        kind = CATALOGUE[reason]
        self.reason = reason
        self.code = reason.partition(".")[0]
        self.status = kind.status
        self.message = message if message is not None else kind.message
        self.detail = detail
        self.headers = headers or []
        super().__init__(f"{self.code}: {self.message}")


CATALOGUE: dict[str, ErrorKind] = {
    "InternalError": ErrorKind(500, "We encountered an internal error. Please try again."),
    "NotImplemented": ErrorKind(501, "A header you provided implies functionality that is not implemented."),
}

"""Request and response as the S3 language sees them: heads as text, bodies as streams. No I/O.

The HTTP adapter makes a Request, the pipeline turns it into a Response; the client does the inverse, and the in-process
transport hands one to the other without a socket. Nothing here knows an operation.
"""

from collections.abc import AsyncIterator
from typing import Protocol


class Body(Protocol):
    """A request's body as it comes off the wire (transfer coding removed, aws-chunked not).

    Attributes:
        length: Bytes that the framing announces; ``None`` with ``Transfer-Encoding: chunked``.
    """

    length: int | None

    async def read(self) -> bytes:
        """The next piece, of any size; ``b""`` at the end. The first call answers ``Expect: 100-continue``.

        Raises:
            S3Error: The peer went away (IncompleteBody) or stalled (RequestTimeout), or the coding is malformed.
        """


class BytesBody:
    """A body that is already here."""

    __slots__ = ("_data", "length")

    def __init__(self, data: bytes = b"") -> None:
        self._data = data
        self.length: int | None = len(data)

    async def read(self) -> bytes:
        data, self._data = self._data, b""
        return data


class Request:
    """One request.

    Attributes:
        method: As sent, upper case.
        path: Raw path of the target, percent-encoded as sent (what a signature covers), always starting with ``/``.
        query: Raw query string without the ``?``; empty where there is none.
        headers: Lower-case name to value, optional white space stripped, octets decoded as ISO 8859-1; fields sent more
            than once are joined with ``,`` (RFC 9110 section 5.3).
        body: Never ``None``; empty where there is none.
        peer: The client's address after trusted proxies were believed.
        host: The authority asked for, lower case, with port if one was sent, after trusted proxies were believed.
        secure: Whether the client's connection is TLS, after trusted proxies were believed.
        tls_version: ``1.3``, for example; not set where the client does not speak TLS to this process.
    """

    __slots__ = ("body", "headers", "host", "method", "path", "peer", "query", "secure", "tls_version")

    tls_version: str

    def __init__(
        self,
        method: str,
        path: str,
        query: str = "",
        headers: dict[str, str] | None = None,
        body: Body | None = None,
        *,
        host: str = "",
        peer: str = "",
        secure: bool = False,
    ) -> None:
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers if headers is not None else {}
        self.body: Body = body if body is not None else BytesBody()
        self.host = host or self.headers.get("host", "")
        self.peer = peer
        self.secure = secure

    @property
    def confidential(self) -> bool:
        """Whether nobody on a network can read the request: it came by TLS, or from this machine."""
        return self.secure or self.peer.startswith("127.") or self.peer == "::1"


class Response:
    """One response.

    Attributes:
        status: HTTP status.
        headers: Name and value in the order to send. ``Content-Length`` is among them when the body is a stream; for
            a body of bytes the adapter adds it. ``Date``, ``Server`` and ``Connection`` are the adapter's.
        body: All of it, or an iterator of pieces (its end must match ``Content-Length``; an exception after the head
            was sent closes the connection).
        close: Close the connection after this response.
    """

    __slots__ = ("body", "close", "headers", "status")

    def __init__(
        self,
        status: int,
        headers: list[tuple[str, str]] | None = None,
        body: bytes | AsyncIterator[bytes] = b"",
        *,
        close: bool = False,
    ) -> None:
        self.status = status
        self.headers = headers if headers is not None else []
        self.body = body
        self.close = close

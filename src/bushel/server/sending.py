"""Sends one response on a connection: framing, back-pressure, and what to do when a body breaks off.

What must not be here: the encoding of heads (``answer``), whether a connection is kept (``connection``).
"""

import asyncio
import logging
from typing import Any, Final, Protocol, cast

from bushel.protocol.message import Response
from bushel.server.answer import BODILESS, announced_length, encode_fields, encode_head, without_length
from bushel.service.faults import as_s3_error

# Below this, one copy costs less than a second system call (stock asyncio) or a second buffer (uvloop).
_JOIN_BYTES: Final = 64 * 1024

_log: Final = logging.getLogger(__name__)


class Line(Protocol):
    """What sending needs of a connection.

    Attributes:
        transport: Takes bytes.
        writing_held: The client has to take some of what was written before more is.
    """

    transport: asyncio.Transport
    writing_held: bool

    @property
    def stamp(self) -> bytes:
        """The fields that every response has."""

    def settle(self, response: Response) -> str:
        """Decide whether the connection can be used again after this response; the field that says so."""

    def is_lost(self) -> bool:
        """Whether the client is gone."""

    async def write_on(self) -> None:
        """Wait until more may be written, or the client is gone."""

    def abort(self) -> None: ...


def send(line: Line, method: str, response: Response) -> None:
    """Answer with a body that is here.

    Raises:
        ValueError: The response is not one that can be sent; nothing was.
    """
    if line.is_lost():
        return
    headers, body = response.headers, cast("bytes", response.body)
    fields, count = encode_fields(headers), len(headers)
    announced = announced_length(fields)
    ending = ""
    if response.status in BODILESS:
        if announced is not None and response.status == 204:  # RFC 9110 section 8.6
            headers = without_length(headers)
            fields, count = encode_fields(headers), len(headers)
        body = b""
    elif announced is None:
        ending = f"\r\nContent-Length: {len(body)}"
    elif method != "HEAD" and announced != str(len(body)):
        raise ValueError(f"Content-Length is {announced} and the body {len(body)} bytes")
    ending += line.settle(response)
    if method == "HEAD":
        body = b""
    if len(body) <= _JOIN_BYTES:
        line.transport.write(encode_head(response.status, line.stamp, fields, count, ending, body))
    else:
        line.transport.write(encode_head(response.status, line.stamp, fields, count, ending))
        line.transport.write(body)


async def stream(line: Line, method: str, response: Response, *, old: bool) -> None:
    """Answer with a body that is made while it is sent. Of unknown length, it is sent in chunks.

    Its first piece is made before the head is sent: what fails until then can still be answered with an error. What
    fails later aborts the connection, which is how a client sees that the body is not all of it.

    Args:
        line: The connection.
        method: Of the request; ``HEAD`` gets no body.
        response: Its body is an asynchronous iterator of bytes.
        old: The client speaks HTTP/1.0.

    Raises:
        Exception: Nothing was sent yet.
    """
    pieces = cast("Any", response.body)
    begun = False
    try:
        fields = encode_fields(response.headers)
        announced = announced_length(fields)
        silent = method == "HEAD" or response.status in BODILESS
        left = None if announced is None else int(announced)
        chunked = left is None and not old and not silent
        if left is None and old:
            response.close = True  # the end of the connection is the end of the body
        piece = None if silent else await anext(pieces, None)
        if line.is_lost():
            return
        ending = line.settle(response) + ("\r\nTransfer-Encoding: chunked" if chunked else "")
        head = encode_head(response.status, line.stamp, fields, len(response.headers), ending)
        begun = True
        line.transport.write(head)
        while piece is not None:
            if line.is_lost():
                return
            if left is not None:
                left -= len(piece)
                if left < 0:
                    raise ValueError("the body is longer than its Content-Length")
            if not chunked:
                line.transport.write(piece)
            elif piece:
                line.transport.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            if line.writing_held:
                await line.write_on()
            piece = await anext(pieces, None)
        if left and not silent:
            raise ValueError(f"the body ended {left} bytes before its Content-Length")
        if chunked:
            line.transport.write(b"0\r\n\r\n")
    except Exception as error:
        if not begun:
            raise
        _log.error("the body of a response broke off: %s", as_s3_error(error).code)  # which logs the error itself
        line.abort()
    finally:
        if hasattr(pieces, "aclose"):
            await pieces.aclose()

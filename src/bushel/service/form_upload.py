"""The file of a form upload on its way into the store: taken out of the form while it arrives.

What must not be here: what the fields mean.
"""

from typing import Final

from bushel.protocol.checksum_headers import declared
from bushel.protocol.errors import S3Error
from bushel.protocol.message import Body, BytesBody, Request
from bushel.protocol.post_form import MAX_BYTES_BEHIND_FILE, FormDecoder, boundary_of
from bushel.protocol.post_form_policy import LengthRange
from bushel.service.payload import MAX_BYTES, Payload

_CLOSING_BYTES: Final = len("\r\n--") + len("--")


class FormUpload:
    """A form being read: ``read_fields``, then ``payload``. Implements ``protocol.message.Body`` for the file.

    Attributes:
        decoder: Has the fields once ``read_fields`` returned.
        length: Not known before the file's end.

    Raises:
        S3Error: MalformedPOSTRequest, MissingContentLength.
    """

    def __init__(self, body: Body, content_type: str) -> None:
        boundary = boundary_of(content_type)
        if body.length is None:
            raise S3Error("MissingContentLength")
        self.length: int | None = None
        self.decoder = FormDecoder(boundary)
        self._body = body
        self._left = body.length - len(boundary) - _CLOSING_BYTES
        self._bounds = LengthRange()
        self._pieces: list[bytes] = []
        self._size = 0
        self._finished = False

    async def read_fields(self) -> None:
        """Read as far as the file begins.

        Raises:
            S3Error: As ``FormDecoder.feed`` and ``finish``; IncompleteBody, RequestTimeout.
        """
        while self.decoder.file is None:
            await self._feed()

    async def payload(self, headers: dict[str, str], bounds: LengthRange, inline_limit_bytes: int) -> Payload:
        """The file as the payload of a request with these header fields.

        A file that would be kept with its entry is read here, so that its length is known; of a larger one the
        payload's length is what it is at most.

        Args:
            headers: Of the request that the form stands for; grows by Content-Length where that is known.
            bounds: What the policy says of the size.
            inline_limit_bytes: Most bytes of a file that is kept with its entry.

        Raises:
            S3Error: EntityTooLarge and EntityTooSmall, and as ``read_fields``.
        """
        maximum = MAX_BYTES if bounds.maximum is None else min(bounds.maximum, MAX_BYTES)
        self._bounds = LengthRange(bounds.minimum, maximum)
        if self._at_most - MAX_BYTES_BEHIND_FILE > maximum:
            self._bounds.check_maximum(self._at_most)
        ahead: list[bytes] = []
        while sum(map(len, ahead)) <= inline_limit_bytes:
            piece = await self.read()
            if not piece:
                content = b"".join(ahead)
                headers["content-length"] = str(len(content))
                return Payload(Request("PUT", "/", headers=headers, body=BytesBody(content)))
            ahead.append(piece)
        self._pieces[:0] = ahead
        self._size -= sum(map(len, ahead))
        return _FilePayload(Request("PUT", "/", headers=headers, body=self), self._at_most)

    async def read(self) -> bytes:
        """The next bytes of the file; ``b""`` once the whole form was found in order.

        Raises:
            S3Error: As ``payload``.
        """
        while not self._pieces:
            if self._finished:
                return b""
            if self.decoder.file_ended:
                await self._finish()
            else:
                await self._feed()
        piece = self._pieces.pop(0)
        self._size += len(piece)
        maximum = self._bounds.maximum
        if maximum is not None and self._size > maximum:
            self._bounds.check_maximum(max(self._size, self._at_most))
        return piece

    @property
    def _at_most(self) -> int:
        """The file's size if nothing comes behind it; exactly that where all of it has come."""
        held = self._size + sum(map(len, self._pieces))
        return held if self.decoder.file_ended else held + self._left

    async def _feed(self) -> None:
        data = await self._body.read()
        if not data:
            self.decoder.finish()
        before = self.decoder.held
        self._pieces += self.decoder.feed(data)
        self._left -= len(data) + before - self.decoder.held

    async def _finish(self) -> None:
        while data := await self._body.read():
            self.decoder.feed(data)
        self.decoder.finish()
        self._bounds.check_minimum(self._size)
        self._finished = True


class _FilePayload(Payload):
    """A payload whose ``length`` is what it is at most."""

    __slots__ = ("_at_most",)

    def __init__(self, request: Request, at_most: int) -> None:
        super().__init__(request)
        self._at_most = at_most

    @property
    def length(self) -> int:
        if not self._opened:
            self._open()
        return self._at_most

    def _open(self) -> None:
        self._take_headers(declared(self._headers))
        self._opened = True

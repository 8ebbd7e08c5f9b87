"""Messages with an attachment, in either direction: multipart/related, the envelope first, then an object's bytes.

The bytes are streamed; how many they are, the message says. Source: W3C Note "SOAP Messages with Attachments";
RFC 2387; RFC 2046, section 5.1.
"""

from email.message import Message as Headers
from typing import Final, NamedTuple

from bushel.protocol.errors import S3Error
from bushel.protocol.message import Body
from bushel.service.content import BlobStream

_MAX_HEAD_BYTES: Final = 8 * 1024
"""Of one part, and of what stands before the first."""

_AS_IT_IS: Final = frozenset({"7bit", "8bit", "binary"})
_LONGEST_BOUNDARY: Final = 70


class Attached:
    """A message being read: ``read_envelope``, then, where ``has_attachment``, ``open`` and as often as it takes
    ``read``. Implements ``protocol.message.Body`` for the attachment.

    Attributes:
        has_attachment: Whether something follows the envelope.
        length: Of the attachment, as ``open`` was told.

    Raises:
        S3Error: InvalidSOAPRequest for what is not multipart/related as it should be.
    """

    def __init__(self, body: Body, content_type: str) -> None:
        headers = _content_type(content_type)
        boundary = headers.get_param("boundary", "")
        if headers.get_content_type() != "multipart/related" or not isinstance(boundary, str):
            raise _malformed()
        if not 0 < len(boundary) <= _LONGEST_BOUNDARY or not boundary.isascii() or not boundary.isprintable():
            raise _malformed()
        self.has_attachment = False
        self.length: int | None = None
        self._body = body
        self._root = headers.get_param("start", "")
        self._delimiter = b"\r\n--" + boundary.encode()
        self._held = bytearray(b"\r\n")  # the first delimiter may begin the body
        self._left = -1

    async def read_envelope(self, at_most: int) -> bytes:
        """The first part, which has to be the message itself.

        Raises:
            S3Error: MaxMessageLengthExceeded; InvalidSOAPRequest, NotImplemented for a transfer encoding.
        """
        await self._up_to(self._delimiter, _MAX_HEAD_BYTES)
        root = await self._head()
        if self._root and root.get("content-id", "").strip() != self._root:
            raise _malformed()
        try:
            envelope = await self._up_to(self._delimiter, at_most)
        except _TooLong:
            raise S3Error("MaxMessageLengthExceeded", MaxMessageLengthBytes=str(at_most)) from None
        await self._hold(2)
        self.has_attachment = self._held[:2] != b"--"
        return envelope

    async def open(self, length: int) -> None:
        """Begin with the attachment, which has ``length`` bytes by the message's account.

        Raises:
            S3Error: As ``read_envelope``.
        """
        await self._head()
        self.length = self._left = length

    async def read(self) -> bytes:
        """The next bytes of the attachment. The last of them are not given before they were seen to be the last.

        Raises:
            S3Error: IncompleteBody where the attachment has another length, InvalidSOAPRequest where another follows.
        """
        if self._left < 0:
            return b""
        if self._left and not self._held:
            self._held += await self._more()
        piece = bytes(self._held[: self._left])
        del self._held[: self._left]
        self._left -= len(piece)
        if self._left == 0:
            self._left = -1
            await self._check_end()
        return piece

    async def _check_end(self) -> None:
        await self._hold(len(self._delimiter) + 2)
        if not self._held.startswith(self._delimiter):
            raise S3Error("IncompleteBody")
        if not self._held.startswith(self._delimiter + b"--"):
            raise _malformed()

    async def _head(self) -> Headers:
        """The header fields of the part whose delimiter was read last.

        Raises:
            S3Error: InvalidSOAPRequest; NotImplemented for bytes that are encoded.
        """
        rest_of_line, *lines = (await self._up_to(b"\r\n\r\n", _MAX_HEAD_BYTES)).split(b"\r\n")
        if rest_of_line.strip(b" \t"):
            raise _malformed()
        headers = Headers()
        for line in lines:
            name, colon, value = line.decode("latin-1").partition(":")
            if colon:
                headers[name.strip()] = value.strip()
        if str(headers.get("content-transfer-encoding", "binary")).lower() not in _AS_IT_IS:
            raise S3Error("NotImplemented.Attachment")
        return headers

    async def _up_to(self, mark: bytes, at_most: int) -> bytes:
        """What stands before a mark, which is taken too."""
        held = self._held
        seen = 0
        while (at := held.find(mark, max(0, seen - len(mark)))) < 0:
            seen = len(held)
            if seen > at_most:
                raise _TooLong
            held += await self._more()
        if at > at_most:
            raise _TooLong
        found = bytes(held[:at])
        del held[: at + len(mark)]
        return found

    async def _hold(self, size: int) -> None:
        while len(self._held) < size:
            self._held += await self._more()

    async def _more(self) -> bytes:
        piece = await self._body.read()
        if not piece:
            raise S3Error("IncompleteBody")
        return piece


class _TooLong(S3Error):
    """As an error of its own: the head of a part is longer than any."""

    def __init__(self) -> None:
        super().__init__("InvalidSOAPRequest.Attachment")


def _malformed() -> S3Error:
    return S3Error("InvalidSOAPRequest.Attachment")


def _content_type(text: str) -> Headers:
    headers = Headers()
    headers["content-type"] = text
    return headers


class Attachment(NamedTuple):
    """An object's bytes that go with an answer."""

    content: bytes | BlobStream
    length: int
    content_type: str


class Related:
    """An answer with its attachment: an iterator of pieces, as responses have it.

    Attributes:
        content_type: Of the whole.
        length: Bytes of the whole.
    """

    def __init__(self, envelope: bytes, attachment: Attachment, boundary: str) -> None:
        self.content_type = f'multipart/related; type="text/xml"; start="<envelope>"; boundary="{boundary}"'
        before = (
            f"--{boundary}\r\nContent-Type: text/xml; charset=utf-8\r\nContent-ID: <envelope>\r\n\r\n".encode()
            + envelope
            + f"\r\n--{boundary}\r\nContent-Type: {attachment.content_type}\r\n".encode("latin-1", "replace")
            + b"Content-Transfer-Encoding: binary\r\nContent-ID: <data>\r\n\r\n"
        )
        after = f"\r\n--{boundary}--\r\n".encode()
        self.length = len(before) + attachment.length + len(after)
        self._content = attachment.content
        self._before = [before]
        self._after = [after]
        if isinstance(self._content, bytes):
            self._before.append(self._content)

    def __aiter__(self) -> "Related":
        return self

    async def __anext__(self) -> bytes:
        if self._before:
            return self._before.pop(0)
        if isinstance(self._content, BlobStream):
            try:
                return await anext(self._content)
            except StopAsyncIteration:
                self._content = b""
        if self._after:
            return self._after.pop()
        raise StopAsyncIteration

    async def aclose(self) -> None:
        """Let go of the object."""
        if isinstance(self._content, BlobStream):
            await self._content.aclose()

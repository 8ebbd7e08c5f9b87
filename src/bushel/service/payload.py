"""The body of a request as the operations see it: codings removed, announced lengths held to, every digest verified.

Nothing is asked of the client before what its headers announce was found acceptable, and the end of the bytes
(``b""``, or the return of ``read_all``) is not told before all of these agree with what came: Content-Length or
x-amz-decoded-content-length, x-amz-content-sha256, Content-MD5, the checksum in a header or trailer, and the chunk
signatures. So whoever stores what it read stores what was sent.

What must not be here: what the bytes mean, and where they go.
"""

import asyncio
import hashlib
from binascii import a2b_base64
from collections.abc import Mapping
from concurrent.futures import Executor
from typing import Final

from bushel.protocol.checksum_headers import NOTHING, Declaration, declared, mismatch, trailer_value
from bushel.protocol.checksums import ALGORITHMS, DEFAULT, FULL_OBJECT, SHA256, Algorithm, Checksum, base64_text
from bushel.protocol.chunked import SIGNED, SIGNED_TRAILER, UNSIGNED_TRAILER, ChunkedDecoder
from bushel.protocol.credentials import Claim
from bushel.protocol.errors import S3Error
from bushel.protocol.message import Request
from bushel.protocol.sigv4 import UNSIGNED_PAYLOAD, ChunkSigner
from bushel.protocol.sigv4 import Claim as SignedClaim
from bushel.service.digests import THREAD_BYTES, Digests

MAX_BYTES: Final = 5 << 30
"""The most that one request may store (S3 User Guide, "Uploading objects")."""

PIECE_BYTES: Final = 512 * 1024
"""What ``read`` gathers. Handing a piece to a thread costs some 60 us: 0.1 ns a byte with pieces of this size."""

MAX_PIECES: Final = 1024
"""How many little pieces are held before they are joined: each costs some 200 bytes besides its content."""

MAX_CODING_BYTES: Final = 1024 * 1024
"""What a chunked body may have besides twice its payload: S3 takes any bytes behind the end, but not for ever."""

_SIGNED_MODES: Final = frozenset({SIGNED, SIGNED_TRAILER})
_BEHIND_SINGLE_CHUNK: Final = {each: b"\r\n0\r\n%s:" % each.header.encode() for each in ALGORITHMS.values()}


class Payload:
    """The body of one request. One of ``read``, ``read_all`` and ``read_document`` reads it, once.

    Args:
        request: Whose body this is.
        claim: Who signed it; ``None`` for anonymous requests.
        secret_key: What chunks are signed with.
        executor: Where large pieces are hashed; ``None`` for the event loop's own.

    Attributes:
        size: Bytes read so far.
        md5: Of all bytes, once they were read as those of an object.
    """

    __slots__ = (
        "_ahead",
        "_announced",
        "_body",
        "_claim",
        "_coded_size",
        "_computed",
        "_declaration",
        "_decoder",
        "_digests",
        "_ended",
        "_executor",
        "_headers",
        "_mode",
        "_opened",
        "_results",
        "_secret_key",
        "_signer",
        "_stated_md5",
        "_stated_sha256",
        "_trailers",
        "md5",
        "size",
    )

    def __init__(
        self, request: Request, claim: Claim | None = None, secret_key: str = "", executor: Executor | None = None
    ) -> None:
        self._body, self._headers = request.body, request.headers
        self._claim, self._secret_key = claim, secret_key
        self._executor = executor
        self._opened = False
        self._ended = False
        self._ahead: list[bytes] = []
        self._decoder: ChunkedDecoder | None = None
        self._trailers: Mapping[str, str] = {}
        self._digests: Digests | None = None
        self._computed: Algorithm | None = None
        self._signer: ChunkSigner | None = None
        self._coded_size = 0
        self.size = 0

    @property
    def length(self) -> int:
        """Bytes that will be read, by the request's own account.

        Raises:
            S3Error: What the headers announce cannot be taken: MissingContentLength, EntityTooLarge, InvalidDigest;
                InvalidRequest and MalformedTrailerError for checksums, InvalidArgument for x-amz-content-sha256.
        """
        if not self._opened:
            self._open()
        assert self._announced is not None
        return self._announced

    @property
    def declaration(self) -> Declaration:
        """The checksum that the request declares. Raises as ``length`` does."""
        if not self._opened:
            self._open()
        return self._declaration

    def compute(self, algorithm: Algorithm) -> None:
        """Compute this checksum too; to be called before the first byte is read."""
        self._computed = algorithm

    @property
    def checksum(self) -> Checksum:
        """The checksum to keep, once all was read: the declared one; else the one asked for; else S3's default."""
        algorithm = self._declaration.algorithm or self._computed or DEFAULT
        return Checksum(algorithm.name, FULL_OBJECT, self._results[algorithm])

    def digest(self, algorithm: Algorithm) -> bytes:
        """The declared checksum or the one asked for, once all was read."""
        return self._results[algorithm]

    async def read(self) -> bytes:
        """The next bytes of an object; ``b""`` at the end, when everything was verified.

        A large piece is hashed in a thread while the caller stores it.

        Raises:
            S3Error: As ``length``; IncompleteBody, XAmzContentSHA256Mismatch, BadDigest, SignatureDoesNotMatch,
                MalformedTrailerError and others of the coding.
        """
        if not self._opened:
            self._open()
        if self._digests is None:
            hashed = {*self._algorithms(), SHA256} if self._stated_sha256 is not None else {*self._algorithms()}
            self._digests = Digests(hashed, self._executor)
        piece = await self._gather()
        if piece:
            await self._digests.update(piece)
        else:
            await self._settle(self._digests)
        return piece

    async def read_all(self, limit: int) -> bytes:
        """All bytes of a small object, verified.

        Raises:
            S3Error: As ``read``, and EntityTooLarge for more than ``limit`` bytes.
        """
        length = self.length
        if length > limit:
            raise _too_large(length, limit)
        data = await self._single_chunk() if self._declaration.trailer else b""
        while not self._ended:
            data += await self._gather()
        if self._stated_sha256 is not None:
            self._check_sha256(hashlib.sha256(data).hexdigest())
        self.md5 = hashlib.md5(data, usedforsecurity=False).digest()
        self._check_md5(self.md5, hexadecimal=True)
        self._results = {algorithm: algorithm.digest(data) for algorithm in self._algorithms()}
        self._check_declared()
        return data

    async def read_document(self, limit: int, *, checksum_of_object: bool = False) -> bytes:
        """All bytes of a document that is part of the request itself, verified.

        Args:
            limit: Most bytes.
            checksum_of_object: The request's checksum headers speak of an object rather than of the document:
                CompleteMultipartUpload.

        Raises:
            S3Error: As ``read``, and MaxMessageLengthExceeded.
        """
        self._take_headers(NOTHING if checksum_of_object else declared(self._headers))
        if self._announced is not None and self._announced > limit:
            raise S3Error("MaxMessageLengthExceeded", MaxMessageLengthBytes=str(limit))
        pieces = []
        while not self._ended:
            pieces.append(await self._gather())
            if self.size > limit:
                raise S3Error("MaxMessageLengthExceeded", MaxMessageLengthBytes=str(limit))
        document = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        if self._stated_sha256 is not None:
            self._check_sha256(hashlib.sha256(document).hexdigest())
        if self._stated_md5 is not None:
            self._check_md5(hashlib.md5(document, usedforsecurity=False).digest(), hexadecimal=False)
        if self._declaration.algorithm is not None:
            self._results = {self._declaration.algorithm: self._declaration.algorithm.digest(document)}
            self._check_declared()
        return document

    def _open(self) -> None:
        """Take what the headers of an object write announce."""
        self._take_headers(declared(self._headers))
        length = self._announced
        if length is None or (length == 0 and not self._mode and "content-length" not in self._headers):
            raise S3Error("MissingContentLength")
        if length > MAX_BYTES:
            raise _too_large(length, MAX_BYTES)
        self._opened = True

    def _take_headers(self, declaration: Declaration) -> None:
        """Take what the headers say about length, coding and digests."""
        headers = self._headers
        self._declaration = declaration
        self._stated_md5 = _md5_of(headers["content-md5"]) if "content-md5" in headers else None
        self._stated_sha256: str | None = None
        self._mode = ""
        self._announced = self._body.length
        claim = self._claim
        sha256 = None if claim is None else claim.content_sha256
        if sha256 is None:
            sha256 = headers.get("x-amz-content-sha256", UNSIGNED_PAYLOAD)
        if sha256.startswith("STREAMING-"):
            self._take_streaming(sha256)
        elif sha256 != UNSIGNED_PAYLOAD:
            self._stated_sha256 = sha256

    def _take_streaming(self, mode: str) -> None:
        """Take the coding that stands in place of a SHA-256.

        S3 takes it off what is signed in the headers with Signature Version 4, and what is not signed at all. Under
        another signature the word is compared with the payload's hash like any other.
        """
        claim = self._claim
        length = _decoded_length(self._headers.get("x-amz-decoded-content-length", ""))
        signed = mode in _SIGNED_MODES
        if "ECDSA" in mode:
            raise S3Error("NotImplemented.SignatureV4A")
        if isinstance(claim, SignedClaim) and not claim.presigned:
            coded = signed or mode == UNSIGNED_TRAILER
            self._signer = ChunkSigner(claim, self._secret_key) if signed else None
        elif claim is None and signed:
            raise S3Error("InvalidRequest.SignedChunks")
        else:
            coded = claim is None and mode == UNSIGNED_TRAILER
        if coded:
            self._mode = mode
            self._announced = length
        elif self._announced is None or self._announced == length:
            self._stated_sha256 = mode
        else:
            raise _incomplete(length, self._announced)

    def _chunked_decoder(self) -> ChunkedDecoder:
        algorithm, _, trailer = self._declaration
        assert self._announced is not None
        names = (algorithm.header,) if algorithm is not None and trailer else ()
        return ChunkedDecoder(self._mode, self._announced, names, self._signer)

    def _algorithms(self) -> tuple[Algorithm, ...]:
        declared_one, computed = self._declaration.algorithm, self._computed
        if declared_one is None:
            return (computed or DEFAULT,)
        if computed is None or computed is declared_one:
            return (declared_one,)
        return declared_one, computed

    async def _gather(self) -> bytes:
        """The next bytes without their coding, at least PIECE_BYTES of them unless they end; then ``b""``."""
        pieces: list[bytes | memoryview] = []
        have = 0
        announced = self._announced
        if self._mode and self._decoder is None:
            self._decoder = self._chunked_decoder()
        while have < PIECE_BYTES and not self._ended:
            raw = self._ahead.pop(0) if self._ahead else await self._body.read()
            if self._decoder is None:
                pieces.append(raw)
                have += len(raw)
                self._ended = not raw or self.size + have == announced
                if announced is not None and self.size + have > announced:
                    break
            elif raw:
                for piece in await self._decoded(raw):
                    pieces.append(piece)
                    have += len(piece)
                self._coded_size += len(raw)
                if self._coded_size > 2 * (announced or 0) + MAX_CODING_BYTES:
                    raise S3Error("IncompleteBody")
            else:
                self._decoder.finish()
                self._trailers = self._decoder.trailers
                self._ended = True
            if len(pieces) > MAX_PIECES:
                pieces = [b"".join(pieces)]
        self.size += have
        if announced is not None and (self.size > announced or (self._ended and self.size < announced)):
            raise _incomplete(announced, self.size)
        if len(pieces) == 1 and isinstance(pieces[0], bytes):
            return pieces[0]
        return b"".join(pieces)

    async def _decoded(self, raw: bytes) -> list[memoryview]:
        """What the decoder makes of the next bytes; in a thread where it has much to hash for a signature."""
        assert self._decoder is not None
        if self._signer is None or len(raw) <= THREAD_BYTES:
            return self._decoder.feed(raw)
        return await asyncio.get_running_loop().run_in_executor(self._executor, self._decoder.feed, raw)

    async def _single_chunk(self) -> bytes:
        """The payload of a body that has come whole, in one unsigned chunk with its checksum behind it.

        So come small bodies from SDKs; the general way costs some 10 us more. Of any other body nothing is taken.
        """
        algorithm, length = self._declaration.algorithm, self._announced
        assert algorithm is not None
        assert length is not None
        raw = await self._body.read()
        end = await self._body.read() if raw else b""
        head, tail = b"%x\r\n" % length, _BEHIND_SINGLE_CHUNK[algorithm]
        start, stop = len(head), len(head) + length
        value = raw[stop + len(tail) :]
        if (
            not end
            and self._mode == UNSIGNED_TRAILER
            and raw.startswith(head)
            and raw.startswith(tail, stop)
            and value.endswith(b"\r\n\r\n")
            and value.count(b"\n") == 2
        ):
            self.size = length
            self._ended = True
            self._trailers = {algorithm.header: value.decode("latin-1").strip()}
            return raw[start:stop]
        self._ahead = [raw, end]
        return b""

    async def _settle(self, digests: Digests) -> None:
        await digests.settle()
        if self._stated_sha256 is not None:
            self._check_sha256(digests.digest(SHA256).hex())
        self.md5 = digests.md5
        self._check_md5(self.md5, hexadecimal=True)
        self._results = {algorithm: digests.digest(algorithm) for algorithm in self._algorithms()}
        self._check_declared()

    def _check_sha256(self, computed: str) -> None:
        stated = self._stated_sha256
        assert stated is not None
        if stated != computed and stated.lower() != computed:
            raise S3Error(
                "XAmzContentSHA256Mismatch", ClientComputedContentSHA256=stated, S3ComputedContentSHA256=computed
            )

    def _check_md5(self, computed: bytes, *, hexadecimal: bool) -> None:
        stated = self._stated_md5
        if stated is not None and stated != computed:
            raise S3Error(
                "BadDigest",
                # S3 writes what an object should have had in hexadecimal, and of a document in Base64.
                ExpectedDigest=stated.hex() if hexadecimal else base64_text(stated),
                CalculatedDigest=base64_text(computed),
            )

    def _check_declared(self) -> None:
        algorithm, digest, trailer = self._declaration
        if algorithm is None:
            return
        if trailer:
            digest = trailer_value(algorithm, self._trailers)
        if digest != self._results[algorithm]:
            raise mismatch(algorithm)


def _md5_of(stated: str) -> bytes:
    try:
        digest = a2b_base64(stated)
    except ValueError:
        digest = b""
    if len(digest) != 16 or base64_text(digest) != stated:
        raise S3Error("InvalidDigest", message=None, headers=None, **{"Content-MD5": stated})
    return digest


def _decoded_length(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 20):
        raise S3Error("MissingContentLength")
    return int(text)


def _too_large(length: int, limit: int) -> S3Error:
    return S3Error("EntityTooLarge", ProposedSize=str(length), MaxSizeAllowed=str(limit))


def _incomplete(expected: int, provided: int) -> S3Error:
    return S3Error("IncompleteBody.Length", NumberBytesExpected=str(expected), NumberBytesProvided=str(provided))

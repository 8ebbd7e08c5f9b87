"""The body of a request as the operations see it: codings removed, announced lengths held to, every digest verified.

Nothing is asked of the client before what its headers announce was found acceptable, and the end of the bytes
(``b""``, or the return of ``read_all``) is not told before all of these agree with what came: Content-Length or
x-amz-decoded-content-length, x-amz-content-sha256, Content-MD5, the checksum in a header or trailer, and the chunk
signatures. So whoever stores what it read stores what was sent.

What must not be here: what the bytes mean, and where they go.
"""

import hashlib
from binascii import a2b_base64
from concurrent.futures import Executor
from typing import Final

from bushel.protocol.checksum_headers import NOTHING, Declaration, declared, mismatch, trailer_value
from bushel.protocol.checksums import DEFAULT, FULL_OBJECT, SHA256, Algorithm, Checksum, base64_text
from bushel.protocol.chunked import ChunkedDecoder
from bushel.protocol.credentials import Claim
from bushel.protocol.errors import S3Error
from bushel.protocol.message import Request
from bushel.service.digests import Digests

MAX_BYTES: Final = 5 << 30
"""The most that one request may store (S3 User Guide, "Uploading objects")."""

PIECE_BYTES: Final = 512 * 1024
"""What ``read`` gathers. Handing a piece to a thread costs some 60 us, so pieces of this size cost 0.1 ns a byte."""

"""Links within a page that a signed link opens.

A signed link is a presigned URL of the gallery's own path, verified as any presigned request is. The page that it opens
has links of its own to folders, small pictures and files; each carries a grant: whose key signed the link, when, until
when, and for which bucket and prefix, under a MAC that is made with that key's secret. So a grant says nothing that the
signed link has not said, nobody can change a word of it, and it ends where the link ends: with its time, and with the
key, when that is disabled, rotated or removed. The rights are the user's, looked up for every request.

What must not be here: who the user is, what the rights are.
"""

import base64
import binascii
import hashlib
import hmac
from typing import Final, Self

import msgspec

from bushel.protocol import sigv4
from bushel.protocol.errors import S3Error

_PURPOSE: Final = b"bushel gallery grant 1"
_LONGEST: Final = 4096
_MAC_BYTES: Final = 32
_SECOND_NS: Final = 1_000_000_000


class Grant(msgspec.Struct, frozen=True, array_like=True):
    """What a signed link allows.

    Attributes:
        access_key: Whose rights.
        scope: Of the signature.
        amz_date: When the link was signed.
        until: Second since 1970 up to which it is good.
        bucket: Which bucket.
        root: Prefix of all that it opens.
    """

    access_key: str
    scope: str
    amz_date: str
    until: int
    bucket: str
    root: str

    def covers(self, bucket: str, key: str) -> bool:
        """Whether it opens a key or a folder."""
        return bucket == self.bucket and key.startswith(self.root)

    def written(self, secret: str) -> str:
        """The grant as a link carries it."""
        said = _encode(self)
        return base64.urlsafe_b64encode(_mac(said, secret) + said).rstrip(b"=").decode()

    @property
    def claim(self) -> sigv4.Claim:
        """The claim of the signed link, for policies that ask how a request was signed, and when."""
        plan = sigv4.header_plan("host")
        assert plan is not None
        return sigv4.Claim(self.access_key, self.scope, self.amz_date, plan, "", sigv4.UNSIGNED_PAYLOAD, {})


class Unproven:
    """A grant as it came, before it is known whether it is one."""

    def __init__(self, mac: bytes, said: bytes, grant: Grant) -> None:
        self._mac = mac
        self._said = said
        self._grant = grant

    @classmethod
    def read(cls, text: str) -> Self:
        """Take a grant apart.

        Raises:
            S3Error: AccessDenied.
        """
        try:
            if len(text) > _LONGEST:
                raise ValueError(text)
            raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
            said = raw[_MAC_BYTES:]
            return cls(raw[:_MAC_BYTES], said, _decode(said))
        except (ValueError, binascii.Error, msgspec.MsgspecError):
            raise S3Error("AccessDenied") from None

    @property
    def access_key(self) -> str:
        return self._grant.access_key

    def proven(self, secret: str, now_ns: int) -> Grant:
        """The grant, once it is known that whoever has the secret made it, and that its time is not over.

        Raises:
            S3Error: AccessDenied, AccessDenied.Expired.
        """
        if not hmac.compare_digest(self._mac, _mac(self._said, secret)):
            raise S3Error("AccessDenied")
        if now_ns > self._grant.until * _SECOND_NS:
            raise S3Error("AccessDenied.Expired")
        return self._grant


_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(Grant).decode


def _mac(said: bytes, secret: str) -> bytes:
    key = hmac.digest(b"BUSHEL" + secret.encode(), _PURPOSE, hashlib.sha256)
    return hmac.digest(key, said, hashlib.sha256)

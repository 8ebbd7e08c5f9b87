"""Entity tags as S3 makes them, and the lists of them in If-Match and If-None-Match.

An entity tag is stored and handed about without its quotes. S3's tags have no comma and no quote inside, so a list is
taken apart at its commas.
"""

import hashlib
from collections.abc import Iterable
from typing import Final

ANY: Final = "*"


def object_etag(md5: bytes) -> str:
    """The tag of an object put in one request: the MD5 of its bytes in hexadecimal."""
    return md5.hex()


def multipart_etag(md5s: Iterable[bytes]) -> str:
    """The tag of a multipart object: the MD5 of the parts' MD5s, a dash, the number of parts."""
    parts = list(md5s)
    return f"{hashlib.md5(b''.join(parts), usedforsecurity=False).hexdigest()}-{len(parts)}"


def appended_etag(etag: str, md5: bytes, parts: int) -> str:
    """The tag of an object after something was appended to it, whose MD5 this is: of two pieces as of two parts.

    Args:
        etag: Of the object before.
        md5: Of what was appended, or what stands for it.
        parts: How many there are now.
    """
    before = bytes.fromhex(etag.partition("-")[0])
    return f"{hashlib.md5(before + md5, usedforsecurity=False).hexdigest()}-{parts}"


def quoted(etag: str) -> str:
    return f'"{etag}"'


def unquoted(text: str) -> str:
    """The tag that a client wrote, with quotes or, as S3 lets pass, without."""
    text = text.strip()
    return text[1:-1] if len(text) > 1 and text[0] == '"' == text[-1] else text


def matches_strongly(condition: str, etag: str) -> bool:
    """If-Match: whether ``*`` or a listed tag is ``etag``. A weak one never is: RFC 9110 section 8.8.3.2."""
    return condition.strip() == ANY or any(unquoted(item) == etag for item in condition.split(","))


def matches_weakly(condition: str, etag: str) -> bool:
    """If-None-Match: the same, with weak tags taken for what they tag: proxies that compress weaken ours."""
    if condition.strip() == ANY:
        return True
    return any(unquoted(item.strip().removeprefix("W/")) == etag for item in condition.split(","))

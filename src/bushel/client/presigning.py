"""URLs: that grant one request to whoever has them, for a while; and plain ones of what is public.

Nothing is asked of the server. A bucket in another region than the client's must have been used before, or the
signature names the wrong one.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from bushel.client.errors import NoCredentials
from bushel.client.session import Session
from bushel.protocol import sigv2, sigv4
from bushel.protocol.address import Address, encode_query
from bushel.protocol.gallery import folder_target
from bushel.protocol.message import Request
from bushel.protocol.operations import Operation
from bushel.protocol.post_form_policy import presigned_post

SignatureVersion = Literal[2, 4]


class Presigned(NamedTuple):
    """A request that somebody without keys may send.

    Attributes:
        url: Contains the signature, so it is as good as a key to what it names.
        headers: That must be sent exactly so, by lower-case name.
    """

    method: str
    url: str
    headers: Mapping[str, str]

    def __repr__(self) -> str:
        return f"Presigned({self.method} {self.url.partition('?')[0]}?...)"


class PresignedPost(NamedTuple):
    """A form by which somebody without keys may upload a file.

    Attributes:
        url: Where it is sent to, as ``multipart/form-data``.
        fields: Of the form, before a last one named ``file``. They contain the signature.
    """

    url: str
    fields: Mapping[str, str]

    def __repr__(self) -> str:
        return f"PresignedPost({self.url} ...)"


def presign(
    session: Session,
    operation: Operation,
    given: Any,
    *,
    expires_seconds: int = 3600,
    version: SignatureVersion = 4,
) -> Presigned:
    """Sign a request in its URL.

    Args:
        session: Whose keys and endpoint.
        operation: What is granted.
        given: Its input. Members that travel as headers must be sent by whoever uses the URL.
        expires_seconds: How long it is valid; at most 7 days (version 4). It ends earlier where the keys do.
        version: Of the signature; 2 for servers and clients that know nothing newer.

    Raises:
        NoCredentials: There is nothing to sign with.
        ValueError: The time is out of bounds.
    """
    pair = session.credentials()
    if pair is None:
        raise NoCredentials("an anonymous client cannot sign a URL")
    parts = operation.write_input(given)
    place = session.endpoint.place(parts.bucket)
    query = list(parts.query.items())
    if pair.token is not None:
        query.append(("X-Amz-Security-Token" if version == 4 else "x-amz-security-token", pair.token))
    headers = {"host": place.origin.authority, **parts.headers}
    headers.pop("content-length", None)
    request = Request(operation.method, place.path(parts.key), encode_query(query), headers)
    if version == 4:
        sigv4.presign(
            request,
            access_key=pair.access_key,
            secret=pair.secret_key,
            region=session.endpoint.region_of(parts.bucket),
            now_ns=session.now_ns(),
            expires_seconds=expires_seconds,
        )
    else:
        if expires_seconds < 1:
            raise ValueError(f"a presigned URL is valid for 1 second or more, not {expires_seconds}")
        if pair.token is not None:
            headers["x-amz-security-token"] = pair.token  # signed as if it were a header
        sigv2.presign(
            request,
            Address(parts.bucket, parts.key, not place.in_host),
            access_key=pair.access_key,
            secret=pair.secret_key,
            expires_at_seconds=session.now_ns() // 1_000_000_000 + expires_seconds,
        )
        headers.pop("x-amz-security-token", None)
    url = f"{place.origin.scheme}://{place.origin.authority}{request.path}?{request.query}"
    return Presigned(operation.method, url, {name: value for name, value in headers.items() if name != "host"})


def presign_post(
    session: Session,
    bucket: str,
    key: str,
    *,
    expires_seconds: int,
    max_bytes: int | None,
    fields: Mapping[str, str] | None,
    conditions: Iterable[Mapping[str, str] | Sequence[str | int]],
) -> PresignedPost:
    """Sign what a browser's form may upload.

    Args:
        session: Whose keys and endpoint.
        bucket: To which.
        key: Under which; at its end, ``${filename}`` stands for the name of the visitor's file.
        expires_seconds: How long the form is valid. It ends earlier where the keys do.
        max_bytes: The largest file; ``None``: what the server takes.
        fields: Further fields, each of which must have exactly this value.
        conditions: Further conditions of the policy, for what the visitor fills in.

    Raises:
        NoCredentials: There is nothing to sign with.
        ValueError: The time or the size is out of bounds.
    """
    pair = session.credentials()
    if pair is None:
        raise NoCredentials("an anonymous client cannot sign a form")
    if expires_seconds < 1:
        raise ValueError(f"a form is valid for 1 second or more, not {expires_seconds}")
    conditions = list(conditions)
    if max_bytes is not None:
        if max_bytes < 0:
            raise ValueError(f"no file has at most {max_bytes} bytes")
        conditions.append(["content-length-range", 0, max_bytes])
    token = {} if pair.token is None else {"x-amz-security-token": pair.token}
    signed = presigned_post(
        bucket,
        key,
        access_key=pair.access_key,
        secret=pair.secret_key,
        region=session.endpoint.region_of(bucket),
        now_ns=session.now_ns(),
        expires_seconds=expires_seconds,
        fields={**(fields or {}), **token},
        conditions=conditions,
    )
    return PresignedPost(plain_url(session, bucket), signed)


def gallery_link(session: Session, bucket: str, prefix: str, *, expires_seconds: int) -> str:
    """A URL that opens the gallery of a private bucket on a Bushel server, with all that is in it, for a while.

    Args:
        session: With whose rights.
        bucket: Its name.
        prefix: Of all that it opens: empty, or with a slash at the end.
        expires_seconds: 1 second to 7 days. It ends earlier where the keys do.

    Raises:
        NoCredentials: There is nothing to sign with.
        ValueError: The time is out of bounds, or the keys are temporary, which no Bushel server knows.
    """
    pair = session.credentials()
    if pair is None:
        raise NoCredentials("an anonymous client cannot sign a URL")
    if pair.token is not None:
        raise ValueError("temporary keys open no gallery")
    place = session.endpoint.place(None)
    path, query = folder_target(bucket, prefix)
    request = Request("GET", place.base.rstrip("/") + path, encode_query(query), {"host": place.origin.authority})
    sigv4.presign(
        request,
        access_key=pair.access_key,
        secret=pair.secret_key,
        region=session.endpoint.region_of(bucket),
        now_ns=session.now_ns(),
        expires_seconds=expires_seconds,
    )
    return f"{place.origin.scheme}://{place.origin.authority}{request.path}?{request.query}"


def plain_url(session: Session, bucket: str, key: str | None = None) -> str:
    """The URL of an object or a bucket, for what is public."""
    place = session.endpoint.place(bucket)
    return f"{place.origin.scheme}://{place.origin.authority}{place.path(key)}"

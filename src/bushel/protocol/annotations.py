"""Annotations of objects: what S3 takes as a name, and as a payload.

Source: S3 API Reference, PutObjectAnnotation, ListObjectAnnotations; S3 User Guide, "Annotating objects".
"""

from typing import Final

from bushel.protocol.errors import S3Error

MAX_NAME_BYTES: Final = 512
MAX_PAYLOAD_BYTES: Final = 1024 * 1024
MAX_LISTED: Final = 1000

_RESERVED: Final = ("aws", "s3")


def check_name(name: str) -> None:
    """Refuse what cannot be the name of an annotation: 1 to 512 bytes of UTF-8 that do not begin with aws or s3.

    Raises:
        S3Error: AnnotationNameTooLong, InvalidAnnotationName.
    """
    if len(name.encode(errors="surrogatepass")) > MAX_NAME_BYTES:
        raise S3Error("AnnotationNameTooLong")
    if not name or name.lower().startswith(_RESERVED) or not name.isprintable():
        raise S3Error("InvalidAnnotationName", AnnotationName=name)


def check_prefix(prefix: str) -> None:
    """Refuse a prefix that no name can have.

    Raises:
        S3Error: InvalidPrefix.
    """
    if len(prefix.encode(errors="surrogatepass")) > MAX_NAME_BYTES:
        raise S3Error("InvalidPrefix")


def check_payload(payload: bytes) -> None:
    """Refuse what is no text: of 1 byte at least, in UTF-8.

    Raises:
        S3Error: InvalidRequest, UnsupportedMediaType.
    """
    if not payload:
        raise S3Error("InvalidRequest.AnnotationPayload")
    try:
        payload.decode()
    except UnicodeDecodeError:
        raise S3Error("UnsupportedMediaType") from None

"""Which checksums a request declares, S3's defaults, and what S3 refuses. Pure; the arithmetic is in checksums.py.

Three places speak of checksums: an object or part (headers or trailer, ``declared``), the start of a multipart upload
(``declared_upload``), and its completion (``part_agrees``, ``object_checksum``, ``check_object``). Texts and the order
of refusals are S3's as recorded by projects that run their tests against it (OpenStack Swift's test/s3api, LocalStack,
Versity); S3 writes algorithm names in lower case in messages about multipart uploads, in upper case elsewhere.
"""

from collections.abc import Mapping, Sequence
from typing import Final, Literal, NamedTuple

from bushel.protocol.checksums import (
    ALGORITHMS,
    BY_HEADER,
    COMPOSITE,
    DEFAULT,
    FULL_OBJECT,
    Algorithm,
    Checksum,
    ChecksumType,
    checksum_text,
)
from bushel.protocol.errors import S3Error

_PREFIX: Final = "x-amz-checksum-"
_NOT_VALUES: Final = frozenset({"x-amz-checksum-algorithm", "x-amz-checksum-mode", "x-amz-checksum-type"})


class Declaration(NamedTuple):
    """The checksum that a request says its body has.

    Attributes:
        algorithm: ``None`` where the request names no checksum.
        digest: The value, when a header carries it.
        trailer: Whether the value comes in a trailer.
    """

    algorithm: Algorithm | None = None
    digest: bytes | None = None
    trailer: bool = False


NOTHING: Final = Declaration()
_BY_TRAILER: Final = {name: Declaration(each, None, trailer=True) for name, each in ALGORITHMS.items()}


class UploadChecksum(NamedTuple):
    """What a multipart upload was created with.

    Attributes:
        algorithm: In which every part's checksum is kept.
        type: How the object's follows from them.
        named: Whether the client asked for it. If not, S3 uses its default, demands nothing of the parts and tells
            nothing in the answer to CreateMultipartUpload.
    """

    algorithm: Algorithm
    type: ChecksumType
    named: bool


def declared(headers: Mapping[str, str]) -> Declaration:
    """The checksum that a request's headers declare for its body.

    Args:
        headers: By lower-case name.

    Raises:
        S3Error: InvalidRequest for more than one, an unknown algorithm, a malformed value, an announced algorithm
            without a value, and unknown trailers; MalformedTrailerError for a trailer of a body that can have none.
    """
    names: list[str] = []
    if _PREFIX in "\n".join(headers):  # a quarter of what asking every name costs
        names = [name for name in headers if name.startswith(_PREFIX) and name not in _NOT_VALUES]
    trailers = _trailers(headers["x-amz-trailer"]) if "x-amz-trailer" in headers else ()
    if len(names) > 1 or len(trailers) > 1:
        raise S3Error("InvalidRequest.MultipleChecksums")
    announced = headers.get("x-amz-sdk-checksum-algorithm")
    if names:
        if trailers:
            raise S3Error("InvalidRequest.ChecksumHeaderAndTrailer")
        algorithm = BY_HEADER.get(names[0])
        if algorithm is None:
            raise S3Error("InvalidRequest.ChecksumHeader")
    elif trailers:
        algorithm = trailers[0]
    elif announced is None:
        return NOTHING
    else:
        raise S3Error("InvalidRequest.ChecksumMissing")
    if announced is not None and announced.upper() != algorithm.name:
        raise _invalid_value("x-amz-sdk-checksum-algorithm")
    if trailers:
        if not headers.get("x-amz-content-sha256", "").endswith("-TRAILER"):
            raise S3Error("MalformedTrailerError")
        return _BY_TRAILER[algorithm.name]
    digest = algorithm.parse(headers[algorithm.header])
    if digest is None:
        raise _invalid_value(algorithm.header)
    return Declaration(algorithm, digest)


def trailer_value(algorithm: Algorithm, trailers: Mapping[str, str]) -> bytes:
    """The digest that the announced trailer carries.

    Raises:
        S3Error: MalformedTrailerError when the trailer did not come, InvalidRequest when it carries no digest.
    """
    text = trailers.get(algorithm.header)
    if text is None:
        raise S3Error("MalformedTrailerError")
    digest = algorithm.parse(text)
    if digest is None:
        raise S3Error("InvalidRequest", message=f"Value for {algorithm.header} trailing header is invalid.")
    return digest


def mismatch(algorithm: Algorithm) -> S3Error:
    """The answer to a body that does not have the checksum that was declared for it."""
    return S3Error("BadDigest", message=f"The {algorithm.name} you specified did not match the calculated checksum.")


def declared_upload(algorithm: str | None, checksum_type: str | None) -> UploadChecksum:
    """What CreateMultipartUpload asks for with x-amz-checksum-algorithm and x-amz-checksum-type.

    Raises:
        S3Error: InvalidRequest for unknown values, for a type alone, and for a type that the algorithm cannot have.
    """
    if algorithm is None:
        if checksum_type is not None:
            raise S3Error("InvalidRequest.ChecksumTypeAlone")
        return UploadChecksum(DEFAULT, DEFAULT.types[0], named=False)
    if "," in algorithm:
        raise S3Error("InvalidRequest.ChecksumAlgorithms")
    known = ALGORITHMS.get(algorithm.upper())
    if known is None:
        raise S3Error("InvalidRequest.ChecksumAlgorithm")
    if checksum_type is None:
        return UploadChecksum(known, known.types[0], named=True)
    wanted = _type_named(checksum_type)
    if wanted not in known.types:
        raise S3Error(
            "InvalidRequest",
            message=f"The {wanted} checksum type cannot be used with the {known.name.lower()} checksum algorithm.",
        )
    return UploadChecksum(known, wanted, named=True)


def stored_upload(algorithm: str, checksum_type: Literal["FULL_OBJECT", "COMPOSITE", ""]) -> UploadChecksum:
    """The same from what was stored of it: empty strings where the client had named nothing."""
    if not algorithm:
        return UploadChecksum(DEFAULT, DEFAULT.types[0], named=False)
    known = ALGORITHMS[algorithm]
    return UploadChecksum(known, checksum_type or known.types[0], named=True)


def check_part(upload: UploadChecksum, declaration: Declaration) -> None:
    """Whether a part with this declaration may go into this upload.

    Raises:
        S3Error: InvalidRequest where the part's algorithm is not the upload's, and where an upload with a COMPOSITE
            checksum gets a part without one. For FULL_OBJECT the server computes what the client leaves out.
    """
    if not upload.named or declaration.algorithm is upload.algorithm:
        return
    if declaration.algorithm is not None or upload.type == COMPOSITE:
        raise _type_mismatch(upload, declaration.algorithm)


def part_agrees(upload: UploadChecksum, number: int, given: Mapping[Algorithm, str], stored: bytes) -> bool:
    """Whether the checksum that CompleteMultipartUpload gives for a part is that of the stored part.

    Args:
        upload: Of which the part is one.
        number: Part number, for messages.
        given: The Base64 values in the part's element, in the order of the table.
        stored: The part's digest in the upload's algorithm.

    Returns:
        ``False`` for a part that is to be refused as InvalidPart.

    Raises:
        S3Error: InvalidArgument for several or malformed values, InvalidRequest where a COMPOSITE upload gets none,
            BadDigest for a value in another algorithm than the upload's.
    """
    if not given:
        if upload.named and upload.type == COMPOSITE:
            raise S3Error(
                "InvalidRequest",
                message=f"The upload was created using a {upload.algorithm.name.lower()} checksum. "
                "The complete request must include the checksum for each part. "
                f"It was missing for part {number} in the request.",
            )
        return True
    algorithm, text = next(iter(given.items()))
    digest = algorithm.parse(text)
    if len(given) > 1 or digest is None:
        raise S3Error(
            "InvalidArgument.PartChecksum",
            ArgumentName="Checksum",
            ArgumentValue="".join(f"{each.name}:{value};" for each, value in given.items()),
        )
    if algorithm is upload.algorithm:
        return digest == stored
    if upload.named:
        raise S3Error(
            "BadDigest",
            message=f"The {algorithm.name.lower()} you specified for part {number} did not match what we received.",
        )
    return False


def object_checksum(upload: UploadChecksum, parts: Sequence[tuple[bytes, int]]) -> Checksum:
    """The checksum of a completed upload.

    Args:
        upload: What it was created with.
        parts: Digest (in the upload's algorithm) and size in bytes of each part, in order.
    """
    if upload.type == COMPOSITE:
        digest = upload.algorithm.composite(digest for digest, _ in parts)
        return Checksum(upload.algorithm.name, COMPOSITE, digest, len(parts))
    return Checksum(upload.algorithm.name, FULL_OBJECT, upload.algorithm.combine(parts))


def check_object(upload: UploadChecksum, headers: Mapping[str, str], computed: Checksum) -> None:
    """Whether CompleteMultipartUpload's headers, which speak of the object, agree with what was computed.

    Raises:
        S3Error: InvalidRequest for malformed values and another type or algorithm than the upload's, BadDigest for
            another checksum. A COMPOSITE value is accepted with and without its ``-N``.
    """
    if "x-amz-checksum-type" in headers and _type_named(headers["x-amz-checksum-type"]) != upload.type:
        raise S3Error(
            "InvalidRequest",
            message=f"The upload was created using the {upload.type} checksum mode. "
            "The complete request must use the same checksum mode.",
        )
    names = [name for name in headers if name in BY_HEADER]
    if not names:
        return
    if len(names) > 1:
        raise S3Error("InvalidRequest.MultipleChecksums")
    algorithm = BY_HEADER[names[0]]
    if algorithm is not upload.algorithm:
        raise _type_mismatch(upload, algorithm)
    text = headers[names[0]]
    if algorithm.parse(text.partition("-")[0]) is None:
        raise _invalid_value(algorithm.header)
    if text not in (checksum_text(computed.digest), checksum_text(computed.digest, computed.parts)):
        raise S3Error(
            "BadDigest", message=f"The {algorithm.name.lower()} you specified did not match the calculated checksum."
        )


def _trailers(announced: str) -> tuple[Algorithm, ...]:
    """The algorithms of the trailers that x-amz-trailer announces. Empty items may stand at the end only, as in S3.

    Raises:
        S3Error: InvalidRequest for any other trailer.
    """
    if announced in BY_HEADER:
        return (BY_HEADER[announced],)
    items = announced.split(",")
    while items and not items[-1]:
        items.pop()
    try:
        return tuple([BY_HEADER[item.strip().lower()] for item in items])
    except KeyError:
        raise S3Error("InvalidRequest.Trailer") from None


def _type_named(text: str) -> ChecksumType:
    match text.upper():
        case "FULL_OBJECT":
            return FULL_OBJECT
        case "COMPOSITE":
            return COMPOSITE
        case _:
            raise _invalid_value("x-amz-checksum-type")


def _invalid_value(header: str) -> S3Error:
    return S3Error("InvalidRequest", message=f"Value for {header} header is invalid.")


def _type_mismatch(upload: UploadChecksum, actual: Algorithm | None) -> S3Error:
    return S3Error(
        "InvalidRequest",
        message=f"Checksum Type mismatch occurred, expected checksum Type: {upload.algorithm.name.lower()}, "
        f"actual checksum Type: {actual.name.lower() if actual else 'null'}",
    )

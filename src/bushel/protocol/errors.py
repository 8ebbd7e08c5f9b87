"""S3's errors: one exception class and one catalogue, keyed by reason.

A *reason* is the S3 error code, or the code, a dot and a word where one code has several messages
(``InvalidArgument.MaxKeys``). Raise ``S3Error("NoSuchKey", Key="a")``: the keyword arguments become XML children of
``<Error>`` in the order given, unless they are ``message=`` (replaces the catalogue's message) or ``headers=`` (extra
response headers). Placeholders ``{name}`` in a message are filled from the detail.

Source of codes, statuses and messages: S3 API Reference, "Error responses", and what botocore's clients rely on.
"""

from typing import NamedTuple


class ErrorKind(NamedTuple):
    """One entry of the catalogue: HTTP status, message, and S3 code (what stands before the dot of the reason)."""

    status: int
    message: str


class S3Error(Exception):
    """An answer that is an S3 error.

    Attributes:
        reason: Key into the catalogue.
        detail: Children of ``<Error>`` beside Code, Message, RequestId and HostId.
        headers: Extra response headers.
    """

    def __init__(
        self, reason: str, /, *, message: str | None = None, headers: list[tuple[str, str]] | None = None, **detail: str
    ) -> None:
        kind = CATALOGUE[reason]
        self.reason = reason
        self.code = reason.partition(".")[0]
        self.status = kind.status
        self.message = message if message is not None else kind.message
        self.detail = detail
        self.headers = headers or []
        super().__init__(f"{self.code}: {self.message}")


CATALOGUE: dict[str, ErrorKind] = {
    "BadRequest": ErrorKind(400, "An error occurred when parsing the HTTP request."),
    "ExpectationFailed": ErrorKind(417, "The only expectation that this server can meet is 100-continue."),
    "HTTPVersionNotSupported": ErrorKind(505, "This server speaks HTTP/1.1 and HTTP/1.0."),
    "MethodNotAllowed": ErrorKind(405, "The specified method is not allowed against this resource."),
    "RequestHeaderSectionTooLarge": ErrorKind(
        400, "Your request header section exceeds the maximum allowed request header section size."
    ),
    "RequestTimeout": ErrorKind(
        400,
        "Your socket connection to the server was not read from or written to within the timeout period. "
        "Idle connections will be closed.",
    ),
    "SlowDown": ErrorKind(503, "Please reduce your request rate."),
    "InternalError": ErrorKind(500, "We encountered an internal error. Please try again."),
    "NotImplemented": ErrorKind(501, "A header you provided implies functionality that is not implemented."),
    "AccessDenied": ErrorKind(403, "Access Denied"),
    "AccessDenied.Date": ErrorKind(403, "AWS authentication requires a valid Date or x-amz-date header"),
    "AccessDenied.Expired": ErrorKind(403, "Request has expired"),
    "AccessDenied.Expires": ErrorKind(403, "Invalid date (should be seconds since epoch)"),
    "AccessDenied.HeadersNotSigned": ErrorKind(403, "There were headers present in the request which were not signed"),
    "AccessDenied.NotYetValid": ErrorKind(403, "Request is not yet valid"),
    "AccessDenied.QueryAuthentication": ErrorKind(
        403, "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters"
    ),
    "AuthorizationHeaderMalformed": ErrorKind(400, "The authorization header that you provided is not valid."),
    "AuthorizationQueryParametersError": ErrorKind(
        400, "The authorization query parameters that you provided are not valid."
    ),
    "IncompleteBody": ErrorKind(400, "The request body terminated unexpectedly"),
    "IncompleteBody.Length": ErrorKind(
        400, "You did not provide the number of bytes specified by the Content-Length HTTP header"
    ),
    "InvalidArgument.Authorization": ErrorKind(
        400, "Authorization header is invalid -- one and only one ' ' (space) required."
    ),
    "InvalidArgument.AuthorizationType": ErrorKind(400, "Unsupported Authorization Type"),
    "InvalidArgument.TwoMechanisms": ErrorKind(
        400,
        "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, "
        "Signature query string parameter or the Authorization header should be specified",
    ),
    "InvalidArgument.ContentSHA256": ErrorKind(
        400,
        "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, "
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 value.",
    ),
    "InvalidBucketName": ErrorKind(400, "The specified bucket is not valid."),
    "InvalidChunkSizeError": ErrorKind(403, "Only the last chunk is allowed to have a size less than 8192 bytes"),
    "InvalidRequest.ContentSHA256": ErrorKind(400, "Missing required header for this request: x-amz-content-sha256"),
    "InvalidRequest.MultipleChecksums": ErrorKind(
        400, "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed."
    ),
    "InvalidRequest.Trailer": ErrorKind(400, "The value specified in the x-amz-trailer header is not supported"),
    "InvalidToken": ErrorKind(400, "The provided token is malformed or otherwise invalid."),
    "InvalidURI": ErrorKind(400, "Couldn't parse the specified URI."),
    "KeyTooLongError": ErrorKind(400, "Your key is too long"),
    "MalformedTrailerError": ErrorKind(
        400, "The request contained trailing data that was not well-formed or did not conform to our published schema."
    ),
    "MissingContentLength": ErrorKind(411, "You must provide the Content-Length HTTP header."),
    "NotImplemented.SignatureV4A": ErrorKind(
        501, "Signature Version 4A (AWS4-ECDSA-P256-SHA256) is not implemented; please use AWS4-HMAC-SHA256."
    ),
    "RequestTimeTooSkewed": ErrorKind(
        403, "The difference between the request time and the current time is too large."
    ),
    "SignatureDoesNotMatch": ErrorKind(
        403,
        "The request signature we calculated does not match the signature you provided. "
        "Check your key and signing method.",
    ),
    "BadDigest": ErrorKind(400, "The Content-MD5 you specified did not match what we received."),
    "EntityTooLarge": ErrorKind(400, "Your proposed upload exceeds the maximum allowed size"),
    "InvalidArgument": ErrorKind(400, "Invalid Argument"),
    "InvalidArgument.CanonicalUser": ErrorKind(400, "Invalid id"),
    "InvalidArgument.CopySourceRange": ErrorKind(
        400,
        "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the "
        "zero-based offsets of the first and last bytes to copy",
    ),
    "InvalidArgument.GrantSyntax": ErrorKind(400, "Argument format not recognized"),
    "InvalidArgument.GroupURI": ErrorKind(400, "Invalid group uri"),
    "InvalidArgument.PartChecksum": ErrorKind(400, "Invalid Base64 or multiple checksums present in request"),
    "InvalidDigest": ErrorKind(400, "The Content-MD5 you specified was invalid."),
    "InvalidPartNumber": ErrorKind(416, "The requested partnumber is not satisfiable"),
    "InvalidRange": ErrorKind(416, "The requested range is not satisfiable"),
    "InvalidRequest": ErrorKind(400, "Invalid Request"),
    "InvalidRequest.CannedAndGrants": ErrorKind(400, "Specifying both Canned ACLs and Header Grants is not allowed"),
    "InvalidRequest.ChecksumAlgorithm": ErrorKind(
        400,
        "Checksum algorithm provided is unsupported. Please try again with any of the valid types: "
        "[CRC32, CRC32C, CRC64NVME, SHA1, SHA256]",
    ),
    "InvalidRequest.ChecksumAlgorithms": ErrorKind(
        400, "Invalid types are specified in x-amz-checksum-algorithm header."
    ),
    "InvalidRequest.ChecksumHeader": ErrorKind(
        400, "The algorithm type you specified in x-amz-checksum- header is invalid."
    ),
    "InvalidRequest.ChecksumHeaderAndTrailer": ErrorKind(400, "Expecting a single x-amz-checksum- header"),
    "InvalidRequest.ChecksumMissing": ErrorKind(
        400,
        "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers "
        "were found.",
    ),
    "InvalidRequest.ChecksumTypeAlone": ErrorKind(
        400, "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header."
    ),
    "InvalidRequest.CopySourceRange": ErrorKind(400, "The specified copy range is invalid for the source object size"),
    "MalformedACLError": ErrorKind(
        400, "The XML you provided was not well-formed or did not validate against our published schema"
    ),
    "MaxMessageLengthExceeded": ErrorKind(400, "Your request was too big."),
    "NoSuchKey": ErrorKind(404, "The specified key does not exist."),
    "PreconditionFailed": ErrorKind(412, "At least one of the pre-conditions you specified did not hold"),
    "UnresolvableGrantByEmailAddress": ErrorKind(
        400, "The email address you provided does not match any account on record."
    ),
    "XAmzContentSHA256Mismatch": ErrorKind(
        400, "The provided 'x-amz-content-sha256' header does not match what was computed."
    ),
}

"""What the library raises: one family, whose leaves can be caught by class or told apart by S3's code.

``BushelError`` is the root. A ``ResponseError`` is an answer of the server that is an error; its subclasses stand for
the codes that programs act upon, and a code without a class of its own raises the class of its status (``NotFound``,
``Forbidden``, ``Conflict``) or ``ResponseError`` itself. A ``TransportError`` is no answer. What must not be here: when
to try again (``retries``).
"""

from collections.abc import Mapping
from typing import ClassVar, Final


class BushelError(Exception):
    """Root of what the library raises, apart from TypeError and ValueError for arguments that make no sense."""


class ConfigurationError(BushelError):
    """A setting, profile or credentials file that cannot be used."""


class NoCredentials(ConfigurationError):
    """No key pair was found, and the client was not made anonymous."""


class TransportError(BushelError):
    """No whole answer came: the network, TLS, a proxy, or a peer that does not speak HTTP.

    Attributes:
        safe: The request had not been sent, so trying again repeats nothing.
    """

    def __init__(self, message: str, *, safe: bool = False) -> None:
        super().__init__(message)
        self.safe = safe


class CannotConnect(TransportError):
    """The endpoint, or the proxy in front of it, could not be reached."""


class CertificateError(CannotConnect):
    """The endpoint's certificate is not trusted; trying again does not help."""


class ConnectionLost(TransportError):
    """The connection ended before the answer did."""


class TimedOut(TransportError):
    """Nothing was heard for as long as the client waits."""


class BadAnswer(TransportError):
    """The peer sent what is not HTTP, or no S3 answer."""


class IntegrityError(BushelError):
    """Bytes arrived that do not have the checksum which the server told of them."""


class ObjectChanged(BushelError):
    """An object or a local file became another one while it was being read."""


class NotVersioned(BushelError):
    """The bucket keeps no versions, so there is nothing to go back to."""


class NotRepeatable(BushelError):
    """A request failed half-way and its body cannot be read a second time. ``__cause__`` says what failed."""


class ResponseError(BushelError):
    """The server answered with an error.

    Attributes:
        code: S3's code, ``NoSuchKey``.
        message: In the server's words.
        status: HTTP status.
        request_id: What the operator of the server needs to find the request.
        host_id: The same, of AWS' inner parts.
        operation: Name of the operation.
        bucket: That the request named, if any.
        key: That the request named, if any.
        detail: Other children of the error document.
        headers: Of the answer, by lower-case name.
        attempts: How often the request was sent.
    """

    codes: ClassVar[tuple[str, ...]] = ()

    def __init__(
        self,
        code: str,
        message: str = "",
        status: int = 0,
        *,
        request_id: str = "",
        host_id: str = "",
        operation: str = "",
        bucket: str | None = None,
        key: str | None = None,
        detail: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.code = code
        self.message = message
        self.status = status
        self.request_id = request_id
        self.host_id = host_id
        self.operation = operation
        self.bucket = bucket
        self.key = key
        self.detail = dict(detail or {})
        self.headers = dict(headers or {})
        self.attempts = 1
        super().__init__(code, message, status)

    def __str__(self) -> str:
        target = "" if self.bucket is None else f" on {self.bucket}" if self.key is None else self._object()
        text = f"{self.operation or 'request'}{target}: {self.code} ({self.status})"
        if self.message:
            text += f": {self.message}"
        return f"{text} [request {self.request_id}]" if self.request_id else text

    def _object(self) -> str:
        return f" on {self.bucket}/{self.key}"


class NotFound(ResponseError):
    """404 of any code."""


class NoSuchBucket(NotFound):
    codes = ("NoSuchBucket",)


class NoSuchKey(NotFound):
    """No such object. For an answer without a body (HeadObject) it may as well be the bucket that is not there."""

    codes = ("NoSuchKey",)


class NoSuchUpload(NotFound):
    codes = ("NoSuchUpload",)


class NoSuchVersion(NotFound):
    codes = ("NoSuchVersion",)


class Forbidden(ResponseError):
    """403 of any code."""


class AccessDenied(Forbidden):
    codes = ("AccessDenied", "AllAccessDisabled", "AccountProblem")


class WrongKeys(Forbidden):
    """The key pair or token is unknown, wrong, or no longer valid."""

    codes = ("InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken", "ExpiredToken", "TokenRefreshRequired")


class Conflict(ResponseError):
    """409 of any code."""


class BucketAlreadyExists(Conflict):
    codes = ("BucketAlreadyExists", "BucketAlreadyOwnedByYou")


class BucketNotEmpty(Conflict):
    codes = ("BucketNotEmpty",)


class PreconditionFailed(ResponseError):
    """A condition of the request did not hold."""

    codes = ("PreconditionFailed",)


class NotModified(ResponseError):
    """A conditional read found nothing new."""

    codes = ("NotModified",)


class RangeNotSatisfiable(ResponseError):
    codes = ("InvalidRange",)


class NoSpace(ResponseError):
    """The server's disk is full."""

    codes = ("InsufficientStorage", "StorageFull", "XMinioStorageFull", "QuotaExceeded")


class NotSupported(ResponseError):
    """The server does not do what was asked for."""

    codes = ("NotImplemented",)


class BatchError(BushelError):
    """Some objects of a deletion in bulk are still there.

    Attributes:
        failures: Key to the code and message of what kept it.
    """

    def __init__(self, failures: Mapping[str, tuple[str, str]]) -> None:
        self.failures = dict(failures)
        key, (code, message) = next(iter(self.failures.items()))
        more = f" (and {len(self.failures) - 1} more)" if len(self.failures) > 1 else ""
        super().__init__(f"not deleted: {key}: {code}: {message}{more}")


def _leaves(family: type[ResponseError]) -> list[type[ResponseError]]:
    return [family, *(leaf for child in family.__subclasses__() for leaf in _leaves(child))]


_BY_CODE: Final[dict[str, type[ResponseError]]] = {
    code: family for family in _leaves(ResponseError) for code in family.codes
}
_BY_STATUS: Final[dict[int, type[ResponseError]]] = {
    304: NotModified,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    412: PreconditionFailed,
    416: RangeNotSatisfiable,
    501: NotSupported,
    507: NoSpace,
}


def error_class(code: str, status: int) -> type[ResponseError]:
    """The class that stands for a code, else for a status."""
    return _BY_CODE.get(code) or _BY_STATUS.get(status, ResponseError)

"""Who looks at a gallery, and with which rights: everybody's, or those of the user who signed the link.

A visit asks the service by the operations of S3, as the same caller's own requests would be asked: nothing is decided
here.
"""

from collections.abc import Mapping
from typing import Final

from bushel.protocol import sigv4
from bushel.protocol.address import Address
from bushel.protocol.credentials import Claim, second_of
from bushel.protocol.errors import S3Error
from bushel.protocol.message import Request
from bushel.protocol.operations import Operation
from bushel.service.authn import Authenticator, key_holder
from bushel.service.context import ANONYMOUS, Caller, Context, Service
from bushel.web.gallery.grants import Grant, Unproven
from bushel.web.gallery.links import Asked, Links

_PASSED_ON: Final = frozenset(
    {
        "host",
        "if-match",
        "if-modified-since",
        "if-none-match",
        "if-range",
        "if-unmodified-since",
        "range",
        "referer",
        "user-agent",
    }
)
"""What GetObject acts upon and policies ask for. What else S3 knows has no meaning in a link that a browser follows."""

_SECOND_NS: Final = 1_000_000_000


class Visit:
    """One request to a gallery.

    Attributes:
        asked: What for.
        links: With the viewer's grant in them.
        root: Prefix of all that the viewer may come to.
        seconds_left: How long the viewer's link is good; ``None`` where there is none.
    """

    def __init__(
        self,
        service: Service,
        request: Request,
        asked: Asked,
        caller: Caller = ANONYMOUS,
        grant: Grant | None = None,
        secret_key: str = "",
    ) -> None:
        self.asked = asked
        self.root = ""
        self.seconds_left: int | None = None
        self._service = service
        self._request = request
        self._caller = caller
        self._claim: Claim | None = None
        written = ""
        if grant is not None:
            self._claim = grant.claim
            self.root = grant.root
            self.seconds_left = max(0, grant.until - service.clock.now_ns() // _SECOND_NS)
            written = grant.written(secret_key)
        self.links = Links(asked.bucket, written)

    @property
    def by_link(self) -> bool:
        """Whether the viewer came by a signed link."""
        return self.seconds_left is not None

    def context(self, operation: Operation, key: str | None, query: Mapping[str, str] | None = None) -> Context:
        """An operation on the bucket, or on a key of it, as the viewer would ask for it; its input is bound.

        Args:
            operation: GetObject, HeadObject or ListObjectsV2.
            key: Of the object.
            query: Members of the input.
        """
        outer = self._request
        headers = {name: value for name, value in outer.headers.items() if name in _PASSED_ON}
        request = Request(outer.method, outer.path, "", headers, host=outer.host, peer=outer.peer, secure=outer.secure)
        if hasattr(outer, "tls_version"):
            request.tls_version = outer.tls_version
        ctx = Context(self._service, self._caller, request, operation, key, self._claim)
        ctx.input = operation.read_input(self.asked.bucket, key, dict(query or {}), headers, b"")
        return ctx


async def visit(service: Service, authenticator: Authenticator, request: Request, asked: Asked) -> Visit:
    """Find out who looks.

    Raises:
        S3Error: What is wrong with a signature or a grant; InvalidRequest for other ways of signing; AccessDenied for
            what the viewer's link does not open.
    """
    signed = "X-Amz-Signature" in asked.query
    if (
        "authorization" in request.headers
        or "Signature" in asked.query
        or "AWSAccessKeyId" in asked.query
        or (signed and asked.grant)
    ):
        raise S3Error("InvalidRequest.GallerySignature")
    if signed:
        return await _by_signature(service, authenticator, request, asked)
    if not asked.grant:
        return Visit(service, request, asked)
    unproven = Unproven.read(asked.grant)
    caller, secret_key = await key_holder(service, unproven.access_key)
    grant = unproven.proven(secret_key, service.clock.now_ns())
    if not grant.covers(asked.bucket, asked.reach):
        raise S3Error("AccessDenied")
    return Visit(service, request, asked, caller, grant, secret_key)


async def _by_signature(service: Service, authenticator: Authenticator, request: Request, asked: Asked) -> Visit:
    caller, claim, secret_key = await authenticator.identify(request, asked.query, Address(None, None, True))
    assert isinstance(claim, sigv4.Claim)
    until = second_of(claim.amz_date) + int(asked.query["X-Amz-Expires"])
    grant = Grant(claim.access_key, claim.scope, claim.amz_date, until, asked.bucket, asked.prefix)
    if not grant.covers(asked.bucket, asked.reach):
        raise S3Error("AccessDenied")
    return Visit(service, request, asked, caller, grant, secret_key)

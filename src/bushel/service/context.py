"""What an operation is given beside its input: who asks, where things are, what time it is.

No base class and no globals: an operation reads this object and nothing else.
"""

from typing import Final, NamedTuple, Protocol

from bushel.catalog import Catalog
from bushel.catalog.records import BucketRecord
from bushel.core.clock import Clock
from bushel.protocol.credentials import Claim
from bushel.protocol.errors import S3Error
from bushel.protocol.message import Body, Request
from bushel.service.payload import Payload
from bushel.service.reads import ActiveReads

ANONYMOUS_ID: Final = "65a011a29cdf8ec533ec3d1ccaae921c"
"""S3's canonical id of those who do not say who they are: owner of what anonymous callers write."""


class Caller(NamedTuple):
    """Who asks.

    Attributes:
        user_id: Canonical user id.
        display_name: For owner elements.
        access_key: Empty for anonymous callers.
        root: The operator: allowed everything.
    """

    user_id: str
    display_name: str
    access_key: str
    root: bool = False

    @property
    def anonymous(self) -> bool:
        return not self.access_key


ANONYMOUS: Final = Caller(ANONYMOUS_ID, "anonymous", "")


class Rules(Protocol):
    """The settings that operations read."""

    @property
    def region(self) -> str: ...
    @property
    def max_buckets_per_user(self) -> int: ...
    @property
    def inline_limit_bytes(self) -> int: ...


class Service:
    """What all requests of a process share.

    Attributes:
        root: The operator as a caller.
        root_secret_key: The operator's, for what is signed within a request.
        reserved_bucket_names: Names that would hide the server's own paths and hosts.
        public_endpoint: Where clients reach us, for links (``https://s3.example.org``); empty: as the request came.
    """

    __slots__ = (
        "catalog",
        "clock",
        "public_endpoint",
        "reads",
        "reserved_bucket_names",
        "root",
        "root_secret_key",
        "rules",
    )

    def __init__(
        self,
        catalog: Catalog,
        clock: Clock,
        rules: Rules,
        reads: ActiveReads,
        *,
        root: Caller,
        root_secret_key: str,
        reserved_bucket_names: frozenset[str] = frozenset(),
        public_endpoint: str = "",
    ) -> None:
        self.catalog = catalog
        self.clock = clock
        self.rules = rules
        self.reads = reads
        self.root = root
        self.root_secret_key = root_secret_key
        self.reserved_bucket_names = reserved_bucket_names
        self.public_endpoint = public_endpoint


class Context:
    """One request as an operation sees it.

    Attributes:
        headers: The request's, by lower-case name; for what no shape has.
        query: The request's, raw; for what no shape has.
        status: Set by an operation whose answer is not the status of its record.
    """

    __slots__ = (
        "_claim",
        "_payload",
        "_request",
        "_secret_key",
        "caller",
        "catalog",
        "headers",
        "query",
        "service",
        "status",
    )

    def __init__(
        self, service: Service, caller: Caller, request: Request, claim: Claim | None = None, secret_key: str = ""
    ) -> None:
        self.service = service
        self.catalog = service.catalog
        self.caller = caller
        self.headers = request.headers
        self.query = request.query
        self.status = 0
        self._request = request
        self._claim = claim
        self._secret_key = secret_key
        self._payload: Payload | None = None

    @property
    def payload(self) -> Payload:
        """The request's body."""
        payload = self._payload
        if payload is None:
            payload = self._payload = Payload(self._request, self._claim, self._secret_key)
        return payload

    @property
    def body(self) -> Body:
        """The request's body as it came, for an operation that looks for its object within it."""
        return self._request.body

    def on_behalf(self, caller: Caller, headers: dict[str, str], payload: Payload) -> "Context":
        """The same request as another one, which something within it stands for."""
        request = self._request
        inner = Request("PUT", request.path, "", headers, host=request.host, peer=request.peer, secure=request.secure)
        ctx = Context(self.service, caller, inner)
        ctx._payload = payload
        return ctx

    def bucket_url(self, name: str) -> str:
        """Where the bucket that the request points at has its objects, for links; addressed as the request does."""
        if self._request.path != "/":
            return f"{self.endpoint}/{name}"
        return f"{'https' if self._request.secure else 'http'}://{self._request.host}"

    @property
    def endpoint(self) -> str:
        """Scheme and host for links to this service."""
        request = self._request
        return self.service.public_endpoint or f"{'https' if request.secure else 'http'}://{request.host}"

    async def bucket(self, name: str, expected_owner: str | None = None) -> BucketRecord:
        """The bucket, which must belong to the expected owner if the request names one.

        Raises:
            S3Error: NoSuchBucket, AccessDenied.
        """
        bucket = await self.catalog.buckets.get(name)
        if bucket is None:
            raise S3Error("NoSuchBucket", BucketName=name)
        if expected_owner is not None and expected_owner != bucket.owner:
            raise S3Error("AccessDenied")
        return bucket

    async def display_name(self, user_id: str) -> str:
        """The name to show for an owner; empty for a user that is gone."""
        if user_id == self.caller.user_id:
            return self.caller.display_name
        if user_id == self.service.root.user_id:
            return self.service.root.display_name
        user = await self.catalog.users.by_id(user_id)
        return "" if user is None else user.display_name

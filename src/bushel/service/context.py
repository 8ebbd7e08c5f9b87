"""What an operation is given beside its input: who asks, where things are, what time it is.

No base class and no globals: an operation reads this object and nothing else.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from bushel.catalog import Catalog
from bushel.catalog.records import BucketRecord, ObjectEntry
from bushel.core.clock import Clock
from bushel.core.ids import Randomness
from bushel.protocol.cors import Cors
from bushel.protocol.credentials import Claim
from bushel.protocol.errors import S3Error
from bushel.protocol.message import Body, Request
from bushel.protocol.operations import Operation
from bushel.protocol.policy import Policy, account_of
from bushel.protocol.post_form_policy import FormClaim
from bushel.service.access import NOTHING_SAID, BucketAccess, access_of
from bushel.service.cors import CORS
from bushel.service.encryption.keyring import NO_KEYS, KeySource
from bushel.service.payload import Payload
from bushel.service.payment import REQUESTER_PAYS
from bushel.service.reads import ActiveReads

if TYPE_CHECKING:
    from bushel.service.torrents import Hashing

ANONYMOUS_ID: Final = "65a011a29cdf8ec533ec3d1ccaae921c"
"""S3's canonical id of those who do not say who they are: owner of what anonymous callers write."""


class Caller(NamedTuple):
    """Who asks.

    Attributes:
        user_id: Canonical user id.
        display_name: For owner elements.
        access_key: Empty for anonymous callers.
        root: The operator: allowed everything that no policy denies.
        name: Of the user; empty for the operator and for anonymous callers.
        policies: What the operator attached to the user.
    """

    user_id: str
    display_name: str
    access_key: str
    root: bool = False
    name: str = ""
    policies: tuple[Policy, ...] = ()

    @property
    def anonymous(self) -> bool:
        return not self.access_key


_NOWHERE: Final[Mapping[str, BucketAccess]] = {}

ANONYMOUS: Final = Caller(ANONYMOUS_ID, "anonymous", "")


class Rules(Protocol):
    """The settings that operations read."""

    @property
    def region(self) -> str: ...
    @property
    def max_buckets_per_user(self) -> int: ...
    @property
    def inline_limit_bytes(self) -> int: ...
    @property
    def new_bucket_defaults(self) -> str: ...
    @property
    def lifecycle_day_seconds(self) -> int: ...


class Service:
    """What all requests of a process share.

    Attributes:
        root: The operator as a caller.
        root_secret_key: The operator's, for what is signed within a request.
        randomness: For what must not be guessed.
        hashing: Makes the torrents of objects.
        keys: What objects are encrypted under.
        reserved_bucket_names: Names that would hide the server's own paths and hosts.
        public_endpoint: Where clients reach us, for links (``https://s3.example.org``); empty: as the request came.
    """

    __slots__ = (
        "catalog",
        "clock",
        "hashing",
        "keys",
        "public_endpoint",
        "randomness",
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
        randomness: Randomness,
        hashing: "Hashing",
        keys: KeySource = NO_KEYS,
        root: Caller,
        root_secret_key: str,
        reserved_bucket_names: frozenset[str] = frozenset(),
        public_endpoint: str = "",
    ) -> None:
        self.catalog = catalog
        self.clock = clock
        self.rules = rules
        self.reads = reads
        self.randomness = randomness
        self.hashing = hashing
        self.keys = keys
        self.root = root
        self.root_secret_key = root_secret_key
        self.reserved_bucket_names = reserved_bucket_names
        self.public_endpoint = public_endpoint


def is_owner(bucket: BucketRecord, named: str) -> bool:
    """Whether an account number or a canonical user id, as a request has it, is that of the bucket's owner."""
    return named in {bucket.owner, account_of(bucket.owner)}


class Context:
    """One request as an operation sees it.

    Attributes:
        headers: The request's, by lower-case name; for what no shape has.
        query: The request's, raw; for what no shape has.
        status: Set by an operation whose answer is not the status of its record.
        beside: Header fields of the answer that no shape has; looked at where ``status`` is set.
        charged: Whether the caller pays for the request, which the answer has to tell.
        operation: The one that was asked for.
        key: Of the object that the request's path names.
        input: The operation's input, once it is bound.
        access: What the buckets of this request say about access, by name; only buckets that say anything.
        claim: Who signed the request; ``None`` for anonymous requests and for forms.
        form_claim: Who signed the form that the request stands for.
        bucket_record: The bucket of the request's path, once it was read.
        cors: Its cross-origin rules as they are before the request acts; only where the request has an origin.
        written: The entry that PutObject made.
    """

    __slots__ = (
        "_payload",
        "_secret_key",
        "access",
        "beside",
        "bucket_record",
        "caller",
        "catalog",
        "charged",
        "claim",
        "cors",
        "form_claim",
        "headers",
        "input",
        "key",
        "operation",
        "query",
        "request",
        "service",
        "status",
        "written",
    )

    input: Any
    written: ObjectEntry

    def __init__(
        self,
        service: Service,
        caller: Caller,
        request: Request,
        operation: Operation,
        key: str | None = None,
        claim: Claim | None = None,
        secret_key: str = "",
    ) -> None:
        self.service = service
        self.catalog = service.catalog
        self.caller = caller
        self.headers = request.headers
        self.query = request.query
        self.status = 0
        self.beside: Sequence[tuple[str, str]] = ()
        self.charged = False
        self.operation = operation
        self.key = key
        self.access = _NOWHERE
        self.bucket_record: BucketRecord | None = None
        self.cors: Cors | None = None
        self.request = request
        self.claim = claim
        self.form_claim: FormClaim | None = None
        self._secret_key = secret_key
        self._payload: Payload | None = None

    @property
    def payload(self) -> Payload:
        """The request's body."""
        payload = self._payload
        if payload is None:
            payload = self._payload = Payload(self.request, self.claim, self._secret_key)
        return payload

    @property
    def body(self) -> Body:
        """The request's body as it came, for an operation that looks for its object within it."""
        return self.request.body

    def for_form(
        self,
        operation: Operation,
        key: str,
        caller: Caller,
        claim: FormClaim | None,
        headers: dict[str, str],
        payload: Payload,
    ) -> "Context":
        """The request that a form in this one's body stands for; ``input`` is the caller's to set."""
        outer = self.request
        request = Request(
            operation.method, outer.path, "", headers, host=outer.host, peer=outer.peer, secure=outer.secure
        )
        ctx = Context(self.service, caller, request, operation, key)
        ctx.form_claim = claim
        ctx._payload = payload
        return ctx

    def bucket_url(self, name: str) -> str:
        """Where the bucket that the request points at has its objects, for links; addressed as the request does."""
        request = self.request
        if request.path != "/":
            return f"{self.endpoint}/{name}"
        return f"{'https' if request.secure else 'http'}://{request.host}"

    @property
    def endpoint(self) -> str:
        """Scheme and host for links to this service."""
        request = self.request
        return self.service.public_endpoint or f"{'https' if request.secure else 'http'}://{request.host}"

    @property
    def confidential(self) -> bool:
        """Whether nobody on a network can read the request: it came by TLS, or from this machine."""
        return self.request.confidential

    async def bucket(self, name: str, expected_owner: str | None = None) -> BucketRecord:
        """The bucket, which must belong to the expected owner if the request names one: an account or a canonical id.

        Raises:
            S3Error: NoSuchBucket, AccessDenied.
        """
        bucket = await self.catalog.buckets.get(name)
        if bucket is None:
            raise S3Error("NoSuchBucket", BucketName=name)
        if expected_owner is not None and not is_owner(bucket, expected_owner):
            raise S3Error("AccessDenied")
        if self.bucket_record is None:
            self.bucket_record = bucket
        if bucket.configured or bucket.ownership:
            if bucket is self.bucket_record and CORS.kind in bucket.configured and "origin" in self.headers:
                self.cors = await CORS.of(self.catalog.buckets, bucket)
            if REQUESTER_PAYS in bucket.configured:
                self._charge(bucket)
            access = await access_of(self.catalog.buckets, bucket)
            if access is not NOTHING_SAID:
                self.access = {**self.access, bucket.name: access}
        return bucket

    def _charge(self, bucket: BucketRecord) -> None:
        """Let the caller pay for the request.

        Raises:
            S3Error: AccessDenied where the caller has not agreed to that, or has no name.
        """
        caller = self.caller
        if caller.root or caller.user_id == bucket.owner:
            return
        agreed = getattr(self.input, "request_payer", None) or self.headers.get("x-amz-request-payer", "").lower()
        if caller.anonymous or agreed != "requester":
            raise S3Error("AccessDenied")
        self.charged = True

    async def display_name(self, user_id: str) -> str:
        """The name to show for an owner; empty for a user that is gone."""
        if user_id == self.caller.user_id:
            return self.caller.display_name
        if user_id == self.service.root.user_id:
            return self.service.root.display_name
        user = await self.catalog.users.by_id(user_id)
        return "" if user is None else user.display_name

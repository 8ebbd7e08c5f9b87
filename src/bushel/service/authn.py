"""Who asks: the claim of a request, checked against the root key pair and the users of the store."""

from typing import NamedTuple

from bushel.catalog.users import KeyPair
from bushel.protocol.address import Address
from bushel.protocol.credentials import Authentication, Claim
from bushel.protocol.errors import S3Error
from bushel.protocol.message import Request
from bushel.protocol.policy.canned import compiled_policies
from bushel.service.context import ANONYMOUS, Caller, Service


class Identity(NamedTuple):
    """The caller, and what proved it: both ``None`` and empty for anonymous callers."""

    caller: Caller
    claim: Claim | None
    secret_key: str


_NOBODY = Identity(ANONYMOUS, None, "")


class Authenticator:
    """Checks signatures. A user's key is read for every request, so that a change acts on the next one."""

    def __init__(self, service: Service, root_pair: KeyPair) -> None:
        self._users = service.catalog.users
        self._clock = service.clock
        self._read = Authentication(service.rules.region).read
        self._root = service.root
        self._root_access_key, self._root_secret_key = root_pair

    async def identify(self, request: Request, query: dict[str, str], address: Address) -> Identity:
        """Find out who sent a request.

        Raises:
            S3Error: With S3's own code for a malformed, expired, skewed or wrong signature and an unknown key.
        """
        claim = self._read(request, query, address, self._clock.now_ns())
        if claim is None:
            return _NOBODY
        access_key = claim.access_key
        if access_key == self._root_access_key:
            caller, secret_key = self._root, self._root_secret_key
        else:
            record = await self._users.access_key(access_key)
            if record is None or not record.enabled:
                raise S3Error("InvalidAccessKeyId", AWSAccessKeyId=access_key)
            policies = compiled_policies(tuple(record.policies.items())) if record.policies else ()
            caller = Caller(record.user_id, record.display_name, access_key, False, record.user_name, policies)
            secret_key = record.secret_key
        claim.verify(request, secret_key)
        return Identity(caller, claim, secret_key)

"""What a bucket says about access beside its ACL: policy, public access block, ownership of objects.

Read with the bucket where it has any of them, and remembered by the documents. What must not be here: who may do what
(``authz`` decides).
"""

from typing import Final, NamedTuple

from bushel.catalog import Buckets
from bushel.catalog.records import BucketRecord
from bushel.protocol.policy import Policy, read_policy
from bushel.protocol.policy.public import is_public
from bushel.protocol.shapes.access import PublicAccessBlockConfiguration
from bushel.service.configurations import Configuration, xml_configuration

POLICY_BINDS_OWNER: Final = "policy-binds-owner"
"""A kind of configuration that has no document: that the bucket has it says all."""

OBJECT_WRITER: Final = "ObjectWriter"
ENFORCED: Final = "BucketOwnerEnforced"
PREFERRED: Final = "BucketOwnerPreferred"


class BucketPolicy(NamedTuple):
    """A bucket's policy.

    Attributes:
        document: As it was put.
        policy: Compiled.
        public: By S3's definition.
    """

    document: bytes
    policy: Policy
    public: bool


class BucketAccess(NamedTuple):
    """What a bucket says about access.

    Attributes:
        policy: ``None`` where it has none.
        block: ``None`` where it has none.
        ownership: S3's ObjectOwnership value; empty is ObjectWriter.
        binds_owner: Whether the policy was put with the owner's word that it may keep the owner from changing it.
    """

    policy: BucketPolicy | None = None
    block: PublicAccessBlockConfiguration | None = None
    ownership: str = ""
    binds_owner: bool = False

    @property
    def enforced(self) -> bool:
        """Whether ACLs count for nothing and the bucket's owner owns every object."""
        return self.ownership == ENFORCED

    @property
    def ignores_public_acls(self) -> bool:
        return self.block is not None and bool(self.block.ignore_public_acls)

    @property
    def blocks_public_acls(self) -> bool:
        return self.block is not None and bool(self.block.block_public_acls)

    @property
    def blocks_public_policy(self) -> bool:
        return self.block is not None and bool(self.block.block_public_policy)

    @property
    def restricts_policy(self) -> bool:
        """Whether the policy allows nothing to others than the owner: it is public, and the block restricts such."""
        return (
            self.block is not None
            and bool(self.block.restrict_public_buckets)
            and self.policy is not None
            and self.policy.public
        )


_SAYS_NOTHING: Final = frozenset({"", OBJECT_WRITER})

_REMEMBERED: Final = 256

NOTHING_SAID: Final = BucketAccess()


def read_bucket_policy(document: bytes, bucket: str = "") -> BucketPolicy:
    """Read the policy of a bucket.

    Args:
        document: JSON.
        bucket: Whose policy it would be; empty for one that was checked when it was put.

    Raises:
        S3Error: MalformedPolicy.
    """
    policy = read_policy(document, bucket)
    return BucketPolicy(document, policy, is_public(policy))


POLICY: Final[Configuration[BucketPolicy]] = Configuration("policy", read_bucket_policy, lambda policy: policy.document)
BLOCK: Final[Configuration[PublicAccessBlockConfiguration]] = xml_configuration(
    "public-access-block", PublicAccessBlockConfiguration, "PublicAccessBlockConfiguration"
)

BLOCK_ALL: Final = PublicAccessBlockConfiguration(
    block_public_acls=True, ignore_public_acls=True, block_public_policy=True, restrict_public_buckets=True
)


_known: dict[tuple[str, int, str], BucketAccess] = {}


async def access_of(buckets: Buckets, bucket: BucketRecord) -> BucketAccess:
    """What the bucket says; ``NOTHING_SAID`` where that is nothing."""
    state = (bucket.instance, bucket.revision, bucket.ownership)
    known = _known.get(state)
    if known is not None:
        return known
    policy = await POLICY.of(buckets, bucket)
    block = await BLOCK.of(buckets, bucket)
    access = NOTHING_SAID
    if policy is not None or block is not None or bucket.ownership not in _SAYS_NOTHING:
        access = BucketAccess(policy, block, bucket.ownership, POLICY_BINDS_OWNER in bucket.configured)
    if len(_known) >= _REMEMBERED:
        _known.clear()
    _known[state] = access
    return access

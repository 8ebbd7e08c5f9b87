"""What an object is to be encrypted with: what its request asks for, else what its bucket says.

What must not be here: how (``sealing``), the words of refusals about headers (``protocol.encryption``).
"""

from typing import Any

from bushel.catalog.records import BucketRecord
from bushel.catalog.users import ROOT_ID
from bushel.protocol.encryption import (
    AES256,
    Asked,
    asked_encryption,
    context_digest,
    customer_key,
    key_name,
    names_customer_key,
    names_encryption,
)
from bushel.protocol.errors import S3Error
from bushel.protocol.policy import account_of
from bushel.protocol.shapes.encryption import ServerSideEncryptionRule
from bushel.service.context import Context
from bushel.service.encryption.defaults import ENCRYPTION, NO_RULE, blocks_customer_keys
from bushel.service.encryption.sealing import CustomerWrapping, ObjectSealing, Wrapping
from bushel.service.encryption.unlocking import confidential, require_signature_v4
from bushel.service.encryption.wrappings import MasterWrapping, NamedWrapping


async def object_sealing(ctx: Context, bucket: BucketRecord, key: str, request: Any) -> ObjectSealing | None:
    """How the object that a request writes is to be encrypted; ``None``: it is stored as it comes.

    Raises:
        S3Error: What the headers can be refused for; InvalidRequest for a customer's key that others could read,
            AccessDenied where the bucket takes none; NotImplemented without a master key, KMS.NotFoundException and
            KMS.DisabledException for named keys.
    """
    if not bucket.configured and not names_encryption(request):
        return None
    wrapping = await _wrapping(ctx, bucket, request)
    return None if wrapping is None else ObjectSealing(wrapping, bucket, key, ctx.service.randomness)


async def _wrapping(ctx: Context, bucket: BucketRecord, request: Any) -> Wrapping | None:
    asked = asked_encryption(request)
    configured = await ENCRYPTION.of(ctx.catalog.buckets, bucket)
    rule = NO_RULE if configured is None else configured.rules[0]
    if names_customer_key(request):
        customer = confidential(ctx, customer_key(request))
        assert customer is not None
        if blocks_customer_keys(rule):
            raise S3Error("AccessDenied.CustomerKeysBlocked")
        return CustomerWrapping(customer)
    if asked is None:
        default = rule.apply_server_side_encryption_by_default
        if default is None:
            return None
        asked = Asked(default.sse_algorithm, default.kms_master_key_id, None, request.bucket_key_enabled)
    return master_wrapping(ctx) if asked.algorithm == AES256 else _named_wrapping(ctx, bucket, asked, rule)


def master_wrapping(ctx: Context) -> MasterWrapping:
    """SSE-S3.

    Raises:
        S3Error: NotImplemented where the server has no master key.
    """
    keys = ctx.service.keys
    master = keys.current().master
    if master is None:
        raise S3Error("NotImplemented.MasterKey")
    return MasterWrapping(keys, master)


def _named_wrapping(ctx: Context, bucket: BucketRecord, asked: Asked, rule: ServerSideEncryptionRule) -> NamedWrapping:
    require_signature_v4(ctx)
    keys = ctx.service.keys
    keyring = keys.current()
    context = context_digest(asked.context)
    if asked.key_id is None:
        name = keyring.default
        if not name:
            raise S3Error("KMS.NotFoundException", message="No key was named, and this server has no default key")
    else:
        name = key_name(asked.key_id, bucket.region, account_of(ROOT_ID))
    key = keyring.key(name) if name else None
    if key is None:
        raise S3Error("KMS.NotFoundException", message=f"Invalid keyId '{asked.key_id}'")
    if not key.enabled:
        raise S3Error("KMS.DisabledException", KeyName=key.name)
    bucket_key = rule.bucket_key_enabled if asked.bucket_key is None else asked.bucket_key
    return NamedWrapping(keys, key, bucket, context, asked.context, bucket_key=bool(bucket_key))

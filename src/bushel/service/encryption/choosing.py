"""What an object is to be encrypted with: what its request asks for.

What must not be here: how (``sealing``), the words of refusals about headers (``protocol.encryption``).
"""

from typing import Any

from bushel.catalog.records import BucketRecord
from bushel.protocol.encryption import customer_key, names_customer_key
from bushel.service.context import Context
from bushel.service.encryption.sealing import CustomerWrapping, ObjectSealing
from bushel.service.encryption.unlocking import confidential


async def object_sealing(ctx: Context, bucket: BucketRecord, key: str, request: Any) -> ObjectSealing | None:
    """How the object that a request writes is to be encrypted; ``None``: it is stored as it comes.

    Raises:
        S3Error: What the headers can be refused for; InvalidRequest for a customer's key that others could read.
    """
    if not names_customer_key(request):
        return None
    customer = confidential(ctx, customer_key(request))
    assert customer is not None
    return ObjectSealing(CustomerWrapping(customer), bucket, key, ctx.service.randomness)

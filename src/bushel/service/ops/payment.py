"""Who pays for requests to a bucket, read and set."""

from bushel.protocol.operations import GET_BUCKET_REQUEST_PAYMENT, PUT_BUCKET_REQUEST_PAYMENT
from bushel.protocol.shapes.configuration import BucketConfigurationInput
from bushel.protocol.shapes.payment import GetBucketRequestPaymentOutput, PutBucketRequestPaymentInput
from bushel.service.authz import require_owner
from bushel.service.context import Context
from bushel.service.payment import PAYMENT, REQUESTER_PAYS
from bushel.service.registry import implements


@implements(GET_BUCKET_REQUEST_PAYMENT)
async def get_bucket_request_payment(ctx: Context, request: BucketConfigurationInput) -> GetBucketRequestPaymentOutput:
    bucket = await ctx.bucket(request.bucket, request.expected_bucket_owner)
    require_owner(ctx, bucket)
    return GetBucketRequestPaymentOutput(payer="Requester" if REQUESTER_PAYS in bucket.configured else "BucketOwner")


@implements(PUT_BUCKET_REQUEST_PAYMENT)
async def put_bucket_request_payment(ctx: Context, request: PutBucketRequestPaymentInput) -> None:
    bucket = await ctx.bucket(request.bucket, request.expected_bucket_owner)
    require_owner(ctx, bucket)
    if request.request_payment_configuration.payer == "Requester":
        await PAYMENT.put(ctx.catalog.buckets, bucket, request.request_payment_configuration)
    else:
        await PAYMENT.delete(ctx.catalog.buckets, bucket)

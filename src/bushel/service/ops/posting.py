"""Objects uploaded by an HTML form: PostObject, which is PutObject with the form in place of header fields."""

from bushel.protocol.address import uri_encode
from bushel.protocol.errors import S3Error
from bushel.protocol.operations import POST_OBJECT, PUT_OBJECT
from bushel.protocol.post_form import Field
from bushel.protocol.post_form_fields import (
    object_headers,
    object_key,
    post_response,
    success_redirect,
    success_status,
    with_filename,
)
from bushel.protocol.post_form_policy import FormClaim, LengthRange, form_claim, read_policy
from bushel.protocol.shapes.object import PutObjectOutput
from bushel.protocol.shapes.post_form import PostObjectInput, PostObjectOutput
from bushel.service.authn import key_holder
from bushel.service.context import Caller, Context
from bushel.service.form_upload import FormUpload
from bushel.service.ops.writing import put_object
from bushel.service.registry import implements


@implements(POST_OBJECT)
async def post_object(ctx: Context, request: PostObjectInput) -> PostObjectOutput:
    """Store a form's file as the form's own policy allows.

    All that can be refused without the file is refused before it is read.
    """
    _refuse_what_forms_have_not(ctx)
    if await ctx.catalog.buckets.get(request.bucket) is None:
        raise S3Error("NoSuchBucket", BucketName=request.bucket)
    form = FormUpload(ctx.body, request.content_type)
    await form.read_fields()
    file = form.decoder.file
    assert file is not None
    caller, claim = await _signer(ctx, form.decoder.fields)
    fields = with_filename(form.decoder.fields, file.filename)
    key = object_key(fields)
    bounds = LengthRange()
    if "policy" in fields:
        policy = read_policy(fields["policy"].value)
        bounds = policy.check(fields, request.bucket, ctx.service.clock.now_ns())
    headers = object_headers(fields)
    if request.expected_bucket_owner is not None:
        headers.setdefault("x-amz-expected-bucket-owner", request.expected_bucket_owner)
    put = PUT_OBJECT.read_input(request.bucket, key, {}, headers, b"")
    payload = await form.payload(headers, bounds, ctx.service.rules.inline_limit_bytes)
    inner = ctx.for_form(PUT_OBJECT, key, caller, claim, headers, payload)
    inner.input = put
    stored = await put_object(inner, put)
    ctx.charged = inner.charged
    return _answer(ctx, fields, request.bucket, key, stored)


def _refuse_what_forms_have_not(ctx: Context) -> None:
    """Digests and signatures of the request itself would cover the form's framing: no client makes them."""
    if not ctx.caller.anonymous:
        raise S3Error("NotImplemented.SignedForm")
    for name in ctx.headers:
        if name == "content-md5" or name.startswith("x-amz-checksum-"):
            raise S3Error("NotImplemented", Header=name)


async def _signer(ctx: Context, fields: dict[str, Field]) -> tuple[Caller, FormClaim | None]:
    """Who signed the form's policy, and how; the anonymous caller where nobody did.

    Raises:
        S3Error: InvalidArgument, InvalidAccessKeyId, SignatureDoesNotMatch, InvalidToken.
    """
    caller = ctx.caller
    claim = form_claim(fields, ctx.service.rules.region)
    if claim is not None:
        caller, secret_key = await key_holder(ctx.service, claim.access_key)
        claim.verify(secret_key)
    token = fields.get("x-amz-security-token")
    if token is not None:
        raise S3Error("InvalidToken", headers=None, **{"Token-0": token.value})
    return caller, claim


def _answer(ctx: Context, fields: dict[str, Field], bucket: str, key: str, stored: PutObjectOutput) -> PostObjectOutput:
    members = {name: getattr(stored, name) for name in stored.__struct_fields__}
    etag = stored.e_tag or ""
    redirect = success_redirect(fields, bucket, key, etag)
    if redirect is not None:
        ctx.status = 303
        return PostObjectOutput(**members, location=redirect)
    ctx.status = success_status(fields)
    location = f"{ctx.bucket_url(bucket)}/{uri_encode(key)}"
    if ctx.status != 201:
        return PostObjectOutput(**members, location=location)
    document = post_response(location, bucket, key, etag)
    return PostObjectOutput(**members, location=location, content_type="application/xml", body=document)

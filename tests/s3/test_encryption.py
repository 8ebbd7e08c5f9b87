"""SSE-S3 and SSE-KMS by request and by bucket, under keys that the server has.

Source: S3 User Guide, "Protecting data with server-side encryption"; texts, and what answers leave out, as S3's answers
were recorded.
"""

import base64
import hashlib
import itertools
import json

import pytest

from live.expect import assert_refused, refused
from live.sse import KEY, customer, is_stored, write_keys
from live.sums import checksum
from live.wire import content_md5

LINE = b"A line of text that is long enough to be found again. "
SMALL = LINE * 20
LARGE = LINE * 20_000
MIN_PART = 5 * 1024**2

S3_MANAGED = {"ServerSideEncryption": "AES256"}
NAMED = {"ServerSideEncryption": "aws:kms"}
REPORTS = {**NAMED, "SSEKMSKeyId": "reports"}
ARCHIVE = {**NAMED, "SSEKMSKeyId": "archive"}


@pytest.fixture(params=[b"", SMALL, LARGE], ids=["empty", "inline", "blob"])
def body(request):
    return request.param


def _told(answer):
    key = answer.get("SSEKMSKeyId")
    return answer.get("ServerSideEncryption"), key and key.rpartition("/")[2], answer.get("BucketKeyEnabled")


def _default(algorithm, *, bucket_key=None, blocked=None, **members):
    rule = {}
    if algorithm is not None:
        rule["ApplyServerSideEncryptionByDefault"] = {"SSEAlgorithm": algorithm, **members}
    if bucket_key is not None:
        rule["BucketKeyEnabled"] = bucket_key
    if blocked is not None:
        rule["BlockedEncryptionTypes"] = {"EncryptionType": blocked}
    return {"Rules": [rule]}


@pytest.fixture
def encrypt_by_default(s3, bucket):
    def configure(algorithm, **options):
        s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration=_default(algorithm, **options))

    return configure


# --- asked for by the request ---------------------------------------------------------------------------------------

METHODS = {
    "AES256": (S3_MANAGED, ("AES256", None, None)),
    "aws:kms": (NAMED, ("aws:kms", "reports", None)),
    "aws:kms by name": (ARCHIVE, ("aws:kms", "archive", None)),
    "aws:kms with a bucket key": ({**REPORTS, "BucketKeyEnabled": True}, ("aws:kms", "reports", True)),
    "aws:kms without a bucket key": ({**REPORTS, "BucketKeyEnabled": False}, ("aws:kms", "reports", None)),
}


@pytest.mark.parametrize("method", METHODS)
def test_an_object_is_read_without_a_word_about_encryption(s3, put, bucket, body, method):
    asked, told = METHODS[method]
    written = put("key", body, **asked)
    got = s3.get_object(Bucket=bucket, Key="key")
    head = s3.head_object(Bucket=bucket, Key="key")

    assert got["Body"].read() == body
    assert _told(written) == _told(got) == _told(head) == told
    assert head["ContentLength"] == len(body)
    assert written["ETag"] == got["ETag"] == head["ETag"]
    assert (written["ETag"] == f'"{hashlib.md5(body).hexdigest()}"') == (method == "AES256")


@pytest.mark.parametrize("method", METHODS)
def test_checksums_are_of_the_plain_bytes(s3, put, bucket, body, method):
    put("key", body, ChecksumAlgorithm="SHA256", **METHODS[method][0])

    head = s3.head_object(Bucket=bucket, Key="key", ChecksumMode="ENABLED")

    assert head["ChecksumSHA256"] == checksum("SHA256", body)


@pytest.mark.parametrize("method", METHODS)
def test_ranges(put, read, method):
    put("large", LARGE, **METHODS[method][0])
    put("small", SMALL, **METHODS[method][0])

    assert read("large", Range="bytes=65000-140000") == LARGE[65_000:140_001]
    assert read("large", Range="bytes=-1") == LARGE[-1:]
    assert read("small", Range="bytes=10-19") == SMALL[10:20]


@pytest.mark.parametrize("name", ["reports", "alias/reports", "{arn}key/reports", "{arn}alias/reports"])
def test_a_key_is_named_in_any_of_four_ways(s3, put, name):
    arn = put("first", **REPORTS)["SSEKMSKeyId"].removesuffix("key/reports")

    written = put("key", **NAMED, SSEKMSKeyId=name.format(arn=arn))

    assert arn.startswith("arn:aws:kms:us-east-1:")
    assert written["SSEKMSKeyId"] == f"{arn}key/reports"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nobody", "Invalid keyId 'nobody'"),
        ("arn:aws:kms:eu-west-1:000000000000:key/reports", "Invalid arn eu-west-1"),
        (
            "arn:aws:kms:us-east-1:000000000000:key/reports",
            "Key 'arn:aws:kms:us-east-1:000000000000:key/reports' does not exist",
        ),
        ("arn:aws:iam::1:user/reports", "Invalid arn"),
        ("arn:reports", "Invalid arn"),
    ],
)
def test_a_key_that_is_not_there(s3, bucket, put, name, message):
    for write in (
        lambda: put("key", **NAMED, SSEKMSKeyId=name),
        lambda: s3.create_multipart_upload(Bucket=bucket, Key="key", **NAMED, SSEKMSKeyId=name),
    ):
        with refused("KMS.NotFoundException", 400) as found:
            write()
        assert found.message == message


def test_a_key_that_is_disabled(put):
    with refused("KMS.DisabledException", 400) as found:
        put("key", **NAMED, SSEKMSKeyId="retired")
    assert found.message.endswith("retired is disabled.")


def _context(text):
    return base64.b64encode(text).decode()


def test_an_encryption_context_is_told_by_the_answer_that_writes(s3, put, read, bucket):
    context = _context(json.dumps({"department": "finance", "year": "2026"}).encode())

    written = put("key", SMALL, **REPORTS, SSEKMSEncryptionContext=context)
    upload = s3.create_multipart_upload(Bucket=bucket, Key="2", **REPORTS, SSEKMSEncryptionContext=context)

    assert written["SSEKMSEncryptionContext"] == upload["SSEKMSEncryptionContext"] == context
    assert read("key") == SMALL


@pytest.mark.parametrize("text", [b"", b"[]", b'{"a": 1}', b"{", b'"a"', b"\xff"])
def test_a_context_that_is_none(put, text):
    with refused("InvalidArgument", 400, ArgumentName="x-amz-server-side-encryption-context") as found:
        put("key", **REPORTS, SSEKMSEncryptionContext=_context(text) or "!")
    assert found.message.endswith("holding JSON which represents a string-string map")


CONTRADICTIONS = {
    "two methods": ({**S3_MANAGED, **customer()}, "incompatible with the encryption method specified"),
    "two methods, KMS": ({**NAMED, **customer()}, "incompatible with the encryption method specified"),
    "a key id alone": ({"SSEKMSKeyId": "reports"}, "x-amz-server-side-encryption : aws:kms"),
    "a key id with AES256": ({**S3_MANAGED, "SSEKMSKeyId": "reports"}, "x-amz-server-side-encryption : aws:kms"),
    "a context alone": ({"SSEKMSEncryptionContext": "e30="}, "x-amz-server-side-encryption : aws:kms"),
}


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_headers_that_contradict_each_other(s3, bucket, put, name):
    members, message = CONTRADICTIONS[name]
    put("source")
    for write in (
        lambda: put("key", **members),
        lambda: s3.copy_object(Bucket=bucket, Key="key", CopySource=f"{bucket}/source", **members),
        lambda: s3.create_multipart_upload(Bucket=bucket, Key="key", **members),
    ):
        with refused("InvalidArgument", 400, ArgumentName="x-amz-server-side-encryption") as found:
            write()
        assert found.message.endswith(message)


def test_methods_that_nobody_has(wire, bucket):
    for value in ("", "aes256", "AES128", "aws:something"):
        answer = wire.signed("PUT", f"/{bucket}/key", {"x-amz-server-side-encryption": value}, b"x")
        assert_refused(answer, "InvalidArgument", 400, ArgumentName="x-amz-server-side-encryption")
        assert answer.error["Message"] == "The encryption method specified is not supported"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_read_must_not_ask_for_encryption(wire, bucket, put, method):
    put("key", **S3_MANAGED)
    answer = wire.signed(method, f"/{bucket}/key", {"x-amz-server-side-encryption": "AES256"})
    assert answer.status == 400
    if method == "GET":
        assert_refused(answer, "InvalidArgument", 400)


def test_no_customer_s_key_opens_what_the_server_s_keys_encrypt(s3, bucket, put):
    put("key", **S3_MANAGED)
    with refused("InvalidRequest", 400) as found:
        s3.get_object(Bucket=bucket, Key="key", **customer())
    assert found.message == "The encryption parameters are not applicable to this object."


def test_named_keys_want_signature_version_4(server, clients, anonymous, s3, bucket, put):
    put("open", SMALL, ACL="public-read", **S3_MANAGED)
    put("named", SMALL, ACL="public-read", **NAMED)
    older = clients(server, signature_version="s3")

    assert anonymous.get_object(Bucket=bucket, Key="open")["Body"].read() == SMALL
    for call in (
        lambda: anonymous.get_object(Bucket=bucket, Key="named"),
        lambda: older.get_object(Bucket=bucket, Key="named"),
        lambda: older.put_object(Bucket=bucket, Key="key", Body=b"", **NAMED),
    ):
        with refused("InvalidArgument", 400, ArgumentName="Authorization") as found:
            call()
        assert found.message.endswith("require AWS Signature Version 4.")


# --- copies ---------------------------------------------------------------------------------------------------------

STATES = {"plain": {}, "AES256": S3_MANAGED, "reports": REPORTS, "archive": ARCHIVE, "customer": customer()}


@pytest.mark.parametrize(("source", "target"), list(itertools.product(STATES, STATES)))
def test_a_copy_is_encrypted_as_its_own_request_says(s3, bucket, source, target):
    from_customer = customer(source=True) if source == "customer" else {}
    to_customer = customer() if target == "customer" else {}
    for body in (SMALL, LARGE):
        s3.put_object(Bucket=bucket, Key="source", Body=body, **STATES[source])

        copied = s3.copy_object(
            Bucket=bucket, Key="target", CopySource=f"{bucket}/source", **from_customer, **STATES[target]
        )
        s3.delete_object(Bucket=bucket, Key="source")

        got = s3.get_object(Bucket=bucket, Key="target", **to_customer)
        assert got["Body"].read() == body
        assert _told(copied) == _told(got)
        assert got.get("ServerSideEncryption") == STATES[target].get("ServerSideEncryption")
        assert (got["ETag"] == f'"{hashlib.md5(body).hexdigest()}"') == (target in {"plain", "AES256"})


def test_an_object_is_encrypted_by_copying_it_to_itself(s3, bucket, put, read):
    put("key", LARGE)

    s3.copy_object(Bucket=bucket, Key="key", CopySource=f"{bucket}/key", **S3_MANAGED)

    assert s3.head_object(Bucket=bucket, Key="key")["ServerSideEncryption"] == "AES256"
    assert read("key") == LARGE


# --- uploads in parts -----------------------------------------------------------------------------------------------

PARTS = [b"1" * MIN_PART, (LARGE * 6)[: MIN_PART + 777], b"the end"]


@pytest.mark.parametrize("method", METHODS)
def test_an_upload_in_parts(s3, bucket, read, method):
    asked, told = METHODS[method]
    begun = s3.create_multipart_upload(Bucket=bucket, Key="key", **asked)
    upload = {"Bucket": bucket, "Key": "key", "UploadId": begun["UploadId"]}
    parts = []
    for number, body in enumerate(PARTS, 1):
        sent = s3.upload_part(PartNumber=number, Body=body, **upload)
        parts.append({"PartNumber": number, "ETag": sent["ETag"]})
        assert _told(sent) == told
        assert (sent["ETag"] == f'"{hashlib.md5(body).hexdigest()}"') == (method == "AES256")
    done = s3.complete_multipart_upload(MultipartUpload={"Parts": parts}, **upload)
    again = s3.complete_multipart_upload(MultipartUpload={"Parts": parts}, **upload)

    whole = b"".join(PARTS)
    assert _told(begun) == _told(done) == _told(again) == _told(s3.head_object(Bucket=bucket, Key="key")) == told
    assert read("key") == whole
    assert read("key", PartNumber=2) == PARTS[1]
    assert read("key", Range=f"bytes={MIN_PART - 5}-{2 * MIN_PART + 780}") == whole[MIN_PART - 5 : 2 * MIN_PART + 781]
    with refused("InvalidRequest", 400):
        s3.upload_part(
            Bucket=bucket,
            Key="other",
            UploadId=s3.create_multipart_upload(Bucket=bucket, Key="other", **asked)["UploadId"],
            PartNumber=1,
            Body=b"",
            **customer(),
        )


@pytest.mark.parametrize(("source", "target"), [("plain", "AES256"), ("AES256", "reports"), ("customer", "plain")])
def test_a_part_is_copied_from_one_state_to_another(s3, bucket, read, source, target):
    s3.put_object(Bucket=bucket, Key="source", Body=LARGE, **STATES[source])
    begun = s3.create_multipart_upload(Bucket=bucket, Key="key", **STATES[target])
    upload = {"Bucket": bucket, "Key": "key", "UploadId": begun["UploadId"]}
    from_customer = customer(source=True) if source == "customer" else {}

    copied = s3.upload_part_copy(
        PartNumber=1,
        CopySource=f"{bucket}/source",
        CopySourceRange="bytes=65519-131041",
        **upload,
        **from_customer,
    )
    s3.complete_multipart_upload(
        MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": copied["CopyPartResult"]["ETag"]}]}, **upload
    )

    assert _told(copied) == _told(begun)
    assert read("key") == LARGE[65_519:131_042]


# --- what the bucket says -------------------------------------------------------------------------------------------


def test_a_bucket_that_was_never_configured_says_so(s3, bucket, put):
    with refused("ServerSideEncryptionConfigurationNotFoundError", 404):
        s3.get_bucket_encryption(Bucket=bucket)
    assert _told(put("key")) == (None, None, None)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"algorithm": "AES256"}, ("AES256", None, None)),
        ({"algorithm": "AES256", "bucket_key": True}, ("AES256", None, None)),
        ({"algorithm": "aws:kms"}, ("aws:kms", "reports", None)),
        ({"algorithm": "aws:kms", "KMSMasterKeyID": "archive"}, ("aws:kms", "archive", None)),
        ({"algorithm": "aws:kms", "KMSMasterKeyID": "archive", "bucket_key": True}, ("aws:kms", "archive", True)),
    ],
)
def test_what_the_bucket_says_holds_for_what_is_written_from_then_on(
    s3, bucket, put, read, encrypt_by_default, options, told
):
    put("before", SMALL)
    encrypt_by_default(**options)

    written = put("key", SMALL)
    copied = s3.copy_object(Bucket=bucket, Key="copy", CopySource=f"{bucket}/before")
    begun = s3.create_multipart_upload(Bucket=bucket, Key="upload")

    assert _told(written) == _told(copied) == _told(begun) == told
    assert _told(s3.head_object(Bucket=bucket, Key="before")) == (None, None, None)
    assert read("before") == read("key") == read("copy") == SMALL
    expected = _default(**options)
    expected["Rules"][0].setdefault("BucketKeyEnabled", False)
    assert s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"] == expected


def test_a_request_has_the_last_word(s3, bucket, put, encrypt_by_default):
    encrypt_by_default("aws:kms", KMSMasterKeyID="archive", bucket_key=True)

    assert _told(put("1", **S3_MANAGED)) == ("AES256", None, None)
    assert _told(put("2", **REPORTS)) == ("aws:kms", "reports", True)
    assert _told(put("3", BucketKeyEnabled=False)) == ("aws:kms", "archive", None)
    assert put("4", **customer())["SSECustomerAlgorithm"] == "AES256"


def test_an_object_is_copied_to_itself_where_the_bucket_encrypts(s3, bucket, put, read, encrypt_by_default):
    put("key", LARGE)
    encrypt_by_default("AES256")

    s3.copy_object(Bucket=bucket, Key="key", CopySource=f"{bucket}/key")

    assert s3.head_object(Bucket=bucket, Key="key")["ServerSideEncryption"] == "AES256"
    assert read("key") == LARGE


def test_without_the_configuration_nothing_is_encrypted_any_more(s3, bucket, put, read, encrypt_by_default):
    encrypt_by_default("AES256")
    put("before", SMALL)
    for _ in range(2):
        s3.delete_bucket_encryption(Bucket=bucket)

    assert _told(put("key")) == (None, None, None)
    assert read("before") == SMALL
    with refused("ServerSideEncryptionConfigurationNotFoundError", 404):
        s3.get_bucket_encryption(Bucket=bucket)


def test_a_key_that_is_missing_is_found_out_by_the_write(put, read, encrypt_by_default):
    """S3 does not look for the key when the bucket is configured (API Reference, PutBucketEncryption)."""
    encrypt_by_default("aws:kms", KMSMasterKeyID="nobody")

    with refused("KMS.NotFoundException", 400):
        put("key")
    put("key", SMALL, **S3_MANAGED)
    assert read("key") == SMALL


def test_a_bucket_can_refuse_customers_keys(s3, bucket, put, encrypt_by_default):
    put("before", SMALL, **customer())
    encrypt_by_default(None, blocked=["SSE-C"])

    for write in (
        lambda: put("key", **customer()),
        lambda: s3.create_multipart_upload(Bucket=bucket, Key="key", **customer()),
        lambda: s3.copy_object(
            Bucket=bucket, Key="key", CopySource=f"{bucket}/before", **customer(), **customer(source=True)
        ),
    ):
        with refused("AccessDenied", 403) as found:
            write()
        assert "(SSE-C)" in found.message
    assert s3.get_object(Bucket=bucket, Key="before", **customer())["Body"].read() == SMALL
    assert _told(put("key")) == (None, None, None)
    encrypt_by_default("AES256", blocked=["NONE"])
    assert put("key", **customer())["SSECustomerAlgorithm"] == "AES256"


BAD_CONFIGURATIONS = {
    "no rule": ({"Rules": []}, "MalformedXML", 400),
    "two rules": ({"Rules": _default("AES256")["Rules"] * 2}, "MalformedXML", 400),
    "a rule that says nothing": ({"Rules": [{}]}, "MalformedXML", 400),
    "a key for AES256": (_default("AES256", KMSMasterKeyID="reports"), "InvalidArgument", 400),
    "two layers": (_default("aws:kms:dsse"), "NotImplemented", 501),
    "for file systems": (_default("aws:fsx"), "NotImplemented", 501),
}


@pytest.mark.parametrize("name", BAD_CONFIGURATIONS)
def test_configurations_that_are_refused_change_nothing(s3, bucket, encrypt_by_default, name):
    configuration, code, status = BAD_CONFIGURATIONS[name]
    encrypt_by_default("AES256")
    before = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]

    with refused(code, status):
        s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration=configuration)
    assert s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"] == before


@pytest.mark.parametrize("text", [b"<SSEAlgorithm>AES512</SSEAlgorithm>", b"", b"<KMSMasterKeyID>k</KMSMasterKeyID>"])
def test_documents_that_are_none(wire, bucket, text):
    document = b"<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>%s" % text
    document += b"</ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>"
    answer = wire.signed("PUT", f"/{bucket}?encryption", {"Content-MD5": content_md5(document)}, document)
    assert_refused(answer, "MalformedXML", 400)


def test_a_bucket_s_encryption_is_its_owner_s(second, bucket):
    for call in (
        lambda: second.s3.get_bucket_encryption(Bucket=bucket),
        lambda: second.s3.delete_bucket_encryption(Bucket=bucket),
        lambda: second.s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration=_default("AES256")),
    ):
        with refused("AccessDenied", 403):
            call()


# --- on the disk ----------------------------------------------------------------------------------------------------


@pytest.mark.server_kinds("embedded-1")
@pytest.mark.parametrize("state", ["AES256", "reports"])
def test_the_bytes_are_not_in_the_folder(s3, bucket, server, put, encrypt_by_default, state):
    secret = f"This is written under {state} and nowhere in plain. ".encode()
    encrypt_by_default(**({"algorithm": "AES256"} if state == "AES256" else {"algorithm": "aws:kms"}))
    put("small", secret * 20)
    put("large", secret * 20_000)
    upload = {"Key": "parts", "UploadId": s3.create_multipart_upload(Bucket=bucket, Key="parts")["UploadId"]}
    s3.upload_part(Bucket=bucket, PartNumber=1, Body=secret * 20_000, **upload)
    s3.upload_part_copy(Bucket=bucket, PartNumber=2, CopySource=f"{bucket}/large", **upload)
    s3.copy_object(Bucket=bucket, Key="copy", CopySource=f"{bucket}/large")
    for name in ("small", "large"):
        s3.delete_object(Bucket=bucket, Key=name)  # garbage from now on
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration=_default(None, bucket_key=True))
    put("seen", b"for the test of the test: %s" % secret[::-1])

    assert is_stored(server.data, secret[::-1])
    assert not is_stored(server.data, secret[:24])
    for key in (b"m" * 32, b"r" * 32, base64.b64encode(b"m" * 32)):
        assert not is_stored(server.data, key)


def test_without_a_master_key_nothing_is_encrypted_and_nothing_stored_instead(start_server, clients):
    s3 = clients(start_server(target="memory:"))
    s3.create_bucket(Bucket="bucket")

    for call in (
        lambda: s3.put_object(Bucket="bucket", Key="key", Body=b"", **S3_MANAGED),
        lambda: s3.create_multipart_upload(Bucket="bucket", Key="key", **S3_MANAGED),
        lambda: s3.put_bucket_encryption(Bucket="bucket", ServerSideEncryptionConfiguration=_default("AES256")),
    ):
        with refused("NotImplemented", 501) as found:
            call()
        assert "sse_master_key_file" in found.message
    with refused("KMS.NotFoundException", 400):
        s3.put_object(Bucket="bucket", Key="key", Body=b"", **NAMED)
    s3.put_object(Bucket="bucket", Key="own", Body=SMALL, **customer(KEY))
    assert [item["Key"] for item in s3.list_objects_v2(Bucket="bucket")["Contents"]] == ["own"]


def test_a_master_key_from_the_environment_and_a_store_that_lost_it(tmp_path, start_server, clients):
    key, other = (base64.b64encode(bytes([number] * 32)).decode() for number in (1, 2))
    server = start_server(environment={"BUSHEL_SSE_MASTER_KEY": key})
    s3 = clients(server)
    s3.create_bucket(Bucket="bucket")
    s3.put_object(Bucket="bucket", Key="key", Body=SMALL, **S3_MANAGED)

    def served_with(**environment):
        server.environment = environment
        server.restart()
        return s3

    served_with(BUSHEL_SSE_MASTER_KEY=f"{other},{key}").put_object(Bucket="bucket", Key="2", Body=SMALL, **S3_MANAGED)
    assert s3.get_object(Bucket="bucket", Key="key")["Body"].read() == SMALL
    with refused("InternalError", 500) as found:
        served_with(BUSHEL_SSE_MASTER_KEY=key).get_object(Bucket="bucket", Key="2")
    assert found.message == "The master key that this object is encrypted under is not among the keys of this server."
    assert s3.get_object(Bucket="bucket", Key="key")["Body"].read() == SMALL


def test_an_entry_that_was_moved_opens_nothing(tmp_path, start_server, clients):
    """Who can write the folder can move what is in it, but not make one object pass for another."""
    server = start_server(flags=("--sse-master-key-file", str(write_keys(tmp_path / "keys.json"))))
    s3 = clients(server)
    s3.create_bucket(Bucket="bucket")
    for name in ("mine", "your"):
        s3.put_object(Bucket="bucket", Key=name, Body=name.encode() * 10, **S3_MANAGED)
    assert server.stop() == 0
    _swap_cells(server.data, "mine", "your")
    server.start()
    moved = clients(server)

    for name in ("mine", "your"):
        with refused("InternalError", 500):
            moved.get_object(Bucket="bucket", Key=name)


def _swap_cells(folder, first, second):
    """Every cell of one row in the place of the other's, as somebody with an editor for LMDB could."""
    import asyncio

    from bushel.assemble import open_index
    from bushel.catalog.layout import CURRENT, DATA
    from bushel.engine.api import Cell, Change, Put

    async def swap():
        async with open_index(folder) as catalog:
            (bucket,) = await catalog.buckets.all()
            reads = (Cell(CURRENT), Cell(DATA))
            rows = {key: await catalog.engine.read(bucket.partition, key.encode(), reads) for key in (first, second)}
            for key, other in ((first, second), (second, first)):
                current, data = rows[other]
                change = Change(writes=(Put(CURRENT, b"", current), Put(DATA, b"", data)))
                await catalog.engine.commit(bucket.partition, key.encode(), (), lambda _, change=change: change)

    asyncio.run(swap())

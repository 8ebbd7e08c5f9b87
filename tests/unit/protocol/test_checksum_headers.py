"""Declarations of checksums, S3's defaults, and its refusals in its words."""

import pytest

from bushel.protocol.checksum_headers import (
    NOTHING,
    Declaration,
    UploadChecksum,
    check_object,
    check_part,
    declared,
    declared_upload,
    mismatch,
    object_checksum,
    part_agrees,
    stored_upload,
    trailer_value,
)
from bushel.protocol.checksums import (
    ALGORITHMS,
    COMPOSITE,
    CRC32,
    CRC32C,
    CRC64NVME,
    FULL_OBJECT,
    SHA1,
    SHA256,
    checksum_text,
)
from bushel.protocol.errors import S3Error

GOOD = "y/Q5Jg=="
STREAMING = {"x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER"}
SEVERAL = "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed."
SDK = "x-amz-sdk-checksum-algorithm"


def refusal(function, *args):
    with pytest.raises(S3Error) as caught:
        function(*args)
    return caught.value


# What a body is declared to have.


def test_no_checksum_header_is_no_declaration():
    assert declared({"host": "a", "content-length": "3", "x-amz-checksum-mode": "ENABLED"}) == NOTHING


@pytest.mark.parametrize("algorithm", ALGORITHMS.values(), ids=lambda each: each.name)
@pytest.mark.parametrize("announced", [None, str.upper, str.lower])
def test_a_header_declares_its_value(algorithm, announced):
    digest = algorithm.digest(b"x")
    headers = {algorithm.header: checksum_text(digest)} | ({SDK: announced(algorithm.name)} if announced else {})

    assert declared(headers) == Declaration(algorithm, digest)


def test_a_trailer_is_declared_as_boto3_does_by_default():
    headers = STREAMING | {SDK: "CRC32", "x-amz-trailer": "x-amz-checksum-crc32"}

    assert declared(headers) == Declaration(CRC32, None, trailer=True)


def test_type_and_algorithm_headers_beside_a_value_are_let_pass_as_s3_does():
    headers = {"x-amz-checksum-crc32": GOOD, "x-amz-checksum-type": "COMPOSITE", "x-amz-checksum-algorithm": "crc32"}

    assert declared(headers).algorithm is CRC32


@pytest.mark.parametrize("announced", ["x-amz-checksum-crc32,", "x-amz-checksum-crc32,,", " X-Amz-Checksum-CRC32 "])
def test_empty_items_at_the_end_of_the_trailer_list_are_let_pass(announced):
    assert declared(STREAMING | {"x-amz-trailer": announced}).algorithm is CRC32


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ({"x-amz-checksum-crc32": GOOD, "x-amz-checksum-sha1": "98O8HYCOBHMq32eZZczDTKeuNEE="}, SEVERAL),
        ({"x-amz-checksum-crc32": "", "x-amz-checksum-crc32c": ""}, SEVERAL),
        ({"x-amz-checksum-crc32": GOOD, "x-amz-checksum-crc32c": GOOD, SDK: "sha256"}, SEVERAL),
        ({"x-amz-trailer": "x-amz-checksum-crc32, x-amz-checksum-sha256"}, SEVERAL),
        ({"x-amz-checksum-crc32": GOOD, "x-amz-trailer": "x-amz-checksum-crc32,x-amz-checksum-crc32"}, SEVERAL),
        (
            {"x-amz-checksum-crc32": GOOD, "x-amz-trailer": "x-amz-checksum-crc32", SDK: "crc32"},
            "Expecting a single x-amz-checksum- header",
        ),
        ({"x-amz-checksum-bad": GOOD}, "The algorithm type you specified in x-amz-checksum- header is invalid."),
        (
            {SDK: "CRC32"},
            (
                "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer "
                "headers were found."
            ),
        ),
        ({"x-amz-checksum-crc32": GOOD, SDK: "SHA1"}, f"Value for {SDK} header is invalid."),
        ({"x-amz-checksum-crc32": GOOD, SDK: "MD4"}, f"Value for {SDK} header is invalid."),
        ({"x-amz-checksum-crc32": "y/Q5Jh=="}, "Value for x-amz-checksum-crc32 header is invalid."),
        ({"x-amz-checksum-crc32": ""}, "Value for x-amz-checksum-crc32 header is invalid."),
        (
            {"x-amz-trailer": ",x-amz-checksum-crc32"},
            "The value specified in the x-amz-trailer header is not supported",
        ),
        (
            {"x-amz-trailer": "x-amz-checksum-crc32, ,"},
            "The value specified in the x-amz-trailer header is not supported",
        ),
        (
            {"x-amz-trailer": "x-amz-checksum-crc32,foo"},
            "The value specified in the x-amz-trailer header is not supported",
        ),
        ({"x-amz-trailer": "content-md5"}, "The value specified in the x-amz-trailer header is not supported"),
    ],
)
def test_what_s3_refuses_is_refused_in_its_words(headers, message):
    error = refusal(declared, STREAMING | headers)

    assert (error.code, error.status, error.message) == ("InvalidRequest", 400, message)


@pytest.mark.parametrize("sha256", ["UNSIGNED-PAYLOAD", "0" * 64, "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", ""])
def test_a_trailer_needs_a_body_that_can_have_one(sha256):
    error = refusal(declared, {"x-amz-content-sha256": sha256, "x-amz-trailer": "x-amz-checksum-crc32"})

    assert error.code == "MalformedTrailerError"


def test_the_value_of_a_trailer_is_read_or_refused():
    assert trailer_value(CRC32, {"x-amz-checksum-crc32": GOOD}) == CRC32.digest(b"123456789")
    assert refusal(trailer_value, CRC32, {}).code == "MalformedTrailerError"
    error = refusal(trailer_value, CRC32, {"x-amz-checksum-crc32": "not-base-64"})
    assert (error.code, error.message) == (
        "InvalidRequest",
        "Value for x-amz-checksum-crc32 trailing header is invalid.",
    )


def test_a_wrong_checksum_is_a_bad_digest_that_repeats_no_value():
    error = mismatch(CRC32)

    assert (error.code, error.status) == ("BadDigest", 400)
    assert error.message == "The CRC32 you specified did not match the calculated checksum."
    assert error.detail == {}


# Multipart uploads.


@pytest.mark.parametrize(
    ("algorithm", "checksum_type", "upload"),
    [
        (None, None, UploadChecksum(CRC64NVME, FULL_OBJECT, named=False)),
        ("CRC32", None, UploadChecksum(CRC32, COMPOSITE, named=True)),
        ("crc32c", None, UploadChecksum(CRC32C, COMPOSITE, named=True)),
        ("CRC32", "FULL_OBJECT", UploadChecksum(CRC32, FULL_OBJECT, named=True)),
        ("CRC32C", "full_object", UploadChecksum(CRC32C, FULL_OBJECT, named=True)),
        ("CRC64NVME", None, UploadChecksum(CRC64NVME, FULL_OBJECT, named=True)),
        ("SHA1", "COMPOSITE", UploadChecksum(SHA1, COMPOSITE, named=True)),
        ("SHA256", None, UploadChecksum(SHA256, COMPOSITE, named=True)),
    ],
)
def test_an_upload_gets_the_checksum_type_that_s3_gives_it(algorithm, checksum_type, upload):
    assert declared_upload(algorithm, checksum_type) == upload
    if upload.named:
        assert stored_upload(upload.algorithm.name, upload.type) == upload
    else:
        assert stored_upload("", "") == upload


@pytest.mark.parametrize(
    ("algorithm", "checksum_type", "message"),
    [
        ("SHA256", "FULL_OBJECT", "The FULL_OBJECT checksum type cannot be used with the sha256 checksum algorithm."),
        ("sha1", "FULL_OBJECT", "The FULL_OBJECT checksum type cannot be used with the sha1 checksum algorithm."),
        ("CRC64NVME", "COMPOSITE", "The COMPOSITE checksum type cannot be used with the crc64nvme checksum algorithm."),
        ("CRC32", "TEST", "Value for x-amz-checksum-type header is invalid."),
        (
            None,
            "COMPOSITE",
            "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.",
        ),
        ("CRC32,CRC32C", None, "Invalid types are specified in x-amz-checksum-algorithm header."),
        (
            "nope",
            None,
            (
                "Checksum algorithm provided is unsupported. Please try again with any of the valid types: "
                "[CRC32, CRC32C, CRC64NVME, SHA1, SHA256, SHA512, MD5, XXHASH64, XXHASH3, XXHASH128]"
            ),
        ),
    ],
)
def test_an_upload_that_s3_refuses_is_refused_in_its_words(algorithm, checksum_type, message):
    error = refusal(declared_upload, algorithm, checksum_type)

    assert (error.code, error.status, error.message) == ("InvalidRequest", 400, message)


def test_the_message_about_unknown_algorithms_lists_those_of_the_table():
    assert f"[{', '.join(ALGORITHMS)}]" in refusal(declared_upload, "nope", None).message


def test_parts_of_an_upload_without_an_algorithm_may_carry_any_checksum_or_none():
    upload = declared_upload(None, None)
    check_part(upload, NOTHING)
    check_part(upload, Declaration(CRC32C, bytes(4)))


def test_parts_carry_the_uploads_algorithm():
    upload = declared_upload("CRC32C", None)
    check_part(upload, Declaration(CRC32C, bytes(4)))

    error = refusal(check_part, upload, Declaration(CRC32, bytes(4)))

    assert (error.code, error.message) == (
        "InvalidRequest",
        "Checksum Type mismatch occurred, expected checksum Type: crc32c, actual checksum Type: crc32",
    )


def test_a_composite_upload_demands_a_checksum_of_each_part_and_a_full_object_one_does_not():
    check_part(declared_upload("CRC32", "FULL_OBJECT"), NOTHING)

    error = refusal(check_part, declared_upload("SHA256", None), NOTHING)

    assert (error.code, error.message) == (
        "InvalidRequest",
        "Checksum Type mismatch occurred, expected checksum Type: sha256, actual checksum Type: null",
    )


STORED = CRC32C.digest(b"123456789")
STORED_TEXT = "4waSgw=="


def test_a_completed_part_agrees_when_its_checksum_is_the_stored_one():
    upload = declared_upload("CRC32C", None)

    assert part_agrees(upload, 1, {CRC32C: STORED_TEXT}, STORED)
    assert not part_agrees(upload, 1, {CRC32C: "5waSgw=="}, STORED)


def test_a_full_object_upload_and_one_without_algorithm_complete_without_part_checksums():
    assert part_agrees(declared_upload("CRC32C", "FULL_OBJECT"), 1, {}, STORED)
    assert part_agrees(declared_upload(None, None), 1, {}, bytes(8))


def test_a_composite_upload_completes_with_the_checksum_of_every_part_only():
    error = refusal(part_agrees, declared_upload("CRC32C", None), 2, {}, STORED)

    assert (error.code, error.message) == (
        "InvalidRequest",
        (
            "The upload was created using a crc32c checksum. The complete request must include the checksum for "
            "each part. It was missing for part 2 in the request."
        ),
    )


def test_a_part_checksum_in_another_algorithm_is_refused():
    error = refusal(part_agrees, declared_upload("CRC32C", None), 2, {CRC32: GOOD}, STORED)

    assert (error.code, error.message) == (
        "BadDigest",
        "The crc32 you specified for part 2 did not match what we received.",
    )
    assert not part_agrees(declared_upload(None, None), 2, {CRC32: GOOD}, bytes(8))


@pytest.mark.parametrize(
    ("given", "value"),
    [
        ({CRC32C: "4waSgx=="}, "CRC32C:4waSgx==;"),
        ({CRC32: GOOD, CRC32C: STORED_TEXT}, "CRC32:y/Q5Jg==;CRC32C:4waSgw==;"),
    ],
)
def test_several_or_malformed_checksums_of_a_part_are_refused(given, value):
    error = refusal(part_agrees, declared_upload("CRC32C", None), 1, given, STORED)

    assert (error.code, error.message) == (
        "InvalidArgument",
        "Invalid Base64 or multiple checksums present in request",
    )
    assert error.detail == {"ArgumentName": "Checksum", "ArgumentValue": value}


def test_the_checksum_of_the_object_is_composed_or_combined():
    parts = [b"one", b"two!"]
    composite = object_checksum(declared_upload("CRC32", None), [(CRC32.digest(part), len(part)) for part in parts])
    full = object_checksum(declared_upload(None, None), [(CRC64NVME.digest(part), len(part)) for part in parts])

    assert composite == ("CRC32", COMPOSITE, CRC32.composite(map(CRC32.digest, parts)), 2)
    assert full == ("CRC64NVME", FULL_OBJECT, CRC64NVME.digest(b"onetwo!"), 0)


def completed(algorithm, checksum_type):
    upload = declared_upload(algorithm, checksum_type)
    return upload, object_checksum(upload, [(upload.algorithm.digest(b"123456789"), 9)])


@pytest.mark.parametrize("suffix", ["", "-1"])
def test_the_client_may_tell_a_composite_checksum_with_or_without_the_number_of_parts(suffix):
    upload, checksum = completed("CRC32", None)

    check_object(upload, {"x-amz-checksum-crc32": checksum_text(checksum.digest) + suffix}, checksum)


def test_the_client_may_tell_the_checksum_of_the_whole_object_and_its_type():
    upload, checksum = completed("CRC64NVME", None)

    check_object(upload, {"x-amz-checksum-crc64nvme": "rosUhgp5mIg=", "x-amz-checksum-type": "FULL_OBJECT"}, checksum)
    check_object(upload, {"host": "here"}, checksum)


@pytest.mark.parametrize(
    ("algorithm", "checksum_type", "headers", "code", "message"),
    [
        (
            "CRC32",
            None,
            {"x-amz-checksum-type": "FULL_OBJECT"},
            "InvalidRequest",
            (
                "The upload was created using the COMPOSITE checksum mode. "
                "The complete request must use the same checksum mode."
            ),
        ),
        (
            "CRC32",
            None,
            {"x-amz-checksum-type": "BOTH"},
            "InvalidRequest",
            "Value for x-amz-checksum-type header is invalid.",
        ),
        ("CRC32", "FULL_OBJECT", {"x-amz-checksum-crc32": GOOD, "x-amz-checksum-sha1": "x"}, "InvalidRequest", SEVERAL),
        (
            "CRC32",
            "FULL_OBJECT",
            {"x-amz-checksum-crc32c": STORED_TEXT},
            "InvalidRequest",
            "Checksum Type mismatch occurred, expected checksum Type: crc32, actual checksum Type: crc32c",
        ),
        (
            "CRC32",
            "FULL_OBJECT",
            {"x-amz-checksum-crc32": "nonsense"},
            "InvalidRequest",
            "Value for x-amz-checksum-crc32 header is invalid.",
        ),
        (
            "CRC32",
            "FULL_OBJECT",
            {"x-amz-checksum-crc32": "z/Q5Jg=="},
            "BadDigest",
            "The crc32 you specified did not match the calculated checksum.",
        ),
        (
            "CRC32",
            "FULL_OBJECT",
            {"x-amz-checksum-crc32": f"{GOOD}-0"},
            "BadDigest",
            "The crc32 you specified did not match the calculated checksum.",
        ),
        (
            "SHA256",
            None,
            {"x-amz-checksum-sha256": "GeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=-1"},
            "BadDigest",
            "The sha256 you specified did not match the calculated checksum.",
        ),
    ],
)
def test_a_completion_that_disagrees_is_refused(algorithm, checksum_type, headers, code, message):
    upload, checksum = completed(algorithm, checksum_type)

    error = refusal(check_object, upload, headers, checksum)

    assert (error.code, error.message) == (code, message)

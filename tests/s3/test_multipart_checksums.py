"""Checksums of multipart uploads: COMPOSITE and FULL_OBJECT, S3's defaults and refusals.

Sources: S3 User Guide, "Checking object integrity in Amazon S3", table "Full object and composite checksum types".
"""

import random

import pytest

from live.expect import refused
from live.sums import ALGORITHMS, checksum, composite

BODIES = [random.randbytes(5 * 1024 * 1024), random.randbytes(5 * 1024 * 1024 + 1), b"end"]
WHOLE = b"".join(BODIES)

DEFAULTS = dict.fromkeys(ALGORITHMS, "COMPOSITE") | {"CRC64NVME": "FULL_OBJECT"}
ALLOWED = [("CRC32", "COMPOSITE"), ("CRC32", "FULL_OBJECT"), ("CRC32C", "COMPOSITE"), ("CRC32C", "FULL_OBJECT")]
HASHES = [name for name in ALGORITHMS if not name.startswith("CRC")]
ALLOWED += [("CRC64NVME", "FULL_OBJECT"), *((name, "COMPOSITE") for name in HASHES)]


@pytest.fixture
def upload_parts(s3, bucket):
    """Upload ``bodies`` with their checksums; the list that Complete wants."""

    def upload(upload_id, algorithm, bodies=BODIES):
        parts = []
        for number, body in enumerate(bodies, 1):
            member = f"Checksum{algorithm}"
            answer = s3.upload_part(
                Bucket=bucket,
                Key="key",
                UploadId=upload_id,
                PartNumber=number,
                Body=body,
                **{member: checksum(algorithm, body)},
            )
            assert answer[member] == checksum(algorithm, body)
            parts.append({"PartNumber": number, "ETag": answer["ETag"], member: answer[member]})
        return parts

    return upload


@pytest.mark.parametrize(("algorithm", "kind"), ALLOWED)
def test_the_checksum_of_the_whole(s3, bucket, upload_parts, algorithm, kind):
    made = s3.create_multipart_upload(Bucket=bucket, Key="key", ChecksumAlgorithm=algorithm, ChecksumType=kind)
    assert (made["ChecksumAlgorithm"], made["ChecksumType"]) == (algorithm, kind)
    parts = upload_parts(made["UploadId"], algorithm)
    member = f"Checksum{algorithm}"
    listing = s3.list_parts(Bucket=bucket, Key="key", UploadId=made["UploadId"])
    assert (listing["ChecksumAlgorithm"], listing["ChecksumType"]) == (algorithm, kind)
    assert [item[member] for item in listing["Parts"]] == [checksum(algorithm, body) for body in BODIES]
    uploads = s3.list_multipart_uploads(Bucket=bucket)["Uploads"]
    assert [(item["ChecksumAlgorithm"], item["ChecksumType"]) for item in uploads] == [(algorithm, kind)]
    expected = composite(algorithm, BODIES) if kind == "COMPOSITE" else checksum(algorithm, WHOLE)
    answer = s3.complete_multipart_upload(
        Bucket=bucket, Key="key", UploadId=made["UploadId"], MultipartUpload={"Parts": parts}
    )
    assert (answer[member], answer["ChecksumType"]) == (expected, kind)
    head = s3.head_object(Bucket=bucket, Key="key", ChecksumMode="ENABLED")
    assert (head[member], head["ChecksumType"]) == (expected, kind)
    listed = s3.list_objects_v2(Bucket=bucket)["Contents"][0]
    assert (listed["ChecksumAlgorithm"], listed["ChecksumType"]) == ([algorithm], kind)
    got = s3.get_object(Bucket=bucket, Key="key", ChecksumMode="ENABLED")
    assert got["Body"].read() == WHOLE  # boto3 holds a full-object checksum against what it reads
    one = s3.get_object(Bucket=bucket, Key="key", PartNumber=3, ChecksumMode="ENABLED")
    assert one["Body"].read() == b"end"


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_default_type_of_each_algorithm(s3, bucket, algorithm):
    made = s3.create_multipart_upload(Bucket=bucket, Key="key", ChecksumAlgorithm=algorithm)
    assert (made["ChecksumAlgorithm"], made["ChecksumType"]) == (algorithm, DEFAULTS[algorithm])


@pytest.mark.parametrize(
    ("algorithm", "kind"), [("CRC64NVME", "COMPOSITE"), *((name, "FULL_OBJECT") for name in HASHES)]
)
def test_types_that_an_algorithm_does_not_have(s3, bucket, algorithm, kind):
    with refused("InvalidRequest", 400):
        s3.create_multipart_upload(Bucket=bucket, Key="key", ChecksumAlgorithm=algorithm, ChecksumType=kind)


def test_a_type_needs_an_algorithm(s3, bucket):
    with refused("InvalidRequest", 400):
        s3.create_multipart_upload(Bucket=bucket, Key="key", ChecksumType="FULL_OBJECT")


def test_an_unknown_algorithm_or_type_is_refused(s3, bucket):
    with refused("InvalidRequest", 400):
        s3.create_multipart_upload(Bucket=bucket, Key="key", ChecksumAlgorithm="ADLER32")
    with refused("InvalidRequest", 400):
        s3.create_multipart_upload(Bucket=bucket, Key="key", ChecksumAlgorithm="CRC32", ChecksumType="HALF")


def test_without_an_algorithm_the_whole_gets_crc64nvme(server, clients, bucket):
    plain = clients(server, request_checksum_calculation="when_required")
    upload = plain.create_multipart_upload(Bucket=bucket, Key="key")
    assert "ChecksumAlgorithm" not in upload
    parts = []
    for number, body in enumerate(BODIES, 1):
        answer = plain.upload_part(Bucket=bucket, Key="key", UploadId=upload["UploadId"], PartNumber=number, Body=body)
        parts.append({"PartNumber": number, "ETag": answer["ETag"]})
    answer = plain.complete_multipart_upload(
        Bucket=bucket, Key="key", UploadId=upload["UploadId"], MultipartUpload={"Parts": parts}
    )
    assert (answer["ChecksumCRC64NVME"], answer["ChecksumType"]) == (checksum("CRC64NVME", WHOLE), "FULL_OBJECT")


def test_composite_complete_must_repeat_the_checksums(s3, bucket, upload_parts):
    upload = s3.create_multipart_upload(Bucket=bucket, Key="key", ChecksumAlgorithm="SHA256")["UploadId"]
    parts = upload_parts(upload, "SHA256", [b"only"])
    target = {"Bucket": bucket, "Key": "key", "UploadId": upload}
    bare = [{"PartNumber": 1, "ETag": parts[0]["ETag"]}]
    with refused("InvalidRequest", 400):
        s3.complete_multipart_upload(**target, MultipartUpload={"Parts": bare})
    wrong = [{**bare[0], "ChecksumSHA256": checksum("SHA256", b"other")}]
    with refused("InvalidPart", 400):
        s3.complete_multipart_upload(**target, MultipartUpload={"Parts": wrong})
    s3.complete_multipart_upload(**target, MultipartUpload={"Parts": parts})


def test_full_object_complete_need_not(s3, bucket, upload_parts):
    made = s3.create_multipart_upload(Bucket=bucket, Key="key", ChecksumAlgorithm="CRC32C", ChecksumType="FULL_OBJECT")
    parts = upload_parts(made["UploadId"], "CRC32C")
    bare = [{"PartNumber": item["PartNumber"], "ETag": item["ETag"]} for item in parts]
    target = {"Bucket": bucket, "Key": "key", "UploadId": made["UploadId"], "MultipartUpload": {"Parts": bare}}
    with refused("BadDigest", 400):
        s3.complete_multipart_upload(**target, ChecksumCRC32C=checksum("CRC32C", b"other"))
    answer = s3.complete_multipart_upload(
        **target, ChecksumCRC32C=checksum("CRC32C", WHOLE), ChecksumType="FULL_OBJECT"
    )
    assert answer["ChecksumCRC32C"] == checksum("CRC32C", WHOLE)


def test_the_type_at_complete_must_be_that_of_the_upload(s3, bucket, upload_parts):
    made = s3.create_multipart_upload(Bucket=bucket, Key="key", ChecksumAlgorithm="CRC32", ChecksumType="FULL_OBJECT")
    parts = upload_parts(made["UploadId"], "CRC32", [b"only"])
    target = {"Bucket": bucket, "Key": "key", "UploadId": made["UploadId"], "MultipartUpload": {"Parts": parts}}
    with refused("InvalidRequest", 400):  # S3 answers so; its API Reference says BadDigest
        s3.complete_multipart_upload(**target, ChecksumType="COMPOSITE")
    s3.complete_multipart_upload(**target)


def test_a_part_must_have_the_algorithm_of_the_upload(s3, bucket):
    upload = s3.create_multipart_upload(Bucket=bucket, Key="key", ChecksumAlgorithm="SHA256")["UploadId"]
    with refused("InvalidRequest", 400):
        s3.upload_part(
            Bucket=bucket,
            Key="key",
            UploadId=upload,
            PartNumber=1,
            Body=b"x",
            ChecksumCRC32=checksum("CRC32", b"x"),
        )


def test_a_part_with_a_wrong_checksum_is_not_there(wire, s3, bucket):
    upload = s3.create_multipart_upload(Bucket=bucket, Key="key", ChecksumAlgorithm="CRC32")["UploadId"]
    answer = wire.signed(
        "PUT",
        f"/{bucket}/key?partNumber=1&uploadId={upload}",
        {"x-amz-checksum-crc32": checksum("CRC32", b"other")},
        b"x",
    )
    assert (answer.status, answer.code) == (400, "BadDigest")
    assert "Parts" not in s3.list_parts(Bucket=bucket, Key="key", UploadId=upload)


@pytest.mark.parametrize("algorithm", ["CRC32", "CRC64NVME", "SHA256", "MD5", "XXHASH128"])
def test_copied_parts_are_summed_too(s3, bucket, put, algorithm):
    put("source", WHOLE)
    made = s3.create_multipart_upload(Bucket=bucket, Key="key", ChecksumAlgorithm=algorithm)
    member, parts = f"Checksum{algorithm}", []
    for number, first in enumerate((0, 5 * 1024 * 1024), 1):
        copied = s3.upload_part_copy(
            Bucket=bucket,
            Key="key",
            UploadId=made["UploadId"],
            PartNumber=number,
            CopySource=f"{bucket}/source",
            CopySourceRange=f"bytes={first}-{first + 5 * 1024 * 1024 - 1}",
        )["CopyPartResult"]
        assert copied[member] == checksum(algorithm, WHOLE[first : first + 5 * 1024 * 1024])
        parts.append({"PartNumber": number, "ETag": copied["ETag"], member: copied[member]})
    answer = s3.complete_multipart_upload(
        Bucket=bucket, Key="key", UploadId=made["UploadId"], MultipartUpload={"Parts": parts}
    )
    half = 5 * 1024 * 1024
    pieces = [WHOLE[:half], WHOLE[half : 2 * half]]
    whole = checksum(algorithm, b"".join(pieces))
    assert answer[member] == (whole if DEFAULTS[algorithm] == "FULL_OBJECT" else composite(algorithm, pieces))

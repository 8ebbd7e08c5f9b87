"""What one worker did, every other worker knows at the next request: for buckets and rights too
(SEMANTICS.md, S2).

Every request here has a connection of its own, so that the kernel deals them out among the workers.
"""

import pytest

pytestmark = pytest.mark.server_kinds("embedded-3")

ALL_WORKERS = 12  # connections that meet each of three workers but once in a hundred runs, of which there are many


def test_a_bucket_made_anew_is_the_new_one_everywhere(wire, bucket_names):
    """Buckets are remembered by instance, and instances die with their bucket."""
    name = bucket_names()
    for turn in range(15):
        assert wire.signed("PUT", f"/{name}").status == 200
        assert {wire.signed("HEAD", f"/{name}").status for _ in range(4)} == {200}
        for number in range(4):
            body = f"{turn} {number}".encode()
            assert wire.signed("PUT", f"/{name}/k{number}", body=body).status == 200
            assert {wire.signed("GET", f"/{name}/k{number}").body for _ in range(3)} == {body}
        assert wire.signed("GET", f"/{name}?list-type=2").text("KeyCount") == "4"
        for number in range(4):
            assert wire.signed("DELETE", f"/{name}/k{number}").status == 204
        assert wire.signed("DELETE", f"/{name}").status == 204
        assert {wire.signed("HEAD", f"/{name}").status for _ in range(ALL_WORKERS)} == {404}
        assert {wire.signed("PUT", f"/{name}/k", body=b"x").status for _ in range(4)} == {404}


def test_a_name_that_changed_hands_has_the_new_owner_everywhere(wire, second, bucket_names):
    name = bucket_names()
    for _ in range(5):
        assert wire.signed("PUT", f"/{name}", {"x-amz-acl": "public-read-write"}).status == 200
        assert {second.wire.signed("PUT", f"/{name}/k", body=b"x").status for _ in range(4)} == {200}
        assert wire.signed("DELETE", f"/{name}/k").status == 204
        assert wire.signed("DELETE", f"/{name}").status == 204
        assert second.wire.signed("PUT", f"/{name}").status == 200
        assert {wire.send("GET", f"/{name}").status for _ in range(ALL_WORKERS)} == {403}
        assert {second.wire.signed("GET", f"/{name}").status for _ in range(4)} == {200}
        assert second.wire.signed("DELETE", f"/{name}").status == 204


def test_rights_given_and_taken_act_everywhere(wire, second, bucket, put):
    put("key", b"x")
    for _ in range(5):
        assert wire.signed("PUT", f"/{bucket}/key?acl", {"x-amz-acl": "public-read"}).status == 200
        assert {wire.send("GET", f"/{bucket}/key").status for _ in range(ALL_WORKERS)} == {200}
        assert wire.signed("PUT", f"/{bucket}/key?acl", {"x-amz-acl": "private"}).status == 200
        assert {wire.send("GET", f"/{bucket}/key").status for _ in range(ALL_WORKERS)} == {403}
        assert wire.signed("PUT", f"/{bucket}?acl", {"x-amz-grant-read": f"id={second.id}"}).status == 200
        assert {second.wire.signed("GET", f"/{bucket}").status for _ in range(ALL_WORKERS)} == {200}
        assert wire.signed("PUT", f"/{bucket}?acl", {"x-amz-acl": "private"}).status == 200
        assert {second.wire.signed("GET", f"/{bucket}").status for _ in range(ALL_WORKERS)} == {403}


def test_an_upload_moves_from_worker_to_worker(wire, bucket):
    for _ in range(5):
        upload = wire.signed("POST", f"/{bucket}/key?uploads").text("UploadId")
        target = f"/{bucket}/key?uploadId={upload}"
        etags = []
        for number, body in enumerate((b"a" * 5_242_880, b"b"), 1):
            answer = wire.signed("PUT", f"/{bucket}/key?partNumber={number}&uploadId={upload}", body=body)
            assert answer.status == 200, answer.body
            etags.append(answer.headers["etag"])
        assert {wire.signed("GET", target).status for _ in range(4)} == {200}
        items = "".join(
            f"<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>" for number, etag in enumerate(etags, 1)
        )
        document = f"<CompleteMultipartUpload>{items}</CompleteMultipartUpload>".encode()
        assert wire.signed("POST", target, body=document).status == 200
        assert {len(wire.signed("GET", f"/{bucket}/key").body) for _ in range(3)} == {5_242_881}
        assert {wire.signed("GET", target).status for _ in range(ALL_WORKERS)} == {404}

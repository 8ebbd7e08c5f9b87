"""GetObjectTorrent and the tracker. Source: S3 API Reference, GetObjectTorrent; BEP 3, 7, 19, 23, 48.

Swarms are known to all workers (SEMANTICS.md, S2), a torrent is of one version (S5) and refused
where the object is private (S6).
"""

import hashlib
import http.client
import os
import random
import signal
from functools import partial
from urllib.parse import quote, urlsplit

import pytest

from bushel.protocol.bencode import decode
from bushel.protocol.torrent import read_torrent
from live.expect import assert_refused, refused
from live.policies import allow, document
from live.server import wait_until
from live.sse import customer
from live.wire import Wire

DATA = random.Random(7).randbytes(700_001)
PIECE = 262_144
PUBLIC = {"ACL": "public-read"}


def hashes_of(data):
    return b"".join(hashlib.sha1(data[at : at + PIECE]).digest() for at in range(0, len(data), PIECE))


@pytest.fixture
def torrent(wire, bucket):
    """The torrent of a key as anybody gets it."""

    def get(key="key"):
        answer = wire.send("GET", f"/{bucket}/{quote(key)}?torrent")
        assert answer.status == 200, answer.body
        return read_torrent(answer.body)

    return get


def announce(wire, info_hash, *, peer_id=b"-XX0001-000000000000", headers=None, **fields):
    """What the tracker answers to one peer."""
    fields = {"info_hash": info_hash, "peer_id": peer_id, "port": "6881", "left": "1"} | fields
    query = "&".join(f"{name}={quote(value, safe='')}" for name, value in fields.items())
    answer = wire.send("GET", f"/_/tracker/announce?{query}", headers)
    assert answer.status == 200, answer.body
    assert answer.headers["content-type"] == "text/plain"
    return decode(answer.body)


def scrape(wire, *info_hashes):
    query = "&".join(f"info_hash={quote(each, safe='')}" for each in info_hashes)
    answer = wire.send("GET", f"/_/tracker/scrape?{query}")
    assert answer.status == 200, answer.body
    return decode(answer.body)


def seeds_of(torrent):
    return list(torrent.seeds)


# --- the file -----------------------------------------------------------------------------------------------------


def test_a_torrent_describes_the_object_and_names_the_server(wire, bucket, put):
    put("some dir/file ä.bin", DATA, **PUBLIC)
    answer = wire.send("GET", f"/{bucket}/some%20dir/file%20%C3%A4.bin?torrent")
    assert answer.status == 200, answer.body
    assert answer.headers["content-type"] == "application/x-bittorrent"
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''file%20%C3%A4.bin.torrent"
    found = decode(answer.body)
    info = found[b"info"]
    assert info.pop(b"source")
    assert info == {
        b"length": len(DATA),
        b"name": "file ä.bin".encode(),
        b"piece length": PIECE,
        b"pieces": hashes_of(DATA),
    }
    assert found[b"announce"].decode() == f"{wire.endpoint}/_/tracker/announce"
    assert [each.decode() for each in found[b"url-list"]] == [f"{wire.endpoint}/{bucket}/some%20dir/file%20%C3%A4.bin"]


def test_boto3_gets_it(s3, bucket, put):
    put("plain.bin", b"hello", **PUBLIC)
    answer = s3.get_object_torrent(Bucket=bucket, Key="plain.bin")
    raw = answer["Body"].read()
    assert decode(raw)[b"info"][b"pieces"] == hashlib.sha1(b"hello").digest()
    headers = answer["ResponseMetadata"]["HTTPHeaders"]
    assert headers["content-disposition"] == 'attachment; filename="plain.bin.torrent"'
    assert int(headers["content-length"]) == len(raw)


@pytest.mark.parametrize("size", [1, 12_288, 12_289, PIECE - 1, PIECE, PIECE + 1, 3 * 1024 * 1024 + 1])
def test_objects_of_any_size_are_hashed_in_pieces(wire, bucket, put, size):
    data = random.Random(size).randbytes(size)
    put(body=data, **PUBLIC)
    found = decode(wire.send("GET", f"/{bucket}/key?torrent").body)[b"info"]
    assert (found[b"length"], found[b"pieces"]) == (size, hashes_of(data))


def test_an_object_in_parts_is_one_file(s3, wire, bucket):
    pieces = [random.Random(number).randbytes(5 * 1024 * 1024 + number) for number in range(3)]
    target = {"Bucket": bucket, "Key": "key"}
    upload = target | {"UploadId": s3.create_multipart_upload(**target, **PUBLIC)["UploadId"]}
    parts = [
        {"PartNumber": number, "ETag": s3.upload_part(**upload, PartNumber=number, Body=piece)["ETag"]}
        for number, piece in enumerate(pieces, 1)
    ]
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    found = decode(wire.send("GET", f"/{bucket}/key?torrent").body)[b"info"]
    assert found[b"pieces"] == hashes_of(b"".join(pieces))


def test_it_is_the_same_however_often_it_is_asked_for(wire, bucket, put):
    put(body=DATA * 3, **PUBLIC)
    assert len({wire.send("GET", f"/{bucket}/key?torrent").body for _ in range(6)}) == 1


def test_one_version_has_one_torrent(torrent, put):
    """Bytes and name alone do not make it: what is tracked ends with the version."""
    put(body=b"same", **PUBLIC)
    first = torrent()
    put(body=b"same", **PUBLIC)
    assert torrent().info_hash != first.info_hash


def test_a_request_to_the_bucket_s_own_host_names_the_service_s(wire, bucket, put):
    put("a key", b"x", **PUBLIC)
    host = f"{bucket}.s3.localhost:{urlsplit(wire.endpoint).port}"
    found = read_torrent(wire.send("GET", "/a%20key?torrent", host=host).body)
    service = host.removeprefix(f"{bucket}.")
    assert found.announce == f"http://{service}/_/tracker/announce"
    assert found.seeds == (f"http://{service}/{bucket}/a%20key",)


def test_links_are_to_the_public_url(start_server):
    server = start_server(flags=("--public-url", "https://s3.example.org"))
    wire = Wire(server.endpoint, server.access_key, server.secret_key)
    wire.signed("PUT", "/disks")
    wire.signed("PUT", "/disks/a.iso", {"x-amz-acl": "public-read"}, b"x")
    found = read_torrent(wire.send("GET", "/disks/a.iso?torrent").body)
    assert found.announce == "https://s3.example.org/_/tracker/announce"
    assert found.seeds == ("https://s3.example.org/disks/a.iso",)


# --- who has one --------------------------------------------------------------------------------------------------


def test_a_private_object_has_none_for_anybody(s3, anonymous, bucket, put):
    """Nor for its owner, who may read it: a torrent shares it with everybody (S6)."""
    put()
    for client in (s3, anonymous):
        with refused("AccessDenied", 403):
            client.get_object_torrent(Bucket=bucket, Key="key")
    put(ACL="authenticated-read")
    with refused("AccessDenied", 403):
        s3.get_object_torrent(Bucket=bucket, Key="key")


def test_a_policy_makes_an_object_public_and_lets_its_torrent_be_had(s3, anonymous, bucket, put):
    put()
    s3.put_bucket_policy(Bucket=bucket, Policy=document(bucket, allow("s3:GetObject", "/*")))
    assert s3.get_object_torrent(Bucket=bucket, Key="key")["Body"].read()
    with refused("AccessDenied", 403):  # of others the action is another one
        anonymous.get_object_torrent(Bucket=bucket, Key="key")
    both = ["s3:GetObject", "s3:GetObjectTorrent"]
    s3.put_bucket_policy(Bucket=bucket, Policy=document(bucket, allow(both, "/*")))
    assert anonymous.get_object_torrent(Bucket=bucket, Key="key")["Body"].read()


def test_a_public_access_block_takes_it_back(s3, wire, bucket, put, torrent):
    put(**PUBLIC)
    info_hash = torrent().info_hash
    assert "peers" in str(announce(wire, info_hash))
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration={"IgnorePublicAcls": True})
    with refused("AccessDenied", 403):
        s3.get_object_torrent(Bucket=bucket, Key="key")
    assert b"failure reason" in announce(wire, info_hash)


def test_where_the_requester_pays_nobody_has_one(s3, bucket, put):
    put(**PUBLIC)
    s3.put_bucket_request_payment(Bucket=bucket, RequestPaymentConfiguration={"Payer": "Requester"})
    with refused("AccessDenied", 403):
        s3.get_object_torrent(Bucket=bucket, Key="key", RequestPayer="requester")


def test_what_cannot_be_shared_is_refused(s3, wire, bucket, put):
    put("sse-c", **PUBLIC, **customer())
    with refused("InvalidRequest", 400):
        s3.get_object_torrent(Bucket=bucket, Key="sse-c")
    put("empty", b"", **PUBLIC)
    with refused("InvalidRequest", 400):
        s3.get_object_torrent(Bucket=bucket, Key="empty")
    put("kms", ServerSideEncryption="aws:kms", **PUBLIC)
    with refused("AccessDenied", 403):  # without a name it cannot be read, whatever its ACL says
        s3.get_object_torrent(Bucket=bucket, Key="kms")
    with refused("NoSuchKey", 404):
        s3.get_object_torrent(Bucket=bucket, Key="missing")
    with refused("NoSuchBucket", 404):
        s3.get_object_torrent(Bucket=f"{bucket}-not", Key="missing")
    assert_refused(wire.signed("GET", f"/{bucket}?torrent"), "RequestTorrentOfBucketError", 400)
    with refused("AccessDenied", 403):
        s3.get_object_torrent(Bucket=bucket, Key="kms", ExpectedBucketOwner="0" * 12)


def test_what_the_server_encrypts_is_shared_plain(wire, bucket, put):
    put(body=DATA, ServerSideEncryption="AES256", **PUBLIC)
    assert decode(wire.send("GET", f"/{bucket}/key?torrent").body)[b"info"][b"pieces"] == hashes_of(DATA)


def test_a_version_that_is_named_has_none(s3, wire, bucket, put):
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    version = put(**PUBLIC)["VersionId"]
    assert_refused(wire.signed("GET", f"/{bucket}/key?torrent&versionId={version}"), "InvalidArgument", 400)


# --- versions -----------------------------------------------------------------------------------------------------


def test_where_versions_are_kept_a_web_seed_names_the_version(s3, wire, bucket, put, torrent):
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    version = put(body=DATA, **PUBLIC)["VersionId"]
    plain = f"{wire.endpoint}/{bucket}/key"
    found = torrent()
    assert found.seeds == (f"{plain}?versionId={version}", plain)
    put(body=b"newer", **PUBLIC)
    assert wire.send("GET", found.seeds[0].removeprefix(wire.endpoint)).body == DATA


def test_a_web_seed_is_a_url_that_anybody_can_read(s3, wire, bucket, put, torrent):
    """Where a policy allows s3:GetObject and not s3:GetObjectVersion, naming the version would be refused."""
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    both = ["s3:GetObject", "s3:GetObjectTorrent"]
    s3.put_bucket_policy(Bucket=bucket, Policy=document(bucket, allow(both, "/*")))
    put(body=DATA)
    assert torrent().seeds == (f"{wire.endpoint}/{bucket}/key",)


def test_what_was_overwritten_is_tracked_no_more(wire, bucket, put, torrent):
    put(body=b"old", **PUBLIC)
    old = torrent()
    assert b"peers" in announce(wire, old.info_hash)
    put(body=b"new", **PUBLIC)
    assert b"failure reason" in announce(wire, old.info_hash)
    assert scrape(wire, old.info_hash)[b"files"] == {}
    assert b"peers" in announce(wire, torrent().info_hash)


def test_a_version_that_is_the_current_one_again_is_tracked_again(s3, wire, bucket, put, torrent):
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    put(body=b"old", **PUBLIC)
    old = torrent()
    newer = put(body=b"new", **PUBLIC)["VersionId"]
    assert b"failure reason" in announce(wire, old.info_hash)
    s3.delete_object(Bucket=bucket, Key="key", VersionId=newer)
    assert b"peers" in announce(wire, old.info_hash)
    assert torrent().info_hash == old.info_hash
    s3.delete_object(Bucket=bucket, Key="key")
    assert b"failure reason" in announce(wire, old.info_hash)


def test_a_bucket_made_anew_has_none_of_the_old_one(s3, wire, bucket, put, torrent):
    put(body=b"x", **PUBLIC)
    old = torrent()
    s3.delete_object(Bucket=bucket, Key="key")
    s3.delete_bucket(Bucket=bucket)
    assert b"failure reason" in announce(wire, old.info_hash)
    s3.create_bucket(Bucket=bucket)
    put(body=b"x", **PUBLIC)
    assert b"failure reason" in announce(wire, old.info_hash)
    assert b"peers" in announce(wire, torrent().info_hash)


# --- the tracker --------------------------------------------------------------------------------------------------


def test_every_worker_knows_everybody(wire, put, torrent):
    """Each announcement has a connection of its own, so they come to all workers (S2)."""
    put(**PUBLIC)
    info_hash = torrent().info_hash
    for number in range(12):
        said = announce(wire, info_hash, port=str(1000 + number), left=str(number % 2))
        assert said[b"complete"] + said[b"incomplete"] == number + 1
        ports = {int.from_bytes(said[b"peers"][at + 4 : at + 6], "big") for at in range(0, len(said[b"peers"]), 6)}
        others = range(1000, 1000 + number)
        assert ports == {port for port in others if number % 2 or port % 2}  # who has all needs nobody who has
    announce(wire, info_hash, port="1001", left="0", event="completed")
    announce(wire, info_hash, port="1000", event="stopped")
    for _ in range(6):
        assert scrape(wire, info_hash)[b"files"] == {info_hash: {b"complete": 6, b"downloaded": 1, b"incomplete": 5}}


def test_a_peer_is_told_as_it_asks(wire, put, torrent):
    put(**PUBLIC)
    info_hash = torrent().info_hash
    announce(wire, info_hash, port="258", peer_id=b"-XX0001-first0000000")
    assert announce(wire, info_hash, port="2", compact="1")[b"peers"] == b"\x7f\0\0\1\1\2"
    told = {b"ip": b"127.0.0.1", b"port": 258, b"peer id": b"-XX0001-first0000000"}
    assert announce(wire, info_hash, port="2", compact="0")[b"peers"] == [told]
    del told[b"peer id"]
    assert announce(wire, info_hash, port="2", compact="0", no_peer_id="1")[b"peers"] == [told]
    assert announce(wire, info_hash, port="2", numwant="0")[b"peers"] == b""
    assert len(announce(wire, info_hash, port="2", numwant="999999999")[b"peers"]) == 6
    said = announce(wire, info_hash, port="2")
    assert said[b"interval"] >= said[b"min interval"] > 0


def test_an_address_that_a_peer_claims_counts_for_nothing(wire, put, torrent):
    put(**PUBLIC)
    info_hash = torrent().info_hash
    forged = {"X-Forwarded-For": "198.51.100.1"}
    announce(wire, info_hash, port="1", ip="198.51.100.1", ipv6="2001:db8::1", headers=forged)
    assert announce(wire, info_hash, port="2", compact="0", no_peer_id="1")[b"peers"] == [
        {b"ip": b"127.0.0.1", b"port": 1}
    ]


def test_behind_a_proxy_that_is_trusted_a_peer_is_whom_it_names(start_server):
    server = start_server(workers=2, flags=("--trusted-proxy", "127.0.0.0/8"))
    wire = Wire(server.endpoint, server.access_key, server.secret_key)
    wire.signed("PUT", "/disks")
    wire.signed("PUT", "/disks/a.iso", {"x-amz-acl": "public-read"}, b"x")
    info_hash = read_torrent(wire.send("GET", "/disks/a.iso?torrent").body).info_hash

    announce(wire, info_hash, port="258", headers={"X-Forwarded-For": "198.51.100.1"})
    announce(wire, info_hash, port="259", headers={"X-Forwarded-For": "2001:db8::1"})
    said = announce(wire, info_hash, headers={"X-Forwarded-For": "203.0.113.9"})

    assert said[b"peers"] == bytes([198, 51, 100, 1, 1, 2])
    assert said[b"peers6"] == bytes.fromhex("20010db8000000000000000000000001") + b"\1\3"


@pytest.mark.parametrize("info_hash", [b"", b"short", b"x" * 20, b"\0" * 20, b"x" * 5000])
def test_a_torrent_that_nobody_issued_is_not_tracked(wire, info_hash):
    assert list(announce(wire, info_hash)) == [b"failure reason"]


def test_what_is_malformed_is_refused_in_the_tracker_s_language(wire, put, torrent):
    put(**PUBLIC)
    info_hash = torrent().info_hash
    for fields in ({"port": "0"}, {"port": "x"}, {"peer_id": b"short"}, {"left": "much"}, {"event": "boom"}):
        assert list(announce(wire, info_hash, **fields)) == [b"failure reason"], fields
    for target in ("/_/tracker/announce", "/_/tracker/scrape", "/_/tracker/announce?%ff%zz&&=&info_hash"):
        answer = wire.send("GET", target)
        assert (answer.status, list(decode(answer.body))) == (200, [b"failure reason"])
    assert_refused(wire.send("POST", "/_/tracker/announce"), "MethodNotAllowed", 405)
    assert_refused(wire.send("GET", "/_/tracker/"), "NoSuchKey", 404)
    assert_refused(wire.send("GET", "/_/tracker"), "NoSuchKey", 404)


def test_a_scrape_tells_of_those_that_are_tracked(wire, put, torrent):
    put("one", **PUBLIC)
    put("two", **PUBLIC)
    one, two = torrent("one").info_hash, torrent("two").info_hash
    announce(wire, one, left="0")
    nothing = {b"complete": 0, b"downloaded": 0, b"incomplete": 0}
    assert scrape(wire, one, two, b"n" * 20)[b"files"] == {one: nothing | {b"complete": 1}, two: nothing}


def test_the_tracker_is_not_on_the_hosts_of_buckets(wire, bucket, put):
    put("_/tracker/announce", b"a key", **PUBLIC)
    assert wire.send("GET", "/_/tracker/announce", host=f"{bucket}.s3.localhost").body == b"a key"


# --- kills and restarts -------------------------------------------------------------------------------------------


def test_a_killed_worker_takes_nobody_along_and_a_new_one_knows_them(start_server):
    """The swarm is in memory of the whole family (S2)."""
    server = start_server(workers=2)
    wire = Wire(server.endpoint, server.access_key, server.secret_key)
    wire.signed("PUT", "/disks")
    wire.signed("PUT", "/disks/a.iso", {"x-amz-acl": "public-read"}, b"x")
    info_hash = read_torrent(wire.send("GET", "/disks/a.iso?torrent").body).info_hash
    announce(wire, info_hash, port="258")
    for pid in server.worker_pids():
        os.kill(pid, signal.SIGKILL)
        wait_until(partial(_is_replaced, server, pid), what="a new worker")
    for _ in range(4):
        wait_until(lambda: _answers(wire), what="an answer")
        assert announce(wire, info_hash, port="2", numwant="1")[b"peers"] == b"\x7f\0\0\1\1\2"


def _is_replaced(server, pid):
    return pid not in server.worker_pids() and len(server.worker_pids()) == 2


def _answers(wire):
    try:
        return wire.send("GET", "/_/health/live").status == 200
    except (OSError, http.client.HTTPException):
        return False


def test_piece_hashes_are_kept_and_swarms_are_not(start_server):
    server = start_server(workers=1)
    wire = Wire(server.endpoint, server.access_key, server.secret_key)
    wire.signed("PUT", "/disks")
    wire.signed("PUT", "/disks/a.iso", {"x-amz-acl": "public-read"}, DATA)
    before = wire.send("GET", "/disks/a.iso?torrent").body
    info_hash = read_torrent(before).info_hash
    announce(wire, info_hash, port="258")
    server.restart()
    assert wire.send("GET", "/disks/a.iso?torrent").body == before
    assert announce(wire, info_hash, port="2")[b"peers"] == b""


def test_every_denial_is_logged(start_server):
    server = start_server()
    wire = Wire(server.endpoint, server.access_key, server.secret_key)
    wire.signed("PUT", "/disks")
    wire.signed("PUT", "/disks/a.iso", body=b"x")
    assert_refused(wire.signed("GET", "/disks/a.iso?torrent"), "AccessDenied", 403)
    assert "denied: GET /disks/a.iso" in server.log_text()
    assert "a torrent shares an object with everybody" in server.log_text()

"""Uploads by HTML form: PostObject.

Source: S3 API Reference, "POST Object" and "Browser-based uploads using POST"; error texts as S3 gives them.
"""

import base64
import hashlib
import json
import socket
import threading
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from live.expect import assert_refused, refused
from live.forms import form_body, post_form

MIB = 1024 * 1024


@pytest.fixture
def open_bucket(s3, bucket_names):
    """A bucket to which everybody may write."""
    name = bucket_names()
    s3.create_bucket(Bucket=name, ACL="public-read-write")
    return name


@pytest.fixture
def presigned(server, clients, bucket):
    """The fields of a form that boto3 signs, with Signature Version 4: ``presigned(key, fields, conditions)``."""
    version_4 = clients(server, signature_version="s3v4")

    def fields(key="key", values=None, conditions=(), client=None, expires=300):
        made = (client or version_4).generate_presigned_post(
            bucket,
            key,
            Fields=values or {},
            Conditions=[*({name: value} for name, value in (values or {}).items()), *conditions],
            ExpiresIn=expires,
        )
        assert urlsplit(made["url"]).path == f"/{bucket}"
        return made["fields"]

    return fields


@pytest.fixture
def post(wire, bucket):
    """``post(fields, file)`` to the test's bucket."""

    def send(fields, file=b"hello", headers=None):
        return post_form(wire, f"/{bucket}", fields, file, headers)

    return send


def _boundary(content_type):
    return content_type.partition("=")[2].encode()


def keys(s3, bucket):
    return [each["Key"] for each in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]


@pytest.mark.parametrize("version", ["s3v4", "s3"])
def test_a_form_that_boto3_signed_uploads_its_file(server, clients, s3, bucket, presigned, post, read, version):
    client = clients(server, signature_version=version)
    answer = post(presigned("in/${filename}", client=client), ("C:\\pictures\\a b.txt", b"content"))
    assert (answer.status, answer.body) == (204, b"")
    etag = f'"{hashlib.md5(b"content").hexdigest()}"'
    assert answer.headers["etag"] == etag
    assert answer.headers["location"] == f"{server.endpoint}/{bucket}/in%2Fa%20b.txt"
    assert "content-type" not in answer.headers
    assert read("in/a b.txt") == b"content"
    head = s3.head_object(Bucket=bucket, Key="in/a b.txt")
    assert head["ETag"] == etag
    assert head["ContentType"] == "binary/octet-stream"


def test_an_object_has_the_properties_that_the_form_has(s3, wire, bucket, presigned, post):
    values = {
        "acl": "public-read",
        "Content-Type": "text/plain; charset=utf-8",
        "Cache-Control": "max-age=60",
        "Content-Disposition": "inline",
        "Content-Encoding": "identity",
        "Expires": "Wed, 21 Oct 2037 07:28:00 GMT",
        "x-amz-meta-Color": "green",
        "x-amz-meta-name": "Größe ☃",
        "x-amz-storage-class": "STANDARD",
        "x-amz-checksum-sha256": base64.b64encode(hashlib.sha256(b"hello").digest()).decode(),
        "success_action_status": "200",
    }
    answer = post(presigned("key", values))
    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["x-amz-checksum-sha256"] == values["x-amz-checksum-sha256"]
    read = wire.send("GET", f"/{bucket}/key")
    assert read.status == 200
    for name in ("Content-Type", "Cache-Control", "Content-Disposition", "Content-Encoding", "Expires"):
        assert read.headers[name.lower()] == values[name]
    head = s3.head_object(Bucket=bucket, Key="key", ChecksumMode="ENABLED")
    assert head["Metadata"]["color"] == "green"
    assert head["Metadata"]["name"] == "=?UTF-8?B?R3LDtsOfZSDimIM=?="
    assert head["ChecksumSHA256"] == values["x-amz-checksum-sha256"]


def test_an_object_has_the_tags_that_the_form_has(s3, bucket, presigned, post):
    tags = {"a b": "é=@+", "empty": ""}
    document = "".join(f"<Tag><Key>{key}</Key><Value>{value}</Value></Tag>" for key, value in tags.items())
    values = {"tagging": f"<Tagging><TagSet>{document}</TagSet></Tagging>"}
    assert post(presigned("key", values)).status == 204
    stored = s3.get_object_tagging(Bucket=bucket, Key="key")["TagSet"]
    assert {each["Key"]: each["Value"] for each in stored} == tags


@pytest.mark.parametrize(("version", "name"), [("s3v4", "AWS4-HMAC-SHA256"), ("s3", "AWS")])
def test_policies_of_buckets_can_tell_forms_from_other_requests(
    server, clients, s3, second, bucket, presigned, post, version, name
):
    statement = {
        "Effect": "Allow",
        "Principal": {"CanonicalUser": second.id},
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{bucket}/in/*",
        "Condition": {"StringEquals": {"s3:authType": "POST", "s3:signatureversion": name}},
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
    client = clients(server, keys=(second.access_key, second.secret_key), signature_version=version)
    assert post(presigned("in/a", client=client)).status == 204
    assert_refused(post(presigned("out/a", client=client)), "AccessDenied", 403)
    with refused("AccessDenied", 403):
        client.put_object(Bucket=bucket, Key="in/a", Body=b"")


def test_a_201_tells_what_was_stored_in_a_document_without_a_namespace(server, s3, bucket, presigned, post):
    answer = post(presigned("a/<é>&.txt", {"success_action_status": "201"}))
    assert (answer.status, answer.headers["content-type"]) == (201, "application/xml")
    document = answer.xml
    assert document.tag == "PostResponse"
    location = f"{server.endpoint}/{bucket}/a%2F%3C%C3%A9%3E%26.txt"
    assert {child.tag: child.text for child in document} == {
        "Location": location,
        "Bucket": bucket,
        "Key": "a/<é>&.txt",
        "ETag": f'"{hashlib.md5(b"hello").hexdigest()}"',
    }
    assert answer.headers["location"] == location


def test_a_form_sent_to_the_buckets_own_host(server, wire, s3, bucket, presigned):
    host = f"{bucket}.s3.localhost:{server.port}"
    answer = post_form(wire, "/", presigned("a/b"), b"x", host=host)
    assert (answer.status, answer.headers["location"]) == (204, f"http://{host}/a%2Fb")


def test_a_redirect_is_told_bucket_key_and_etag(bucket, presigned, post):
    answer = post(presigned("a b", {"success_action_redirect": "http://example.org/done?x=y"}))
    etag = hashlib.md5(b"hello").hexdigest()
    assert (answer.status, answer.body) == (303, b"")
    assert answer.headers["location"] == f"http://example.org/done?x=y&bucket={bucket}&key=a+b&etag=%22{etag}%22"
    answer = post(presigned("key", {"redirect": "javascript:alert(1)", "success_action_status": "201"}))
    assert answer.status == 201


@pytest.mark.parametrize("size", [0, 1, 12 * 1024, 12 * 1024 + 1, 300_000, 5 * MIB + 1])
def test_files_of_every_size_are_stored_whole(s3, bucket, presigned, post, read, size):
    content = bytes(range(251)) * (size // 251 + 1)
    answer = post(presigned(), content[:size])
    assert answer.status == 204
    assert read() == content[:size]
    assert s3.head_object(Bucket=bucket, Key="key")["ContentLength"] == size
    assert answer.headers["etag"] == f'"{hashlib.md5(content[:size]).hexdigest()}"'


def test_fields_behind_the_file_are_ignored(wire, bucket, presigned, read):
    content_type, body = form_body(presigned(), b"x" * 20_000)
    delimiter = b"--" + _boundary(content_type)
    more = b""
    for name in (b"key", b"acl", b"submit"):
        more += b'%b\r\nContent-Disposition: form-data; name="%b"\r\n\r\nother\r\n' % (delimiter, name)
    body = body.replace(delimiter + b"--", more + delimiter + b"--")
    assert wire.send("POST", f"/{bucket}", {"Content-Type": content_type}, body).status == 204
    assert read() == b"x" * 20_000


def test_names_of_fields_and_conditions_have_no_case(bucket, s3, presigned, post):
    fields = presigned("key", conditions=[["StArTs-WiTh", "$cOnTeNt-TyPe", "image/"]])
    upper = {name.upper(): value for name, value in fields.items()} | {"CONTENT-type": "image/png"}
    assert post(upper | {"X-IGNORE-this": "1"}).status == 204
    assert s3.head_object(Bucket=bucket, Key="key")["ContentType"] == "image/png"


@pytest.mark.parametrize("size", [5, 10])
def test_a_file_within_the_policys_range(presigned, post, size):
    assert post(presigned(conditions=[["content-length-range", 5, 10]]), b"x" * size).status == 204


@pytest.mark.parametrize(
    ("low", "high", "size", "code", "detail"),
    [
        (5, 10, 4, "EntityTooSmall", {"ProposedSize": "4", "MinSizeAllowed": "5"}),
        (5, 10, 12, "EntityTooLarge", {"ProposedSize": "12", "MaxSizeAllowed": "10"}),
        (MIB, 2 * MIB, MIB - 1, "EntityTooSmall", {"ProposedSize": str(MIB - 1), "MinSizeAllowed": str(MIB)}),
        (0, MIB, MIB + 1, "EntityTooLarge", {"MaxSizeAllowed": str(MIB)}),
        (0, 10, 5 * MIB, "EntityTooLarge", {"MaxSizeAllowed": "10"}),
        (20, 10, 15, "EntityTooLarge", {"MaxSizeAllowed": "10"}),
    ],
)
def test_a_file_outside_the_policys_range_leaves_nothing(s3, bucket, presigned, post, low, high, size, code, detail):
    answer = post(presigned(conditions=[["content-length-range", low, high]]), b"x" * size)
    assert_refused(answer, code, 400, **detail)
    assert keys(s3, bucket) == []


def test_a_form_that_breaks_its_policy_is_refused_in_s3s_words(s3, bucket, presigned, post):
    prefix = "Invalid according to Policy: "
    fields = presigned("in/${filename}", {"acl": "private"})
    for change, message in (
        ({"acl": "public-read"}, 'Policy Condition failed: ["eq", "$acl", "private"]'),
        ({"key": "out/${filename}"}, 'Policy Condition failed: ["starts-with", "$key", "in/"]'),
        ({"x-amz-meta-a": "b"}, "Extra input fields: x-amz-meta-a"),
        ({"X-Amz-Checksum-CRC32": "AAAAAA=="}, "Extra input fields: X-Amz-Checksum-CRC32"),
    ):
        assert_refused(post(fields | change), "AccessDenied", 403, Message=prefix + message)
    assert_refused(post(presigned(expires=-1)), "AccessDenied", 403, Message=prefix + "Policy expired.")
    assert keys(s3, bucket) == []


def test_a_policy_is_for_one_bucket(wire, s3, bucket_names, presigned):
    other = bucket_names()
    s3.create_bucket(Bucket=other, ACL="public-read-write")
    assert_refused(post_form(wire, f"/{other}", presigned(), b"x"), "AccessDenied", 403)
    answer = post_form(wire, f"/{other}", [*presigned().items(), ("bucket", other)], b"x")
    assert_refused(answer, "AccessDenied", 403)


def test_signatures_are_checked_before_anything_that_they_cover(s3, bucket, presigned, post):
    fields = presigned()
    answer = post(fields | {"policy": fields["policy"][:-4]})
    assert_refused(
        answer,
        "SignatureDoesNotMatch",
        403,
        SignatureProvided=fields["x-amz-signature"],
        StringToSign=fields["policy"][:-4],
    )
    assert_refused(post(fields | {"x-amz-signature": "é"}), "SignatureDoesNotMatch", 403)
    assert_refused(post(fields | {"policy": "é"}), "SignatureDoesNotMatch", 403)
    credential = fields["x-amz-credential"].partition("/")
    unknown = fields | {"x-amz-credential": "NOBODY/" + credential[2]}
    assert_refused(post(unknown), "InvalidAccessKeyId", 403, AWSAccessKeyId="NOBODY")
    unsigned = {name: value for name, value in fields.items() if name != "x-amz-signature"}
    assert_refused(post(unsigned), "InvalidArgument", 400, ArgumentName="X-Amz-Signature")
    token = presigned(values={"x-amz-security-token": "a"})
    assert_refused(post(token), "InvalidToken", 400, **{"Token-0": "a"})
    assert keys(s3, bucket) == []


def test_a_form_signed_by_somebody_who_may_not_write(second, bucket, presigned, post):
    assert_refused(post(presigned(client=second.s3)), "AccessDenied", 403)


def test_what_a_user_uploads_is_that_users(second, wire, open_bucket, s3):
    made = second.s3.generate_presigned_post(open_bucket, "key")
    assert post_form(wire, f"/{open_bucket}", made["fields"], b"x").status == 204
    assert second.s3.get_object_acl(Bucket=open_bucket, Key="key")["Owner"]["ID"] == second.id


def test_anybody_may_post_to_a_bucket_that_is_open_to_all_and_to_no_other(wire, anonymous, open_bucket, bucket, s3):
    fields = {"key": "key", "acl": "public-read", "Content-Type": "text/plain", "anything": "else"}
    assert post_form(wire, f"/{open_bucket}", fields, b"hello").status == 204
    assert anonymous.get_object(Bucket=open_bucket, Key="key")["Body"].read() == b"hello"
    assert_refused(post_form(wire, f"/{bucket}", fields, b"hello"), "AccessDenied", 403)
    assert keys(s3, bucket) == []


def test_a_policy_nobody_signed_gives_no_right_and_still_binds(wire, open_bucket, bucket, presigned, post):
    policy = {"expiration": "2999-01-01T00:00:00Z", "conditions": [{"bucket": open_bucket}, {"key": "a"}]}
    encoded = base64.b64encode(json.dumps(policy).encode()).decode()
    assert post_form(wire, f"/{open_bucket}", {"key": "a", "policy": encoded}, b"x").status == 204
    assert_refused(post_form(wire, f"/{open_bucket}", {"key": "b", "policy": encoded}, b"x"), "AccessDenied", 403)
    named = presigned()
    assert post({"key": named["key"], "policy": named["policy"]}).status == 403


def test_the_file_must_be_what_its_checksum_says(s3, bucket, presigned, post):
    for value, code in (("sailorjerry", "InvalidRequest"), (base64.b64encode(b"x" * 32).decode(), "BadDigest")):
        for size in (1, MIB):
            assert_refused(post(presigned(values={"x-amz-checksum-sha256": value}), b"x" * size), code, 400)
    assert_refused(post(presigned(values={"Content-MD5": "1B2M2Y8AsgTpgAmY7PhCfg=="}), b"x"), "BadDigest", 400)
    assert keys(s3, bucket) == []


@pytest.mark.parametrize(
    ("values", "code", "status"),
    [
        ({"acl": "public"}, "InvalidArgument", 400),
        ({"x-amz-storage-class": "COLD"}, "InvalidStorageClass", 400),
        ({"x-amz-storage-class": "GLACIER"}, "NotImplemented", 501),
        ({"tagging": "not-xml"}, "MalformedXML", 400),
        ({"tagging": "<Tagging><TagSet><Tag><Key>!</Key><Value/></Tag></TagSet></Tagging>"}, "InvalidTag", 400),
        ({"tagging": "<!DOCTYPE a [<!ENTITY b 'c'>]><Tagging><TagSet/></Tagging>"}, "MalformedXML", 400),
        ({"x-amz-server-side-encryption": "DES"}, "InvalidArgument", 400),
        ({"x-amz-server-side-encryption-customer-algorithm": "AES256"}, "InvalidArgument", 400),
        ({"x-amz-object-lock-mode": "GOVERNANCE"}, "InvalidRequest", 400),
        ({"x-amz-meta-large": "x" * 2048}, "MetadataTooLarge", 400),
        ({"Content-Type": "a\r\nSet-Cookie: b=c"}, "InvalidArgument", 400),
        ({"x-amz-copy-source": "/a/b"}, "InvalidArgument", 400),
    ],
    ids=range(12),
)
def test_what_a_put_would_refuse_a_form_is_refused_too(s3, bucket, presigned, post, values, code, status):
    assert_refused(post(presigned(values=values)), code, status)
    assert keys(s3, bucket) == []


@pytest.mark.parametrize("size", [10, 3 * MIB + 1])
def test_the_encryption_that_a_form_asks_for_is_done(s3, bucket, presigned, post, size):
    form = presigned(values={"x-amz-server-side-encryption": "AES256"})
    body = bytes(range(256)) * (size // 256) + b"x" * (size % 256)

    assert post(form, body).status == 204

    (key,) = keys(s3, bucket)
    answer = s3.get_object(Bucket=bucket, Key=key)
    assert answer["ServerSideEncryption"] == "AES256"
    assert answer["Body"].read() == body


def test_forms_that_are_none(wire, bucket, s3, open_bucket):
    target = f"/{open_bucket}"
    content_type, body = form_body({"key": "key"}, b"x")

    def send(content_type=content_type, body=body, target=target, headers=None):
        return wire.send("POST", target, {"Content-Type": content_type, **(headers or {})}, body)

    condition = "Bucket POST must be of the enclosure-type multipart/form-data"
    for other in ("application/x-www-form-urlencoded", "multipart/mixed; boundary=x"):
        assert_refused(send(other), "PreconditionFailed", 412, Condition=condition)
    assert_refused(send("multipart/form-data"), "MalformedPOSTRequest", 400)
    assert_refused(send(body=b""), "MalformedPOSTRequest", 400)
    assert_refused(send(body=body[:-6]), "MalformedPOSTRequest", 400)
    assert_refused(send(body=b"key=k&file=x"), "MalformedPOSTRequest", 400)
    exactly = "POST requires exactly one file upload per request."
    none = form_body({"key": "key"}, None)
    assert_refused(send(*none), "InvalidArgument", 400, Message=exactly, ArgumentName="file", ArgumentValue="0")
    doubled = body[: body.rindex(b"--" + _boundary(content_type))] + body
    assert_refused(send(body=doubled), "InvalidArgument", 400, Message=exactly)
    must = "Bucket POST must contain a field named 'key'.  If it is specified, please check the order of the fields."
    assert_refused(send(*form_body({}, b"x")), "InvalidArgument", 400, Message=must, ArgumentName="key")
    assert_refused(send(*form_body({"key": ""}, b"x")), "InvalidArgument", 400, ArgumentName="key")
    assert_refused(send(*form_body({"key": "x" * 1025}, b"x")), "KeyTooLongError", 400, Size="1025")
    large = form_body({"key": "k", "x-ignore-a": "x" * 20_480}, b"x")
    assert_refused(send(*large), "MaxPostPreDataLengthExceeded", 400, MaxPostPreDataLengthBytes="20480")
    assert_refused(send(target="/no-such-bucket-here"), "NoSuchBucket", 404)
    assert_refused(send(target=f"{target}/key"), "MethodNotAllowed", 405)
    assert_refused(send(headers={"Content-MD5": "1B2M2Y8AsgTpgAmY7PhCfg=="}), "NotImplemented", 501)
    assert_refused(wire.signed("POST", target, {"Content-Type": content_type}, body), "NotImplemented", 501)
    assert keys(s3, open_bucket) == []


def test_a_form_without_a_length_is_refused(server, open_bucket):
    content_type, body = form_body({"key": "key"}, b"x")
    head = (
        f"POST /{open_bucket} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nContent-Type: {content_type}\r\n"
        "Transfer-Encoding: chunked\r\n\r\n"
    )
    with _connected(server) as sock:
        sock.sendall(head.encode() + b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body))
        assert b" 411 " in sock.recv(65536).splitlines()[0]


def _connected(server):
    return socket.create_connection(("127.0.0.1", server.port), timeout=20)


def _head(server, bucket, content_type, length):
    return (
        f"POST /{bucket} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nContent-Type: {content_type}\r\n"
        f"Content-Length: {length}\r\n\r\n"
    ).encode()


def test_a_form_that_is_too_large_is_cut_off_before_it_is_sent(server, bucket, presigned):
    """The answer comes while gigabytes are still to be sent."""
    content_type, body = form_body(presigned(conditions=[["content-length-range", 0, MIB]]), b"x" * 1000)
    with _connected(server) as sock:
        sock.sendall(_head(server, bucket, content_type, 4 << 30) + body[:-20])
        answer = sock.recv(65536)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"EntityTooLarge" in answer
    content_type, body = form_body(presigned(), b"x" * 1000)
    with _connected(server) as sock:
        sock.sendall(_head(server, bucket, content_type, 6 << 30) + body[:-20])
        assert b"<MaxSizeAllowed>5368709120</MaxSizeAllowed>" in sock.recv(65536)


def test_a_form_that_breaks_off_stores_nothing(server, s3, bucket, presigned):
    s3.put_object(Bucket=bucket, Key="key", Body=b"before")
    for size in (10, 2 * MIB):
        content_type, body = form_body(presigned(), b"x" * size)
        with _connected(server) as sock:
            sock.sendall(_head(server, bucket, content_type, len(body)) + body[:-5])
            sock.shutdown(socket.SHUT_WR)
            while sock.recv(65536):
                pass
    assert s3.get_object(Bucket=bucket, Key="key")["Body"].read() == b"before"


@pytest.mark.server_kinds("embedded-1")
def test_a_form_that_comes_byte_by_byte_is_stored_like_any_other(server, s3, bucket, presigned):
    content_type, body = form_body(presigned(), b"slow\r\n--content")
    with _connected(server) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.sendall(_head(server, bucket, content_type, len(body)))
        for octet in body:
            sock.sendall(bytes([octet]))
        assert sock.recv(65536).startswith(b"HTTP/1.1 204 ")
    assert s3.get_object(Bucket=bucket, Key="key")["Body"].read() == b"slow\r\n--content"


@pytest.mark.server_kinds("embedded-1")
def test_large_forms_cost_little_memory(start_server, clients):
    """A file of 200 MB goes through a server that grows by some megabytes."""
    own = start_server()
    client = clients(own)
    client.create_bucket(Bucket="forms")
    fields = client.generate_presigned_post("forms", "key")["fields"]
    content_type, body = form_body(fields, b"")
    start, end = body.rsplit(b"\r\n--", 1)
    piece, count = bytes(MIB), 200
    before = _private_bytes(own)
    with _connected(own) as sock:
        sock.sendall(_head(own, "forms", content_type, len(body) + count * len(piece)) + start)
        for _ in range(count):
            sock.sendall(piece)
        grown = _private_bytes(own) - before
        sock.sendall(b"\r\n--" + end)
        assert sock.recv(65536).startswith(b"HTTP/1.1 204 ")
    assert client.head_object(Bucket="forms", Key="key")["ContentLength"] == count * len(piece)
    assert grown < 48 * MIB


def _private_bytes(server):
    total = 0
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            text = status.read_text()
        except OSError:
            continue
        lines = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
        if str(server.pid) in {lines["Pid"].strip(), lines["PPid"].strip()} and "RssAnon" in lines:
            total += int(lines["RssAnon"].split()[0]) * 1024
    return total


def test_two_forms_for_one_key_never_mix(s3, bucket, presigned, post, read):
    contents = [bytes([number]) * (64 * 1024 + number) for number in range(4)]
    fields = presigned()
    threads = [threading.Thread(target=post, args=(fields, content)) for content in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert read() in contents


def test_an_object_is_not_there_before_the_form_has_ended(server, s3, bucket, presigned):
    content_type, body = form_body(presigned(), b"x" * 200_000)
    with _connected(server) as sock:
        sock.sendall(_head(server, bucket, content_type, len(body)) + body[:-2])
        with refused("404", 404):
            s3.head_object(Bucket=bucket, Key="key")
        sock.sendall(body[-2:])
        assert sock.recv(65536).startswith(b"HTTP/1.1 204 ")
    assert s3.head_object(Bucket=bucket, Key="key")["ContentLength"] == 200_000

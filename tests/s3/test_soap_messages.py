"""SOAP as it stands on the wire: the examples of S3's documentation, signatures, faults, and what is no message.

Source: S3 API Reference, "Appendix: SOAP API"; W3C Note "SOAP 1.1".
"""

import hashlib
import socket
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.encoders import encode_7or8bit
from email.mime.application import MIMEApplication
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import SMTP

import pytest

from live.expect import assert_refused
from live.soap import (
    ALL_USERS,
    ENVELOPE,
    S3,
    assert_fault,
    content_of,
    envelope,
    fault_of,
    message,
    related,
    security,
    send,
    signed,
)
from live.wire import NAMESPACE, Wire

MIB = 1024 * 1024
WSDL = "{http://schemas.xmlsoap.org/wsdl/}"
WSDL_SOAP = "{http://schemas.xmlsoap.org/wsdl/soap/}"


def address_in(answer):
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    return answer.xml.find(f"{WSDL}service/{WSDL}port/{WSDL_SOAP}address").get("location")


def keys(wire):
    return wire.credentials.access_key, wire.credentials.secret_key


@pytest.fixture
def list_it(wire, bucket):
    """``list_it(signed)``: a ListBucket of the test's bucket with these elements of security."""

    def ask(elements):
        return send(wire, message("ListBucket", f"<Bucket>{bucket}</Bucket>", elements))

    return ask


class TestDocumentedExamples:
    """The requests of S3's documentation, with its namespaces, for buckets and keys of the test's own."""

    def example(self, wire, operation, content, namespace="http://doc.s3.amazonaws.com/2006-03-01"):
        """As documented: indented, in the documentation's own namespace, signed with the reader's keys."""
        elements = security(operation, *keys(wire))
        lines = "".join(f"\n  <{name}>{value}</{name}>" for name, value in elements.items())
        answer = send(wire, envelope(f'<{operation} xmlns="{namespace}">{content}{lines}\n</{operation}>'))
        return content_of(answer)

    @pytest.mark.parametrize(
        "namespace",
        ["http://doc.s3.amazonaws.com/2006-03-01", "https://doc.s3.amazonaws.com/2006-03-01", S3, S3.rstrip("/")],
    )
    def test_create_bucket_as_in_the_page_on_authentication(self, wire, bucket_names, namespace):
        name = bucket_names()
        found = self.example(wire, "CreateBucket", f"<Bucket>{name}</Bucket><Acl>private</Acl>", namespace)
        assert found.tag == f"{NAMESPACE}CreateBucketResponse"
        assert found.findtext(f"{NAMESPACE}CreateBucketReturn/{NAMESPACE}BucketName") == name

    def test_put_object_inline(self, server, wire, s3, bucket):
        owner = s3.list_buckets()["Owner"]["ID"]
        found = self.example(
            wire,
            "PutObjectInline",
            f"""
              <Bucket>{bucket}</Bucket>
              <Key>Nelson</Key>
              <Metadata><Name>Content-Type</Name><Value>text/plain</Value></Metadata>
              <Metadata><Name>family</Name><Value>Muntz</Value></Metadata>
              <Data>aGEtaGE=</Data>
              <ContentLength>5</ContentLength>
              <AccessControlList>
                <Grant>
                  <Grantee xsi:type="CanonicalUser"><ID>{owner}</ID><DisplayName>x</DisplayName></Grantee>
                  <Permission>FULL_CONTROL</Permission>
                </Grant>
                <Grant>
                  <Grantee xsi:type="Group"><URI>{ALL_USERS}</URI></Grantee>
                  <Permission>READ</Permission>
                </Grant>
              </AccessControlList>""",
        )
        result = found.find(f"{NAMESPACE}PutObjectInlineResponse")
        assert [child.tag for child in result] == [f"{NAMESPACE}ETag", f"{NAMESPACE}LastModified"]
        assert result[0].text == '"cc331bfc054be0c6e6ad1f0551e1a5a3"'
        datetime.strptime(result[1].text, "%Y-%m-%dT%H:%M:%S.%fZ")  # noqa: DTZ007 - it is the form that counts
        anonymous = wire.send("GET", f"/{bucket}/Nelson")
        assert (anonymous.status, anonymous.body) == (200, b"ha-ha")
        assert anonymous.headers["x-amz-meta-family"] == "Muntz"

    def test_get_object(self, wire, put, bucket):
        put("Nelson", b"ha-ha", ContentType="text/plain", Metadata={"family": "Muntz"})
        wanted = "<GetMetadata>true</GetMetadata><GetData>true</GetData><InlineData>true</InlineData>"
        found = self.example(wire, "GetObject", f"<Bucket>{bucket}</Bucket><Key>Nelson</Key>{wanted}")
        result = found.find(f"{NAMESPACE}GetObjectResponse")
        names = ["Status", "Metadata", "Metadata", "Data", "LastModified", "ETag"]
        assert [child.tag.removeprefix(NAMESPACE) for child in result] == names
        assert [child.text for child in result[0]] == ["200", "OK"]
        entries = [[child.text for child in entry] for entry in result[1:3]]
        assert entries == [["Content-Type", "text/plain"], ["family", "Muntz"]]
        assert result[3].text == "aGEtaGE="

    def test_delete_bucket(self, wire, s3, bucket_names):
        name = bucket_names()
        s3.create_bucket(Bucket=name)
        found = self.example(wire, "DeleteBucket", f"<Bucket>{name}</Bucket>")
        assert [child.text for child in found.find(f"{NAMESPACE}DeleteBucketResponse")] == ["204", "No Content"]

    def test_list_all_my_buckets(self, wire, bucket):
        found = self.example(wire, "ListAllMyBuckets", "")
        path = f"{NAMESPACE}ListAllMyBucketsResponse/{NAMESPACE}Buckets/{NAMESPACE}Bucket/{NAMESPACE}Name"
        assert bucket in [each.text for each in found.findall(path)]

    def test_elements_without_a_namespace_as_old_toolkits_send_them(self, wire, bucket):
        elements = {"Bucket": bucket, **security("ListBucket", *keys(wire))}
        inner = "".join(f"<{name}>{value}</{name}>" for name, value in elements.items())
        found = content_of(send(wire, envelope(f'<ns1:ListBucket xmlns:ns1="{S3}">{inner}</ns1:ListBucket>')))
        assert found.tag == f"{NAMESPACE}ListBucketResponse"


class TestWsdl:
    @pytest.mark.parametrize("query", ["wsdl", "WSDL", "wsdl=", "a=b&wsdl"])
    def test_it_names_the_host_that_was_asked(self, wire, query):
        assert address_in(wire.send("GET", f"/soap?{query}")) == f"{wire.endpoint}/soap"
        asked = wire.send("GET", f"/soap?{query}", host="s3.localhost:1234")
        assert address_in(asked) == "http://s3.localhost:1234/soap"

    def test_head_has_no_body(self, wire):
        answer = wire.send("HEAD", "/soap?wsdl")
        assert (answer.status, answer.body) == (200, b"")
        assert answer.headers["content-length"] == wire.send("GET", "/soap?wsdl").headers["content-length"]

    def test_hosts_are_escaped(self, wire):
        answer = wire.send("GET", "/soap?wsdl", host='a"><b&c')
        assert answer.status == 400 or address_in(answer) == 'http://a"><b&c/soap'

    def test_the_public_url_goes_first(self, start_server):
        server = start_server(target="memory:", flags=("--public-url", "https://s3.example.com"))
        wire = server_wire(server)
        assert address_in(wire.send("GET", "/soap?wsdl")) == "https://s3.example.com/soap"

    def test_on_hosts_of_buckets_it_is_a_key(self, server, wire, s3, bucket):
        host = f"{bucket}.localhost:{server.port}"
        assert_refused(wire.send("GET", "/soap?wsdl", host=host), "AccessDenied", 403)
        s3.put_object(Bucket=bucket, Key="soap", Body=b"a key", ACL="public-read")
        assert wire.send("GET", "/soap", host=host).body == b"a key"

    @pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE", "OPTIONS"])
    def test_other_requests(self, wire, method):
        answer = wire.send(method, "/soap")
        assert answer.status == 405
        assert answer.headers["allow"] == "GET, HEAD, POST"

    def test_below_it_is_nothing(self, wire):
        assert_refused(wire.send("GET", "/soap/key"), "NoSuchBucket", 404)
        assert_refused(wire.send("POST", "/soap/key", body=b"x"), "NoSuchBucket", 404)

    def test_nobody_can_have_a_bucket_of_that_name(self, wire):
        assert_refused(wire.signed("PUT", "/soap"), "InvalidBucketName", 400)


def server_wire(server):
    return Wire(server.endpoint, server.access_key, server.secret_key)


class TestSignatures:
    def test_the_text_of_the_timestamp_is_signed_as_it_was_sent(self, wire, list_it):
        at = datetime.now(UTC)
        east = at + timedelta(hours=5, minutes=30)
        for text in (
            at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            at.strftime("%Y-%m-%dT%H:%M:%S.1Z"),
            at.strftime("%Y-%m-%dT%H:%M:%S.%f0Z"),
            at.strftime("%Y-%m-%dT%H:%M:%S+00:00"),
            at.strftime("%Y-%m-%dT%H:%M:%S"),
            east.strftime("%Y-%m-%dT%H:%M:%S+05:30"),
        ):
            content_of(list_it(security("ListBucket", *keys(wire), timestamp=text)))

    def test_another_writing_of_the_same_instant_is_another_text(self, wire, list_it):
        elements = security("ListBucket", *keys(wire))
        elements["Timestamp"] = elements["Timestamp"].replace("Z", "+00:00")
        assert_fault(list_it(elements), "Client.SignatureDoesNotMatch")

    def test_the_operation_is_signed(self, wire, list_it):
        answer = list_it(security("DeleteBucket", *keys(wire)))
        found = fault_of(answer)
        assert found["code"] == "soapenv:Client.SignatureDoesNotMatch"
        assert found["StringToSign"].startswith("AmazonS3ListBucket20")
        assert found["AWSAccessKeyId"] == wire.credentials.access_key
        assert wire.credentials.secret_key.encode() not in answer.body

    @pytest.mark.parametrize("signature", ["AAAA", "ключ", "=", "A" * 10_000])
    def test_a_signature_that_is_none(self, wire, list_it, signature):
        elements = security("ListBucket", *keys(wire)) | {"Signature": signature}
        assert_fault(list_it(elements), "Client.SignatureDoesNotMatch", SignatureProvided=signature)

    def test_a_key_that_nobody_has(self, list_it):
        elements = security("ListBucket", "AKUNKNOWN", "secret")
        assert_fault(list_it(elements), "Client.InvalidAccessKeyId", AWSAccessKeyId="AKUNKNOWN")

    @pytest.mark.parametrize("minutes", [-16, 16])
    def test_a_message_is_no_longer_taken_after_a_quarter_of_an_hour(self, wire, list_it, minutes):
        at = (datetime.now(UTC) + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        found = list_it(security("ListBucket", *keys(wire), timestamp=at))
        assert_fault(found, "Client.RequestTimeTooSkewed", RequestTime=at, MaxAllowedSkewMilliseconds="900000")

    @pytest.mark.parametrize("minutes", [-14, 14])
    def test_clocks_may_be_off_by_less(self, wire, list_it, minutes):
        at = (datetime.now(UTC) + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        content_of(list_it(security("ListBucket", *keys(wire), timestamp=at)))

    @pytest.mark.parametrize(
        "timestamp",
        [
            "yesterday",
            "2026-13-01T00:00:00Z",
            "20260101T000000Z",
            "2026-01-01",
            "٢٠٢٦-01-01T00:00:00Z",
            "0001-01-01T00:00:00+23:59",
        ],
    )
    def test_a_timestamp_that_is_none(self, wire, list_it, timestamp):
        elements = security("ListBucket", *keys(wire), timestamp=timestamp)
        assert_fault(list_it(elements), "Client.InvalidSOAPRequest", Element="Timestamp")

    @pytest.mark.parametrize("missing", ["AWSAccessKeyId", "Timestamp", "Signature"])
    def test_a_signature_has_three_elements(self, wire, list_it, missing):
        elements = security("ListBucket", *keys(wire))
        del elements[missing]
        assert_fault(list_it(elements), "Client.MissingSecurityElement", Element=missing)

    def test_temporary_credentials_are_not_given_out(self, wire, list_it):
        elements = security("ListBucket", *keys(wire)) | {"Credential": "token"}
        assert_fault(list_it(elements), "Client.InvalidToken", **{"Token-0": "token"})

    def test_empty_elements_are_none(self, list_it):
        elements = {"AWSAccessKeyId": "", "Signature": "", "Credential": ""}
        assert_fault(list_it(elements), "Client.AccessDenied")

    def test_a_key_that_was_disabled(self, server, person):
        wire = person("soapy").wire
        content_of(signed(wire, "ListAllMyBuckets"))
        server.bushel("user", "disable", "soapy", "--data", str(server.data))
        assert_fault(signed(wire, "ListAllMyBuckets"), "Client.InvalidAccessKeyId")
        server.bushel("user", "enable", "soapy", "--data", str(server.data))
        content_of(signed(wire, "ListAllMyBuckets"))

    def test_headers_sign_nothing(self, wire, bucket):
        body = message("ListBucket", f"<Bucket>{bucket}</Bucket>")
        answer = wire.signed("POST", "/soap", {"Content-Type": "text/xml"}, body)
        assert_fault(answer, "Client.InvalidRequest")

    def test_in_the_clear_from_another_machine(self, start_server):
        server = start_server(target="memory:", flags=("--trusted-proxy", "127.0.0.0/8"))
        wire = server_wire(server)
        body = message("ListAllMyBuckets", "", security("ListAllMyBuckets", *keys(wire)))
        assert_fault(send(wire, body, {"X-Forwarded-For": "192.0.2.7"}), "Client.InvalidRequest")
        tls = {"X-Forwarded-For": "192.0.2.7", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "s3.example.com"}
        content_of(send(wire, body, tls))
        asked = wire.send("GET", "/soap?wsdl", tls)
        assert address_in(asked) == "https://s3.example.com/soap"


class TestFaults:
    def test_a_fault_is_what_soap_says(self, wire, bucket):
        answer = signed(wire, "DeleteBucket", f"<Bucket>{bucket}-not</Bucket>")
        assert answer.status == 500
        assert answer.headers["content-type"] == "text/xml; charset=utf-8"
        root = answer.xml
        assert root.tag == f"{{{ENVELOPE}}}Envelope"
        found = root.find(f"{{{ENVELOPE}}}Body/{{{ENVELOPE}}}Fault")
        assert [child.tag for child in found] == ["faultcode", "faultstring", "detail"]
        assert found.findtext("faultcode") == "soapenv:Client.NoSuchBucket"
        assert found.findtext("faultstring") == "The specified bucket does not exist"
        assert [child.tag for child in found.find("detail")] == ["BucketName", "RequestId", "HostId"]

    def test_what_is_written_back_is_escaped(self, wire):
        name = "a&lt;b&gt;&amp;&quot;c"
        answer = signed(wire, "DeleteBucket", f"<Bucket>{name}</Bucket>")
        assert_fault(answer, "Client.NoSuchBucket", BucketName='a<b>&"c')

    @pytest.mark.parametrize("operation", ["GetBucketLoggingStatus", "SetBucketLoggingStatus"])
    def test_operations_that_are_not_implemented(self, wire, operation):
        assert_fault(signed(wire, operation, "<Bucket>b</Bucket>"), "Server.NotImplemented", Operation=operation)


class TestAttachments:
    """PutObject: the envelope, then the object's bytes, as parts of multipart/related."""

    @pytest.fixture
    def put_object(self, wire, bucket):
        """``put_object(data, length)``: a message with these bytes attached."""

        def put(data, length=None, headers=None, *more, elements="", **options):
            stated = len(data) if length is None else length
            names = f"<Bucket>{bucket}</Bucket><Key>key</Key>{elements}<ContentLength>{stated}</ContentLength>"
            root = ({}, message("PutObject", names, security("PutObject", *keys(wire))))
            content_type, body = related(root, (headers or {}, data), *more, **options)
            return send(wire, body, {"Content-Type": content_type})

        return put

    @pytest.mark.parametrize(
        "data",
        [
            b"",
            b"hello",
            b"\r\n",
            b"\r\n--MIME_boundary",
            b"--MIME_boundary--\r\n",
            b"\r\n--MIME_boundar",
            bytes(range(256)) * 1000,
            b"\r\n--MIME_boundary--\r\n" * 200_000,
        ],
    )
    def test_any_bytes(self, put_object, read, data):
        """The length decides where the attachment ends, so it may hold the boundary."""
        found = content_of(put_object(data))
        result = found.find(f"{NAMESPACE}PutObjectResponse")
        assert result[0].text == f'"{hashlib.md5(data).hexdigest()}"'
        assert read() == data

    def test_a_message_that_a_mail_library_wrote(self, wire, read, bucket):
        names = f"<Bucket>{bucket}</Bucket><Key>key</Key><ContentLength>13</ContentLength>"
        root = MIMEText(message("PutObject", names, security("PutObject", *keys(wire))).decode(), "xml", "us-ascii")
        root["Content-ID"] = "<root.message@example.com>"
        data = MIMEApplication(b"hello\r\nworld!", _encoder=encode_7or8bit)
        whole = MIMEMultipart("related", None, [root, data], type="text/xml", start=root["Content-ID"])
        head, _, body = whole.as_bytes(policy=SMTP.clone(max_line_length=None)).partition(b"\r\n\r\n")
        content_type = message_from_bytes(head)["Content-Type"].replace("\r\n", "")
        assert content_type.startswith("multipart/related;")
        content_of(send(wire, body, {"Content-Type": content_type}))
        assert read() == b"hello\r\nworld!"

    def test_what_else_the_message_says(self, put_object, s3, bucket):
        entry = "<Metadata><Name>{}</Name><Value>{}</Value></Metadata>"
        elements = entry.format("Content-Type", "text/plain") + entry.format("family", "Muntz")
        binary = {"Content-Type": "application/x-part", "Content-Transfer-Encoding": "Binary", "Content-ID": "<d>"}
        content_of(put_object(b"x", None, binary, elements=elements))
        head = s3.head_object(Bucket=bucket, Key="key")
        assert (head["ContentType"], head["Metadata"]) == ("text/plain", {"family": "Muntz"})

    @pytest.mark.parametrize("length", [0, 4, 6, 30, 10_000])
    def test_an_attachment_of_another_length_is_not_stored(self, put_object, s3, bucket, length):
        put_object(b"before")
        assert_fault(put_object(b"hello", length), "Client.IncompleteBody")
        assert s3.get_object(Bucket=bucket, Key="key")["Body"].read() == b"before"

    def test_a_length_that_none_has(self, put_object):
        assert_fault(put_object(b"hello", -1), "Client.InvalidSOAPRequest", Element="ContentLength")
        assert_fault(put_object(b"hello", 6 << 30), "Client.EntityTooLarge")

    def test_a_digest_that_is_not_the_attachments(self, put_object, s3, bucket):
        digest = "<Metadata><Name>Content-MD5</Name><Value>1B2M2Y8AsgTpgAmY7PhCfg==</Value></Metadata>"
        for data in (b"hello", bytes(MIB)):
            assert_fault(put_object(data, elements=digest), "Client.BadDigest")
        assert "Contents" not in s3.list_objects(Bucket=bucket)

    def test_one_attachment_and_no_more(self, put_object, s3, bucket):
        assert_fault(put_object(b"hello", 5, {}, ({}, b"more")), "Client.InvalidSOAPRequest")
        assert "Contents" not in s3.list_objects(Bucket=bucket)

    def test_no_attachment(self, wire, bucket):
        names = f"<Bucket>{bucket}</Bucket><Key>key</Key><ContentLength>5</ContentLength>"
        root = message("PutObject", names, security("PutObject", *keys(wire)))
        content_type, body = related(({}, root))
        assert_fault(send(wire, body, {"Content-Type": content_type}), "Client.MissingAttachment")
        assert_fault(send(wire, root), "Client.MissingAttachment")

    def test_parts_of_other_operations(self, wire):
        root = ({"Content-ID": "<root>"}, message("ListAllMyBuckets", "", security("ListAllMyBuckets", *keys(wire))))
        content_type, body = related(root)
        content_of(send(wire, body, {"Content-Type": content_type}))
        content_of(send(wire, b"preamble\r\n" + body + b"epilogue", {"Content-Type": content_type}))
        content_of(send(wire, body, {"Content-Type": content_type + '; start="<root>"'}))
        assert_fault(send(wire, body, {"Content-Type": content_type + '; start="<r>"'}), "Client.InvalidSOAPRequest")
        content_type, body = related(root, ({}, b"data"))
        assert_fault(send(wire, body, {"Content-Type": content_type}), "Client.InvalidSOAPRequest")

    @pytest.mark.parametrize("encoding", ["base64", "quoted-printable", "x"])
    def test_encoded_parts(self, put_object, encoding):
        answer = put_object(b"aGk=", None, {"Content-Transfer-Encoding": encoding})
        assert_fault(answer, "Server.NotImplemented")

    @pytest.mark.parametrize(
        ("content_type", "body", "code"),
        [
            ("application/dime", b"", "Server.NotImplemented"),
            ("multipart/form-data; boundary=x", b"--x\r\n\r\n\r\n--x--", "Client.InvalidSOAPRequest"),
            ("multipart/related", b"--x\r\n\r\n\r\n--x--", "Client.InvalidSOAPRequest"),
            ('multipart/related; boundary=""', b"--\r\n\r\n\r\n----", "Client.InvalidSOAPRequest"),
            (f"multipart/related; boundary={'x' * 71}", b"", "Client.InvalidSOAPRequest"),
            ("multipart/related; boundary=x", b"", "Client.IncompleteBody"),
            ("multipart/related; boundary=x", b"--x", "Client.IncompleteBody"),
            ("multipart/related; boundary=x", b"--x\r\n\r\nhello", "Client.IncompleteBody"),
            ("multipart/related; boundary=x", b"--x\r\n\r\nhello\r\n--x", "Client.IncompleteBody"),
            ("multipart/related; boundary=x", b"--x\r\n\r\nhello\r\n--x--", "Client.MalformedXML"),
            ("multipart/related; boundary=x", b"--xy\r\n\r\nhello\r\n--x--", "Client.InvalidSOAPRequest"),
            ("multipart/related; boundary=x", b"no" * 10_000, "Client.InvalidSOAPRequest"),
            ("multipart/related; boundary=x", b"--x\r\n" + b"a: b\r\n" * 5_000, "Client.InvalidSOAPRequest"),
            (
                "multipart/related; boundary=x",
                b"--x\r\n\r\n" + b" " * (2 * MIB + 1) + b"\r\n--x--",
                "Client.MaxMessageLengthExceeded",
            ),
        ],
    )
    def test_parts_that_are_none(self, wire, content_type, body, code):
        assert_fault(send(wire, body, {"Content-Type": content_type}), code)

    @pytest.mark.parametrize("data", [b"", b"\r\n--x--\r\n", bytes(range(256)) * 8_000])
    def test_an_answer_with_an_attachment(self, wire, put, bucket, data):
        put(body=data, ContentType="text/x-test")
        names = f"<Bucket>{bucket}</Bucket><Key>key</Key>"
        wanted = "<GetMetadata>true</GetMetadata><GetData>true</GetData><InlineData>false</InlineData>"
        answer = signed(wire, "GetObject", names + wanted)
        assert answer.status == 200
        content_type = answer.headers["content-type"]
        assert content_type.startswith('multipart/related; type="text/xml"; start="<envelope>"; boundary="')
        boundary = content_type.split('"')[-2].encode()
        before, root, attachment = answer.body.split(b"--%b\r\n" % boundary)
        assert before == b""
        head, _, envelope = root.partition(b"\r\n\r\n")
        assert b"Content-ID: <envelope>" in head
        assert b'<Data xsi:nil="true"/>' in envelope
        head, _, content = attachment.partition(b"\r\n\r\n")
        assert head.split(b"\r\n")[:2] == [b"Content-Type: text/x-test", b"Content-Transfer-Encoding: binary"]
        assert content == data + b"\r\n--%b--\r\n" % boundary

    def test_a_client_that_goes_away_leaves_nothing(self, wire, s3, bucket):
        names = f"<Bucket>{bucket}</Bucket><Key>key</Key><ContentLength>{MIB}</ContentLength>"
        root = ({}, message("PutObject", names, security("PutObject", *keys(wire))))
        content_type, body = related(root, ({}, bytes(MIB)))
        head = (
            f"POST /soap HTTP/1.1\r\nHost: {wire.netloc}\r\nContent-Type: {content_type}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        host, port = wire.netloc.split(":")
        with socket.create_connection((host, int(port)), timeout=30) as connection:
            connection.sendall(head.encode() + body[: -len("_boundary--\r\n")])
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65536):
                pass  # until the server is done with it
        assert "Contents" not in s3.list_objects(Bucket=bucket)


class TestMessages:
    """What is no message: each is refused, tells why, and changes nothing."""

    @pytest.mark.parametrize(
        ("body", "code"),
        [
            (b"", "MissingRequestBodyError"),
            (b"hello", "MalformedXML"),
            (b"{}", "MalformedXML"),
            (b"\x00\xff\xfe", "MalformedXML"),
            (message("ListAllMyBuckets")[:-1], "MalformedXML"),
            (message("ListAllMyBuckets") + b"<b/>", "MalformedXML"),
            (b"<!DOCTYPE a [<!ENTITY x 'y'>]>" + envelope(""), "MalformedXML"),
            (b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "MalformedXML"),
            (envelope("é").decode().encode("latin-1"), "MalformedXML"),
            (b"<a/>", "InvalidSOAPRequest"),
            (envelope(""), "InvalidSOAPRequest"),
            (envelope("text"), "InvalidSOAPRequest"),
            (envelope("<ListAllMyBuckets/>"), "InvalidSOAPRequest"),
            (envelope('<ListAllMyBuckets xmlns="urn:other"/>'), "InvalidSOAPRequest"),
            (envelope(f'<Format xmlns="{S3}"/>'), "InvalidSOAPRequest"),
            (message("ListAllMyBuckets").replace(b"soapenv:Body", b"soapenv:Boy"), "InvalidSOAPRequest"),
            (envelope(f'<ListAllMyBuckets xmlns="{S3}"/><ListAllMyBuckets xmlns="{S3}"/>'), "InvalidSOAPRequest"),
            (message("ListAllMyBuckets", "<Bucket>b</Bucket>"), "InvalidSOAPRequest"),
            (message("DeleteBucket"), "InvalidSOAPRequest"),
            (message("DeleteBucket", "<Bucket>b</Bucket><Bucket>c</Bucket>"), "InvalidSOAPRequest"),
            (message("DeleteBucket", "<Bucket><b/></Bucket>"), "InvalidSOAPRequest"),
            (message("DeleteBucket", "stray<Bucket>b</Bucket>"), "InvalidSOAPRequest"),
            (message("DeleteBucket", '<Bucket xmlns="urn:other">b</Bucket>'), "InvalidSOAPRequest"),
            (message("DeleteBucket", '<Bucket xsi:nil="true"/>'), "InvalidSOAPRequest"),
            (message("ListBucket", "<Bucket>b</Bucket><MaxKeys>many</MaxKeys>"), "InvalidSOAPRequest"),
        ],
    )  # fmt: skip
    def test_they_are_refused(self, wire, body, code):
        assert_fault(send(wire, body), f"Client.{code}")

    def test_soap_12(self, wire):
        body = message("ListAllMyBuckets").replace(ENVELOPE.encode(), b"http://www.w3.org/2003/05/soap-envelope")
        assert_fault(send(wire, body), "VersionMismatch")

    def test_headers_that_must_be_understood(self, wire):
        header = '<soapenv:Header><Security xmlns="urn:s"{}><deep>x<er/></deep></Security></soapenv:Header>'
        elements = security("ListAllMyBuckets", *keys(wire))
        inner = "".join(f"<{name}>{value}</{name}>" for name, value in elements.items())
        content = f'<ListAllMyBuckets xmlns="{S3}">{inner}</ListAllMyBuckets>'
        content_of(send(wire, envelope(content, header.format(""))))
        content_of(send(wire, envelope(content, header.format(' soapenv:mustUnderstand="0"'))))
        answer = send(wire, envelope(content, header.format(' soapenv:mustUnderstand="1"')))
        assert_fault(answer, "MustUnderstand", Element="Security")

    @pytest.mark.parametrize("data", ["====", "a", "ab!d", "YWJj====", "YWJj=", "YW=j", "é"])
    def test_data_that_are_not_base64(self, wire, s3, bucket, data):
        names = f"<Bucket>{bucket}</Bucket><Key>k</Key>"
        answer = signed(wire, "PutObjectInline", f"{names}<Data>{data}</Data><ContentLength>3</ContentLength>")
        assert_fault(answer, "Client.InvalidSOAPRequest", Element="Data")
        assert "Contents" not in s3.list_objects(Bucket=bucket)

    def test_data_in_lines(self, wire, read, bucket):
        names = f"<Bucket>{bucket}</Bucket><Key>key</Key>"
        answer = signed(
            wire, "PutObjectInline", f"{names}<Data>\n  aGVs\r\n\tbG8=\n</Data><ContentLength>5</ContentLength>"
        )
        content_of(answer)
        assert read() == b"hello"

    def test_lists_have_their_limits(self, wire, bucket):
        wanted = f"<Bucket>{bucket}</Bucket><Key>key</Key>" + "".join(
            f"<{name}>true</{name}>" for name in ("GetMetadata", "GetData", "InlineData")
        )
        most = "<IfMatch>a</IfMatch>" * 100
        assert_fault(signed(wire, "GetObjectExtended", wanted + most), "Client.NoSuchKey")
        more = signed(wire, "GetObjectExtended", f"{wanted}{most}<IfMatch>a</IfMatch>")
        assert_fault(more, "Client.InvalidSOAPRequest", Element="IfMatch")
        grant = '<Grant><Grantee xsi:type="Group"><URI>u</URI></Grantee><Permission>READ</Permission></Grant>'
        grants = f"<Bucket>{bucket}</Bucket><AccessControlList>{grant * 101}</AccessControlList>"
        assert_fault(signed(wire, "SetBucketAccessControlPolicy", grants), "Client.InvalidSOAPRequest", Element="Grant")

    @pytest.mark.parametrize("kind", ["", ' xsi:type="User"', ' xsi:type="Grantee"', ' xsi:type="Robot"'])
    def test_a_grantee_is_of_a_kind(self, wire, bucket, kind):
        grant = f"<Grant><Grantee{kind}><ID>a</ID></Grantee><Permission>READ</Permission></Grant>"
        content = f"<Bucket>{bucket}</Bucket><AccessControlList>{grant}</AccessControlList>"
        answer = signed(wire, "SetBucketAccessControlPolicy", content)
        assert_fault(answer, "Client.InvalidSOAPRequest", Element="Grantee")

    def test_depth_is_bounded(self, wire):
        deep = "<soapenv:Header>" + "<a>" * 10_000 + "</a>" * 10_000 + "</soapenv:Header>"
        assert_fault(send(wire, envelope("", deep)), "Client.MalformedXML")

    @pytest.mark.parametrize("operation", ["PutObjectInline", "ListBucket"])
    def test_a_message_that_is_too_long_is_not_read_to_its_end(self, wire, operation):
        """The announced gibibyte never comes, and the answer does."""
        beginning = message(operation, "<Bucket>").partition(b"</")[0]
        head = (
            f"POST /soap HTTP/1.1\r\nHost: {wire.netloc}\r\nContent-Type: text/xml\r\n"
            f"Content-Length: {1 << 30}\r\nConnection: close\r\n\r\n"
        )
        host, port = wire.netloc.split(":")
        with socket.create_connection((host, int(port)), timeout=30) as connection:
            connection.sendall(head.encode() + beginning)
            answer = b""
            while piece := connection.recv(65536):
                answer += piece
        code = "InlineDataTooLarge" if operation == "PutObjectInline" else "MaxMessageLengthExceeded"
        assert answer.startswith(b"HTTP/1.1 500 ")
        assert f"<faultcode>soapenv:Client.{code}</faultcode>".encode() in answer

    def test_a_message_of_chunks_that_does_not_end(self, wire):
        piece = b" " * 65536
        chunks = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for _ in range(40))
        answer = send(wire, chunks + b"0\r\n\r\n", {"Transfer-Encoding": "chunked"})
        assert_fault(answer, "Client.MaxMessageLengthExceeded", MaxMessageLengthBytes=str(2 * MIB))

    def test_a_message_of_chunks(self, wire):
        body = message("ListAllMyBuckets", "", security("ListAllMyBuckets", *keys(wire)))
        chunks = b"".join(b"1\r\n%c\r\n" % octet for octet in body)
        content_of(send(wire, chunks + b"0\r\n\r\n", {"Transfer-Encoding": "chunked"}))


def test_in_another_region_buckets_are_made_there(start_server):
    server = start_server(target="memory:", flags=("--region", "eu-west-1"))
    wire = server_wire(server)
    content_of(signed(wire, "CreateBucket", "<Bucket>quotes</Bucket>"))
    wire.region = "eu-west-1"
    assert b"eu-west-1" in wire.signed("GET", "/quotes?location").body


def test_the_access_log_tells_the_operation(start_server, tmp_path):
    server = start_server(target="memory:", flags=("--access-log", str(tmp_path / "access.log")))
    wire = server_wire(server)
    content_of(signed(wire, "ListAllMyBuckets"))
    assert_fault(send(wire, b"hello"), "Client.MalformedXML")
    wire.send("GET", "/soap?wsdl")
    lines = [line.split()[2:6] for line in (tmp_path / "access.log").read_text().splitlines()]
    assert lines == [
        ["ListBuckets", '"POST', '/soap"', "200"],
        ["-", '"POST', '/soap"', "500"],
        ["-", '"GET', '/soap"', "200"],
    ]


def test_pages_of_other_origins_are_told_nothing(wire):
    answer = send(wire, b"hello", {"Origin": "https://example.com"})
    assert_fault(answer, "Client.MalformedXML")
    assert "access-control-allow-origin" not in answer.headers
    preflight = {"Origin": "https://example.com", "Access-Control-Request-Method": "POST"}
    assert wire.send("OPTIONS", "/soap", preflight).status == 405

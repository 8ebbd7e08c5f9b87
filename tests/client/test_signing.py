"""What goes over the wire, compared with what botocore sends for the same request at the same time."""

from datetime import UTC, datetime

import botocore.auth
import pytest
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

import bushel
from bushel.testing.clock import ManualClock
from live.scripted import reply

NOW = datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
TOKEN = "a/session+token=="


@pytest.fixture
def client():
    with bushel.Client(
        "https://s3.example",
        access_key="AKID",
        secret_key="secret",
        session_token=TOKEN,
        region="eu-west-1",
        environ={},
        clock=ManualClock(),
    ) as made:
        yield made


def test_a_link_of_version_4_is_botocores(client, monkeypatch):
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda: NOW.replace(tzinfo=None), raising=False)
    request = AWSRequest("GET", "https://s3.example/bkt/a%20key%2B")
    botocore.auth.S3SigV4QueryAuth(Credentials("AKID", "secret", TOKEN), "s3", "eu-west-1", expires=600).add_auth(
        request
    )
    own = client.bucket("bkt").object("a key+").presign(expires_seconds=600)

    assert parameters(own) == parameters(request.url)


def parameters(url: str) -> tuple[str, set[str]]:
    base, _, query = url.partition("?")
    return base, set(query.split("&"))


def test_a_link_of_version_2_is_botocores(client, monkeypatch):
    monkeypatch.setattr(botocore.auth.time, "time", NOW.timestamp)
    request = AWSRequest("GET", "https://s3.example/bkt/a%20key%2B")
    request.auth_path = "/bkt/a%20key%2B"
    botocore.auth.HmacV1QueryAuth(Credentials("AKID", "secret", TOKEN), expires=600).add_auth(request)
    own = client.bucket("bkt").object("a key+").presign(expires_seconds=600, signature_version=2)

    assert parameters(own) == parameters(request.url)


def test_a_request_carries_the_token_and_is_signed_as_botocore_does(make_scripted_client, monkeypatch):
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda: NOW.replace(tzinfo=None), raising=False)
    server, client = make_scripted_client(reply(200, b"", ETag='"e"'), session_token=TOKEN, clock=ManualClock())
    client.put_object(bucket="bkt", key="a key", body=b"hello", metadata={"x": "y"}, tagging="a=b")
    [asked] = server.asked
    assert asked.headers["x-amz-security-token"] == TOKEN

    headers = {
        name: value
        for name, value in asked.headers.items()
        if name.startswith("x-amz-") and name not in {"x-amz-date", "x-amz-security-token"}
    }
    request = AWSRequest("PUT", f"{server.endpoint}/bkt/a%20key", headers=headers, data=b"hello")
    request.context["payload_signing_enabled"] = False
    signer = botocore.auth.S3SigV4Auth(Credentials("AK", "SK", TOKEN), "s3", "us-east-1")
    signer.payload = lambda _: asked.headers["x-amz-content-sha256"]
    signer.add_auth(request)
    assert request.headers["Authorization"] == asked.headers["authorization"]


@pytest.mark.parametrize(
    ("endpoint", "sign", "expected"),
    [
        ("http://127.0.0.1", None, "UNSIGNED-PAYLOAD"),
        ("http://localhost", None, "UNSIGNED-PAYLOAD"),
        ("https://s3.example", None, "UNSIGNED-PAYLOAD"),
        ("https://s3.example", True, "hash"),
        ("http://s3.example", None, "hash"),
        ("http://s3.example", False, "UNSIGNED-PAYLOAD"),
        ("http://127.example", None, "hash"),
    ],
)
def test_payloads_are_signed_where_nothing_else_guards_them(endpoint, sign, expected):
    asked = []

    class Listening:
        async def send(self, origin, method, target, headers, body, *, expect=False):
            asked.append(headers)
            raise ZeroDivisionError

        async def close(self):
            pass

    with (
        bushel.Client(
            endpoint, access_key="A", secret_key="S", environ={}, sign_payload=sign, transport=Listening()
        ) as client,
        pytest.raises(ZeroDivisionError),
    ):
        client.put_object(bucket="b", key="k", body=b"hello")

    digest = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
    assert asked[0]["x-amz-content-sha256"] == (digest if expected == "hash" else expected)


def test_nothing_is_signed_for_nobody(make_scripted_client):
    server, client = make_scripted_client(
        reply(200, b"x", ETag='"e"'), access_key=None, secret_key=None, anonymous=True
    )
    client.bucket("b").get("k")

    assert not {"authorization", "x-amz-date"} & server.asked[0].headers.keys()

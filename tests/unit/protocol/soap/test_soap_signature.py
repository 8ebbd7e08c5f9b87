"""Signatures of SOAP messages."""

import base64
import hashlib
import hmac

import pytest

from bushel.protocol.errors import S3Error
from bushel.protocol.soap.signature import read_claim, sign
from bushel.protocol.soap.types import DATE_TIME

NOW_NS = 1_230_811_200 * 10**9  # 2009-01-01T12:00:00Z
TEXT = "2009-01-01T12:00:00.000Z"


def elements(**changes):
    return {"AWSAccessKeyId": "AK", "Timestamp": DATE_TIME.read(TEXT), "Signature": "s", **changes}


def refusal(values, now_ns=NOW_NS):
    with pytest.raises(S3Error) as caught:
        read_claim("CreateBucket", values, now_ns)
    return caught.value.code


def test_the_documented_text_is_signed():
    """The documentation's example: the HMAC-SHA1 of AmazonS3CreateBucket2009-01-01T12:00:00.000Z."""
    expected = hmac.new(b"secret", b"AmazonS3CreateBucket2009-01-01T12:00:00.000Z", hashlib.sha1).digest()
    assert sign("CreateBucket", TEXT, "secret") == base64.b64encode(expected).decode()


def test_a_claim_is_true_for_the_secret_that_made_it_and_no_other():
    claim = read_claim("CreateBucket", elements(Signature=sign("CreateBucket", TEXT, "secret")), NOW_NS)
    assert claim.access_key == "AK"
    claim.verify("secret")
    with pytest.raises(S3Error, match="SignatureDoesNotMatch"):
        claim.verify("other")


@pytest.mark.parametrize("signature", ["é", "", "x" * 28])
def test_what_is_no_signature(signature):
    claim = read_claim("CreateBucket", elements(Signature="s"), NOW_NS)._replace(signature=signature)
    with pytest.raises(S3Error, match="SignatureDoesNotMatch"):
        claim.verify("secret")


def test_fifteen_minutes_to_the_millisecond():
    quarter_ns = 900 * 10**9
    assert read_claim("CreateBucket", elements(), NOW_NS + quarter_ns) is not None
    assert read_claim("CreateBucket", elements(), NOW_NS - quarter_ns) is not None
    assert refusal(elements(), NOW_NS + quarter_ns + 10**6) == "RequestTimeTooSkewed"
    assert refusal(elements(), NOW_NS - quarter_ns - 10**6) == "RequestTimeTooSkewed"


def test_nobody_claims_nothing():
    assert read_claim("CreateBucket", {}, NOW_NS) is None
    assert read_claim("CreateBucket", {"AWSAccessKeyId": " ", "Signature": ""}, NOW_NS) is None
    assert read_claim("CreateBucket", {"Timestamp": DATE_TIME.read(TEXT)}, NOW_NS) is None
    for name in ("AWSAccessKeyId", "Timestamp", "Signature"):
        values = elements()
        del values[name]
        assert refusal(values) == "MissingSecurityElement"


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T00:00:00", 0),
        ("1970-01-01T01:00:00+01:00", 0),
        ("1970-01-01T00:00:00.1Z", 100),
        ("1970-01-01T00:00:00.1239999Z", 123),
        (" 1970-01-01T00:00:01Z\n", 1000),
    ],
)
def test_instants(text, milliseconds):
    moment = DATE_TIME.read(text)
    assert (moment.text, moment.milliseconds) == (text.strip(), milliseconds)

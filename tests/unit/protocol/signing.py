"""Requests as botocore and the AWS documentation make them, in this project's shape; shared by the signature tests."""

import calendar
import time
from urllib.parse import urlsplit

from bushel.protocol.address import Addressing, parse_query
from bushel.protocol.credentials import Authentication
from bushel.protocol.errors import S3Error
from bushel.protocol.message import Request

ACCESS_KEY = "AKIAIOSFODNN7EXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
MAY_2013_NS = 1_369_353_600 * 10**9  # 24 May 2013, the day of the documentation's examples
ADDRESSING = Addressing(("s3.amazonaws.com", "s3.example.com"))


def from_botocore(aws_request) -> Request:
    """What a server receives of a request that botocore signed."""
    url = urlsplit(aws_request.url)
    headers = {"host": url.netloc}
    for name, value in aws_request.headers.items():
        text = value if isinstance(value, str) else value.decode()
        headers[name.lower()] = text.encode().decode("latin-1").strip(" \t")
    return Request(aws_request.method, url.path or "/", url.query, headers)


def seconds_ns(amz_date: str) -> int:
    return calendar.timegm(time.strptime(amz_date, "%Y%m%dT%H%M%SZ")) * 10**9


def verify(request: Request, now_ns: int, *, region: str = "us-east-1", secret: str = SECRET):
    """All that a server does to know who asks; the claim, or S3Error."""
    query = parse_query(request.query)
    address = ADDRESSING.resolve(request.host, request.path)
    claim = Authentication(region).read(request, query, address, now_ns)
    assert claim is not None
    if claim.access_key != ACCESS_KEY:
        raise S3Error("InvalidAccessKeyId", AWSAccessKeyId=claim.access_key)
    claim.verify(request, secret)
    return claim

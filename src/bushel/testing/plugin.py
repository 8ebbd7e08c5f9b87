"""Fixtures for pytest, there wherever bushel is installed: ``s3_server``, ``s3_client``, ``s3_bucket``.

Nothing is imported or started before a test asks for it.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from bushel import Bucket, Client
    from bushel.testing.serving import RunningServer


@pytest.fixture(scope="session")
def s3_server() -> Iterator["RunningServer"]:
    """An S3 server in memory on a free port, one for all tests of the session."""
    from bushel.testing.serving import server  # noqa: PLC0415 - takes time that tests without S3 need not spend

    with server() as running:
        yield running


@pytest.fixture
def s3_client(s3_server: "RunningServer") -> Iterator["Client"]:
    """A client of ``s3_server`` who may do everything."""
    with s3_server.client() as client:
        yield client


@pytest.fixture
def s3_bucket(s3_client: "Client", request: Any) -> Iterator["Bucket"]:
    """An empty bucket of the test's own; what is in it at the end goes with it."""
    import hashlib  # noqa: PLC0415 - see above

    bucket = s3_client.bucket(f"test-{hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:24]}")
    bucket.create()
    yield bucket
    if bucket.exists():
        bucket.empty()
        bucket.delete()

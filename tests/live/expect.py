"""What a test expects of an SDK call or a raw answer that must be refused."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from botocore.exceptions import ClientError

from live.wire import Answer


class Refusal:
    """Filled when the block ends: status, code, message and the children of ``<Error>``."""

    status: int
    code: str
    message: str
    error: dict[str, str]


@contextmanager
def refused(code: str, status: int, **detail: str) -> Iterator[Refusal]:
    """The call inside must be refused with this S3 code, this HTTP status and these children of ``<Error>``."""
    refusal = Refusal()
    with pytest.raises(ClientError) as caught:
        yield refusal
    answer = caught.value.response
    refusal.status = answer["ResponseMetadata"]["HTTPStatusCode"]
    refusal.error = answer["Error"]
    refusal.code, refusal.message = refusal.error["Code"], refusal.error.get("Message", "")
    assert (refusal.code, refusal.status) == (code, status), refusal.message
    for name, value in detail.items():
        assert refusal.error.get(name) == value, refusal.error


def assert_refused(answer: Answer, code: str, status: int, **detail: str) -> None:
    """The same for a raw answer."""
    assert answer.status == status, answer.body
    error = answer.error
    assert error["Code"] == code, answer.body
    for name, value in detail.items():
        assert error.get(name) == value, error

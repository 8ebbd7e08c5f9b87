"""What locks a new version: the request's word before the bucket's, and a period by days or by the calendar."""

from datetime import UTC, datetime

import pytest

from bushel.catalog.records import COMPLIANCE, GOVERNANCE, Lock
from bushel.protocol.shapes.object_lock import DefaultRetention
from bushel.service.locks import Locking

LEAP_DAY = datetime(2028, 2, 29, 12, 30, 0, 250_000, tzinfo=UTC)


def milliseconds(at):
    return round(at.timestamp() * 1000)


def ends(now, **period):
    locking = Locking(None, DefaultRetention(mode="COMPLIANCE", **period))
    lock = locking.lock(milliseconds(now) * 1_000_000)
    assert lock.mode == COMPLIANCE
    return datetime.fromtimestamp(lock.until / 1000, UTC)


@pytest.mark.parametrize(
    ("period", "end"),
    [
        ({"days": 1}, datetime(2028, 3, 1, 12, 30, 0, 250_000, tzinfo=UTC)),
        ({"days": 366}, datetime(2029, 3, 1, 12, 30, 0, 250_000, tzinfo=UTC)),
        ({"years": 1}, datetime(2029, 3, 1, 12, 30, 0, 250_000, tzinfo=UTC)),
        ({"years": 4}, datetime(2032, 2, 29, 12, 30, 0, 250_000, tzinfo=UTC)),
        ({"years": 100}, datetime(2128, 2, 29, 12, 30, 0, 250_000, tzinfo=UTC)),
    ],
    ids=str,
)
def test_a_default_retention_ends_when_its_period_is_over(period, end):
    assert ends(LEAP_DAY, **period) == end


def test_a_request_that_names_a_retention_gets_that_one():
    own = Lock(GOVERNANCE, 5)
    assert Locking(own, DefaultRetention(mode="COMPLIANCE", days=1)).lock(0) == own


def test_a_hold_goes_with_the_default():
    lock = Locking(Lock(hold=True), DefaultRetention(mode="GOVERNANCE", days=1)).lock(0)
    assert lock == Lock(GOVERNANCE, 86_400_000, hold=True)


def test_without_a_default_there_is_what_was_asked_for():
    assert Locking(Lock(hold=False), None).lock(0) == Lock(hold=False)

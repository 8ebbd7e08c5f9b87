"""Moments as people write them."""

from datetime import UTC, datetime

import pytest

from bushel.cli.quantities import parse_moment

NOW = datetime(2026, 11, 28, 12, 0, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _in_helsinki(monkeypatch):
    import time

    monkeypatch.setenv("TZ", "EET-2")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2h", datetime(2026, 11, 28, 10, tzinfo=UTC)),
        ("3d", datetime(2026, 11, 25, 12, tzinfo=UTC)),
        ("90s", datetime(2026, 11, 28, 11, 58, 30, tzinfo=UTC)),
        ("2026-11-27T18:00Z", datetime(2026, 11, 27, 18, tzinfo=UTC)),
        ("2026-11-27T18:00:30.250+01:00", datetime(2026, 11, 27, 17, 0, 30, 250_000, tzinfo=UTC)),
        ("2026-11-27T18:00", datetime(2026, 11, 27, 16, tzinfo=UTC)),
        ("2026-11-27 18:00:01", datetime(2026, 11, 27, 16, 0, 1, tzinfo=UTC)),
        ("2026-11-27", datetime(2026, 11, 26, 22, tzinfo=UTC)),
    ],
)
def test_moments_are_times_ago_or_of_the_calendar(text, expected):
    assert parse_moment(text, NOW.timestamp()) == expected


@pytest.mark.parametrize(
    "text", ["", "yesterday", "90", "20261127", "2026-13-01", "3x", "999999999999w", "-2h", "2026-11"]
)
def test_what_is_no_moment_is_told(text):
    with pytest.raises(ValueError, match="no moment"):
        parse_moment(text, NOW.timestamp())

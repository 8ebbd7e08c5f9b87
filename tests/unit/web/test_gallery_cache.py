"""Small pictures that are kept: within their bound, believed only where they are whole, and never in the way."""

import os

import pytest

from bushel.testing.clock import ManualClock
from bushel.testing.randomness import SeededRandomness
from bushel.web.gallery.cache import FORGOTTEN_SECONDS, FolderCache, MemoryCache


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def make(tmp_path, clock):
    def cache(limit_bytes=1 << 20):
        return FolderCache(tmp_path / "kept", limit_bytes, clock, SeededRandomness(1))

    return cache


def files(tmp_path):
    return [path for path in (tmp_path / "kept").rglob("*") if path.is_file()]


def test_what_was_put_is_there_for_every_process(make):
    make().put("ab12", b"picture")

    assert make().get("ab12") == b"picture"
    assert make().get("ab13") is None


def test_nothing_is_made_on_disk_before_there_is_something_to_keep(make, tmp_path):
    assert make().get("ab12") is None

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "damage", [lambda raw: raw[:-1], lambda raw: raw[:3], lambda raw: b"", lambda raw: b"x" + raw[1:]]
)
def test_a_file_that_is_not_whole_is_as_good_as_none(make, tmp_path, damage):
    make().put("ab12", b"picture")
    (file,) = files(tmp_path)
    file.write_bytes(damage(file.read_bytes()))

    assert make().get("ab12") is None
    assert files(tmp_path) == []


def test_what_was_used_longest_ago_goes_first_when_there_is_too_much(make, tmp_path, clock):
    cache = make(limit_bytes=100_000)
    for number in range(200):
        cache.put(f"{number:04x}", bytes(2000))
        clock.advance(3700)
        assert cache.get("0000") == bytes(2000), "in use all the time"

    total = sum(path.stat().st_size for path in files(tmp_path))
    assert total <= 100_000 + 64 * 2020, "the bound, and what comes between two looks at it"
    assert cache.get("00c7") == bytes(2000)
    assert cache.get("0001") is None


def test_what_nobody_looks_at_and_what_was_never_finished_goes_in_time(make, tmp_path, clock):
    make().put("aa01", b"old")
    abandoned = tmp_path / "kept" / "aa" / "aa02.abc.new"
    abandoned.write_bytes(b"half")
    os.utime(abandoned, ns=(clock.now_ns(), clock.now_ns()))
    clock.advance(3601)
    make().put("aa03", b"new")
    assert not abandoned.exists()
    assert make().get("aa01") == b"old"
    clock.advance(FORGOTTEN_SECONDS - 10)
    assert make().get("aa01") == b"old"
    clock.advance(20)
    make().put("aa04", b"newer")

    assert sorted(path.name for path in files(tmp_path)) == ["aa01", "aa04"]


def test_a_disk_that_is_nearly_full_is_left_alone(make, tmp_path):
    make(limit_bytes=1 << 60).put("ab12", b"picture")

    assert files(tmp_path) == []


def test_a_folder_that_cannot_be_written_costs_nothing_but_the_keeping(make, tmp_path):
    (tmp_path / "kept").write_bytes(b"a file")
    cache = make()
    cache.put("ab12", b"picture")

    assert cache.get("ab12") is None


def test_memory_keeps_what_was_used_last():
    cache = MemoryCache(100)
    cache.put("a", bytes(40))
    cache.put("b", bytes(40))
    assert cache.get("a") == bytes(40)
    cache.put("c", bytes(40))
    cache.put("d", bytes(101))

    assert cache.get("b") is None
    assert cache.get("a") == cache.get("c") == bytes(40)
    assert cache.get("d") is None

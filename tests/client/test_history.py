"""A versioned bucket read as it stood at a moment, and steps back."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import bushel.testing
from bushel.client import errors
from bushel.client.entries import FolderEntry
from bushel.testing.clock import ManualClock
from live.scripted import reply

KEYS = ("a", "a/b", "a/c/d", "a0", "b/", "é\n")

steps = st.lists(
    st.tuples(st.sampled_from(KEYS), st.booleans(), st.integers(0, 2000)),  # key, is deleted, milliseconds before it
    max_size=10,
)


@pytest.fixture(scope="module")
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(scope="module")
def past(clock):
    """A client of a server whose clock is handed in."""
    with bushel.testing.server(clock=clock) as server, server.client(clock=clock) as client:
        yield client


@pytest.fixture(scope="module")
def make_versioned(past):
    """Buckets that keep versions; the last one goes, for nobody may have many."""
    numbers = itertools.count()
    made: list[bushel.Bucket] = []

    def make() -> bushel.Bucket:
        for old in made:
            if old.exists():
                old.empty(versions=True)
                old.delete()
        made.clear()
        bucket = past.bucket(f"past-{next(numbers)}")
        bucket.create()
        made.append(bucket)
        bucket.set_versioning("Enabled")
        return bucket

    return make


def now(clock: ManualClock) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=clock.now_ns() // 1_000_000)


def told(clock: ManualClock) -> datetime:
    """The time that is told of what is stored now: in whole seconds."""
    return now(clock).replace(microsecond=0)


def then(history: list, at: datetime) -> dict[str, bytes]:
    """The naive answer: everything up to the moment, done again."""
    found: dict[str, bytes] = {}
    for moment, key, data in history:
        if moment <= at:
            found.pop(key, None)
            if data is not None:
                found[key] = data
    return found


@given(
    steps=steps,
    page_size=st.integers(1, 5),
    prefix=st.sampled_from(["", "a", "a/", "b"]),
    key_asked=st.sampled_from(KEYS),
    which=st.integers(0, 40),
)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_it_is_what_doing_everything_again_up_to_the_moment_gives(
    clock, make_versioned, steps, page_size, prefix, key_asked, which
):
    bucket = make_versioned()
    history = []
    for number, (key, is_deleted, milliseconds) in enumerate(steps):
        clock.advance(milliseconds / 1000)
        content = None if is_deleted else f"{key} {number}".encode()
        if content is None:
            bucket.delete_object(key)
        else:
            bucket.put(key, content)
        history.append((told(clock), key, content))
    moments = [now(clock) + timedelta(days=1)]
    for moment, _, _ in history:
        moments += [moment, moment - timedelta(milliseconds=1), moment + timedelta(milliseconds=999)]
    at = moments[which % len(moments)]
    expected = {key: content for key, content in then(history, at).items() if key.startswith(prefix)}

    listed = list(bucket.objects(prefix, at=at, page_size=page_size))
    assert [each.key for each in listed] == sorted(expected, key=str.encode)
    for each in listed:
        assert bucket.object(each.key, version_id=each.version_id).get() == expected[each.key]
        assert each.size == len(expected[each.key])
    level = [each[0] for each in bucket.ls(prefix, at=at, page_size=page_size)]
    assert level == sorted({_cut(key, prefix) for key in expected}, key=str.encode)
    if key_asked in then(history, at):
        assert bucket.object(key_asked).version_at(at).get() == then(history, at)[key_asked]
    else:
        with pytest.raises(errors.NoSuchKey):
            bucket.object(key_asked).version_at(at)


def _cut(key: str, prefix: str) -> str:
    end = key.find("/", len(prefix))
    return key if end < 0 else key[: end + 1]


def test_many_versions_are_read_page_by_page(clock, make_versioned):
    """More than are asked for at once, so that the listing of one key goes over several pages."""
    bucket = make_versioned()
    for number in range(105):
        clock.advance(1)
        bucket.put("k", str(number))
        if number == 0:
            first = told(clock)
    bucket.put("k2", b"later")

    assert bucket.object("k").version_at(first).get() == b"0"
    assert [each.key for each in bucket.objects(at=first, page_size=10)] == ["k"]
    assert [each.key for each in bucket.objects(at=now(clock), start_after="k")] == ["k2"]
    with pytest.raises(errors.NoSuchKey):
        bucket.object("k").version_at(first - timedelta(milliseconds=1))


def test_a_moment_has_its_zone(make_versioned):
    bucket = make_versioned()
    with pytest.raises(ValueError, match="no time zone"):
        list(bucket.objects(at=datetime(2026, 1, 1)))  # noqa: DTZ001 - that is what is tested
    with pytest.raises(ValueError, match="no time zone"):
        bucket.object("k").version_at(datetime(2026, 1, 1))  # noqa: DTZ001 - that is what is tested


def test_the_latest_comes_first_of_what_is_as_old(make_scripted_client):
    """Times are of whole seconds, and servers list versions apart from markers."""
    stamp = "<LastModified>2026-01-02T03:04:05.000Z</LastModified>"

    def version(number: int, kind: str = "Version", latest: str = "false") -> str:
        e_tag = "<ETag>&quot;e&quot;</ETag><Size>1</Size>" if kind == "Version" else ""
        text = f"<Key>k</Key><VersionId>{number}</VersionId><IsLatest>{latest}</IsLatest>{stamp}{e_tag}"
        return f"<{kind}>{text}</{kind}>"

    document = (
        "<ListVersionsResult><IsTruncated>false</IsTruncated>"
        f"{version(3)}{version(1)}{version(4, 'DeleteMarker', 'true')}{version(2, 'DeleteMarker')}"
        "</ListVersionsResult>"
    ).encode()
    _, client = make_scripted_client(reply(200, document), reply(200, document))
    bucket = client.bucket("b")

    assert [each.version_id for each in bucket.versions()] == ["4", "2", "3", "1"]
    assert list(bucket.objects(at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))) == []


@pytest.mark.parametrize("order", [(b"one", None, b"two"), (None, b"one", None), (b"one", b"two", None, None)])
def test_the_order_within_a_second_is_the_servers(clock, make_versioned, order):
    """What it was then, is what the last step of that second made it, whatever came later."""
    bucket = make_versioned()
    clock.advance(1)
    second = told(clock)
    for content in order:
        if content is None:
            bucket.delete_object("k")
        else:
            bucket.put("k", content)
    clock.advance(1)
    bucket.put("k", b"later")

    found = list(bucket.objects(at=second))
    assert [each.key for each in found] == ([] if order[-1] is None else ["k"])
    if order[-1] is None:
        with pytest.raises(errors.NoSuchKey):
            bucket.object("k").version_at(second)
    else:
        assert bucket.object("k").version_at(second).get() == order[-1]
        assert bucket.object("k", version_id=found[0].version_id).get() == order[-1]


def test_folders_are_those_that_had_objects(clock, make_versioned):
    bucket = make_versioned()
    bucket.put("old/a", b"x")
    before = now(clock)
    clock.advance(1)
    bucket.delete_object("old/a")
    bucket.put("new/a", b"x")

    assert list(bucket.ls(at=before)) == [FolderEntry("old/")]
    assert list(bucket.ls(at=now(clock))) == [FolderEntry("new/")]


# --- steps back -------------------------------------------------------------------------------------------------------


def test_a_step_back_brings_what_was_before(make_versioned):
    bucket = make_versioned()
    bucket.put("k", b"one")
    bucket.put("k", b"two")
    bucket.delete_object("k")
    bucket.put("k2", b"a neighbour")

    removed = bucket.object("k").undo()
    assert (removed.key, removed.deleted, removed.latest) == ("k", True, True)
    assert bucket.get("k") == b"two"
    assert not bucket.object("k").undo().deleted
    assert bucket.get("k") == b"one"
    bucket.object("k").undo()
    with pytest.raises(errors.NoSuchKey):
        bucket.object("k").undo()
    assert bucket.get("k2") == b"a neighbour"


def test_nothing_is_taken_from_a_bucket_that_keeps_no_versions(past):
    bucket = past.bucket("no-versions")
    bucket.create()
    bucket.put("k", b"the only one")

    with pytest.raises(errors.NotVersioned, match="no-versions"):
        bucket.object("k").undo()
    assert bucket.get("k") == b"the only one"


def test_versions_are_deleted_by_the_thousand_and_failures_named(make_versioned, past):
    bucket = make_versioned()
    for number in range(3):
        bucket.put("k", str(number))
    bucket.delete_object("k\x01")  # its marker cannot be named in XML, and goes on its own
    versions = [(each.key, each.version_id) for each in bucket.versions()]

    assert bucket.delete_versions(versions) == 4
    assert list(bucket.versions()) == []
    bucket.put("k", b"x")
    with pytest.raises(errors.BatchError) as caught:
        bucket.delete_versions([("k", "no-version")])
    assert list(caught.value.failures) == ["k?versionId=no-version"]
    assert bucket.get("k") == b"x"


def test_a_bucket_is_emptied_with_all_its_versions(make_versioned):
    bucket = make_versioned()
    bucket.put("k", b"one")
    bucket.put("k", b"two")

    assert bucket.empty() == 1
    with pytest.raises(errors.BucketNotEmpty):
        bucket.delete()
    assert bucket.empty(versions=True) == 3
    bucket.delete()


def test_the_status_is_told(past):
    bucket = past.bucket("status")
    bucket.create()
    assert bucket.versioning() is None
    bucket.set_versioning("Enabled")
    assert bucket.versioning() == "Enabled"
    bucket.set_versioning("Suspended")
    assert bucket.versioning() == "Suspended"


# --- what goes with it ------------------------------------------------------------------------------------------------


def test_tags_are_a_dictionary(make_versioned):
    bucket = make_versioned()
    bucket.put("k", b"one", tagging="a=1")
    old = bucket.object("k", version_id=next(iter(bucket.versions())).version_id)
    bucket.put("k", b"two")

    assert bucket.tags() == {}
    bucket.set_tags({"team": "pictures", "ü": ""})
    assert bucket.tags() == {"team": "pictures", "ü": ""}
    bucket.set_tags({})
    assert bucket.tags() == {}
    bucket.object("k").set_tags({"b": "2"})
    assert bucket.object("k").tags() == {"b": "2"}
    assert old.tags() == {"a": "1"}
    old.set_tags({})
    assert old.tags() == {}
    with pytest.raises(errors.NoSuchKey):
        bucket.object("missing").tags()
    with pytest.raises(errors.NoSuchBucket):
        bucket._client.bucket("nowhere").tags()


def test_policies_are_text_and_can_be_taken_away(make_versioned):
    bucket = make_versioned()
    assert bucket.policy() is None
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{bucket.name}/public/*",
    }
    bucket.set_policy({"Version": "2012-10-17", "Statement": [statement]})
    assert f"{bucket.name}/public/*" in bucket.policy()
    bucket.set_policy(bucket.policy())
    bucket.set_policy(None)
    assert bucket.policy() is None

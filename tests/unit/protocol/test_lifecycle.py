"""Lifecycle rules: which there can be, and what they say of objects, versions, markers and uploads.

Source: S3 User Guide, "Lifecycle configuration elements", "Setting an S3 Lifecycle configuration on a bucket".
"""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bushel.protocol.errors import S3Error
from bushel.protocol.lifecycle import DAY_MS, Expiry, Lifecycle, after_days, check_rules
from bushel.protocol.shapes.lifecycle import (
    AbortIncompleteMultipartUpload,
    LifecycleExpiration,
    LifecycleRule,
    LifecycleRuleAndOperator,
    LifecycleRuleFilter,
    NoncurrentVersionExpiration,
)
from bushel.protocol.shapes.tagging import Tag


def ms(*moment):
    return int(datetime(*moment, tzinfo=UTC).timestamp() * 1000)


def expire(days=1, **members):
    return {"expiration": LifecycleExpiration(days=None if members else days, **members)}


def noncurrent(days=1, newer=None):
    expiration = NoncurrentVersionExpiration(noncurrent_days=days, newer_noncurrent_versions=newer)
    return {"noncurrent_version_expiration": expiration}


def abort(days=1):
    return {"abort_incomplete_multipart_upload": AbortIncompleteMultipartUpload(days_after_initiation=days)}


MARKER = expire(expired_object_delete_marker=True)
TAG = Tag(key="env", value="prod")


def rule(filter_=None, *, status="Enabled", **members):
    """A rule of the newer form; ``filter_`` is a filter, or a prefix, or nothing for all objects."""
    if filter_ is None or isinstance(filter_, str):
        filter_ = LifecycleRuleFilter(prefix=filter_)
    return LifecycleRule(filter=filter_, status=status, **members)


def both(**members):
    return LifecycleRuleFilter(and_=LifecycleRuleAndOperator(**members))


def refuse(*rules):
    with pytest.raises(S3Error) as caught:
        check_rules(rules)
    assert caught.value.status == 400
    return caught.value


# --- which rules there can be -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "rules",
    [
        [rule(**expire(1))],
        [rule("logs/", **expire(2**31 - 1), **noncurrent(1, 100), **abort(1))],
        [rule(**expire(date=ms(2099, 1, 1)))],
        [rule("a", id="x" * 255, **MARKER)],
        [rule(LifecycleRuleFilter(tag=TAG), **expire())],
        [rule(LifecycleRuleFilter(object_size_greater_than=0), **expire())],
        [rule(both(prefix="a", tags=(TAG,), object_size_greater_than=1, object_size_less_than=2), **expire())],
        [rule(both(tags=(TAG, Tag(key="Env", value="prod"))), **noncurrent())],
        [
            LifecycleRule(prefix="", status="Enabled", **expire()),
            LifecycleRule(prefix="a", status="Disabled", **abort()),
        ],
        [rule(f"{number}/", **expire()) for number in range(1000)],
        [rule(id="", **expire()), rule(id="", **expire())],
    ],
    ids=range(11),
)
def test_rules_that_there_can_be_are_taken(rules):
    check_rules(rules)


@pytest.mark.parametrize(
    ("changed", "code", "message"),
    [
        ([rule(id="x" * 256, **expire())], "InvalidArgument", "ID length should not exceed allowed limit of 255"),
        (
            [rule(id="x", **expire()), rule("a", id="x", **expire())],
            "InvalidArgument",
            "Rule ID must be unique. Found same ID for more than one rule",
        ),
        (
            [rule(**expire())] * 1001,
            "InvalidRequest",
            "The number of lifecycle rules must not exceed the allowed limit of 1000 rules.",
        ),
        ([rule()], "InvalidRequest", "At least one action needs to be specified in a rule"),
        ([LifecycleRule(status="Enabled", **expire())], "MalformedXML", None),
        (
            [rule(**expire()), LifecycleRule(prefix="a", status="Enabled", **expire())],
            "InvalidRequest",
            "Base level prefix cannot be used in Lifecycle V2, prefixes are only supported in the Filter.",
        ),
        (
            [LifecycleRule(prefix="a", status="Enabled", **expire()), rule(**expire())],
            "InvalidRequest",
            "Filter element can only be used in Lifecycle V2.",
        ),
        (
            [LifecycleRule(prefix="a", status="Enabled", **noncurrent(1, 1))],
            "InvalidRequest",
            "NewerNoncurrentVersions element can only be used in Lifecycle V2.",
        ),
        ([rule("a" * 1025, **expire())], "InvalidArgument", "The maximum size of a prefix is 1024."),
        ([rule(LifecycleRuleFilter(prefix="a", tag=TAG), **expire())], "MalformedXML", None),
        ([rule(both(prefix="a"), **expire())], "MalformedXML", None),
        ([rule(both(), **expire())], "MalformedXML", None),
        ([rule(both(tags=(TAG, TAG)), **expire())], "InvalidRequest", "Duplicate Tag Keys are not allowed."),
        (
            [rule(LifecycleRuleFilter(tag=Tag(key="", value="")), **expire())],
            "InvalidRequest",
            "A Tag's Key must be a length between 1 and 128.",
        ),
        (
            [rule(LifecycleRuleFilter(tag=Tag(key="k", value="v" * 257)), **expire())],
            "InvalidRequest",
            "A Tag's Value must be a length between 0 and 256.",
        ),
        (
            [rule(both(tags=tuple(Tag(key=str(number), value="") for number in range(11))), **expire())],
            "InvalidRequest",
            "Object tags cannot be greater than 10",
        ),
        (
            [rule(LifecycleRuleFilter(object_size_greater_than=-1), **expire())],
            "InvalidRequest",
            "'ObjectSizeGreaterThan' should be between 0 and 1099511627776000.",
        ),
        (
            [rule(LifecycleRuleFilter(object_size_less_than=0), **expire())],
            "InvalidRequest",
            "'ObjectSizeLessThan' should be between 1 and 1099511627776000.",
        ),
        (
            [rule(both(object_size_greater_than=10, object_size_less_than=10), **expire())],
            "InvalidRequest",
            "'ObjectSizeLessThan' has to be a value greater than 'ObjectSizeGreaterThan'.",
        ),
        ([rule(expiration=LifecycleExpiration())], "MalformedXML", None),
        ([rule(expiration=LifecycleExpiration(days=1, date=0))], "MalformedXML", None),
        (
            [rule(expiration=LifecycleExpiration(days=1, expired_object_delete_marker=True))],
            "MalformedXML",
            None,
        ),
        ([rule(**expire(0))], "InvalidArgument", "'Days' for Expiration action must be a positive integer"),
        ([rule(**expire(2**31))], "MalformedXML", None),
        ([rule(**expire(date=ms(2099, 1, 1, 0, 0, 1)))], "InvalidArgument", "'Date' must be at midnight GMT"),
        (
            [rule(LifecycleRuleFilter(tag=TAG), **MARKER)],
            "InvalidRequest",
            "ExpiredObjectDeleteMarker cannot be specified with Tags.",
        ),
        (
            [rule(LifecycleRuleFilter(object_size_less_than=9), **MARKER)],
            "InvalidRequest",
            "ExpiredObjectDeleteMarker cannot be specified with Object Size.",
        ),
        ([rule(noncurrent_version_expiration=NoncurrentVersionExpiration())], "MalformedXML", None),
        (
            [rule(**noncurrent(0))],
            "InvalidArgument",
            "'NoncurrentDays' for NoncurrentVersionExpiration action must be a positive integer",
        ),
        (
            [rule(**noncurrent(1, 0))],
            "InvalidArgument",
            "'NewerNoncurrentVersions' for NoncurrentVersionExpiration action must be between 1 and 100",
        ),
        (
            [rule(**noncurrent(1, 101))],
            "InvalidArgument",
            "'NewerNoncurrentVersions' for NoncurrentVersionExpiration action must be between 1 and 100",
        ),
        (
            [rule(**abort(0))],
            "InvalidArgument",
            "'DaysAfterInitiation' for AbortIncompleteMultipartUpload action must be a positive integer",
        ),
        (
            [rule(LifecycleRuleFilter(tag=TAG), **abort())],
            "InvalidRequest",
            "AbortIncompleteMultipartUpload cannot be specified with Tags.",
        ),
        (
            [rule(both(prefix="a", object_size_greater_than=1), **abort())],
            "InvalidRequest",
            "AbortIncompleteMultipartUpload cannot be specified with Object Size.",
        ),
    ],
    ids=range(34),
)
def test_rules_that_there_cannot_be_are_refused_in_s3s_words(changed, code, message):
    error = refuse(*changed)

    assert error.code == code
    assert message is None or error.message == message


# --- days ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moment", "days", "expected"),
    [
        (ms(2014, 1, 15, 10, 30), 3, ms(2014, 1, 19)),  # the example of the User Guide
        (ms(2014, 1, 15, 23, 59, 59), 1, ms(2014, 1, 17)),
        (ms(2014, 1, 15), 1, ms(2014, 1, 17)),
        (ms(2016, 2, 28, 1), 1, ms(2016, 3, 1)),
    ],
    ids=range(4),
)
def test_days_are_rounded_up_to_the_next_midnight(moment, days, expected):
    assert after_days(moment, days, DAY_MS) == expected


@given(st.integers(0, 2**42), st.integers(1, 2**31), st.sampled_from([1000, 60_000, DAY_MS]))
def test_nothing_goes_early_and_nothing_a_day_late(moment, days, day_ms):
    at = after_days(moment, days, day_ms)

    assert at % day_ms == 0
    assert moment + days * day_ms < at <= moment + (days + 1) * day_ms


def test_the_header_says_when_and_by_which_rule():
    expiry = Expiry(ms(2012, 12, 21), 'a "rule", ü')

    assert expiry.header() == ('expiry-date="Fri, 21 Dec 2012 00:00:00 GMT", rule-id="a%20%22rule%22%2C%20%C3%BC"')


# --- what rules say -----------------------------------------------------------------------------------------------

NOW = ms(2024, 1, 2, 3)
NEXT = ms(2024, 1, 4)


def expiry(rules, key=b"key", size=5, tags=None):
    found = Lifecycle(rules).expiry(key, size, tags or {}, NOW, DAY_MS)
    return None if found is None else found.at


@pytest.mark.parametrize(
    ("filter_", "meant", "not_meant"),
    [
        ("log/", {"key": b"log/1"}, {"key": b"lo"}),
        (LifecycleRuleFilter(), {}, None),
        (LifecycleRuleFilter(tag=TAG), {"tags": {"a": "b", "env": "prod"}}, {"tags": {"env": "Prod"}}),
        (LifecycleRuleFilter(object_size_greater_than=5), {"size": 6}, {"size": 5}),
        (LifecycleRuleFilter(object_size_less_than=5), {"size": 4}, {"size": 5}),
        (both(prefix="a", tags=(TAG,)), {"key": b"ab", "tags": {"env": "prod"}}, {"key": b"ab"}),
        (both(tags=(TAG, Tag(key="b", value=""))), {"tags": {"env": "prod", "b": ""}}, {"tags": {"env": "prod"}}),
        (both(object_size_greater_than=1, object_size_less_than=3), {"size": 2}, {"size": 3}),
    ],
    ids=range(8),
)
def test_a_filter_means_what_all_its_terms_are_true_of(filter_, meant, not_meant):
    rules = [rule(filter_, **expire(1))]

    assert expiry(rules, **meant) == NEXT
    assert not_meant is None or expiry(rules, **not_meant) is None


def test_the_earliest_of_the_rules_that_mean_an_object_decides():
    rules = [
        rule(id="late", **expire(9)),
        rule("k", id="soon", **expire(1)),
        rule("x", id="other", **expire(date=0)),
        rule(id="off", status="Disabled", **expire(date=0)),
        rule(id="other action", **noncurrent()),
    ]

    assert Lifecycle(rules).expiry(b"key", 1, {}, NOW, DAY_MS) == Expiry(NEXT, "soon")
    assert expiry([rule(**expire(date=ms(2020, 1, 1)))]) == ms(2020, 1, 1)
    assert expiry([rule(**noncurrent())]) is None


def test_a_lone_marker_goes_at_once_or_by_its_age():
    def at(*rules):
        found = Lifecycle(rules).marker_expiry(b"key", NOW, DAY_MS)
        return None if found is None else found.at

    assert at(rule(**MARKER)) == NOW
    assert at(rule(**expire(expired_object_delete_marker=False))) is None
    assert at(rule(**expire(1))) == NEXT
    assert at(rule(**expire(date=0))) is None
    assert at(rule(LifecycleRuleFilter(tag=TAG), **expire(1))) is None
    assert at(rule("x", **MARKER)) is None


def test_a_noncurrent_version_goes_when_it_is_old_and_enough_newer_ones_are_kept():
    def at(newer, *rules, size=1, tags=None):
        found = Lifecycle(rules).noncurrent_expiry(b"key", size, tags or {}, NOW, newer, DAY_MS)
        return None if found is None else (found[0].at, found[1])

    assert at(0, rule(**noncurrent(1))) == (NEXT, 0)
    assert at(1, rule(**noncurrent(1, 2))) is None
    assert at(2, rule(**noncurrent(1, 2))) == (NEXT, 2)
    assert at(2, rule(**noncurrent(1, 2)), rule(**noncurrent(1, 1))) == (NEXT, 1)
    assert at(2, rule(**noncurrent(2, 1)), rule(**noncurrent(1, 2))) == (NEXT, 2)
    assert at(0, rule(LifecycleRuleFilter(tag=TAG), **noncurrent())) is None
    assert at(0, rule(LifecycleRuleFilter(tag=TAG), **noncurrent()), tags={"env": "prod"}) == (NEXT, 0)
    assert at(0, rule(**noncurrent()), size=None) == (NEXT, 0)
    assert at(0, rule(LifecycleRuleFilter(object_size_less_than=1), **noncurrent()), size=None) is None


def test_an_upload_is_given_up_days_after_it_began():
    rules = Lifecycle([rule(id="a", **abort(2)), rule("k", id="b", **abort(1)), rule(**expire())])

    assert rules.upload_expiry(b"key", NOW, DAY_MS) == Expiry(NEXT, "b")
    assert rules.upload_expiry(b"other", NOW, DAY_MS) == Expiry(NEXT + DAY_MS, "a")


def test_a_walk_covers_what_rules_mean_and_no_more():
    rules = Lifecycle(
        [
            rule("b/", **expire()),
            rule("a", **noncurrent()),
            rule("b/c", **MARKER),
            rule("z", **abort()),
            rule(status="Disabled", **expire(), **abort()),
        ]
    )

    assert rules.object_prefixes == (b"a", b"b/")
    assert rules.upload_prefixes == (b"z",)
    assert Lifecycle([rule(status="Disabled", **expire())]).object_prefixes == ()


# --- against a second reading of the rules ------------------------------------------------------------------------

keys = st.text("ab/", max_size=4)
one_tag = st.builds(Tag, key=st.sampled_from("kl"), value=st.sampled_from("vw"))
small_tags = st.lists(one_tag, max_size=2)
sizes = st.none() | st.integers(0, 4)
filters = st.one_of(
    st.builds(LifecycleRuleFilter, prefix=keys),
    st.builds(LifecycleRuleFilter, tag=one_tag),
    st.builds(LifecycleRuleFilter, object_size_greater_than=sizes),
    st.builds(LifecycleRuleFilter, object_size_less_than=sizes),
    st.builds(
        LifecycleRuleFilter,
        and_=st.builds(
            LifecycleRuleAndOperator,
            prefix=st.none() | keys,
            tags=small_tags.map(tuple),
            object_size_greater_than=sizes,
            object_size_less_than=sizes,
        ),
    ),
)
expirations = st.one_of(
    st.builds(LifecycleExpiration, days=st.integers(1, 3)),
    st.builds(LifecycleExpiration, date=st.integers(19_000, 20_000).map(lambda day: day * DAY_MS)),
)
rules_of_anything = st.lists(
    st.builds(
        lambda wanted, expiration, status, number: LifecycleRule(
            filter=wanted, expiration=expiration, status=status, id=str(number)
        ),
        filters,
        expirations,
        st.sampled_from(["Enabled", "Disabled"]),
        st.integers(0, 9),
    ),
    max_size=6,
)


def _means(wanted, key, size, tags):
    """A filter read anew for each question, as the User Guide words it."""
    terms = wanted if wanted.and_ is None else wanted.and_
    asked = [wanted.tag] if wanted.tag else list(wanted.and_.tags) if wanted.and_ else []
    return (
        (terms.prefix is None or key.startswith(terms.prefix))
        and all(tag.key in tags and tags[tag.key] == tag.value for tag in asked)
        and (terms.object_size_greater_than is None or size > terms.object_size_greater_than)
        and (terms.object_size_less_than is None or size < terms.object_size_less_than)
    )


def _expires(one, modified):
    if one.expiration.date is not None:
        return one.expiration.date
    later = datetime.fromtimestamp(modified / 1000, UTC) + timedelta(days=one.expiration.days + 1)
    return int(later.replace(hour=0, minute=0, second=0, microsecond=0).timestamp()) * 1000


@given(
    rules_of_anything,
    keys,
    st.integers(0, 5),
    st.dictionaries(st.sampled_from("kl"), st.sampled_from("vw")),
    st.integers(ms(2020, 1, 1), ms(2030, 1, 1)),
)
def test_the_compiled_rules_say_what_a_plain_reading_says(rules, key, size, tags, modified):
    meaning = [one for one in rules if one.status == "Enabled" and _means(one.filter, key, size, tags)]
    expected = min((_expires(one, modified) for one in meaning), default=None)
    compiled = Lifecycle(rules)

    found = compiled.expiry(key.encode(), size, tags, modified, DAY_MS)

    assert (None if found is None else found.at) == expected
    if found is not None:
        assert any(key.encode().startswith(prefix) for prefix in compiled.object_prefixes)
        assert found.rule_id in {one.id for one in meaning if _expires(one, modified) == found.at}

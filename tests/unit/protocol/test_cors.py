"""Cross-origin rules: which there can be, and what they say to a request."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bushel.protocol.cors import METHODS, VARY, Cors, check_cors, preflight
from bushel.protocol.errors import S3Error
from bushel.protocol.shapes.cors import CorsConfiguration, CorsRule

ORIGIN = "https://localhost:4200"


def rule(*, origins=(ORIGIN,), methods=("GET",), **members):
    return CorsRule(allowed_origins=origins, allowed_methods=methods, **members)


def cors(*rules):
    return Cors(CorsConfiguration(cors_rules=rules))


def check(*rules):
    check_cors(CorsConfiguration(cors_rules=rules))


def allow(rules, *, origin=ORIGIN, method="GET", headers=None):
    fields = rules.allow(origin, method, headers)
    return None if fields is None else dict(fields)


# --- which rules there can be -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("members", "message"),
    [
        (
            {"methods": ("GET", "MYMETHOD")},
            "Found unsupported HTTP method in CORS config. Unsupported method is MYMETHOD",
        ),
        ({"methods": ("get",)}, "Found unsupported HTTP method in CORS config. Unsupported method is get"),
        ({"methods": ("OPTIONS",)}, "Found unsupported HTTP method in CORS config. Unsupported method is OPTIONS"),
        ({"methods": ("",)}, "Found unsupported HTTP method in CORS config. Unsupported method is "),
        ({"origins": ("*example*.com",)}, 'AllowedOrigin "*example*.com" can not have more than one wildcard.'),
        ({"allowed_headers": ("x-*-*",)}, 'AllowedHeader "x-*-*" can not have more than one wildcard.'),
        ({"allowed_headers": ("a b",)}, 'AllowedHeader "a b" contains invalid character.'),
        ({"allowed_headers": ("",)}, 'AllowedHeader "" contains invalid character.'),
        (
            {"expose_headers": ("x-amz-*",)},
            'ExposeHeader "x-amz-*" contains wildcard. We currently do not support wildcard for ExposeHeader.',
        ),
        ({"expose_headers": ("a\r\nSet-Cookie: b",)}, 'ExposeHeader "a\r\nSet-Cookie: b" contains invalid character.'),
        ({"expose_headers": ("é",)}, 'ExposeHeader "é" contains invalid character.'),
        ({"id": "i" * 256}, "The ID value can be up to 255 characters long."),
    ],
    ids=range(12),
)
def test_a_rule_that_cannot_be_is_an_invalid_request(members, message):
    with pytest.raises(S3Error) as caught:
        check(rule(), rule(**members))

    assert (caught.value.code, caught.value.message, caught.value.status) == ("InvalidRequest", message, 400)


def test_there_are_at_most_a_hundred_rules_with_ids_of_their_own():
    check(*[rule(id=str(number)) for number in range(100)])
    check(rule(), rule())
    with pytest.raises(S3Error, match="limit of 100 rules"):
        check(*[rule()] * 101)
    with pytest.raises(S3Error, match="unique"):
        check(rule(id="a"), rule(id="a"))


@pytest.mark.parametrize("seconds", [-1, 2**31])
def test_an_age_has_bounds(seconds):
    check(rule(max_age_seconds=0), rule(max_age_seconds=2**31 - 1))
    with pytest.raises(S3Error) as caught:
        check(rule(max_age_seconds=seconds))
    assert caught.value.code == "MalformedXML"


def test_an_empty_origin_can_be_and_matches_nothing():
    check(rule(origins=("",)))
    assert allow(cors(rule(origins=("",)))) is None


# --- what they say to a request -----------------------------------------------------------------------------------


def test_an_origin_of_a_rule_is_echoed_and_may_send_credentials():
    rules = cors(rule(methods=("GET", "PUT"), max_age_seconds=3000, expose_headers=("ETag", "x-amz-id-2")))

    assert rules.allow(ORIGIN, "PUT", None) == [
        ("Access-Control-Allow-Origin", ORIGIN),
        ("Access-Control-Allow-Methods", "GET, PUT"),
        ("Access-Control-Expose-Headers", "ETag, x-amz-id-2"),
        ("Access-Control-Max-Age", "3000"),
        ("Access-Control-Allow-Credentials", "true"),
        VARY,
    ]


def test_every_origin_is_answered_with_a_star_and_without_credentials():
    assert cors(rule(origins=("*",))).allow("anything at all", "GET", "") == [
        ("Access-Control-Allow-Origin", "*"),
        ("Access-Control-Allow-Methods", "GET"),
        VARY,
    ]


@pytest.mark.parametrize(
    ("pattern", "origin", "matches"),
    [
        (ORIGIN, ORIGIN, True),
        (ORIGIN, ORIGIN + "/", False),
        (ORIGIN, ORIGIN.upper(), False),
        ("http://*.origin.com", "http://test.origin.com", True),
        ("http://*.origin.com", "http://a.b.origin.com", True),
        ("http://*.origin.com", "http://.origin.com", True),
        ("http://*.origin.com", "http://origin.com", False),
        ("http://*.origin.com", "http://test.origin.com:80", False),
        ("http://test*", "http://test", True),
        ("*.com", "x.com", True),
        ("ab*ba", "aba", False),
    ],
    ids=range(11),
)
def test_a_star_in_an_origin_is_any_text(pattern, origin, matches):
    assert (allow(cors(rule(origins=(pattern,))), origin=origin) is not None) is matches


def test_requested_headers_are_compared_without_case_and_come_back_in_lower_case():
    rules = cors(rule(allowed_headers=("x-AMZ-meta-*", "Content-Type")))

    def answer(names):
        fields = allow(rules, headers=names)
        return fields and fields["Access-Control-Allow-Headers"]

    assert answer("X-Amz-Meta-A,content-TYPE ,  x-amz-meta-") == "x-amz-meta-a, content-type, x-amz-meta-"
    assert answer("x-amz-meta-a, authorization") is None
    assert answer("x-amz-meta-a,") is None
    assert answer("x-amz-meta-a\tb") is None
    assert "Access-Control-Allow-Headers" not in allow(rules)
    assert allow(cors(rule()), headers="x-amz-date") is None
    assert allow(cors(rule(allowed_headers=("*",))), headers="a(b") is None


def test_the_first_rule_that_matches_altogether_decides():
    rules = cors(
        rule(methods=("PUT",), max_age_seconds=1),
        rule(origins=("https://other.example",), max_age_seconds=2),
        rule(allowed_headers=("x-a",), max_age_seconds=3),
        rule(origins=("*",), allowed_headers=("*",), max_age_seconds=4),
        rule(max_age_seconds=5),
    )

    assert allow(rules, method="PUT")["Access-Control-Max-Age"] == "1"
    assert allow(rules, origin="https://other.example")["Access-Control-Max-Age"] == "2"
    assert allow(rules, headers="x-a")["Access-Control-Max-Age"] == "3"
    assert allow(rules, headers="x-b")["Access-Control-Max-Age"] == "4"
    assert allow(rules, method="DELETE") is None


texts = st.text("ab.*", max_size=6)


@given(texts.filter(lambda text: text.count("*") < 2), st.text("ab.", max_size=8))
def test_a_pattern_matches_as_the_regular_expression_of_it(pattern, text):
    expected = re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text) is not None

    assert (allow(cors(rule(origins=(pattern,))), origin=text) is not None) is expected


anything = st.text(st.characters(max_codepoint=255, exclude_categories=("Cc",)), max_size=12)


@given(
    st.lists(
        st.builds(
            rule,
            origins=st.lists(texts | anything, min_size=1, max_size=3),
            methods=st.lists(st.sampled_from(sorted(METHODS)), min_size=1, max_size=3),
            allowed_headers=st.lists(texts | anything, max_size=3),
            expose_headers=st.lists(texts | anything, max_size=3),
            max_age_seconds=st.none() | st.integers(),
        ),
        min_size=1,
        max_size=3,
    ),
    texts | anything,
    st.sampled_from(sorted(METHODS)),
    st.none() | texts | anything,
)
def test_rules_that_are_taken_make_header_fields_of_any_request(rules, origin, method, headers):
    try:
        check(*rules)
    except S3Error:
        return

    for name, value in cors(*rules).allow(origin, method, headers) or ():
        assert not re.search(r"[\x00-\x08\x0a-\x1f\x7f]", name + value)
        value.encode("latin-1")


# --- preflights ---------------------------------------------------------------------------------------------------


def refuse(rules, method, *, headers=None, kind="OBJECT"):
    with pytest.raises(S3Error) as caught:
        preflight(rules, ORIGIN, method, headers, kind)
    return caught.value


def test_a_preflight_that_a_rule_allows_is_answered_by_it():
    rules = cors(rule(allowed_headers=("*",)))

    assert preflight(rules, ORIGIN, "GET", "a", "OBJECT") == rules.allow(ORIGIN, "GET", "a")


def test_a_preflight_that_no_rule_allows_says_what_was_asked():
    error = refuse(cors(rule()), "PUT")

    assert (error.code, error.status) == ("AccessForbidden", 403)
    assert error.message.startswith("CORSResponse: This CORS request is not allowed. ")
    assert error.detail == {"Method": "PUT", "ResourceType": "OBJECT"}
    assert refuse(cors(rule()), "GET", headers="x-a", kind="BUCKET").detail["ResourceType"] == "BUCKET"


@pytest.mark.parametrize(("method", "told"), [("PUT", "PUT"), (None, "OPTIONS")])
def test_a_preflight_where_there_are_no_rules_says_so(method, told):
    error = refuse(None, method)

    assert (error.code, error.message) == ("AccessForbidden", "CORSResponse: CORS is not enabled for this bucket.")
    assert error.detail == {"Method": told, "ResourceType": "BUCKET"}


@pytest.mark.parametrize(("method", "told"), [(None, "null"), ("", "null"), ("get", "get"), ("PATCH", "PATCH")])
def test_a_preflight_must_ask_for_a_method_that_there_is(method, told):
    error = refuse(cors(rule(origins=("*",))), method)

    assert (error.code, error.status) == ("BadRequest", 400)
    assert error.message == f"Invalid Access-Control-Request-Method: {told}"

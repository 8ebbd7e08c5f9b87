"""Access control lists: what a client may say, what is kept of it, and what it allows."""

import asyncio
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bushel.protocol import acl
from bushel.protocol.acl import (
    ALL_USERS,
    AUTHENTICATED_USERS,
    EMAIL,
    FULL_CONTROL,
    GROUP,
    GROUP_URIS,
    LOG_DELIVERY,
    NOBODY,
    PRIVATE,
    READ,
    READ_ACP,
    USER,
    WRITE,
    WRITE_ACP,
    allowed,
    canned,
    expanded,
    from_document,
    requested,
    resolved,
)
from bushel.protocol.errors import S3Error

OWNER = "a" * 64
OTHER = "b" * 64
BUCKET_OWNER = "c" * 64
ACTIONS = (READ, WRITE, READ_ACP, WRITE_ACP)


def what(grants, caller, owner=OWNER):
    return {action for action in ACTIONS if allowed(grants, owner, caller, action)}


def request(**fields):
    return SimpleNamespace(**({"acl": None} | fields))


def refusal(function, *args, **kwargs):
    with pytest.raises(S3Error) as caught:
        function(*args, **kwargs)
    return caught.value


# What grants allow.


def test_private_is_empty_and_the_owners_alone():
    assert canned("private", OWNER, OWNER) == PRIVATE == ()
    assert what(PRIVATE, OWNER) == set(ACTIONS)
    assert what(PRIVATE, OTHER) == what(PRIVATE, None) == set()


@pytest.mark.parametrize(
    ("name", "anonymous", "user"),
    [
        ("public-read", {READ}, {READ}),
        ("public-read-write", {READ, WRITE}, {READ, WRITE}),
        ("authenticated-read", set(), {READ}),
        ("log-delivery-write", set(), set()),
        ("bucket-owner-read", set(), set()),
        ("bucket-owner-full-control", set(), set()),
    ],
)
def test_a_canned_list_lets_in_whom_it_says(name, anonymous, user):
    grants = canned(name, OWNER, BUCKET_OWNER)

    assert what(grants, None) == anonymous
    assert what(grants, OTHER) == user
    assert what(grants, OWNER) == set(ACTIONS)


def test_the_owner_of_the_bucket_gets_what_canned_lists_of_objects_give_it():
    assert what(canned("bucket-owner-read", OWNER, BUCKET_OWNER), BUCKET_OWNER) == {READ}
    assert what(canned("bucket-owner-full-control", OWNER, BUCKET_OWNER), BUCKET_OWNER) == set(ACTIONS)


@pytest.mark.parametrize("name", ["bucket-owner-read", "bucket-owner-full-control"])
def test_canned_lists_for_a_bucket_owner_mean_private_on_buckets_and_on_ones_own_objects(name):
    assert canned(name, OWNER, BUCKET_OWNER, for_bucket=True) == PRIVATE
    assert canned(name, OWNER, OWNER) == PRIVATE


def test_an_owner_without_grants_can_still_read_and_write_the_list():
    assert what(NOBODY, OWNER) == {READ_ACP, WRITE_ACP}
    assert what(((USER, OTHER, READ),), OWNER) == {READ_ACP, WRITE_ACP}
    assert what(NOBODY, OTHER) == what(NOBODY, None) == set()


def test_a_permission_lets_do_that_and_nothing_else():
    for permission in ACTIONS:
        assert what(((USER, OTHER, permission),), OTHER) == {permission}
    assert what(((USER, OTHER, FULL_CONTROL),), OTHER) == set(ACTIONS)
    assert what(((GROUP, LOG_DELIVERY, FULL_CONTROL),), OTHER) == set()


def test_a_user_called_like_a_group_is_not_the_group():
    assert what(((USER, ALL_USERS, READ),), None) == set()
    assert what(((USER, ALL_USERS, READ),), OTHER) == set()


@given(
    grants=st.lists(
        st.tuples(
            st.sampled_from([USER, GROUP]),
            st.sampled_from([OWNER, OTHER, ALL_USERS, AUTHENTICATED_USERS]),
            st.sampled_from([*ACTIONS, FULL_CONTROL]),
        ),
        max_size=5,
    )
)
def test_nobody_may_less_than_the_anonymous(grants):
    anonymous = what(tuple(grants), None)

    assert anonymous <= what(tuple(grants), OTHER)
    assert anonymous <= what(tuple(grants), OWNER)


def test_a_caller_who_does_not_say_who_he_is_owns_nothing():
    assert not allowed(PRIVATE, "", None, READ)
    assert not allowed(NOBODY, "", None, READ_ACP)


# What is told of them.


def test_grants_are_told_with_the_owners_and_with_the_uris_of_groups():
    assert list(expanded(PRIVATE, OWNER)) == [(USER, OWNER, FULL_CONTROL)]
    assert list(expanded(canned("public-read", OWNER, OWNER), OWNER)) == [
        (USER, OWNER, FULL_CONTROL),
        (GROUP, "http://acs.amazonaws.com/groups/global/AllUsers", READ),
    ]
    assert list(expanded(NOBODY, OWNER)) == []


# What requests ask for.


def test_no_acl_header_asks_for_nothing():
    assert requested(request(grant_read=None), OWNER, OWNER) is None


def test_a_canned_header_asks_for_its_list():
    assert requested(request(acl="public-read"), OWNER, OWNER) == canned("public-read", OWNER, OWNER)


def test_grant_headers_name_users_groups_and_addresses():
    grants = requested(
        request(
            grant_full_control=f'id="{OTHER}"',
            grant_read=f'uri="{GROUP_URIS[ALL_USERS]}", emailAddress="a,b@example.org"',
            grant_write_acp=f"id={OWNER}",
        ),
        OWNER,
        OWNER,
    )

    assert grants == (
        (USER, OTHER, FULL_CONTROL),
        (GROUP, ALL_USERS, READ),
        (EMAIL, "a,b@example.org", READ),
        (USER, OWNER, WRITE_ACP),
    )


def test_full_control_for_the_owner_alone_is_kept_as_private():
    assert requested(request(grant_full_control=f'id="{OWNER}"'), OWNER, OWNER) == PRIVATE


@pytest.mark.parametrize(
    ("fields", "code", "message", "detail"),
    [
        (
            {"acl": "private", "grant_read": f'id="{OTHER}"'},
            "InvalidRequest",
            "Specifying both Canned ACLs and Header Grants is not allowed",
            {},
        ),
        (
            {"acl": "public"},
            "InvalidArgument",
            "Invalid Argument",
            {"ArgumentName": "x-amz-acl", "ArgumentValue": "public"},
        ),
        ({"acl": "aws-exec-read"}, "NotImplemented", None, {"Header": "x-amz-acl"}),
        (
            {"grant_read": 'uri="http://acs.amazonaws.com/groups/global/Everybody"'},
            "InvalidArgument",
            "Invalid group uri",
            {"ArgumentName": "uri", "ArgumentValue": "http://acs.amazonaws.com/groups/global/Everybody"},
        ),
        (
            {"grant_write_acp": 'name="x"'},
            "InvalidArgument",
            "Argument format not recognized",
            {"ArgumentName": "x-amz-grant-write-acp", "ArgumentValue": 'name="x"'},
        ),
    ],
)
def test_a_request_that_s3_refuses_is_refused_in_its_words(fields, code, message, detail):
    error = refusal(requested, request(**fields), OWNER, OWNER)

    assert (error.code, error.detail) == (code, detail)
    assert message in {None, error.message}


@pytest.mark.parametrize("text", ["", "id", "id=", 'id=""', 'id="a', f'id="{OTHER}",', 'id="a"b"', "=x", "ID=x"])
def test_a_grant_header_of_another_form_is_refused(text):
    error = refusal(requested, request(grant_read=text), OWNER, OWNER)

    assert (error.code, error.message) == ("InvalidArgument", "Argument format not recognized")


@given(text=st.text(alphabet='iduremalAs="@, ', max_size=40))
def test_any_grant_header_is_grants_or_a_refusal(text):
    try:
        grants = requested(request(grant_read=text), OWNER, OWNER)
    except S3Error as error:
        grants, status = (), error.status
    else:
        status = 200

    assert bool(grants) == (status == 200)
    assert status in {200, 400}
    assert all(permission == READ for _, _, permission in grants)


def test_a_hundred_grants_are_taken_and_one_more_is_not():
    many = ",".join(f'id="{number}"' for number in range(100))

    assert len(requested(request(grant_read=many), OWNER, OWNER)) == 100
    assert refusal(requested, request(grant_read=many, grant_write=f'id="{OTHER}"'), OWNER, OWNER).code == (
        "MalformedACLError"
    )


# Documents.


def document(*grants, owner=OWNER):
    return SimpleNamespace(
        owner=SimpleNamespace(id=owner, display_name=None),
        grants=[
            SimpleNamespace(
                permission=permission,
                grantee=SimpleNamespace(**({"id": None, "uri": None, "email_address": None, "type": kind} | fields)),
            )
            for kind, fields, permission in grants
        ],
    )


def test_a_document_becomes_grants():
    policy = document(
        ("CanonicalUser", {"id": OWNER}, FULL_CONTROL),
        ("Group", {"uri": GROUP_URIS[AUTHENTICATED_USERS]}, READ),
        ("AmazonCustomerByEmail", {"email_address": "a@example.org"}, WRITE),
    )

    assert from_document(policy, OWNER) == (
        (USER, OWNER, FULL_CONTROL),
        (GROUP, AUTHENTICATED_USERS, READ),
        (EMAIL, "a@example.org", WRITE),
    )


def test_a_document_that_says_private_is_kept_as_private_and_one_without_grants_is_not():
    assert from_document(document(("CanonicalUser", {"id": OWNER}, FULL_CONTROL)), OWNER) == PRIVATE
    assert from_document(document(), OWNER) == NOBODY


def test_what_is_told_can_be_said_again():
    kinds = {USER: ("CanonicalUser", "id"), GROUP: ("Group", "uri")}
    for name in ("private", "public-read", "public-read-write", "authenticated-read", "log-delivery-write"):
        grants = canned(name, OWNER, OWNER)
        told = [
            (kinds[kind][0], {kinds[kind][1]: grantee}, permission)
            for kind, grantee, permission in expanded(grants, OWNER)
        ]

        assert from_document(document(*told), OWNER) == grants


def test_a_document_cannot_change_the_owner():
    assert refusal(from_document, document(owner=OTHER), OWNER).code == "AccessDenied"


@pytest.mark.parametrize(
    "policy",
    [
        None,
        SimpleNamespace(owner=None, grants=[]),
        document(owner=""),
        document(("CanonicalUser", {"id": OTHER}, "EVERYTHING")),
        document(("CanonicalUser", {}, READ)),
        document(("Somebody", {"id": OTHER}, READ)),
        document(("AmazonCustomerByEmail", {}, READ)),
        SimpleNamespace(owner=SimpleNamespace(id=OWNER), grants=[SimpleNamespace(grantee=None, permission=READ)]),
        document(*[("CanonicalUser", {"id": OTHER}, READ)] * 101),
    ],
)
def test_a_malformed_document_is_refused(policy):
    assert refusal(from_document, policy, OWNER).code == "MalformedACLError"


def test_an_unknown_group_in_a_document_is_refused():
    error = refusal(from_document, document(("Group", {"uri": "x"}, READ)), OWNER)

    assert (error.code, error.message) == ("InvalidArgument", "Invalid group uri")
    assert error.detail == {"ArgumentName": "Group/URI", "ArgumentValue": "x"}


# Who is meant.


def resolve(grants, known):
    async def lookup(kind, value):
        return known.get((kind, value))

    return asyncio.run(resolved(grants, OWNER, lookup))


def test_addresses_become_users_and_users_are_looked_up():
    known = {(EMAIL, "a@example.org"): OTHER, (USER, BUCKET_OWNER): BUCKET_OWNER}
    grants = ((EMAIL, "a@example.org", READ), (USER, BUCKET_OWNER, WRITE), (GROUP, ALL_USERS, READ))

    assert resolve(grants, known) == ((USER, OTHER, READ), (USER, BUCKET_OWNER, WRITE), (GROUP, ALL_USERS, READ))


def test_nothing_is_looked_up_where_there_is_nobody_to_look_up():
    async def lookup(kind, value):
        raise AssertionError("looked up")

    for grants in (PRIVATE, NOBODY, canned("public-read", OWNER, OWNER)):
        assert asyncio.run(resolved(grants, OWNER, lookup)) == grants


def test_ones_own_address_with_full_control_is_private():
    assert resolve(((EMAIL, "me@example.org", FULL_CONTROL),), {(EMAIL, "me@example.org"): OWNER}) == PRIVATE


def test_an_address_that_is_nobodys_is_refused():
    error = refusal(resolve, ((EMAIL, "a@example.org", READ),), {})

    assert (error.code, error.status) == ("UnresolvableGrantByEmailAddress", 400)


def test_a_user_who_does_not_exist_is_refused():
    error = refusal(resolve, ((USER, "_foo", READ),), {})

    assert (error.code, error.message) == ("InvalidArgument", "Invalid id")
    assert error.detail == {"ArgumentName": "CanonicalUser/ID", "ArgumentValue": "_foo"}


def test_permissions_are_s3s():
    assert sorted(acl.PERMISSIONS) == ["FULL_CONTROL", "READ", "READ_ACP", "WRITE", "WRITE_ACP"]

"""The order of evaluation, row by row: every caller against every combination of what may be said about an object.

Source: S3 User Guide, "How Amazon S3 authorizes a request"; docs/access.md has the order. Over a socket it is tested
in tests/s3/test_bucket_policies.py, test_public_access.py and test_user_policies.py. Private unless said otherwise
(SEMANTICS.md, S6).
"""

import itertools
import json
from types import SimpleNamespace

import pytest

from bushel.catalog.records import BucketRecord, Metadata, ObjectEntry
from bushel.protocol.errors import S3Error
from bushel.protocol.message import Request
from bushel.protocol.operations import GET_OBJECT, GET_OBJECT_ACL, PUT_BUCKET_TAGGING, PUT_OBJECT
from bushel.protocol.policy import read_policy
from bushel.protocol.shapes.access import PublicAccessBlockConfiguration
from bushel.service.access import BucketAccess, read_bucket_policy
from bushel.service.authz import READ, WRITE, deletion, may_bucket, require_bucket, require_object, require_owner
from bushel.service.context import ANONYMOUS, Caller

ROOT = Caller("r0", "root", "ROOT", root=True)
OWNER = Caller("o1", "Owner", "OWNER", name="owner")
OTHER = Caller("x2", "Other", "OTHER", name="other")
CALLERS = {"root": ROOT, "owner": OWNER, "other": OTHER, "anonymous": ANONYMOUS}
SAYS = ("nothing", "allow", "deny")
ACLS = {
    "private": (),
    "public": (("user", "o1", "FULL_CONTROL"), ("group", "AllUsers", "READ")),
    "named": (("user", "o1", "FULL_CONTROL"), ("user", "x2", "READ")),
}
BLOCKS = {
    "none": None,
    "ignore": PublicAccessBlockConfiguration(ignore_public_acls=True),
    "restrict": PublicAccessBlockConfiguration(restrict_public_buckets=True),
}


def statement(effect, *, of_bucket):
    principal = {"Principal": "*"} if of_bucket else {}
    return {"Effect": effect.title(), "Action": "s3:*", "Resource": "*", **principal}


def bucket_policy(says):
    if says == "nothing":
        return None
    return read_bucket_policy(json.dumps({"Statement": statement(says, of_bucket=True)}).encode())


def user_policy(says):
    """Policies of a user: ``None`` for a user without any; one that speaks of nothing else says nothing."""
    if says is None:
        return ()
    effect = "deny" if says == "deny" else "allow"
    one = statement(effect, of_bucket=False)
    if says == "nothing":
        one["Resource"] = "arn:aws:s3:::elsewhere"
    return (read_policy(json.dumps({"Statement": one})),)


def context(caller, bucket, access, operation=GET_OBJECT):
    said = access != BucketAccess()
    return SimpleNamespace(
        caller=caller,
        access={bucket.name: access} if said else {},
        bucket_record=bucket,
        key="key",
        operation=operation,
        input=SimpleNamespace(bucket=bucket.name, version_id=None),
        headers={},
        request=Request("GET", "/b/key", peer="192.0.2.1"),
        claim=None,
    )


def entry(owner, grants):
    return ObjectEntry(1, "", 0, 0, "", owner, 0, metadata=Metadata(grants=grants))


def allowed(check, *arguments):
    try:
        check(*arguments)
    except S3Error as error:
        outcome = (error.code, error.logged)
    else:
        return True
    assert outcome == ("AccessDenied", True)
    return False


def expected(caller, of_user, of_bucket, acl, ownership, block, object_owner):
    """docs/access.md, "How it is decided", for reading an object."""
    if "deny" in (of_user, of_bucket):
        return False
    if caller.root or of_user == "allow":
        return True
    enforced = ownership == "BucketOwnerEnforced"
    owner = "o1" if enforced else object_owner
    restricted = block == "restrict" and caller.user_id != "o1"
    if of_bucket == "allow" and not restricted and owner == "o1":
        return True
    if caller.user_id == owner and of_user is None:
        if acl == "private" or enforced:
            return True
        if any(grant[1] == caller.user_id for grant in ACLS[acl]):
            return True
    if enforced:
        return False
    if acl == "public" and block != "ignore":
        return True
    return acl != "private" and caller.user_id != owner and any(grant[1] == caller.user_id for grant in ACLS[acl])


@pytest.mark.parametrize("name", CALLERS)
def test_every_row_of_the_order(name):
    cases = itertools.product(
        (None, *SAYS) if CALLERS[name] in (OWNER, OTHER) else (None,),
        SAYS,
        ACLS,
        ("", "ObjectWriter", "BucketOwnerPreferred", "BucketOwnerEnforced"),
        BLOCKS,
        ("o1", "x2"),
    )
    outcomes = set()
    for of_user, of_bucket, acl, ownership, block, object_owner in cases:
        caller = CALLERS[name]._replace(policies=user_policy(of_user))
        bucket = BucketRecord("b", "i", "o1", 0, "us-east-1", ownership=ownership)
        access = BucketAccess(bucket_policy(of_bucket), BLOCKS[block], ownership)
        ctx = context(caller, bucket, access)
        case = (of_user, of_bucket, acl, ownership, block, object_owner)
        outcome = allowed(require_object, ctx, entry(object_owner, ACLS[acl]), READ)

        assert outcome == expected(caller, *case), case
        outcomes.add(outcome)
    assert outcomes == {True, False}


@pytest.mark.parametrize("ownership", ["", "BucketOwnerEnforced"])
@pytest.mark.parametrize("grants", [(), (("group", "AllUsers", "WRITE"),), (("user", "x2", "WRITE"),)])
def test_a_bucket_is_its_owners_and_whom_acls_name(ownership, grants):
    bucket = BucketRecord("b", "i", "o1", 0, "us-east-1", grants, ownership)
    named = {grant[1] for grant in grants} if not ownership else set()
    for caller in CALLERS.values():
        ctx = context(caller, bucket, BucketAccess(ownership=ownership), PUT_OBJECT)
        theirs = caller.root or (caller == OWNER and (not grants or bool(ownership)))

        assert allowed(require_bucket, ctx, bucket, WRITE) == (theirs or "AllUsers" in named or caller.user_id in named)
        assert may_bucket(ctx, bucket, READ) == theirs


def test_configurations_are_the_owners_business_and_of_whom_policies_name():
    bucket = BucketRecord("b", "i", "o1", 0, "us-east-1", (("group", "AllUsers", "FULL_CONTROL"),))
    for says, who in (("nothing", {"root", "owner"}), ("allow", set(CALLERS)), ("deny", set())):
        access = BucketAccess(bucket_policy(says))
        found = {
            name
            for name, caller in CALLERS.items()
            if allowed(require_owner, context(caller, bucket, access, PUT_BUCKET_TAGGING), bucket)
        }
        assert found == who


def test_a_users_policies_take_the_place_of_ownership():
    bucket = BucketRecord("b", "i", "o1", 0, "us-east-1", (("user", "o1", "FULL_CONTROL"),))
    for says, outcome in ((None, True), ("nothing", False), ("allow", True), ("deny", False)):
        ctx = context(OWNER._replace(policies=user_policy(says)), bucket, BucketAccess())

        assert allowed(require_owner, ctx, bucket) is outcome
        assert allowed(require_bucket, ctx, bucket, WRITE) is outcome
        assert allowed(require_object, ctx, entry("o1", ()), READ) is outcome


def test_who_may_only_write_deletes_what_is_their_own():
    bucket = BucketRecord("b", "i", "o1", 0, "us-east-1", (("user", "x2", "WRITE"),))
    for access in (BucketAccess(), BucketAccess(BucketAccess().policy, BLOCKS["ignore"])):
        condition = deletion(context(OTHER, bucket, access), bucket, "key")
        condition(None)
        condition(entry("x2", ()))
        with pytest.raises(S3Error, match="AccessDenied"):
            condition(entry("o1", ()))
        assert not allowed(deletion, context(OTHER, bucket, access), bucket, "key", "null")
        assert deletion(context(OWNER, bucket, access), bucket, "key") is None
        assert deletion(context(ROOT, bucket, access), bucket, "key") is None


def test_reading_an_acl_is_an_owners_right_whatever_it_grants():
    bucket = BucketRecord("b", "i", "o1", 0, "us-east-1")
    for access in (BucketAccess(), BucketAccess(block=BLOCKS["ignore"])):
        ctx = context(OTHER, bucket, access, GET_OBJECT_ACL)
        assert allowed(require_object, ctx, entry("x2", (("nobody", "", ""),)), "READ_ACP")
        assert not allowed(require_object, ctx, entry("o1", (("nobody", "", ""),)), "READ_ACP")

"""Access control lists: what clients say (canned, in headers, as a document), the grants that follow, what they allow.

A list of grants is stored as a tuple of ``(kind, grantee, permission)``, three short strings each. The empty tuple is
the canned ``private``: full control to the owner and nothing else; almost every object has it, and it costs nothing.
A list that truly grants nobody anything is ``NOBODY``.

An owner may always read and write the list itself, whatever it grants (S3 User Guide, "Access control list overview").
Email grantees are stored as the users that they resolve to, as S3 does.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any, Final, TypeAlias

from bushel.protocol.errors import S3Error

Grant: TypeAlias = tuple[str, str, str]
Grants: TypeAlias = tuple[Grant, ...]

USER: Final = "user"
GROUP: Final = "group"
EMAIL: Final = "email"
"""A kind that only requests have: ``resolved`` turns it into USER."""

READ: Final = "READ"
WRITE: Final = "WRITE"
READ_ACP: Final = "READ_ACP"
WRITE_ACP: Final = "WRITE_ACP"
FULL_CONTROL: Final = "FULL_CONTROL"
PERMISSIONS: Final = frozenset({READ, WRITE, READ_ACP, WRITE_ACP, FULL_CONTROL})

ALL_USERS: Final = "AllUsers"
AUTHENTICATED_USERS: Final = "AuthenticatedUsers"
LOG_DELIVERY: Final = "LogDelivery"
GROUP_URIS: Final[Mapping[str, str]] = {
    ALL_USERS: "http://acs.amazonaws.com/groups/global/AllUsers",
    AUTHENTICATED_USERS: "http://acs.amazonaws.com/groups/global/AuthenticatedUsers",
    LOG_DELIVERY: "http://acs.amazonaws.com/groups/s3/LogDelivery",
}
_PUBLIC_GROUPS: Final = frozenset({ALL_USERS, AUTHENTICATED_USERS})
_GROUP_BY_URI: Final = {uri: group for group, uri in GROUP_URIS.items()}

MAX_GRANTS: Final = 100

PRIVATE: Final[Grants] = ()
NOBODY: Final[Grants] = (("nobody", "", ""),)

_CANNED: Final[Mapping[str, Grants]] = {
    "private": (),
    "public-read": ((GROUP, ALL_USERS, READ),),
    "public-read-write": ((GROUP, ALL_USERS, READ), (GROUP, ALL_USERS, WRITE)),
    "authenticated-read": ((GROUP, AUTHENTICATED_USERS, READ),),
    "log-delivery-write": ((GROUP, LOG_DELIVERY, WRITE), (GROUP, LOG_DELIVERY, READ_ACP)),
}
"""What a canned list grants beside the owner's full control."""

_FOR_BUCKET_OWNER: Final[Mapping[str, str]] = {
    "bucket-owner-read": READ,
    "bucket-owner-full-control": FULL_CONTROL,
}

_GRANT_FIELDS: Final = (
    ("grant_full_control", "x-amz-grant-full-control", FULL_CONTROL),
    ("grant_read", "x-amz-grant-read", READ),
    ("grant_read_acp", "x-amz-grant-read-acp", READ_ACP),
    ("grant_write", "x-amz-grant-write", WRITE),
    ("grant_write_acp", "x-amz-grant-write-acp", WRITE_ACP),
)
_KINDS: Final = {"id": USER, "uri": GROUP, "emailAddress": EMAIL}


def allowed(grants: Grants, owner: str, caller: str | None, permission: str) -> bool:
    """Whether a list of grants gives a caller a permission.

    Args:
        grants: The stored list.
        owner: Canonical user id of the resource's owner.
        caller: Canonical user id; ``None`` for anonymous callers, who own nothing.
        permission: READ, WRITE, READ_ACP or WRITE_ACP.
    """
    if caller is not None and caller == owner and (not grants or permission in {READ_ACP, WRITE_ACP}):
        return True
    for kind, grantee, granted in grants:
        if granted not in (permission, FULL_CONTROL):
            continue
        if kind == GROUP:
            if grantee == ALL_USERS or (grantee == AUTHENTICATED_USERS and caller is not None):
                return True
        elif kind == USER and grantee == caller:
            return True
    return False


def is_public(grants: Grants) -> bool:
    """Whether a list grants anything to everybody, or to everybody with a key, by S3's definition of a public ACL."""
    return any(kind == GROUP and grantee in _PUBLIC_GROUPS for kind, grantee, _ in grants)


def without_public(grants: Grants) -> Grants:
    """The list as it counts where public ACLs are ignored."""
    if not is_public(grants):
        return grants
    return tuple(grant for grant in grants if grant[0] != GROUP or grant[1] not in _PUBLIC_GROUPS) or NOBODY


def without_user(grants: Grants, user_id: str) -> Grants:
    """The list without what it grants to one user by name, the owner's full control of an empty list included."""
    return tuple(grant for grant in grants if grant[0] != USER or grant[1] != user_id) or NOBODY


def expanded(grants: Grants, owner: str) -> Iterator[Grant]:
    """Every grant in words, as GetObjectAcl tells it: the owner's too, groups by their URI."""
    if not grants:
        yield USER, owner, FULL_CONTROL
    for kind, grantee, permission in grants:
        if kind == USER:
            yield kind, grantee, permission
        elif kind == GROUP:
            yield kind, GROUP_URIS[grantee], permission


def requested(
    request: Any, owner: str, bucket_owner: str, *, for_bucket: bool = False, write: str | None = None
) -> Grants | None:
    """The grants that a request's headers ask for; ``None`` where it has no such header.

    Args:
        request: An input shape; its fields ``acl`` and ``grant_…`` are read, those that it has.
        owner: Who owns the resource, or will.
        bucket_owner: Who owns its bucket.
        for_bucket: The resource is a bucket.
        write: ``x-amz-grant-write`` where the shape lacks it: for objects SDKs do not offer it, and S3 keeps it.

    Raises:
        S3Error: InvalidRequest for a canned list and grants together, InvalidArgument for what is not understood,
            MalformedACLError for more than 100 grants, NotImplemented for ``aws-exec-read``.
    """
    explicit = [
        (text, header, permission)
        for field, header, permission in _GRANT_FIELDS
        if (text := getattr(request, field, write if permission == WRITE else None)) is not None
    ]
    canned_name = request.acl
    if canned_name is not None:
        if explicit:
            raise S3Error("InvalidRequest.CannedAndGrants")
        return canned(canned_name, owner, bucket_owner, for_bucket=for_bucket)
    if not explicit:
        return None
    return stored(
        [grant for text, header, permission in explicit for grant in _header_grants(text, header, permission)], owner
    )


def canned(name: str, owner: str, bucket_owner: str, *, for_bucket: bool = False) -> Grants:
    """The grants of a canned list.

    On a bucket ``bucket-owner-…`` means nothing more than private, as S3 has it. ``aws-exec-read`` lets Amazon EC2 in,
    which is not here.

    Raises:
        S3Error: InvalidArgument for an unknown name, NotImplemented for ``aws-exec-read``.
    """
    if name == "private":
        return PRIVATE
    if name in _CANNED:
        return ((USER, owner, FULL_CONTROL), *_CANNED[name])
    if name in _FOR_BUCKET_OWNER:
        if for_bucket or bucket_owner == owner:
            return PRIVATE
        return ((USER, owner, FULL_CONTROL), (USER, bucket_owner, _FOR_BUCKET_OWNER[name]))
    if name == "aws-exec-read":
        raise S3Error("NotImplemented", Header="x-amz-acl")
    raise S3Error("InvalidArgument", ArgumentName="x-amz-acl", ArgumentValue=name)


def from_document(policy: Any, owner: str) -> Grants:
    """The grants of an AccessControlPolicy document.

    Args:
        policy: The shape: ``owner`` and ``grants``.
        owner: Who owns the resource; a document cannot change that.

    Raises:
        S3Error: MalformedACLError, InvalidArgument for an unknown group, AccessDenied for another owner.
    """
    if policy is None or policy.owner is None or not policy.owner.id:
        raise S3Error("MalformedACLError")
    if policy.owner.id != owner:
        raise S3Error("AccessDenied")
    return stored([_document_grant(grant) for grant in policy.grants or ()], owner)


def stored(grants: list[Grant], owner: str) -> Grants:
    """A list of grants in the form that is kept.

    Raises:
        S3Error: MalformedACLError for more than 100.
    """
    if len(grants) > MAX_GRANTS:
        raise S3Error("MalformedACLError")
    if grants == [(USER, owner, FULL_CONTROL)]:
        return PRIVATE
    return tuple(grants) or NOBODY


async def resolved(grants: Grants, owner: str, lookup: Callable[[str, str], Awaitable[str | None]]) -> Grants:
    """The grants with every email address replaced by its user, and every user known to exist.

    Args:
        grants: From a request.
        owner: Needs no look-up.
        lookup: ``(kind, value)`` with kind EMAIL or USER to a canonical user id; ``None`` for nobody's.

    Raises:
        S3Error: UnresolvableGrantByEmailAddress, InvalidArgument for an unknown user.
    """
    if all(kind != EMAIL and (kind != USER or grantee == owner) for kind, grantee, _ in grants):
        return grants
    result: list[Grant] = []
    for kind, grantee, permission in grants:
        user = grantee
        if kind in {EMAIL, USER} and grantee != owner:
            found = await lookup(kind, grantee)
            if found is None:
                raise _nobody(kind, grantee)
            user = found
        result.append((USER if kind == EMAIL else kind, user, permission))
    return stored(result, owner)


def _nobody(kind: str, grantee: str) -> S3Error:
    if kind == EMAIL:
        return S3Error("UnresolvableGrantByEmailAddress")
    return S3Error("InvalidArgument.CanonicalUser", ArgumentName="CanonicalUser/ID", ArgumentValue=grantee)


def _document_grant(grant: Any) -> Grant:
    grantee = grant.grantee
    if grantee is None or grant.permission not in PERMISSIONS:
        raise S3Error("MalformedACLError")
    match grantee.type:
        case "CanonicalUser" if grantee.id:
            return USER, grantee.id, grant.permission
        case "Group":
            return GROUP, _group(grantee.uri or "", "Group/URI"), grant.permission
        case "AmazonCustomerByEmail" if grantee.email_address:
            return EMAIL, grantee.email_address, grant.permission
        case _:
            raise S3Error("MalformedACLError")


def _header_grants(text: str, header: str, permission: str) -> Iterator[Grant]:
    """The grants of one header: ``id="…", uri="…", emailAddress="…"``; S3 takes the values without quotes as well."""
    for item in _split_outside_quotes(text):
        name, equals, value = item.partition("=")
        kind = _KINDS.get(name.strip())
        value = value.strip()
        if len(value) > 1 and value[0] == '"' == value[-1]:
            value = value[1:-1]
        if kind is None or not equals or not value or '"' in value:
            raise S3Error("InvalidArgument.GrantSyntax", ArgumentName=header, ArgumentValue=item)
        yield kind, _group(value, "uri") if kind == GROUP else value, permission


def _split_outside_quotes(text: str) -> Iterator[str]:
    """The items of a list separated by commas; a comma inside quotes separates nothing: an address may have one."""
    item = ""
    for piece in text.split(","):
        item = f"{item},{piece}" if item else piece
        if item.count('"') % 2 == 0:
            yield item.strip()
            item = ""
    if item:
        yield item.strip()


def _group(uri: str, argument: str) -> str:
    group = _GROUP_BY_URI.get(uri)
    if group is None:
        raise S3Error("InvalidArgument.GroupURI", ArgumentName=argument, ArgumentValue=uri)
    return group

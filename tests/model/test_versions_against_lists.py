"""The server against lists of versions: whatever was written, deleted, locked, suspended and restarted, each key has
the versions and markers that a list would have, and what is locked is in it (SEMANTICS.md, S2, S3, S4 and S10).

What must not be here: expectations of wire forms (tests/s3), time that passes (tests/unit/catalog/test_locks.py),
clients at the same time (tests/s3). Every step here was answered before the next one.
"""

import hashlib
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, Phase, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

KEYS = ["a", "a/b", "b", "k" * 512 + "/x"]
SIZES = [0, 1, 12 * 1024, 12 * 1024 + 1, 300_000]
OTHER = '"00000000000000000000000000000000"'
DAYS = [1, 2, 3]
LOOKS = 2


def repeated(seed: bytes, size: int) -> bytes:
    return (seed * (size // len(seed) + 1))[:size]


keys = st.sampled_from(KEYS)
bodies = st.builds(repeated, st.binary(min_size=1, max_size=4), st.sampled_from(SIZES))
modes = st.sampled_from(["GOVERNANCE", "COMPLIANCE"])
at = st.integers(0, 20)


@dataclass(frozen=True)
class Lock:
    """What protects a version; dates are all to come, in days after the machine began (a default's are instants)."""

    mode: str | None = None
    until: datetime | None = None
    hold: bool | None = None

    def keeps(self, *, bypass: bool) -> bool:
        return bool(self.hold) or self.mode == "COMPLIANCE" or (self.mode == "GOVERNANCE" and not bypass)

    def may_become(self, mode: str | None, until: datetime | None, *, bypass: bool) -> bool:
        if self.mode is None or (self.mode == mode and until >= self.until):
            return True
        return self.mode == "GOVERNANCE" and bypass


NO_LOCK = Lock()
locks = st.builds(
    lambda mode, days, hold: (mode, days if mode else None, hold),
    st.none() | modes,
    st.sampled_from(DAYS),
    st.sampled_from([None, "ON", "OFF"]),
)
NOTHING = (None, None, None)
no_lock = st.just(NOTHING)


@dataclass
class Version:
    id: str
    body: bytes | None
    etag: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    lock: Lock = NO_LOCK


def version_of(identity, body, lock=NO_LOCK):
    return Version(identity, body, f'"{hashlib.md5(body).hexdigest()}"', {}, lock)


class Bucket(RuleBasedStateMachine):
    """One bucket. ``server`` and ``client`` are set on a subclass by the test."""

    server = None
    client = None
    may_restart = False
    numbers = iter(range(1_000_000))

    def __init__(self) -> None:
        super().__init__()
        self.name = f"versions-{next(self.numbers)}"
        self.begin = datetime.now(UTC).replace(microsecond=0)
        self.versions: dict[str, list[Version]] = {}
        self.status = ""
        self.locks = False
        self.looked = 0
        self.default: tuple[str, int] | None = None

    @initialize(
        beginning=st.sampled_from(["", "Enabled", "Suspended", "locks", "locks"]),
        first=st.lists(st.tuples(keys, bodies, locks), min_size=2, max_size=4),
    )
    def create(self, beginning, first):
        """Nothing is removed at the end: what COMPLIANCE protects could not be, and the server goes with its folder."""
        self.client.create_bucket(Bucket=self.name, ObjectLockEnabledForBucket=beginning == "locks")
        if beginning == "locks":
            self.status, self.locks = "Enabled", True
        for key, body, lock in first:
            self.put(key=key, body=body, lock=lock if self.locks else NOTHING, condition=None, how="put")
        if beginning not in {"", "locks"}:
            self.turn(beginning)

    # --- what a list would do

    def current(self, key):
        versions = self.versions.get(key)
        return versions[0] if versions and versions[0].body is not None else None

    def on_top(self, key, version):
        """A new version; a null one takes the place of the null version that there is."""
        below = self.versions.get(key, [])
        if version.id == "null":
            below = [each for each in below if each.id != "null"]
        self.versions[key] = [version, *below]

    def any_version(self, index):
        """Some version, and its key; older ones are as likely as newest, and markers are there for some indexes."""
        everything = [(key, each) for key, versions in self.versions.items() for each in versions]
        if index % 4:
            everything = [(key, each) for key, each in everything if each.body is not None] or everything
        return everything[index % len(everything)]

    def gone(self, key, version):
        self.versions[key] = [each for each in self.versions[key] if each is not version]
        if not self.versions[key]:
            del self.versions[key]

    def code(self, call, **members):
        """How a call ends: S3's code, or ``None`` and the answer."""
        try:
            return None, call(Bucket=self.name, **members)
        except ClientError as error:
            return error.response["Error"]["Code"], None

    def written(self, answer):
        """The id of a version just written."""
        identity = answer.get("VersionId")
        assert (identity is None) == (self.status == "")
        assert (identity == "null") == (self.status == "Suspended")
        return identity or "null"

    def told_lock(self, key, identity):
        named = {"VersionId": identity} if self.status else {}
        head = self.client.head_object(Bucket=self.name, Key=key, **named)
        hold = {"ON": True, "OFF": False, None: None}[head.get("ObjectLockLegalHoldStatus")]
        return Lock(head.get("ObjectLockMode"), head.get("ObjectLockRetainUntilDate"), hold)

    def until(self, days):
        return None if days is None else self.begin + timedelta(days=days)

    def lock_members(self, lock):
        mode, days, hold = lock
        members = {"ObjectLockMode": mode, "ObjectLockRetainUntilDate": self.until(days)}
        members["ObjectLockLegalHoldStatus"] = hold
        return {name: value for name, value in members.items() if value is not None}

    def new_lock(self, key, identity, lock):
        """The lock of a version just written: what was asked for, or the default, whose end the server tells."""
        mode, days, hold = lock
        expected = Lock(mode, self.until(days), None if hold is None else hold == "ON")
        if self.default is None or mode is not None:
            return expected
        found = self.told_lock(key, identity)
        assert (found.mode, found.hold) == (self.default[0], expected.hold)
        period = timedelta(days=self.default[1])
        assert self.begin + period <= found.until <= datetime.now(UTC) + period
        return found

    # --- the bucket

    @rule(
        status=st.none() | st.sampled_from(["Enabled", "Suspended"]),
        default=st.none() | st.tuples(modes, st.sampled_from(DAYS)),
    )
    def set_up(self, status, default):
        """Turn versioning; or let the bucket take locks, with a default retention or without."""
        if status is not None:
            self.turn(status)
            return
        configuration = {"ObjectLockEnabled": "Enabled"}
        if default is not None:
            configuration["Rule"] = {"DefaultRetention": {"Mode": default[0], "Days": default[1]}}
        code, _ = self.code(self.client.put_object_lock_configuration, ObjectLockConfiguration=configuration)
        if self.status == "Enabled":
            assert code is None
            self.locks, self.default = True, default
        else:
            assert code == "InvalidBucketState"

    def turn(self, status):
        code, _ = self.code(self.client.put_bucket_versioning, VersioningConfiguration={"Status": status})
        if self.locks and status == "Suspended":
            assert code == "InvalidBucketState"
        else:
            assert code is None
            self.status = status

    # --- writes

    @rule(
        key=keys,
        body=bodies,
        lock=no_lock | locks,
        condition=st.sampled_from([None, None, None, "absent", "right", "wrong"]),
        how=st.sampled_from(["put", "put", "multipart"]),
    )
    def put(self, key, body, lock, condition, how):
        current = self.current(key)
        when = {}
        expected = None
        if condition == "absent":
            when = {"IfNoneMatch": "*"}
            expected = "PreconditionFailed" if current else None
        elif condition:
            when = {"IfMatch": current.etag if current and condition == "right" else OTHER}
            expected = "NoSuchKey" if current is None else "PreconditionFailed" if condition == "wrong" else None
        members = {"Key": key, **self.lock_members(lock)}
        refused_lock = not self.locks and lock != NOTHING
        if how == "put":
            code, answer = self.code(self.client.put_object, Body=body, **members, **when)
            if refused_lock and expected:
                assert code in {expected, "InvalidRequest"}
                return
        else:
            code, answer = self.code(self.client.create_multipart_upload, **members)
            if not code:
                upload = {"Key": key, "UploadId": answer["UploadId"]}
                part = self.client.upload_part(Bucket=self.name, PartNumber=1, Body=body, **upload)
                parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
                code, answer = self.code(self.client.complete_multipart_upload, MultipartUpload=parts, **upload, **when)
                if code:
                    self.client.abort_multipart_upload(Bucket=self.name, **upload)
        assert code == ("InvalidRequest" if refused_lock else expected)
        if code is None:
            version = replace(version_of(self.written(answer), body), etag=answer["ETag"])
            self.on_top(key, version)
            version.lock = self.new_lock(key, version.id, lock)

    @precondition(lambda self: self.versions)
    @rule(index=at, to=keys, lock=no_lock | locks, named=st.booleans())
    def copy(self, index, to, lock, named):
        """A version by its id, or the current one; a lock is not copied, tags are."""
        key, version = self.any_version(index)
        source = {"Bucket": self.name, "Key": key}
        if named and self.status:
            source["VersionId"] = version.id
        else:
            version = self.current(key)
        if version is None or version.body is None or (key == to and "VersionId" not in source):
            return
        members = self.lock_members(lock)
        code, answer = self.code(self.client.copy_object, Key=to, CopySource=source, **members)
        if members and not self.locks:
            assert code == "InvalidRequest"
            return
        assert code is None
        copy = replace(version_of(self.written(answer), version.body), tags=dict(version.tags))
        self.on_top(to, copy)
        copy.lock = self.new_lock(to, copy.id, lock)

    @precondition(lambda self: self.versions)
    @rule(index=at, tags=st.dictionaries(st.sampled_from(["t", "u"]), st.sampled_from(["", "v"])))
    def tag(self, index, tags):
        """Tags may change whatever is locked, and change nothing else."""
        key, version = self.any_version(index)
        tagging = {"TagSet": [{"Key": name, "Value": value} for name, value in tags.items()]}
        code, _ = self.code(self.client.put_object_tagging, Key=key, VersionId=version.id, Tagging=tagging)
        assert code == ("MethodNotAllowed" if version.body is None else None)
        if code is None:
            version.tags = tags

    # --- deletions

    @rule(key=keys, condition=st.sampled_from([None, None, "right", "wrong", "any"]))
    def delete(self, key, condition):
        current = self.current(key)
        members = {"Key": key}
        expected = None
        if condition:
            right = current.etag if current else OTHER
            members["IfMatch"] = {"right": right, "wrong": OTHER, "any": "*"}[condition]
            if current is None:
                expected = "PreconditionFailed" if key in self.versions else "NoSuchKey"
            elif condition == "wrong":
                expected = "PreconditionFailed"
        code, answer = self.code(self.client.delete_object, **members)
        assert code == expected
        if code is None:
            self.deleted(key, answer.get("VersionId"), answer.get("DeleteMarker"))

    def deleted(self, key, identity, marker):
        """What a deletion that names no version leaves."""
        if self.status:
            assert marker
            assert (identity == "null") == (self.status == "Suspended")
            self.on_top(key, Version(identity, None))
        else:
            assert (identity, marker) == (None, None)
            self.versions.pop(key, None)

    @precondition(lambda self: self.versions)
    @rule(index=at, bypass=st.sampled_from([None, None, False, True]))
    def remove(self, index, bypass):
        key, version = self.any_version(index)
        members = {} if bypass is None else {"BypassGovernanceRetention": bypass}
        code, answer = self.code(self.client.delete_object, Key=key, VersionId=version.id, **members)
        if members and not self.locks:
            assert code == "InvalidArgument"
        elif version.lock.keeps(bypass=bool(bypass)):
            assert code == "AccessDenied"
        else:
            assert code is None
            assert answer.get("DeleteMarker", False) == (version.body is None)
            self.gone(key, version)

    @rule(which=st.sets(keys), indexes=st.sets(at, max_size=4), bypass=st.booleans())
    def delete_many(self, which, indexes, bypass):
        """Keys and versions in one request: each has its own outcome."""
        named = {}
        for index in sorted(indexes) if self.versions else ():
            key, version = self.any_version(index)
            if key not in which:  # of one key in both forms the order is not told
                named[key, version.id] = version
        objects = [{"Key": key} for key in sorted(which)]
        objects += [{"Key": key, "VersionId": identity} for key, identity in named]
        if not objects:
            return
        members = {"BypassGovernanceRetention": True} if bypass and self.locks else {}
        answer = self.client.delete_objects(Bucket=self.name, Delete={"Objects": objects}, **members)
        kept = {place for place, version in named.items() if version.lock.keeps(bypass=bool(members))}
        errors = {(each["Key"], each["VersionId"]): each["Code"] for each in answer.get("Errors", [])}
        assert errors == dict.fromkeys(kept, "AccessDenied")
        deleted = {(each["Key"], each.get("VersionId")): each for each in answer.get("Deleted", [])}
        assert set(deleted) == {(key, None) for key in which} | (named.keys() - kept)
        for key in which:
            told = deleted[key, None]
            self.deleted(key, told.get("DeleteMarkerVersionId"), told.get("DeleteMarker"))
        for key, identity in named.keys() - kept:
            self.gone(key, named[key, identity])

    # --- locks

    @precondition(lambda self: self.versions)
    @rule(
        index=at,
        mode=st.none() | modes,
        days=st.sampled_from(DAYS),
        hold=st.sampled_from([None, None, True, False]),
        bypass=st.booleans(),
    )
    def relock(self, index, mode, days, hold, bypass):
        """Put a hold on a version or take it away; or give it a retention, or none."""
        key, version = self.any_version(index)
        named = {"Key": key, "VersionId": version.id}
        until = self.until(days) if mode else None
        if hold is not None:
            status = {"Status": "ON" if hold else "OFF"}
            code, _ = self.code(self.client.put_object_legal_hold, **named, LegalHold=status)
            expected, lock = None, replace(version.lock, hold=hold)
        else:
            retention = {"Mode": mode, "RetainUntilDate": until} if mode else {}
            members = {"BypassGovernanceRetention": True} if bypass else {}
            code, _ = self.code(self.client.put_object_retention, **named, Retention=retention, **members)
            expected = None if version.lock.may_become(mode, until, bypass=bypass) else "AccessDenied"
            lock = replace(version.lock, mode=mode, until=until)
        if version.body is None:
            assert code == "MethodNotAllowed"
        elif not self.locks:
            assert code == "InvalidRequest"
        else:
            assert code == expected
            if code is None:
                version.lock = lock

    # --- reads

    @precondition(lambda self: self.versions)
    @rule(index=at)
    def get(self, index):
        key, version = self.any_version(index)
        code, got = self.code(self.client.get_object, Key=key, VersionId=version.id)
        if version.body is None:
            assert code == "MethodNotAllowed"
            return
        assert code is None
        assert (got["Body"].read(), got["ETag"]) == (version.body, version.etag)
        assert got.get("TagCount", 0) == len(version.tags)
        told = self.client.get_object_tagging(Bucket=self.name, Key=key, VersionId=version.id)["TagSet"]
        assert {each["Key"]: each["Value"] for each in told} == version.tags
        current = self.current(key)
        code, got = self.code(self.client.get_object, Key=key)
        if current is None:
            assert code == "NoSuchKey"
        else:
            assert (code, got["Body"].read(), got["ETag"]) == (None, current.body, current.etag)
            assert got.get("VersionId") == (current.id if self.status else None)

    @rule(size=st.integers(1, 4), prefix=st.sampled_from(["", "a", "k"]))
    def list_pages(self, size, prefix):
        shown, markers = [], {}
        while True:
            page = self.client.list_object_versions(Bucket=self.name, Prefix=prefix, MaxKeys=size, **markers)
            both = page.get("Versions", []) + page.get("DeleteMarkers", [])
            assert len(both) <= size
            shown += [(each["Key"], each["VersionId"]) for each in both]
            if not page["IsTruncated"]:
                break
            markers = {"KeyMarker": page["NextKeyMarker"], "VersionIdMarker": page["NextVersionIdMarker"]}
        expected = [(key, each.id) for key, each in self.in_order() if key.startswith(prefix)]
        assert len(shown) == len(set(shown))
        assert sorted(shown) == sorted(expected)

    def in_order(self):
        return [(key, each) for key in sorted(self.versions, key=str.encode) for each in self.versions[key]]

    # --- restarts

    @precondition(lambda self: self.may_restart)
    @rule(brutally=st.booleans())
    def reopen(self, brutally):
        note("kill -9" if brutally else "SIGTERM")
        if brutally:
            self.server.listen = f"127.0.0.1:{self.server.port}"
            self.server.kill()
            self.server.start()
        else:
            self.server.restart()

    @invariant()
    def everything_is_listed(self):
        page = self.client.list_object_versions(Bucket=self.name)
        versions = [
            (each["Key"], each["VersionId"], each["IsLatest"], each["Size"], each["ETag"])
            for each in page.get("Versions", [])
        ]
        markers = [(each["Key"], each["VersionId"], each["IsLatest"]) for each in page.get("DeleteMarkers", [])]
        told = [(key, each, each is self.versions[key][0]) for key, each in self.in_order()]
        assert versions == [
            (key, each.id, latest, len(each.body), each.etag) for key, each, latest in told if each.body is not None
        ]
        assert markers == [(key, each.id, latest) for key, each, latest in told if each.body is None]
        listed = [each["Key"] for each in self.client.list_objects_v2(Bucket=self.name).get("Contents", [])]
        assert listed == [key for key in sorted(self.versions, key=str.encode) if self.current(key)]

    @invariant()
    def locks_are_told(self):
        """Of some versions after each step, in turn: a look at all of them takes longer than all steps."""
        real = [(key, each) for key, each in self.in_order() if self.locks and each.body is not None]
        for _ in range(min(LOOKS, len(real))):
            self.looked += 1
            key, each = real[self.looked % len(real)]
            assert self.told_lock(key, each.id) == each.lock


@pytest.mark.parametrize(("kind", "examples"), [("embedded", 3), ("memory", 5)])
def test_the_server_keeps_the_versions_that_a_list_would(start_server, clients, kind, examples):
    server = start_server(workers=2) if kind == "embedded" else start_server(target="memory:")

    class Own(Bucket):
        pass

    Own.server, Own.client, Own.may_restart = server, clients(server), kind == "embedded"
    run_state_machine_as_test(
        Own,
        settings=settings(
            max_examples=examples,
            stateful_step_count=40,
            deadline=None,
            database=None,
            phases=[Phase.generate],  # as in test_against_a_dict.py
            suppress_health_check=list(HealthCheck),
        ),
    )

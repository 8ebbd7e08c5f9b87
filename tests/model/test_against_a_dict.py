"""The server against a dict: any sequence of put, get, list, delete, copy, multipart and conditions, with clean stops,
kills and restarts among the steps, shows what a dict would show (SEMANTICS.md, S2).

What must not be here: expectations of wire forms (tests/s3) and of what a crash may do to requests under way
(tests/crash); every step here was answered before the next one.
"""

import hashlib
from dataclasses import dataclass, field

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

MIB = 1024 * 1024

KEYS = ["a", "a/", "a/b", "a/b/c", "b", "b c+%", "ä/ö", "k" * 511, "k" * 512 + "/x", "k" * 1024]
SIZES = [0, 1, 100, 12 * 1024, 12 * 1024 + 1, 300_000]
OTHER = '"00000000000000000000000000000000"'


def repeated(seed: bytes, size: int) -> bytes:
    return (seed * (size // len(seed) + 1))[:size]


keys = st.sampled_from(KEYS)
bodies = st.builds(repeated, st.binary(min_size=1, max_size=4), st.sampled_from(SIZES))
metadata = st.dictionaries(st.sampled_from(["m", "n-o"]), st.sampled_from(["", "v", "v w"]), max_size=2)


def md5(data: bytes) -> bytes:
    return hashlib.md5(data).digest()


@dataclass
class Thing:
    """An object as the model knows it."""

    body: bytes
    etag: str
    metadata: dict[str, str]


def plain(body: bytes, metadata: dict[str, str] | None = None) -> Thing:
    return Thing(body, f'"{md5(body).hex()}"', metadata or {})


@dataclass
class Upload:
    key: str
    metadata: dict[str, str]
    parts: dict[int, bytes] = field(default_factory=dict)


class Bucket(RuleBasedStateMachine):
    """One bucket. ``server`` and ``client`` are set on a subclass by the test."""

    server = None
    client = None
    may_restart = False
    numbers = iter(range(1_000_000))

    def __init__(self) -> None:
        super().__init__()
        self.objects: dict[str, Thing] = {}
        self.uploads: dict[str, Upload] = {}
        self.name = f"model-{next(self.numbers)}"

    @initialize()
    def create(self):
        self.client.create_bucket(Bucket=self.name)

    def teardown(self):
        for upload, it in self.uploads.items():
            self.client.abort_multipart_upload(Bucket=self.name, Key=it.key, UploadId=upload)
        for key in self.objects:
            self.client.delete_object(Bucket=self.name, Key=key)
        self.client.delete_bucket(Bucket=self.name)

    def refused(self, code, call, **members):
        try:
            call(Bucket=self.name, **members)
        except ClientError as error:
            said = error.response["Error"]["Code"]
        else:
            said = "success"
        assert said == code

    # --- writes

    @rule(key=keys, body=bodies, metadata=metadata)
    def put(self, key, body, metadata):
        answer = self.client.put_object(Bucket=self.name, Key=key, Body=body, Metadata=metadata)
        self.objects[key] = plain(body, metadata)
        assert answer["ETag"] == self.objects[key].etag

    @rule(key=keys, body=bodies)
    def put_if_absent(self, key, body):
        members = {"Key": key, "Body": body, "IfNoneMatch": "*"}
        if key in self.objects:
            self.refused("PreconditionFailed", self.client.put_object, **members)
        else:
            self.client.put_object(Bucket=self.name, **members)
            self.objects[key] = plain(body)

    @rule(key=keys, body=bodies, right=st.booleans())
    def put_if_unchanged(self, key, body, right):
        thing = self.objects.get(key)
        members = {"Key": key, "Body": body, "IfMatch": thing.etag if thing and right else OTHER}
        if thing is None:
            self.refused("NoSuchKey", self.client.put_object, **members)
        elif not right:
            self.refused("PreconditionFailed", self.client.put_object, **members)
        else:
            self.client.put_object(Bucket=self.name, **members)
            self.objects[key] = plain(body)

    @rule(source=keys, to=keys, metadata=st.none() | metadata)
    def copy(self, source, to, metadata):
        members = {"Key": to, "CopySource": {"Bucket": self.name, "Key": source}}
        if metadata is not None:
            members |= {"MetadataDirective": "REPLACE", "Metadata": metadata}
        thing = self.objects.get(source)
        if source == to and metadata is None:
            if thing is not None:  # of nothing either refusal would do
                self.refused("InvalidRequest", self.client.copy_object, **members)
        elif thing is None:
            self.refused("NoSuchKey", self.client.copy_object, **members)
        else:
            self.client.copy_object(Bucket=self.name, **members)
            self.objects[to] = plain(thing.body, thing.metadata if metadata is None else metadata)

    @rule(key=keys)
    def delete(self, key):
        self.client.delete_object(Bucket=self.name, Key=key)
        self.objects.pop(key, None)

    @rule(which=st.sets(keys, min_size=1), quiet=st.booleans())
    def delete_many(self, which, quiet):
        objects = [{"Key": key} for key in sorted(which)]
        answer = self.client.delete_objects(Bucket=self.name, Delete={"Objects": objects, "Quiet": quiet})
        assert "Errors" not in answer
        assert {item["Key"] for item in answer.get("Deleted", [])} == (set() if quiet else which)
        for key in which:
            self.objects.pop(key, None)

    # --- multipart

    @rule(key=keys, metadata=metadata)
    def begin(self, key, metadata):
        answer = self.client.create_multipart_upload(Bucket=self.name, Key=key, Metadata=metadata)
        self.uploads[answer["UploadId"]] = Upload(key, metadata)

    def choose(self, index):
        return list(self.uploads)[index % len(self.uploads)]

    @precondition(lambda self: self.uploads)
    @rule(index=st.integers(0, 9), number=st.integers(1, 4), body=bodies, big=st.booleans())
    def part(self, index, number, body, big):
        upload = self.choose(index)
        it = self.uploads[upload]
        if big:
            body = repeated(body or b"x", 5 * MIB + len(body))
        self.client.upload_part(Bucket=self.name, Key=it.key, UploadId=upload, PartNumber=number, Body=body)
        it.parts[number] = body

    @precondition(lambda self: self.uploads)
    @rule(index=st.integers(0, 9), number=st.integers(1, 4), source=keys)
    def part_copy(self, index, number, source):
        upload = self.choose(index)
        it = self.uploads[upload]
        members = {"Key": it.key, "UploadId": upload, "PartNumber": number}
        members["CopySource"] = {"Bucket": self.name, "Key": source}
        if source in self.objects:
            self.client.upload_part_copy(Bucket=self.name, **members)
            it.parts[number] = self.objects[source].body
        else:
            self.refused("NoSuchKey", self.client.upload_part_copy, **members)

    @precondition(lambda self: any(it.parts for it in self.uploads.values()))
    @rule(index=st.integers(0, 9), if_absent=st.booleans())
    def complete(self, index, if_absent):
        filled = [upload for upload, it in self.uploads.items() if it.parts]
        upload = filled[index % len(filled)]
        it = self.uploads[upload]
        numbers = sorted(it.parts)
        told = [{"PartNumber": number, "ETag": f'"{md5(it.parts[number]).hex()}"'} for number in numbers]
        members = {"Key": it.key, "UploadId": upload, "MultipartUpload": {"Parts": told}}
        small = any(len(it.parts[number]) < 5 * MIB for number in numbers[:-1])
        taken = if_absent and it.key in self.objects
        if small and taken:
            return  # either refusal would do
        if if_absent:
            members["IfNoneMatch"] = "*"
        if small:
            self.refused("EntityTooSmall", self.client.complete_multipart_upload, **members)
        elif taken:
            self.refused("PreconditionFailed", self.client.complete_multipart_upload, **members)
        else:
            answer = self.client.complete_multipart_upload(Bucket=self.name, **members)
            inner = b"".join(md5(it.parts[number]) for number in numbers)
            etag = f'"{md5(inner).hex()}-{len(numbers)}"'
            assert answer["ETag"] == etag
            self.objects[it.key] = Thing(b"".join(it.parts[number] for number in numbers), etag, it.metadata)
            del self.uploads[upload]

    @precondition(lambda self: self.uploads)
    @rule(index=st.integers(0, 9))
    def abort(self, index):
        upload = self.choose(index)
        it = self.uploads.pop(upload)
        self.client.abort_multipart_upload(Bucket=self.name, Key=it.key, UploadId=upload)
        self.refused("NoSuchUpload", self.client.list_parts, Key=it.key, UploadId=upload)

    # --- reads

    @rule(key=keys)
    def get(self, key):
        thing = self.objects.get(key)
        if thing is None:
            self.refused("NoSuchKey", self.client.get_object, Key=key)
            return
        got = self.client.get_object(Bucket=self.name, Key=key)
        assert got["Body"].read() == thing.body
        assert (got["ETag"], got["Metadata"]) == (thing.etag, thing.metadata)

    @precondition(lambda self: self.objects)
    @rule(index=st.integers(0, 9), first=st.integers(0, 400_000), length=st.integers(1, 400_000))
    def get_range(self, index, first, length):
        key = list(self.objects)[index % len(self.objects)]
        body = self.objects[key].body
        spec = f"bytes={first}-{first + length - 1}"
        if first >= len(body):
            self.refused("InvalidRange", self.client.get_object, Key=key, Range=spec)
        else:
            got = self.client.get_object(Bucket=self.name, Key=key, Range=spec)
            assert got["Body"].read() == body[first : first + length]

    @rule(
        prefix=st.sampled_from(["", "a", "a/", "b", "ä", "k" * 512]),
        delimiter=st.sampled_from(["", "/", "b"]),
        size=st.integers(1, 5),
    )
    def list_pages(self, prefix, delimiter, size):
        shown, token = [], {}
        while True:
            page = self.client.list_objects_v2(
                Bucket=self.name, Prefix=prefix, Delimiter=delimiter, MaxKeys=size, **token
            )
            entries = [item["Key"] for item in page.get("Contents", [])]
            entries += [item["Prefix"] for item in page.get("CommonPrefixes", [])]
            shown += sorted(entries, key=str.encode)
            if not page["IsTruncated"]:
                break
            token = {"ContinuationToken": page["NextContinuationToken"]}
        expected = []
        for key in sorted(self.objects, key=str.encode):
            if key.startswith(prefix):
                cut = key.find(delimiter, len(prefix)) if delimiter else -1
                entry = key if cut < 0 else key[: cut + len(delimiter)]
                if entry not in expected:
                    expected.append(entry)
        assert shown == expected

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
        page = self.client.list_objects_v2(Bucket=self.name)
        listed = {item["Key"]: (item["Size"], item["ETag"]) for item in page.get("Contents", [])}
        assert listed == {key: (len(thing.body), thing.etag) for key, thing in self.objects.items()}
        assert list(listed) == sorted(listed, key=str.encode)
        page = self.client.list_multipart_uploads(Bucket=self.name)
        assert {item["UploadId"]: item["Key"] for item in page.get("Uploads", [])} == {
            upload: it.key for upload, it in self.uploads.items()
        }


@pytest.mark.parametrize("kind", ["embedded", "memory"])
def test_the_server_is_a_dict(start_server, clients, kind):
    server = start_server(workers=2) if kind == "embedded" else start_server(target="memory:")

    class Own(Bucket):
        pass

    Own.server, Own.client, Own.may_restart = server, clients(server), kind == "embedded"
    run_state_machine_as_test(
        Own,
        settings=settings(
            max_examples=8,
            stateful_step_count=30,
            deadline=None,
            database=None,
            phases=[Phase.generate],  # shrinking restarts servers for minutes; thirty steps can be read as they are
            suppress_health_check=list(HealthCheck),
        ),
    )

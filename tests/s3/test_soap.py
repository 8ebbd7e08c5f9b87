"""The SOAP interface as a toolkit sees it: zeep, which knows nothing but the server's own WSDL.

Source: S3 API Reference, "Appendix: SOAP API".
"""

import json
from datetime import UTC, datetime, timedelta

import pytest

from live.expect import refused
from live.soap import ALL_USERS, Soap, fault

MIB = 1024 * 1024


@pytest.fixture(scope="module")
def soaps():
    """zeep's clients by endpoint and keys: reading a WSDL takes longer than most tests."""
    made = {}

    def get(server, keys):
        if (server.endpoint, keys) not in made:
            made[server.endpoint, keys] = Soap(server.endpoint, *keys)
        return made[server.endpoint, keys]

    yield get
    for each in made.values():
        each.close()


@pytest.fixture
def soap(server, soaps):
    return soaps(server, (server.access_key, server.secret_key))


@pytest.fixture
def nobody(server, soaps):
    return soaps(server, ())


@pytest.fixture
def put_inline(soap, bucket):
    """``put_inline("key", b"bytes", **elements)`` into the test's bucket."""

    def put(key="key", data=b"hello", **elements):
        return soap("PutObjectInline", Bucket=bucket, Key=key, Data=data, ContentLength=len(data), **elements)

    return put


@pytest.fixture
def get(soap, bucket):
    """GetObject with metadata and data, or GetObjectExtended where there is more to ask."""

    def read(key="key", caller=soap, **elements):
        operation = "GetObjectExtended" if elements else "GetObject"
        return caller(operation, Bucket=bucket, Key=key, GetMetadata=True, GetData=True, InlineData=True, **elements)

    return read


def group_grant(soap, permission, uri=ALL_USERS):
    return {"Grantee": soap.types.Group(URI=uri), "Permission": permission}


def user_grant(soap, user_id, permission):
    return {"Grantee": soap.types.CanonicalUser(ID=user_id), "Permission": permission}


class TestBuckets:
    def test_a_bucket_is_made_listed_and_deleted(self, soap, s3, bucket_names):
        name = bucket_names()
        assert soap("CreateBucket", Bucket=name) == name
        listed = soap("ListAllMyBuckets")
        by_rest = s3.list_buckets()
        assert by_rest["Owner"]["ID"] == listed.Owner.ID
        assert [each.Name for each in listed.Buckets.Bucket] == [each["Name"] for each in by_rest["Buckets"]]
        (mine,) = [each for each in listed.Buckets.Bucket if each.Name == name]
        assert abs(mine.CreationDate - datetime.now(UTC)) < timedelta(minutes=5)
        gone = soap("DeleteBucket", Bucket=name)
        assert (gone.Code, gone.Description) == (204, "No Content")
        with fault("Client.NoSuchBucket", BucketName=name):
            soap("DeleteBucket", Bucket=name)

    def test_a_bucket_with_objects_stays(self, soap, bucket, put):
        put()
        with fault("Client.BucketNotEmpty", BucketName=bucket):
            soap("DeleteBucket", Bucket=bucket)

    def test_names_that_rest_refuses_are_refused(self, soap):
        for name in ("soap", "Upper", "a", "", "with/slash"):
            with fault("Client.InvalidBucketName"):
                soap("CreateBucket", Bucket=name)

    def test_grants_of_a_new_bucket(self, soap, s3, bucket_names):
        name = bucket_names()
        owner = soap("ListAllMyBuckets").Owner.ID
        grants = [user_grant(soap, owner, "FULL_CONTROL"), group_grant(soap, "READ")]
        soap("CreateBucket", Bucket=name, AccessControlList={"Grant": grants})
        told = s3.get_bucket_acl(Bucket=name)["Grants"]
        assert [grant["Permission"] for grant in told] == ["FULL_CONTROL", "READ"]

    def test_a_canned_list_for_a_new_bucket(self, soap, s3, bucket_names):
        name = bucket_names()
        soap("CreateBucket", Bucket=name, Acl="public-read")
        assert {grant["Permission"] for grant in s3.get_bucket_acl(Bucket=name)["Grants"]} == {"FULL_CONTROL", "READ"}
        with fault("Client.InvalidRequest"):
            soap(
                "CreateBucket",
                Bucket=bucket_names(),
                Acl="private",
                AccessControlList={"Grant": [group_grant(soap, "READ")]},
            )

    def test_nobody_has_no_buckets(self, nobody, bucket_names):
        with fault("Client.AccessDenied"):
            nobody("ListAllMyBuckets")
        with fault("Client.AccessDenied"):
            nobody("CreateBucket", Bucket=bucket_names())


class TestListings:
    def test_pages_by_marker(self, soap, bucket, put):
        for key in ("a", "b/1", "b/2", "c", "d"):
            put(key)
        first = soap("ListBucket", Bucket=bucket, MaxKeys=2)
        assert [each.Key for each in first.Contents] == ["a", "b/1"]
        assert (first.IsTruncated, first.MaxKeys, first.NextMarker) == (True, 2, None)
        rest = soap("ListBucket", Bucket=bucket, Marker="b/1")
        assert [each.Key for each in rest.Contents] == ["b/2", "c", "d"]
        assert (rest.IsTruncated, rest.Marker, rest.MaxKeys) == (False, "b/1", 1000)

    def test_folders_by_delimiter(self, soap, bucket, put):
        for key in ("a", "b/1", "b/2", "b/c/3"):
            put(key)
        top = soap("ListBucket", Bucket=bucket, Delimiter="/")
        assert [each.Key for each in top.Contents] == ["a"]
        assert [each.Prefix for each in top.CommonPrefixes] == ["b/"]
        assert top.Delimiter == "/"
        below = soap("ListBucket", Bucket=bucket, Prefix="b/", Delimiter="/", MaxKeys=1)
        assert [each.Key for each in below.Contents] == ["b/1"]
        assert (below.Prefix, below.NextMarker) == ("b/", "b/1")

    def test_what_is_told_of_an_object(self, soap, s3, bucket, put):
        put("ключ & <tag>", b"12345")
        (entry,) = soap("ListBucket", Bucket=bucket).Contents
        by_rest = s3.list_objects(Bucket=bucket)["Contents"][0]
        assert (entry.Key, entry.Size, entry.ETag) == ("ключ & <tag>", 5, by_rest["ETag"])
        assert (entry.Owner.ID, entry.StorageClass) == (by_rest["Owner"]["ID"], "STANDARD")
        assert entry.LastModified == by_rest["LastModified"]

    def test_a_bucket_that_is_not_there(self, soap, bucket_names):
        with fault("Client.NoSuchBucket"):
            soap("ListBucket", Bucket=bucket_names(), MaxKeys=0)

    def test_max_keys_below_zero(self, soap, bucket):
        with fault("Client.InvalidArgument"):
            soap("ListBucket", Bucket=bucket, MaxKeys=-1)


class TestObjects:
    def test_an_object_comes_back_as_it_was_put(self, put_inline, get, s3, bucket):
        stored = put_inline(data=b"\x00\xffha-ha")
        found = get()
        assert found.Data == b"\x00\xffha-ha"
        assert (found.Status.Code, found.Status.Description) == (200, "OK")
        assert (found.ETag, found.LastModified) == (stored.ETag, stored.LastModified)
        head = s3.head_object(Bucket=bucket, Key="key")
        assert (head["ETag"], head["LastModified"]) == (stored.ETag, stored.LastModified.replace(microsecond=0))

    @pytest.mark.parametrize("size", [0, 1, 100_000, MIB])
    def test_sizes_to_the_limit(self, put_inline, get, size):
        data = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
        put_inline(data=data)
        assert (get().Data or b"") == data

    def test_one_byte_more_than_the_limit_is_refused_and_leaves_what_was_there(self, put_inline, get):
        put_inline(data=b"before")
        with fault("Client.InlineDataTooLarge", MaxSizeAllowed=str(MIB), ProposedSize=str(MIB + 1)):
            put_inline(data=bytes(MIB + 1))
        with fault("Client.InlineDataTooLarge"):
            put_inline(data=bytes(4 * MIB))
        assert get().Data == b"before"

    def test_a_larger_object_is_read_by_ranges(self, put, get, soap, bucket):
        content = bytes(range(256)) * (3 * MIB // 256)
        put("large", content)
        with fault("Client.InlineDataTooLarge", ProposedSize=str(3 * MIB)):
            get("large")
        whole = b""
        while len(whole) < len(content):
            piece = get("large", ByteRangeStart=len(whole), ByteRangeEnd=len(whole) + MIB - 1)
            assert piece.Status.Code == 206
            whole += piece.Data
        assert whole == content
        with fault("Client.InlineDataTooLarge"):
            get("large", ByteRangeStart=0, ByteRangeEnd=MIB)
        without = soap("GetObject", Bucket=bucket, Key="large", GetMetadata=True, GetData=False, InlineData=False)
        assert without.Data is None
        assert without.ETag

    def test_an_object_of_many_parts(self, s3, bucket, get):
        upload = s3.create_multipart_upload(Bucket=bucket, Key="key")["UploadId"]
        ends = []
        for number, content in enumerate((b"a" * 5 * MIB, b"b" * 10), start=1):
            part = s3.upload_part(Bucket=bucket, Key="key", UploadId=upload, PartNumber=number, Body=content)
            ends.append({"PartNumber": number, "ETag": part["ETag"]})
        s3.complete_multipart_upload(Bucket=bucket, Key="key", UploadId=upload, MultipartUpload={"Parts": ends})
        assert get(ByteRangeStart=5 * MIB - 2).Data == b"aa" + b"b" * 10

    def test_metadata_of_http_and_of_the_user(self, put_inline, get, s3, bucket):
        given = {
            "Content-Type": "text/plain",
            "cache-control": "no-cache",
            "Content-Disposition": 'attachment; filename="a.txt"',
            "Content-Language": "de",
            "Content-Encoding": "identity",
            "Expires": "Thu, 01 Dec 2044 16:00:00 GMT",
            "Family": "Muntz",
            "x-amz-meta-given": "Nelson",
            "place": "Спрингфилд <&> =?UTF-8?Q?a?=",
        }
        put_inline(Metadata=[{"Name": name, "Value": value} for name, value in given.items()])
        told = {each.Name: each.Value for each in get().Metadata}
        assert told == {
            "Content-Type": "text/plain",
            "Cache-Control": "no-cache",
            "Content-Disposition": 'attachment; filename="a.txt"',
            "Content-Language": "de",
            "Content-Encoding": "identity",
            "Expires": "Thu, 01 Dec 2044 16:00:00 GMT",
            "family": "Muntz",
            "given": "Nelson",
            "place": given["place"],
        }
        head = s3.head_object(Bucket=bucket, Key="key")
        assert (head["ContentType"], head["CacheControl"]) == ("text/plain", "no-cache")
        assert (head["Metadata"]["family"], head["Metadata"]["given"]) == ("Muntz", "Nelson")

    def test_metadata_only_where_they_are_wanted(self, put_inline, soap, bucket):
        put_inline(Metadata=[{"Name": "a", "Value": "b"}])
        bare = soap("GetObject", Bucket=bucket, Key="key", GetMetadata=False, GetData=True, InlineData=True)
        assert (bare.Metadata, bare.Data) == ([], b"hello")

    @pytest.mark.parametrize("names", [("a", "A"), ("Content-Type", "content-type")])
    def test_metadata_twice(self, put_inline, names):
        with fault("Client.InvalidArgument", ArgumentName=names[1]):
            put_inline(Metadata=[{"Name": name, "Value": "v"} for name in names])

    @pytest.mark.parametrize("name", ["", "two words", "x-amz-acl", "x-amz-meta-x-amz-acl", "naïve", "a\tb", "a:b"])
    def test_names_that_no_header_field_has(self, put_inline, name):
        with fault("Client.InvalidArgument"):
            put_inline(Metadata=[{"Name": name, "Value": "v"}])

    def test_more_metadata_than_s3_keeps(self, put_inline):
        with fault("Client.MetadataTooLarge"):
            put_inline(Metadata=[{"Name": "a", "Value": "v" * 3000}])

    def test_a_content_md5_that_is_not_the_datas(self, put_inline, s3, bucket):
        with fault("Client.BadDigest"):
            put_inline(Metadata=[{"Name": "Content-MD5", "Value": "1B2M2Y8AsgTpgAmY7PhCfg=="}])
        assert "Contents" not in s3.list_objects(Bucket=bucket)
        put_inline(data=b"", Metadata=[{"Name": "Content-MD5", "Value": "1B2M2Y8AsgTpgAmY7PhCfg=="}])

    @pytest.mark.parametrize("length", [0, 4, 6, -1])
    def test_a_length_that_is_not_the_datas(self, soap, s3, bucket, length):
        with fault("Client.IncompleteBody"):
            soap("PutObjectInline", Bucket=bucket, Key="key", Data=b"hello", ContentLength=length)
        assert "Contents" not in s3.list_objects(Bucket=bucket)

    def test_storage_classes(self, put_inline, soap, bucket):
        put_inline(StorageClass="STANDARD")
        with fault("Client.InvalidStorageClass"):
            put_inline(StorageClass="UNKNOWN")

    def test_keys(self, put_inline, get, soap, bucket):
        for key in ("a/b//c", "../x", "snow ☃ & <man>", "%41+b", "k" * 1024, "soap"):
            put_inline(key, key.encode())
            assert get(key).Data == key.encode()
            copied = soap(
                "CopyObject",
                SourceBucket=bucket,
                SourceKey=key,
                DestinationBucket=bucket,
                DestinationKey="copy",
            )
            assert copied.ETag == get("copy").ETag
        with fault("Client.KeyTooLongError"):
            put_inline("k" * 1025)
        with fault("Client.InvalidRequest"):
            put_inline("")

    def test_an_object_that_is_not_there(self, get, soap, bucket):
        with fault("Client.NoSuchKey", Key="missing"):
            get("missing")
        with fault("Client.NoSuchKey", Key="missing"):
            soap("GetObject", Bucket=bucket, Key="missing", GetMetadata=True, GetData=False, InlineData=False)

    def test_deleting(self, put_inline, soap, bucket, s3):
        put_inline()
        for _ in range(2):  # that there was none is no fault
            gone = soap("DeleteObject", Bucket=bucket, Key="key")
            assert (gone.Code, gone.Description) == (200, "OK")
        assert "Contents" not in s3.list_objects(Bucket=bucket)

    def test_versions(self, put_inline, get, soap, s3, bucket):
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        put_inline(data=b"one")
        put_inline(data=b"two")
        assert get().Data == b"two"
        soap("DeleteObject", Bucket=bucket, Key="key")
        with fault("Client.NoSuchKey"):
            get()
        found = s3.list_object_versions(Bucket=bucket)
        assert (len(found["Versions"]), len(found["DeleteMarkers"])) == (2, 1)

    def test_the_buckets_encryption(self, put_inline, get, s3, bucket):
        rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
        s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})
        put_inline(data=b"secret" * 10_000)
        assert s3.head_object(Bucket=bucket, Key="key")["ServerSideEncryption"] == "AES256"
        assert get().Data == b"secret" * 10_000

    @pytest.mark.parametrize("size", [0, 5, 100_000, 3 * MIB])
    def test_an_object_as_an_attachment(self, soap, put, bucket, size):
        content = (bytes(range(256)) * (size // 256 + 1))[:size]
        put(body=content, ContentType="text/x-test")
        pack = soap("GetObject", Bucket=bucket, Key="key", GetMetadata=True, GetData=True, InlineData=False)
        assert pack.root.Status.Code == 200
        assert pack.root.Data is None
        (attachment,) = pack.attachments
        assert attachment.content == content
        assert attachment.headers["Content-Type"] == "text/x-test"

    def test_a_range_as_an_attachment(self, soap, put, bucket):
        put(body=bytes(2 * MIB) + b"end")
        wanted = {"GetMetadata": False, "GetData": True, "InlineData": False, "ByteRangeStart": MIB}
        pack = soap("GetObjectExtended", Bucket=bucket, Key="key", **wanted)
        assert pack.root.Status.Code == 206
        assert pack.attachments[0].content == bytes(MIB) + b"end"

    def test_putting_an_object_needs_an_attachment(self, soap, bucket):
        with fault("Client.MissingAttachment"):
            soap("PutObject", Bucket=bucket, Key="key", ContentLength=5)


class TestConditions:
    @pytest.fixture
    def stored(self, put_inline):
        return put_inline(data=b"0123456789")

    @pytest.mark.parametrize(
        ("first", "last", "data"),
        [(2, 4, b"234"), (None, 3, b"0123"), (7, None, b"789"), (5, 500, b"56789"), (0, 0, b"0")],
    )
    def test_ranges(self, stored, get, first, last, data):
        found = get(ByteRangeStart=first, ByteRangeEnd=last)
        assert found.Data == data
        assert (found.Status.Code, found.Status.Description) == (206, "Partial Content")

    def test_a_range_of_nothing(self, stored, get):
        with fault("Client.InvalidRange"):
            get(ByteRangeStart=10)

    @pytest.mark.parametrize(("first", "last"), [(-1, 3), (4, 3), (None, -1)])
    def test_a_range_that_is_none(self, stored, get, first, last):
        with fault("Client.InvalidArgument"):
            get(ByteRangeStart=first, ByteRangeEnd=last)

    def test_tags(self, stored, get):
        other = '"00000000000000000000000000000000"'
        assert get(IfMatch=[other, stored.ETag]).Data == b"0123456789"
        assert get(IfNoneMatch=[other]).Status.Code == 200
        with fault("Client.PreconditionFailed", Condition="If-Match"):
            get(IfMatch=[other])
        with fault("Client.PreconditionFailed", Condition="If-None-Match"):
            get(IfNoneMatch=[other, stored.ETag])

    def test_times(self, stored, get):
        before, after = stored.LastModified - timedelta(hours=1), stored.LastModified + timedelta(hours=1)
        assert get(IfModifiedSince=before).Status.Code == 200
        assert get(IfUnmodifiedSince=after).Status.Code == 200
        assert get(IfUnmodifiedSince=stored.LastModified).Status.Code == 200
        with fault("Client.PreconditionFailed", Condition="If-Modified-Since"):
            get(IfModifiedSince=stored.LastModified)
        with fault("Client.PreconditionFailed", Condition="If-Unmodified-Since"):
            get(IfUnmodifiedSince=before)

    def test_conditions_hold_without_data_too(self, stored, soap, bucket):
        with fault("Client.PreconditionFailed"):
            soap(
                "GetObjectExtended",
                Bucket=bucket,
                Key="key",
                GetMetadata=True,
                GetData=False,
                InlineData=False,
                IfNoneMatch=[stored.ETag],
            )

    def test_the_complete_object_where_the_condition_of_a_range_fails(self, stored, get):
        other = '"00000000000000000000000000000000"'
        wanted = {"ByteRangeStart": 2, "ByteRangeEnd": 4, "ReturnCompleteObjectOnConditionFailure": True}
        part, whole = get(IfMatch=[stored.ETag], **wanted), get(IfMatch=[other], **wanted)
        assert (part.Data, part.Status.Code) == (b"234", 206)
        assert (whole.Data, whole.Status.Code) == (b"0123456789", 200)
        before = stored.LastModified - timedelta(hours=1)
        assert get(IfUnmodifiedSince=before, **wanted).Data == b"0123456789"
        with fault("Client.PreconditionFailed"):
            get(IfMatch=[other], ReturnCompleteObjectOnConditionFailure=True)  # no range
        with fault("Client.PreconditionFailed"):
            get(IfNoneMatch=[stored.ETag], **wanted)  # not that kind of condition
        with fault("Client.PreconditionFailed"):
            get(IfMatch=[other], IfNoneMatch=[stored.ETag], **wanted)


class TestCopies:
    def copy(self, soap, bucket, **elements):
        names = {"SourceBucket": bucket, "SourceKey": "key", "DestinationBucket": bucket, "DestinationKey": "copy"}
        return soap("CopyObject", **names, **elements)

    def test_metadata_are_copied_or_replaced(self, soap, put_inline, get, bucket, s3):
        put_inline(Metadata=[{"Name": "Content-Type", "Value": "text/plain"}, {"Name": "a", "Value": "b"}])
        copied = self.copy(soap, bucket)
        found = get("copy")
        assert (copied.ETag, copied.LastModified) == (found.ETag, found.LastModified)
        assert {each.Name: each.Value for each in found.Metadata} == {"Content-Type": "text/plain", "a": "b"}
        new = [{"Name": "c", "Value": "d"}]
        self.copy(soap, bucket, MetadataDirective="COPY", Metadata=new)
        assert s3.head_object(Bucket=bucket, Key="copy")["Metadata"] == {"a": "b"}
        self.copy(soap, bucket, MetadataDirective="REPLACE", Metadata=new)
        assert s3.head_object(Bucket=bucket, Key="copy")["Metadata"] == {"c": "d"}

    def test_conditions_on_the_source(self, soap, put_inline, bucket):
        stored = put_inline()
        other = '"00000000000000000000000000000000"'
        before, after = stored.LastModified - timedelta(hours=1), stored.LastModified + timedelta(hours=1)
        self.copy(soap, bucket, CopySourceIfMatch=[stored.ETag], CopySourceIfUnmodifiedSince=after)
        self.copy(soap, bucket, CopySourceIfNoneMatch=[other], CopySourceIfModifiedSince=before)
        for failing in (
            {"CopySourceIfMatch": [other]},
            {"CopySourceIfNoneMatch": [stored.ETag]},
            {"CopySourceIfModifiedSince": stored.LastModified},
            {"CopySourceIfUnmodifiedSince": before},
        ):
            with fault("Client.PreconditionFailed"):
                self.copy(soap, bucket, **failing)

    def test_grants_and_class_of_the_copy(self, soap, put_inline, get, nobody, bucket):
        put_inline()
        self.copy(soap, bucket, StorageClass="STANDARD")
        with fault("Client.AccessDenied"):
            get("copy", nobody)
        self.copy(soap, bucket, AccessControlList={"Grant": [group_grant(soap, "READ")]})
        assert get("copy", nobody).Data == b"hello"

    def test_a_source_that_is_not_there(self, soap, bucket):
        with fault("Client.NoSuchKey"):
            self.copy(soap, bucket)


class TestGrants:
    def test_grants_of_an_object_that_is_put(self, soap, put_inline, get, nobody):
        put_inline()
        with fault("Client.AccessDenied"):
            get(caller=nobody)
        put_inline(AccessControlList={"Grant": [group_grant(soap, "READ")]})
        assert get(caller=nobody).Data == b"hello"

    def test_grants_are_set_and_told(self, soap, put_inline, bucket):
        put_inline()
        owner = soap("ListAllMyBuckets").Owner.ID
        grants = {"Grant": [user_grant(soap, owner, "FULL_CONTROL"), group_grant(soap, "READ_ACP")]}
        assert soap("SetObjectAccessControlPolicy", Bucket=bucket, Key="key", AccessControlList=grants) is None
        assert soap("SetBucketAccessControlPolicy", Bucket=bucket, AccessControlList=grants) is None
        for told in (
            soap("GetObjectAccessControlPolicy", Bucket=bucket, Key="key"),
            soap("GetBucketAccessControlPolicy", Bucket=bucket),
        ):
            assert owner == told.Owner.ID
            user, group = told.AccessControlList.Grant
            assert (user.Grantee.ID, user.Grantee.DisplayName, user.Permission) == (owner, "root", "FULL_CONTROL")
            assert (group.Grantee.URI, group.Permission) == (ALL_USERS, "READ_ACP")

    def test_a_grantee_by_mail_must_be_known(self, soap, bucket):
        grant = {"Grantee": soap.types.AmazonCustomerByEmail(EmailAddress="nobody@example.com"), "Permission": "READ"}
        with fault("Client.UnresolvableGrantByEmailAddress"):
            soap("SetBucketAccessControlPolicy", Bucket=bucket, AccessControlList={"Grant": [grant]})

    @pytest.mark.parametrize("user_id", ["nobody", 'a", id="b'])
    def test_a_grantee_by_id_must_be_known(self, soap, bucket, user_id):
        grants = {"Grant": [user_grant(soap, user_id, "READ")]}
        with pytest.raises(Exception, match=r"Invalid id|not well-formed"):
            soap("SetBucketAccessControlPolicy", Bucket=bucket, AccessControlList=grants)

    def test_a_list_without_grants(self, soap, put_inline, bucket):
        put_inline()
        for call in (
            lambda: put_inline(AccessControlList={"Grant": []}),
            lambda: soap("SetObjectAccessControlPolicy", Bucket=bucket, Key="key", AccessControlList={"Grant": []}),
        ):
            with fault("Client.MalformedACLError"):
                call()

    def test_a_user_is_let_in_by_a_grant(self, server, soaps, soap, put_inline, get, second, bucket):
        put_inline()
        other = soaps(server, (second.access_key, second.secret_key))
        with fault("Client.AccessDenied"):
            get(caller=other)
        grants = {"Grant": [user_grant(soap, second.id, "READ")]}
        soap("SetObjectAccessControlPolicy", Bucket=bucket, Key="key", AccessControlList=grants)
        assert get(caller=other).Data == b"hello"
        with fault("Client.AccessDenied"):
            other("DeleteObject", Bucket=bucket, Key="key")

    def test_policies_of_buckets(self, put_inline, get, nobody, anonymous, s3, bucket):
        put_inline()
        statement = {
            "Effect": "Allow",
            "Principal": "*",
            "Action": "s3:GetObject",
            "Resource": f"arn:aws:s3:::{bucket}/*",
            "Condition": {"StringLike": {"aws:UserAgent": "Zeep/*"}, "IpAddress": {"aws:SourceIp": "127.0.0.1"}},
        }
        s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
        assert get(caller=nobody).Data == b"hello"
        with fault("Client.AccessDenied"):
            nobody("DeleteObject", Bucket=bucket, Key="key")
        with refused("AccessDenied", 403):
            anonymous.get_object(Bucket=bucket, Key="key")  # boto3 calls itself otherwise

    def test_policies_about_old_signatures(self, put_inline, get, s3, bucket, server, soaps, second):
        """A signature of SOAP is no better than version 2, so who has no more of that has none of this."""
        put_inline()
        other = soaps(server, (second.access_key, second.secret_key))
        allow = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*"}
        old = {"StringEquals": {"s3:signatureversion": "AWS"}}
        s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [allow]}))
        assert get(caller=other).Data == b"hello"
        statements = [allow, allow | {"Effect": "Deny", "Condition": old}]
        s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": statements}))
        with fault("Client.AccessDenied"):
            get(caller=other)

    def test_quotas(self, server, put_inline, soap, bucket, person):
        person("second")  # quotas are for servers with a data folder
        server.bushel("quota", "set", "--bucket", bucket, "--max-size", "10", "--data", str(server.data))
        put_inline("a", b"12345")
        with fault("Client.QuotaExceeded"):
            put_inline("b", b"123456")
        names = {"SourceBucket": bucket, "SourceKey": "a", "DestinationBucket": bucket, "DestinationKey": "b"}
        soap("CopyObject", **names)
        with fault("Client.QuotaExceeded"):
            soap("CopyObject", **names | {"DestinationKey": "c"})

    def test_where_the_requester_pays_nobody_else_comes_in(
        self, server, soaps, soap, put_inline, get, s3, second, bucket
    ):
        other = soaps(server, (second.access_key, second.secret_key))
        put_inline(AccessControlList={"Grant": [group_grant(soap, "READ")]})
        assert get(caller=other).Data == b"hello"
        s3.put_bucket_request_payment(Bucket=bucket, RequestPaymentConfiguration={"Payer": "Requester"})
        with fault("Client.AccessDenied"):
            get(caller=other)
        assert get().Data == b"hello"

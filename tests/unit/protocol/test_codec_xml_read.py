"""Documents into shapes: what fits, what does not, and what must not grow."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bushel.protocol.codec.xml_read import document_reader, read_error
from bushel.protocol.codec.xml_write import write_error
from bushel.protocol.errors import S3Error
from bushel.protocol.shapes.acl import AccessControlPolicy, Grant, Grantee
from bushel.protocol.shapes.bucket import CreateBucketConfiguration, GetBucketLocationOutput
from bushel.protocol.shapes.members import Owner
from bushel.protocol.shapes.multipart import CompletedMultipartUpload
from bushel.protocol.shapes.object import Delete, ObjectIdentifier

read_delete = document_reader(Delete, "Delete")
read_complete = document_reader(CompletedMultipartUpload, "CompleteMultipartUpload")
read_policy = document_reader(AccessControlPolicy, "AccessControlPolicy", "MalformedACLError")
read_bucket = document_reader(CreateBucketConfiguration, "CreateBucketConfiguration")

NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
ONE = "<Object><Key>a</Key></Object>"


@pytest.mark.parametrize(
    "document",
    [
        f"<Delete>{ONE}</Delete>",
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Delete xmlns="{NAMESPACE}">\n {ONE}\n</Delete>\n',
        f'<s3:Delete xmlns:s3="{NAMESPACE}"><s3:Object><s3:Key>a</s3:Key></s3:Object></s3:Delete>',
        f"<Delete><!-- c --><?pi x?>{ONE}</Delete>",
        f"\ufeff<Delete>{ONE}</Delete>",
        f'<?xml version="1.0" encoding="ISO-8859-1"?><Delete>{ONE}</Delete>',
        "<Delete><Object><Key><![CDATA[a]]></Key></Object></Delete>",
        "<Delete><Object><Key>&#97;</Key></Object></Delete>",
        f"<Delete><New><Deep><Deeper>x</Deeper></Deep></New>{ONE}<New/></Delete>",
        f'<Delete a="b">{ONE}</Delete>',
    ],
)
def test_what_means_the_same_is_read_the_same(document):
    assert read_delete(document.encode()) == Delete(objects=(ObjectIdentifier(key="a"),))


@pytest.mark.parametrize(
    "document",
    [
        "",
        "text",
        "<Delete>",
        f"<Delete>{ONE}",
        f"<Delete>{ONE}</Delete><Delete/>",
        f"<delete>{ONE}</delete>",
        f"<Remove>{ONE}</Remove>",
        "<Delete/>",
        "<Delete><Object/></Delete>",
        "<Delete><Object><VersionId>null</VersionId></Object></Delete>",
        "<Delete><Object><Key>a</Key><Key>b</Key></Object></Delete>",
        "<Delete><Object><Key><b/>a</Key></Object></Delete>",
        f"<Delete>stray{ONE}</Delete>",
        f"<Delete>{ONE}<Quiet>perhaps</Quiet></Delete>",
        f"<Delete>{ONE}<Quiet>true</Quiet><Quiet>true</Quiet></Delete>",
        f"<Delete>{ONE}<x:y></x:z></Delete>",
        "<Delete><Object><Key>&#1;</Key></Object></Delete>",
        "<Delete><Object><Key>&unknown;</Key></Object></Delete>",
        f"<Delete>{'<x>' * 100}{'</x>' * 100}{ONE}</Delete>",
        f"<Delete>{ONE * 1001}</Delete>",
    ],
)
def test_what_does_not_fit_is_malformed(document):
    with pytest.raises(S3Error, match="MalformedXML"):
        read_delete(document.encode())


@pytest.mark.parametrize("octets", [b"\xff\xfe<", b"<Delete><Object><Key>\xff</Key></Object></Delete>", b"\x00" * 64])
def test_what_is_not_utf_8_is_malformed(octets):
    with pytest.raises(S3Error, match="MalformedXML"):
        read_delete(octets)


@pytest.mark.parametrize(
    "declaration",
    [
        '<!DOCTYPE Delete [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>',
        '<!DOCTYPE Delete SYSTEM "file:///etc/passwd">',
        "<!DOCTYPE Delete>",
    ],
)
def test_a_document_type_is_refused(declaration):
    with pytest.raises(S3Error, match="MalformedXML"):
        read_delete(f"{declaration}<Delete>{ONE}</Delete>".encode())


def test_text_is_taken_as_it_is_and_numbers_without_white_space():
    document = (
        "<CompleteMultipartUpload><Part><ETag> x </ETag><PartNumber> 1\n</PartNumber></Part></CompleteMultipartUpload>"
    )

    (part,) = read_complete(document.encode()).parts

    assert (part.e_tag, part.part_number) == (" x ", 1)


def test_a_list_has_no_more_than_s3_allows():
    part = "<Part><ETag>x</ETag><PartNumber>1</PartNumber></Part>"
    document = "<CompleteMultipartUpload>{}</CompleteMultipartUpload>"

    assert len(read_complete(document.format(part * 10_000).encode()).parts) == 10_000
    with pytest.raises(S3Error, match="MalformedXML"):
        read_complete(document.format(part * 10_001).encode())


def test_a_grantee_has_its_type_from_the_attribute_whatever_its_prefix():
    grant = '<Grant><Grantee {}:type="CanonicalUser"><ID>i</ID></Grantee><Permission>READ</Permission></Grant>'
    grants = f"<AccessControlList>{grant}</AccessControlList>"
    document = f"<AccessControlPolicy><Owner><ID>o</ID></Owner>{grants}</AccessControlPolicy>"
    expected = AccessControlPolicy(
        owner=Owner(id="o"), grants=(Grant(grantee=Grantee(type="CanonicalUser", id="i"), permission="READ"),)
    )

    for prefix in ("xsi", "i"):
        assert read_policy(document.format(prefix).encode()) == expected


@pytest.mark.parametrize(
    "inside",
    [
        '<AccessControlList><Grant><Grantee xsi:type="Robot"><ID>i</ID></Grantee></Grant></AccessControlList>',
        "<AccessControlList><Grant><Grantee><ID>i</ID></Grantee></Grant></AccessControlList>",
        '<AccessControlList><Grant><Grantee xsi:type="Group"/><Permission>OWN</Permission></Grant></AccessControlList>',
        "<AccessControlList/><AccessControlList/>",
        "<AccessControlList>x</AccessControlList>",
    ],
)
def test_a_malformed_list_of_grants_has_its_own_error(inside):
    with pytest.raises(S3Error, match="MalformedACLError"):
        read_policy(f"<AccessControlPolicy>{inside}</AccessControlPolicy>".encode())


def test_an_empty_wrapper_is_an_empty_list():
    assert read_policy(b"<AccessControlPolicy><AccessControlList/></AccessControlPolicy>") == AccessControlPolicy()


def test_an_empty_list_asks_for_nothing():
    document = b"<CreateBucketConfiguration><Tags/></CreateBucketConfiguration>"

    assert read_bucket(document) == CreateBucketConfiguration()


def test_a_refused_element_is_named():
    with pytest.raises(S3Error, match="NotImplemented") as refused:
        read_bucket(b"<CreateBucketConfiguration><Location/></CreateBucketConfiguration>")

    assert refused.value.detail == {"Element": "Location"}


def test_an_answer_may_hold_values_that_are_not_known_here():
    grant = '<Grant><Grantee xsi:type="Robot"/><Permission>OWN</Permission></Grant>'
    document = f"<AccessControlPolicy><AccessControlList>{grant}</AccessControlList></AccessControlPolicy>".encode()

    (found,) = document_reader(AccessControlPolicy, "AccessControlPolicy", strict=False)(document).grants

    assert (found.grantee.type, found.permission) == ("Robot", "OWN")


def test_the_text_of_a_root_may_be_absent():
    read = document_reader(GetBucketLocationOutput, "LocationConstraint")

    assert read(b"<LocationConstraint/>").location_constraint is None
    assert read(b"<LocationConstraint>eu-west-1</LocationConstraint>").location_constraint == "eu-west-1"


@settings(deadline=None)
@given(st.binary(max_size=200) | st.text("<>/&;:!?-[]DeltObjcKy \"'='ab", max_size=200).map(str.encode))
def test_any_octets_are_read_or_refused(octets):
    for wrapped in (octets, b"<Delete>" + octets + b"</Delete>"):
        try:
            read_delete(wrapped)
        except S3Error as error:
            assert error.code in {"MalformedXML", "NotImplemented"}  # noqa: PT017 - either is an answer


def test_an_error_document_is_read_back():
    document = write_error("NoSuchKey", "It's <not> there", {"Key": "a&b"}, "request", "host")

    found = read_error(document)

    assert found is not None
    assert (found.code, found.message, found.detail) == ("NoSuchKey", "It's <not> there", {"Key": "a&b"})
    assert (found.request_id, found.host_id) == ("request", "host")


@pytest.mark.parametrize(
    "document", [b"", b"<html>", b"<html/>", b"<Error/>", b"<!DOCTYPE x><Error><Code>a</Code></Error>"]
)
def test_what_is_no_error_document_is_none(document):
    assert read_error(document) is None

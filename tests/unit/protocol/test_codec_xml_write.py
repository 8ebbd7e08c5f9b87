"""Shapes into documents: S3's elements, and always XML that a parser takes."""

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bushel.protocol.codec.xml_write import document_writer, escape, escape_etag, write_error
from bushel.protocol.operations import GET_BUCKET_ACL, GET_BUCKET_LOCATION, LIST_OBJECTS_V2
from bushel.protocol.shapes.acl import GetBucketAclOutput, Grant, Grantee
from bushel.protocol.shapes.bucket import GetBucketLocationOutput
from bushel.protocol.shapes.listing import CommonPrefix, ListObjectsV2Output, Object
from bushel.protocol.shapes.members import Owner

NAMESPACE = "{http://s3.amazonaws.com/doc/2006-03-01/}"


def test_a_listing_is_the_document_that_s3_writes():
    output = ListObjectsV2Output(
        name="bucket",
        prefix="",
        key_count=2,
        max_keys=1000,
        is_truncated=False,
        contents=[
            Object(
                key='a&<b>"c"',
                last_modified=1_255_369_830_000,
                e_tag='"599bab3ed2c697f1d26842727561fd94"',
                checksum_algorithm=("CRC32", "SHA1"),
                checksum_type="FULL_OBJECT",
                size=20,
                storage_class="STANDARD",
            )
        ],
        common_prefixes=(CommonPrefix(prefix="p/"),),
    )

    status, headers, body = LIST_OBJECTS_V2.write_output(output)

    assert (status, headers) == (200, [("Content-Type", "application/xml")])
    assert body.decode() == (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>bucket</Name><Prefix></Prefix>'
        "<KeyCount>2</KeyCount><MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated><Contents>"
        "<Key>a&amp;&lt;b&gt;&quot;c&quot;</Key><LastModified>2009-10-12T17:50:30.000Z</LastModified>"
        "<ETag>&quot;599bab3ed2c697f1d26842727561fd94&quot;</ETag><ChecksumAlgorithm>CRC32</ChecksumAlgorithm>"
        "<ChecksumAlgorithm>SHA1</ChecksumAlgorithm><ChecksumType>FULL_OBJECT</ChecksumType><Size>20</Size>"
        "<StorageClass>STANDARD</StorageClass></Contents>"
        "<CommonPrefixes><Prefix>p/</Prefix></CommonPrefixes></ListBucketResult>"
    )


def test_a_grantee_carries_its_type_as_an_attribute():
    everybody = Grantee(type="Group", uri="http://acs.amazonaws.com/groups/global/AllUsers")
    output = GetBucketAclOutput(owner=Owner(id="o"), grants=[Grant(grantee=everybody, permission="READ")])

    _, _, body = GET_BUCKET_ACL.write_output(output)

    grantee = ET.fromstring(body).find(f"{NAMESPACE}AccessControlList/{NAMESPACE}Grant/{NAMESPACE}Grantee")
    assert grantee is not None
    assert grantee.attrib == {"{http://www.w3.org/2001/XMLSchema-instance}type": "Group"}
    assert [child.text for child in grantee] == [everybody.uri]


@pytest.mark.parametrize("region", [None, "eu-west-1"])
def test_a_location_is_the_text_of_the_root(region):
    _, _, body = GET_BUCKET_LOCATION.write_output(GetBucketLocationOutput(location_constraint=region))

    assert ET.fromstring(body).text == region


@given(st.text(st.characters()))
def test_any_text_makes_a_document_that_parses(text):
    output = ListObjectsV2Output(contents=[Object(key=text, e_tag=text)])

    root = ET.fromstring(document_writer(ListObjectsV2Output, "ListBucketResult")(output))
    error = ET.fromstring(write_error("Code", text, {"Key": text}, text, text))

    written = [root[0][0].text or "", root[0][1].text or "", error[1].text or "", error[2].text or ""]
    assert written == [_as_xml_can(text)] * 4


def _as_xml_can(text):
    """XML 1.0 section 2.2."""
    return "".join(
        each if each in "\t\n\r" or " " <= each <= "\ud7ff" or "\ue000" <= each <= "�" or each >= "\U00010000" else "�"
        for each in text
    )


@given(st.text(st.characters(exclude_categories=("Cs",))))
def test_the_quick_way_of_entity_tags_is_only_quicker(text):
    for etag in (text, f'"{text}"', f'{text}"', f'"{text}'):
        assert escape_etag(etag) == escape(etag)


def test_entity_tags_of_uploads_in_parts_are_quoted_like_others():
    assert escape_etag('"d41d8cd98f00b204e9800998ecf8427e-12"') == "&quot;d41d8cd98f00b204e9800998ecf8427e-12&quot;"

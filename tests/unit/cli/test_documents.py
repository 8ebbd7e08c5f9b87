"""Documents of settings: the same in JSON, in XML, and by the names that every AWS tool has."""

import json

import botocore.session
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bushel.cli.documents import document_of, name_of, read_document
from bushel.protocol.codec.fields import Xml
from bushel.protocol.codec.members import members_of
from bushel.protocol.codec.xml_write import document_writer
from bushel.protocol.shapes.access import PublicAccessBlockConfiguration
from bushel.protocol.shapes.cors import CorsConfiguration
from bushel.protocol.shapes.encryption import ServerSideEncryptionConfiguration
from bushel.protocol.shapes.lifecycle import LifecycleConfiguration
from bushel.protocol.shapes.object_lock import ObjectLockConfiguration, ObjectLockRetention

DOCUMENTS = {
    "BucketLifecycleConfiguration": (LifecycleConfiguration, "LifecycleConfiguration"),
    "CORSConfiguration": (CorsConfiguration, "CORSConfiguration"),
    "ServerSideEncryptionConfiguration": (ServerSideEncryptionConfiguration, "ServerSideEncryptionConfiguration"),
    "ObjectLockConfiguration": (ObjectLockConfiguration, "ObjectLockConfiguration"),
    "ObjectLockRetention": (ObjectLockRetention, "Retention"),
    "PublicAccessBlockConfiguration": (PublicAccessBlockConfiguration, "PublicAccessBlockConfiguration"),
}
RULES = {
    "Rules": [
        {
            "ID": "a",
            "Status": "Enabled",
            "Filter": {
                "And": {
                    "Prefix": "logs/ü&<",
                    "Tags": [{"Key": "k", "Value": "v"}],
                    "ObjectSizeGreaterThan": 5,
                }
            },
            "Expiration": {"Date": "2027-01-01T00:00:00.000Z"},
            "NoncurrentVersionExpiration": {"NoncurrentDays": 7, "NewerNoncurrentVersions": 2},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 3},
        },
        {"Status": "Disabled", "Filter": {"Prefix": ""}, "Expiration": {"ExpiredObjectDeleteMarker": True}},
    ]
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_members_have_the_names_of_botocore(name):
    model = botocore.session.get_session().get_service_model("s3").shape_for(name)
    _compare(DOCUMENTS[name][0], model)


def _compare(shape, model):
    members = {name_of(each): each for each in members_of(shape) if isinstance(each.place, Xml)}
    assert set(members) == set(model.members)
    for name, member in members.items():
        inner = model.members[name]
        assert (inner.type_name == "list") == member.is_list, name
        if member.shape is not None:
            _compare(member.shape, inner.member if member.is_list else inner)


def test_json_and_xml_say_the_same():
    value = read_document(LifecycleConfiguration, "LifecycleConfiguration", json.dumps(RULES).encode())
    xml = document_writer(LifecycleConfiguration, "LifecycleConfiguration")(value)

    assert document_of(value) == RULES
    assert document_of(read_document(LifecycleConfiguration, "LifecycleConfiguration", b"\n " + xml)) == RULES


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "AllowedMethods": st.lists(st.sampled_from(["GET", "PUT"]), min_size=1, max_size=2),
                "AllowedOrigins": st.lists(st.text(max_size=5), min_size=1, max_size=2),
            },
            optional={"ID": st.text(max_size=5), "MaxAgeSeconds": st.integers(0, 2**31 - 1)},
        ),
        max_size=3,
    )
)
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_is_shown_can_be_set(rules):
    document = {"CORSRules": rules} if rules else {}
    read = read_document(CorsConfiguration, "CORSConfiguration", json.dumps({"CORSRules": rules}).encode())

    assert document_of(read) == document


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("", "neither XML nor JSON"),
        ("{", "neither XML nor JSON"),
        ("<CORSConfiguration/>", "no LifecycleConfiguration in XML"),
        ("[]", "LifecycleConfiguration is an object of JSON"),
        ("{}", "LifecycleConfiguration lacks Rules"),
        ('{"Rules": {}}', r"LifecycleConfiguration.Rules is a list of JSON"),
        ('{"Rules": [{"Filter": {}}]}', r"Rules\[0\] lacks Status"),
        ('{"Rules": [{"Status": "On"}]}', r"Rules\[0\].Status is Enabled or Disabled, not 'On'"),
        ('{"Rules": [{"Status": "Enabled", "Expire": 1}]}', r"Rules\[0\] has no 'Expire'; it has Expiration, ID"),
        ('{"Rules": [{"Status": "Enabled", "Expiration": {"Days": "3"}}]}', r"Days is of the kind integer, not '3'"),
        ('{"Rules": [{"Status": "Enabled", "Expiration": {"Days": true}}]}', r"Days is of the kind integer, not True"),
        ('{"Rules": [{"Status": "Enabled", "Expiration": {"Date": 3}}]}', r"Date is a time like"),
    ],
)
def test_what_does_not_fit_is_told_with_its_place(document, message):
    with pytest.raises(ValueError, match=message):
        read_document(LifecycleConfiguration, "LifecycleConfiguration", document.encode())

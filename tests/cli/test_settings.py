"""Settings of buckets and objects on the command line: shown, set from files and by options, removed."""

import json
import urllib.error
import urllib.request

import pytest

from bushel.cli.main import main

pytestmark = pytest.mark.server_kinds("embedded-1")


@pytest.fixture
def place(bucket) -> str:
    """The test's bucket, as an address."""
    return f"s3://{bucket}"


def is_public(server, bucket, key) -> bool:
    try:
        with urllib.request.urlopen(f"{server.endpoint}/{bucket}/{key}", timeout=10):
            return True
    except urllib.error.HTTPError as problem:
        if problem.code != 403:
            raise
        return False


# --- tags -------------------------------------------------------------------------------------------------------------


def test_tags_of_an_object_are_set_shown_and_removed(either_shell, place):
    either_shell("put", "-", f"{place}/k", stdin=b"x")

    assert either_shell("tag", "show", f"{place}/k").out == ""
    assert either_shell("tag", "set", f"{place}/k", "a=1", "b=2=3").out == f"set tags of {place}/k\n"
    either_shell("tag", "set", f"{place}/k", "a=", "c=3")
    assert either_shell("tag", "show", f"{place}/k").out == "a=\nb=2=3\nc=3\n"
    either_shell("tag", "remove", f"{place}/k", "a", "missing")
    (line,) = either_shell("tag", "show", f"{place}/k", "--json").json
    assert (line["type"], line["document"]) == ("setting", {"b": "2=3", "c": "3"})
    either_shell("tag", "set", f"{place}/k", "d=4", "--replace")
    assert either_shell("tag", "show", f"{place}/k").out == "d=4\n"
    assert either_shell("tag", "remove", f"{place}/k", "--json").json[0]["status"] == "removed"
    assert either_shell("tag", "show", f"{place}/k", "--json").json[0]["status"] == "none"


def test_tags_of_buckets_versions_and_folders(shell, place):
    shell("versioning", place, "enable")
    shell("put", "-", f"{place}/t/a", "-t", "old=1", stdin=b"x")
    old = shell("ls", "--versions", place, "--json").json[0]["version_id"]
    shell("put", "-", f"{place}/t/a", stdin=b"y")
    shell("put", "-", f"{place}/t/b", stdin=b"y")
    shell("put", "-", f"{place}/other", stdin=b"y")

    shell("tag", "set", place, "team=pictures")
    assert shell("tag", "show", place).out == "team=pictures\n"
    shell("tag", "remove", place)
    assert shell("tag", "show", place).out == ""
    assert shell("tag", "show", "--version-id", old, f"{place}/t/a").out == "old=1\n"
    assert {line["place"] for line in shell("tag", "set", "-r", f"{place}/t/", "k=v", "--json").json} == {
        f"{place}/t/a",
        f"{place}/t/b",
    }
    shell("tag", "set", f"{place}/t/*", "p=q")
    assert shell("tag", "show", f"{place}/t/a").out == "k=v\np=q\n"
    assert shell("tag", "show", f"{place}/other").out == ""
    shell("tag", "remove", "--version-id", old, f"{place}/t/a")
    assert shell("tag", "show", "--version-id", old, f"{place}/t/a").out == ""


def test_tags_that_cannot_be_are_told(shell, place):
    assert "NoSuchKey" in shell("tag", "show", f"{place}/missing", status=1).err
    assert "NoSuchKey" in shell("tag", "set", f"{place}/missing", "a=1", status=1).err
    (line,) = shell("tag", "set", f"{place}/missing", "a=1", "--json", status=1).json
    assert line["status"] == "failed"
    assert "NoSuchKey" in line["error"]
    shell("tag", "set", f"{place}/k", "nothing", status=2)
    shell("tag", "set", place, "a=1", "--version-id", "x", status=2)
    shell("put", "-", f"{place}/k", stdin=b"x")
    assert "InvalidTag" in shell("tag", "set", f"{place}/k", "a=\x01", status=1).err


# --- who may --------------------------------------------------------------------------------------------------------


def test_a_policy_makes_public_what_it_says(either_shell, place, bucket, server):
    either_shell("put", "-", f"{place}/public/a", stdin=b"x")
    either_shell("put", "-", f"{place}/private", stdin=b"x")
    assert "has no policy" in either_shell("policy", "show", place, status=1).err
    assert either_shell("policy", "status", place).out == f"not public  {place}\n"

    either_shell("policy", "set", f"{place}/public/", "--public-read")
    assert is_public(server, bucket, "public/a")
    assert not is_public(server, bucket, "private")
    assert either_shell("policy", "status", place, "--json").json[0]["document"] == {"IsPublic": True}
    shown = either_shell("policy", "show", place).out
    assert either_shell("policy", "remove", place).out == f"removed policy of {place}\n"
    assert not is_public(server, bucket, "public/a")
    either_shell("policy", "set", place, "-", stdin=shown.encode())
    assert json.loads(either_shell("policy", "show", place).out) == json.loads(shown)
    either_shell("policy", "set", f"{place}/public/", "--public-read", "--public-list")
    assert is_public(server, bucket, "?prefix=public/")
    assert not is_public(server, bucket, "?prefix=p")


def test_policies_that_are_none_are_told(shell, place):
    assert "no policy in JSON" in shell("policy", "set", place, "-", stdin=b"<", status=1).err
    assert "MalformedPolicy" in shell("policy", "set", place, "-", stdin=b"{}", status=1).err
    shell("policy", "set", place, status=2)
    shell("policy", "set", f"{place}/x", "-", stdin=b"{}", status=2)
    shell("policy", "set", f"{place}/x*", "--public-read", status=2)
    assert shell("policy", "show", place, "--json", status=1).json[0]["status"] == "none"


def test_a_block_goes_before_policies(either_shell, place, bucket, server):
    either_shell("put", "-", f"{place}/k", stdin=b"x")
    either_shell("block", "set", place)
    assert "AccessDenied" in either_shell("policy", "set", place, "--public-read", status=1).err
    assert set(json.loads(either_shell("block", "show", place).out).values()) == {True}
    either_shell("block", "set", place, "--acls")
    assert either_shell("block", "show", place, "--json").json[0]["document"] == {
        "BlockPublicAcls": False,
        "IgnorePublicAcls": True,
        "BlockPublicPolicy": False,
        "RestrictPublicBuckets": False,
    }
    either_shell("policy", "set", place, "--public-read")
    assert is_public(server, bucket, "k")
    either_shell("block", "remove", place)
    assert "has no public access block" in either_shell("block", "show", place, status=1).err


# --- documents --------------------------------------------------------------------------------------------------------


def test_cross_origin_rules(either_shell, place, s3, bucket):
    assert "has no cross-origin rules" in either_shell("cors", "show", place, status=1).err
    either_shell("cors", "add", place, "--origin", "https://a.example", "--id", "one")
    either_shell("cors", "add", place, "--origin", "*", "--method", "PUT", "--header", "*", "--max-age", "1h")
    either_shell("cors", "add", place, "--origin", "https://b.example", "--id", "one")
    rules = s3.get_bucket_cors(Bucket=bucket)["CORSRules"]
    assert [each["AllowedOrigins"] for each in rules] == [["*"], ["https://b.example"]]
    assert rules[0]["MaxAgeSeconds"] == 3600
    shown = either_shell("cors", "show", place).out
    assert json.loads(shown) == {"CORSRules": rules}
    either_shell("cors", "remove", place)
    either_shell("cors", "set", place, "-", stdin=shown.encode())
    assert s3.get_bucket_cors(Bucket=bucket)["CORSRules"] == rules
    rule = "<AllowedMethod>GET</AllowedMethod><AllowedOrigin>*</AllowedOrigin>"
    xml = f"<CORSConfiguration><CORSRule>{rule}</CORSRule></CORSConfiguration>".encode()
    (line,) = either_shell("cors", "set", place, "-", "--json", stdin=xml).json
    assert line["document"] == {"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]}
    said = either_shell("cors", "set", place, "-", stdin=b'{"Rules": []}', status=1).err
    assert "CORSConfiguration has no 'Rules'; it has CORSRules" in said
    assert said.count("\n") == 1
    assert len(s3.get_bucket_cors(Bucket=bucket)["CORSRules"]) == 1


def test_lifecycle_rules(either_shell, place, s3, bucket):
    assert "has no lifecycle rules" in either_shell("lifecycle", "show", place, status=1).err
    either_shell(
        "lifecycle", "add", f"{place}/logs/", "--expire", "30d", "--noncurrent", "1w", "--keep", 2,
        "--abort-uploads", "3d", "--id", "logs",
    )  # fmt: skip
    either_shell("lifecycle", "add", f"{place}/t", "--tag", "k=v", "--larger", "1M", "--expire", "1d", "--id", "t")
    either_shell("lifecycle", "add", place, "--lone-markers", "--id", "markers")
    rules = {each["ID"]: each for each in s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]}
    assert rules["logs"] == {
        "ID": "logs",
        "Status": "Enabled",
        "Filter": {"Prefix": "logs/"},
        "Expiration": {"Days": 30},
        "NoncurrentVersionExpiration": {"NoncurrentDays": 7, "NewerNoncurrentVersions": 2},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 3},
    }
    assert rules["t"]["Filter"] == {
        "And": {"Prefix": "t", "Tags": [{"Key": "k", "Value": "v"}], "ObjectSizeGreaterThan": 1 << 20}
    }
    either_shell("lifecycle", "add", place, "--expire", "2d", "--id", "t", "--tag", "k=v")
    shown = json.loads(either_shell("lifecycle", "show", place).out)
    assert [each["ID"] for each in shown["Rules"]] == ["logs", "markers", "t"]
    assert shown["Rules"][2]["Filter"] == {"Tag": {"Key": "k", "Value": "v"}}
    either_shell("lifecycle", "remove", place, "--id", "logs")
    assert "has no rule logs" in either_shell("lifecycle", "remove", place, "--id", "logs", status=1).err
    either_shell("lifecycle", "set", place, "-", stdin=json.dumps(shown).encode())
    assert len(s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]) == 3
    either_shell("lifecycle", "remove", place)
    either_shell("lifecycle", "show", place, status=1)


def test_lifecycle_rules_that_make_no_sense_are_told(shell, place):
    shell("lifecycle", "add", place, status=2)
    shell("lifecycle", "add", place, "--expire", "12h", status=2)
    shell("lifecycle", "add", place, "--expire", "0d", status=2)
    shell("lifecycle", "add", place, "--expire", "1d", "--keep", 1, status=2)
    shell("lifecycle", "add", place, "--expire", "1d", "--lone-markers", status=2)
    transition = {
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "Transitions": [{"Days": 1, "StorageClass": "GLACIER"}],
    }
    document = json.dumps({"Rules": [transition]}).encode()
    assert "NotImplemented" in shell("lifecycle", "set", place, "-", stdin=document, status=1).err
    shell("lifecycle", "show", place, status=1)


def test_what_a_bucket_encrypts_with(either_shell, place, s3, bucket):
    either_shell("encryption", "set", place, "sse-kms", "archive", "--bucket-key")
    either_shell("put", "-", f"{place}/k", stdin=b"x")
    head = s3.head_object(Bucket=bucket, Key="k")
    assert (head["ServerSideEncryption"], head["BucketKeyEnabled"]) == ("aws:kms", True)
    assert head["SSEKMSKeyId"].endswith("archive")
    (rule,) = either_shell("encryption", "show", place, "--json").json[0]["document"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    either_shell("encryption", "set", place, "sse-s3")
    either_shell("put", "-", f"{place}/k", stdin=b"x")
    assert s3.head_object(Bucket=bucket, Key="k")["ServerSideEncryption"] == "AES256"
    either_shell("encryption", "remove", place)
    either_shell("encryption", "set", place, "sse-s3", "key", status=2)


def test_settings_of_no_bucket_are_told_in_one_line(shell):
    for verb in ("policy", "block", "cors", "lifecycle", "encryption"):
        said = shell(verb, "show", "s3://no-such-bucket-here", status=1)
        assert "NoSuchBucket" in said.err
        assert said.err.count("\n") == 1
        shell(verb, "show", "s3://bucket/key", status=2)


@pytest.mark.parametrize("verb", ["tag", "policy", "block", "cors", "lifecycle", "lock", "encryption"])
def test_groups_say_what_they_have(verb, capsys):
    assert main([verb, "--help"]) == 0
    said = capsys.readouterr().out
    assert "show" in said
    assert "Examples:" in said


def test_settings_of_an_s3_that_nobody_here_wrote(make_shell, moto_endpoint, bucket_names):
    shell = make_shell(moto_endpoint, "AK", "SK")
    name = f"s3://{bucket_names()}"
    shell("mb", name)
    shell("put", "-", f"{name}/k", stdin=b"one")
    shell("tag", "set", f"{name}/k", "a=1")
    assert shell("tag", "show", f"{name}/k").out == "a=1\n"
    shell("tag", "set", name, "b=2")
    assert shell("tag", "show", name).out == "b=2\n"
    shell("policy", "show", name, status=1)
    shell("policy", "set", name, "--public-read")
    assert "s3:GetObject" in shell("policy", "show", name).out
    shell("cors", "add", name, "--origin", "*")
    assert json.loads(shell("cors", "show", name).out)["CORSRules"][0]["AllowedOrigins"] == ["*"]
    shell("lifecycle", "add", f"{name}/logs/", "--expire", "3d", "--id", "x")
    assert json.loads(shell("lifecycle", "show", name).out)["Rules"][0]["Expiration"] == {"Days": 3}
    shell("lifecycle", "remove", name)
    shell("encryption", "set", name, "sse-s3")
    assert "AES256" in shell("encryption", "show", name).out
    shell("block", "set", name)
    assert json.loads(shell("block", "show", name).out)["BlockPublicAcls"] is True
    shell("rb", "--force", name)

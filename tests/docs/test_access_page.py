"""The policies of docs/access.md are policies, and mean what the page says."""

import re
from pathlib import Path

import pytest

from bushel.catalog.users import ROOT_ID
from bushel.protocol.policy import Question, read_policy, root_arn
from bushel.protocol.policy.public import is_public

PAGE = (Path(__file__).parents[2] / "docs" / "access.md").read_text(encoding="utf-8")
BUCKET_POLICIES = re.findall(r"^```json policy\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def test_the_page_has_the_operators_name():
    assert f"`{root_arn(ROOT_ID)}`" in PAGE


@pytest.mark.parametrize("document", BUCKET_POLICIES, ids=range(len(BUCKET_POLICIES)))
def test_its_policies_are_taken(document):
    assert is_public(read_policy(document, "pictures"))


def test_a_home_is_its_users():
    home = read_policy(BUCKET_POLICIES[1], "pictures")

    def may(action, resource, **values):
        told = {key.replace("_", ":", 1): (value,) for key, value in values.items()}
        statement = home.decide(Question(action, f"arn:aws:s3:::pictures{resource}", None, told.get))
        return statement is not None and statement.effect == "Allow"

    secure = {"aws_securetransport": "true", "aws_sourceip": "192.0.2.1", "aws_username": "alice"}
    assert may("s3:PutObject", "/home/alice/key", **secure)
    assert not may("s3:PutObject", "/home/bob/key", **secure)
    assert not may("s3:PutObject", "/home/alice/key", **secure | {"aws_securetransport": "false"})
    assert may("s3:ListBucket", "", **secure, s3_prefix="home/alice/")
    assert not may("s3:ListBucket", "", **secure, s3_prefix="home/")

"""The policies of docs/access.md are policies, and mean what the page says."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from bushel.catalog.users import ROOT_ID
from bushel.cli.main import main
from bushel.protocol.policy import Question, read_policy, root_arn
from bushel.protocol.policy.public import is_public

PAGE = (Path(__file__).parents[2] / "docs" / "access.md").read_text(encoding="utf-8")
USER_POLICIES = re.findall(r"^```json user-policy\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
BUCKET_POLICIES = re.findall(r"^```json policy\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def test_the_page_has_the_operators_name():
    assert f"`{root_arn(ROOT_ID)}`" in PAGE


@pytest.mark.parametrize("document", BUCKET_POLICIES, ids=range(len(BUCKET_POLICIES)))
def test_its_policies_are_taken(document):
    assert is_public(read_policy(document, "pictures"))


@pytest.mark.parametrize("document", USER_POLICIES, ids=range(len(USER_POLICIES)))
def test_its_policies_of_users_are_taken(document):
    assert read_policy(document)


def test_its_commands_work_as_they_are_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("data").mkdir()
    Path("reports.json").write_text(USER_POLICIES[0], encoding="utf-8")
    add = ["user", "add", "alice", "--access-key", "ALICE", "--secret-key", "alice's secret", "--data", "data"]
    assert main(add) == 0
    commands = re.findall(r"^bushel (user policy .+)$", PAGE, re.MULTILINE)
    assert len(commands) == 6

    for command in commands:
        assert main(shlex.split(command)) == 0, command


@pytest.mark.clients
def test_its_lines_for_the_aws_command_work_as_they_are_written(start_server, tmp_path):
    server = start_server()
    (tmp_path / "policy.json").write_text(BUCKET_POLICIES[0], encoding="utf-8")
    blocks = re.findall(r"^```sh\n(aws .*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    lines = ["aws s3 mb s3://pictures", *blocks, "aws s3api get-bucket-ownership-controls --bucket pictures"]

    done = subprocess.run(
        ["/bin/sh", "-e"],
        input="\n".join(lines),
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=server.user_environment(),
        timeout=90,
    )

    assert done.returncode == 0, done.stderr
    assert '"IsPublic": true' in done.stdout
    assert "BucketOwnerEnforced" in done.stdout


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

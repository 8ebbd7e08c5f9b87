"""What the server says when it serves."""

import shlex
from pathlib import Path

import pytest

from bushel.cli.start_message import start_message

ENDPOINT = "http://127.0.0.1:9000"
SECRET = "s3cr'et/+key"


def message(**said):
    about = {"store": "data", "region": "us-east-1", "access_key": "AKROOT", "secret_key": None, "file": None}
    return start_message(ENDPOINT, **{**about, "variable": None, **said})


@pytest.mark.parametrize("said", [{"file": Path("/d/root")}, {"secret_key": SECRET}, {"variable": "V"}, {}])
def test_the_first_line_has_the_endpoint_and_every_client_has_its_line(said):
    text = message(**said)

    assert ENDPOINT in text.splitlines()[0]
    for client in ("aws --endpoint-url", "boto3.client(", "curl --aws-sigv4"):
        assert sum(client in line and ENDPOINT in line for line in text.splitlines()) == 1


def test_a_secret_kept_in_a_file_is_fetched_from_there_by_every_line():
    text = message(file=Path("/my data/root.credentials"))

    assert "kept in '/my data/root.credentials'" in text
    assert "export AWS_SHARED_CREDENTIALS_FILE='/my data/root.credentials'" in text


def test_a_new_secret_is_shown_once_and_not_in_the_lines_to_paste():
    text = message(secret_key=SECRET, file=Path("/data/root.credentials"))

    assert text.count(SECRET) == 1
    assert "shown this once, kept in /data/root.credentials" in text


def test_a_secret_that_is_kept_nowhere_is_in_the_line_to_paste():
    line = next(line for line in message(secret_key=SECRET).splitlines() if "export" in line)

    assert shlex.split(line)[-1] == f"AWS_SECRET_ACCESS_KEY={SECRET}"


def test_a_secret_of_the_environment_is_taken_from_there():
    text = message(variable="BUSHEL_ROOT_SECRET_KEY")

    assert 'AWS_SECRET_ACCESS_KEY="$BUSHEL_ROOT_SECRET_KEY"' in text


def test_a_server_for_any_region_is_signed_for_with_the_usual_one():
    text = message(region="any", file=Path("/data/root"))

    assert "--region us-east-1" in text
    assert "aws:amz:us-east-1:s3" in text

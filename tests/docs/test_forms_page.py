"""The page about forms: what its program prints uploads a file."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from live.forms import post_form

PAGE = Path(__file__).parents[2] / "docs" / "forms.md"


@pytest.mark.server_kinds("memory-1")
def test_what_the_pages_program_prints_is_a_form_that_uploads(server, s3, wire, bucket_names):
    bucket_names(name="pictures")
    s3.create_bucket(Bucket="pictures")
    program = re.search(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)[1]
    keys = {"AWS_ACCESS_KEY_ID": server.access_key, "AWS_SECRET_ACCESS_KEY": server.secret_key}
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, **keys, "ENDPOINT": server.endpoint},
    )
    assert done.returncode == 0, done.stderr
    fields = dict(re.findall(r'name="([^"]*)" value="([^"]*)"', done.stdout))
    answer = post_form(wire, "/pictures", fields | {"Content-Type": "image/jpeg"}, ("a.jpg", b"jpeg"))
    assert answer.status == 204, answer.body
    assert s3.get_object(Bucket="pictures", Key="incoming/a.jpg")["Body"].read() == b"jpeg"
    assert post_form(wire, "/pictures", fields | {"Content-Type": "text/html"}, ("a", b"x")).status == 403

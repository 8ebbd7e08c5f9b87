"""The rules of docs/cors.md are rules, and mean what the page says."""

import json
import re
import subprocess
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "cors.md").read_text(encoding="utf-8")
(RULES,) = re.findall(r"^```json\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
(LINES,) = re.findall(r"^```sh\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


@pytest.mark.server_kinds("memory-1")
def test_its_rules_are_taken_and_say_what_the_page_says(s3, wire, bucket):
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration=json.loads(RULES))

    def ask(origin, method):
        return wire.send("OPTIONS", f"/{bucket}/key", {"Origin": origin, "Access-Control-Request-Method": method})

    named = ask("https://app.example.org", "PUT").headers
    assert named["access-control-allow-origin"] == "https://app.example.org"
    assert named["access-control-allow-credentials"] == "true"
    anybody = ask("https://elsewhere.example", "GET").headers
    assert anybody["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in anybody
    refused = ask("https://elsewhere.example", "PUT")
    assert (refused.status, refused.code) == (403, "AccessForbidden")


@pytest.mark.clients
def test_its_lines_for_the_aws_command_work_as_they_are_written(start_server, tmp_path):
    server = start_server()
    (tmp_path / "cors.json").write_text(RULES, encoding="utf-8")

    done = subprocess.run(
        ["/bin/sh", "-e"],
        input=f"aws s3 mb s3://pictures > made\n{LINES}",
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=server.user_environment(),
        timeout=90,
    )

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == json.loads(RULES)

"""Form uploads by those who make them: a browser, and curl."""

import html

import pytest

from live.programs import found, run

pytestmark = [pytest.mark.clients, pytest.mark.server_kinds("embedded-3")]

PAGE = """<!DOCTYPE html><meta charset="utf-8">
<form action="{action}" method="post" enctype="multipart/form-data">{fields}<input type="file" name="file" multiple>
<button name="submit">Upload</button></form>
<script>
  const chosen = new DataTransfer();
  chosen.items.add(new File(["from a browser"], {filename!r}, {{type: "image/png"}}));
  document.querySelector("input[type=file]").files = chosen.files;
  const form = document.querySelector("form"), request = new XMLHttpRequest();
  request.open("POST", form.action, false);
  try {{ request.send(new FormData(form)); }} catch {{ /* this page may not read the answer */ }}
</script>
"""


@pytest.mark.parametrize("filename", ["a b.png", 'größe "☃" <b>.png'])
def test_a_form_sent_by_a_browser(s3, bucket, tmp_path, filename):
    """The browser ends when its page has loaded, which it has when the answer came."""
    values = {"success_action_status": "201", "x-amz-meta-note": "ünïcode"}
    made = s3.generate_presigned_post(
        bucket, "in/${filename}", Fields=values, Conditions=[{name: value} for name, value in values.items()]
    )
    fields = "".join(
        f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">'
        for name, value in made["fields"].items()
    )
    page = tmp_path / "page.html"
    page.write_text(PAGE.format(action=made["url"], fields=fields, filename=filename), encoding="utf-8")
    run(
        found("chromium"),
        *("--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}"),
        *("--virtual-time-budget=20000", "--dump-dom", page.as_uri()),
        HOME=str(tmp_path),
    )
    (key,) = [each["Key"] for each in s3.list_objects_v2(Bucket=bucket, Prefix="in/")["Contents"]]
    assert key == "in/" + filename.replace('"', "%22")  # as browsers send it
    stored = s3.get_object(Bucket=bucket, Key=key)
    assert stored["Body"].read() == b"from a browser"


def test_a_form_sent_by_curl(s3, bucket, files):
    made = s3.generate_presigned_post(bucket, "${filename}", Conditions=[["starts-with", "$Content-Type", ""]])
    options = [word for name, value in made["fields"].items() for word in ("-F", f"{name}={value}")]
    run(found("curl"), "-fsS", *options, "-F", "Content-Type=text/x", "-F", f"file=@{files.big}", made["url"])
    stored = s3.get_object(Bucket=bucket, Key=files.big.name)
    assert stored["ContentType"] == "text/x"
    assert stored["Body"].read() == files.big.read_bytes()

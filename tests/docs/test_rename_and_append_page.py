"""The lines of docs/rename-and-append.md do what the page says."""

import re
from pathlib import Path

PAGE = (Path(__file__).parents[2] / "docs" / "rename-and-append.md").read_text(encoding="utf-8")
(LINES,) = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def test_its_lines_work_as_they_are_written(start_server, clients):
    s3 = clients(start_server(target="memory:"))
    s3.create_bucket(Bucket="logs")
    exec(compile(LINES, "rename-and-append.md", "exec"), {"s3": s3})
    assert [each["Key"] for each in s3.list_objects_v2(Bucket="logs")["Contents"]] == ["2026/harvest.log"]
    body = s3.get_object(Bucket="logs", Key="2026/harvest.log")["Body"].read()
    assert body == b"09:00 open\n17:00 closed\n"

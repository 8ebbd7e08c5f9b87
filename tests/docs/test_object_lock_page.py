"""What docs/object-lock.md shows is run as it stands there, and its bounds are those of the server."""

import re
from pathlib import Path

import pytest

from bushel.service.ops.object_lock import MAX_DAYS, MAX_YEARS
from live.expect import refused

PAGE = (Path(__file__).parents[2] / "docs" / "object-lock.md").read_text(encoding="utf-8")


@pytest.mark.server_kinds("memory-1")
def test_the_examples_work_as_they_are_written(s3):
    locking, releasing = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    scope = {"s3": s3}
    exec(locking, scope)
    version = {"Bucket": "records", "Key": "2026.csv", "VersionId": scope["written"]["VersionId"]}
    assert s3.head_object(**version)["ObjectLockMode"] == "GOVERNANCE"
    with refused("AccessDenied", 403):
        s3.delete_object(**version, BypassGovernanceRetention=True)

    exec(releasing, scope)

    with refused("NoSuchVersion", 404):
        s3.get_object(**version)
    s3.delete_bucket(Bucket="records")


def test_the_page_names_the_bounds():
    assert f"At most {MAX_DAYS:,} days or {MAX_YEARS} years" in PAGE

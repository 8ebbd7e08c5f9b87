"""The rules of docs/lifecycle.md are rules, and mean what the page says."""

import json
import re
from datetime import timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "lifecycle.md").read_text(encoding="utf-8")
(RULES,) = re.findall(r"^```json\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


@pytest.mark.server_kinds("memory-1")
def test_its_rules_are_taken_and_say_what_the_page_says(s3, bucket, put):
    rules = json.loads(RULES)
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration=rules)
    assert s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"] == rules["Rules"]

    def expiry(key, days, **members):
        told = put(key, **members).get("Expiration")
        if told is None:
            return None
        written = s3.head_object(Bucket=bucket, Key=key)["LastModified"]
        date, rule = re.fullmatch(r'expiry-date="(.*)", rule-id="(.*)"', told).groups()
        midnight = (written + timedelta(days=days + 1)).replace(hour=0, minute=0, second=0)
        assert parsedate_to_datetime(date) == midnight
        return rule

    assert expiry("logs/1", 30) == "logs"
    assert expiry("work/1", 1, Tagging="state=draft&x=y") == "drafts"
    assert expiry("work/1", 1, Tagging="state=final") is None
    assert expiry("work/1", 1, Tagging="state=draft", body=b"") is None
    answer = s3.create_multipart_upload(Bucket=bucket, Key="logs/2")
    assert answer["AbortRuleId"] == "logs"

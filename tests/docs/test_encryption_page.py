"""What docs/encryption.md shows is run as it stands there."""

import re
from pathlib import Path

PAGE = (Path(__file__).parents[2] / "docs" / "encryption.md").read_text(encoding="utf-8")


def _blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def test_the_examples_work_as_they_are_written(start_server, clients):
    s3 = clients(start_server(target="memory:"))
    s3.create_bucket(Bucket="papers")
    scope = {"s3": s3}

    for block in _blocks("python"):
        exec(block, scope)

    read = s3.get_object(
        Bucket="papers", Key="will.pdf", SSECustomerAlgorithm="AES256", SSECustomerKey=scope["new_key"]
    )
    assert read["Body"].read() == b"..."

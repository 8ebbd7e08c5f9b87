"""Keys of tests: those that requests bring along for SSE-C, and those that servers have."""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

KEY = hashlib.sha256(b"a key of a customer").digest()  # bytes that no test stores by chance
OTHER_KEY = hashlib.sha256(b"another key of a customer").digest()

_PREFIX = "x-amz-server-side-encryption-customer-"


def md5_of(key: bytes) -> str:
    return base64.b64encode(hashlib.md5(key).digest()).decode()


def customer(key: bytes = KEY, *, source: bool = False) -> dict[str, Any]:
    """boto3's parameters. All three, because boto3 adds the MD5 for some operations only."""
    prefix = "CopySourceSSECustomer" if source else "SSECustomer"
    return {
        f"{prefix}Algorithm": "AES256",
        f"{prefix}Key": base64.b64encode(key).decode(),
        f"{prefix}KeyMD5": md5_of(key),
    }


def customer_headers(key: bytes = KEY) -> dict[str, str]:
    return {
        f"{_PREFIX}algorithm": "AES256",
        f"{_PREFIX}key": base64.b64encode(key).decode(),
        f"{_PREFIX}key-MD5": md5_of(key),
    }


def write_keys(file: Path, *masters: bytes) -> Path:
    """A file of keys for servers: a master key, the default ``reports``, ``archive``, and ``retired``, disabled."""

    def versions(*secrets: bytes) -> list[dict[str, str]]:
        return [{"secret": base64.b64encode(secret).decode(), "created": "2026-05-04"} for secret in secrets]

    keys = {
        "reports": {"versions": versions(b"r" * 32)},
        "archive": {"versions": versions(b"a" * 32)},
        "retired": {"versions": versions(b"x" * 32), "enabled": False},
    }
    file.touch(0o600)
    file.write_text(
        json.dumps({"format": 1, "master": versions(*(masters or [b"m" * 32])), "default": "reports", "keys": keys})
    )
    return file


def is_stored(folder: Path, text: bytes) -> bool:
    """Whether the text is anywhere in the files below a folder."""
    return any(text in file.read_bytes() for file in folder.rglob("*") if file.is_file())

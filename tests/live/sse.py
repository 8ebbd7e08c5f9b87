"""Keys that tests bring along for SSE-C, as boto3's members and as header fields."""

import base64
import hashlib
from pathlib import Path
from typing import Any

KEY = bytes(range(32))
OTHER_KEY = bytes(range(32, 64))

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


def is_stored(folder: Path, text: bytes) -> bool:
    """Whether the text is anywhere in the files below a folder."""
    return any(text in file.read_bytes() for file in folder.rglob("*") if file.is_file())

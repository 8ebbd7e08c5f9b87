"""Keys that a customer brings with each request, and that S3 keeps nowhere (SSE-C)."""

import base64
import hashlib
from typing import Final, TypedDict

KEY_BYTES: Final = 32


class CustomerKey(TypedDict):
    """Members of every operation that stores or reads what is encrypted so."""

    sse_customer_algorithm: str
    sse_customer_key: str
    sse_customer_key_md5: str


def customer_key(key: bytes) -> CustomerKey:
    """The members for a key of 32 bytes. Raises ValueError for another length."""
    if len(key) != KEY_BYTES:
        raise ValueError(f"a key for SSE-C has {KEY_BYTES} bytes, not {len(key)}")
    return {
        "sse_customer_algorithm": "AES256",
        "sse_customer_key": base64.b64encode(key).decode(),
        "sse_customer_key_md5": base64.b64encode(hashlib.md5(key, usedforsecurity=False).digest()).decode(),
    }

"""Form uploads as browsers send them."""

import secrets
from collections.abc import Mapping, Sequence

from live.wire import Answer, Wire

File = bytes | tuple[str | None, bytes]


def form_body(fields: Mapping[str, str] | Sequence[tuple[str, str]], file: File | None) -> tuple[str, bytes]:
    """Content-Type and body: the fields in order, then the file (its content, or its name and content)."""
    boundary = f"----{secrets.token_hex(12)}"
    parts = []
    for name, value in fields.items() if isinstance(fields, Mapping) else fields:
        parts.append(f'Content-Disposition: form-data; name="{name}"\r\n\r\n{value}'.encode())
    if file is not None:
        filename, content = ("upload.bin", file) if isinstance(file, bytes) else file
        told = "" if filename is None else f'; filename="{filename}"'
        head = f'Content-Disposition: form-data; name="file"{told}\r\nContent-Type: application/x-test\r\n\r\n'
        parts.append(head.encode() + content)
    lines = b"".join(b"--%b\r\n%b\r\n" % (boundary.encode(), part) for part in parts)
    return f"multipart/form-data; boundary={boundary}", lines + b"--%b--\r\n" % boundary.encode()


def post_form(
    wire: Wire,
    target: str,
    fields: Mapping[str, str] | Sequence[tuple[str, str]],
    file: File | None,
    headers: dict[str, str] | None = None,
    *,
    host: str | None = None,
) -> Answer:
    """Send a form as a browser does."""
    content_type, body = form_body(fields, file)
    return wire.send("POST", target, {"Content-Type": content_type, **(headers or {})}, body, host=host)

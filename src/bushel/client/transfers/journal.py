"""Notes about transfers that were interrupted, so that they can go on: small files beside what is transferred.

A note is believed only as far as it can be checked: parts against the bytes of the file that is sent, segments against
the bytes of the file that was begun. What cannot be read is as good as none.
"""

import contextlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Self

_FORMAT: Final = 1


class UploadJournal:
    """The note about one upload in parts: its id, and of what it is.

    Attributes:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def upload_id(self, identity: Mapping[str, Any]) -> str | None:
        """The id that was noted for just this transfer; ``None`` if there is none."""
        found = self.read()
        if found is None or {name: found.get(name) for name in identity} != dict(identity):
            return None
        upload_id = found.get("upload_id")
        return upload_id if isinstance(upload_id, str) else None

    def read(self) -> dict[str, Any] | None:
        """All that was noted. Raises OSError."""
        try:
            found = json.loads(self.path.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return None
        return found if isinstance(found, dict) and found.get("format") == _FORMAT else None

    def write(self, identity: Mapping[str, Any], upload_id: str) -> None:
        """Note an upload, whole or not at all. Raises OSError."""
        draft = self.path.with_name(f"{self.path.name}.{os.getpid()}")
        draft.write_text(json.dumps({"format": _FORMAT, **identity, "upload_id": upload_id}), encoding="utf-8")
        draft.replace(self.path)

    def remove(self) -> None:
        """Nothing is left to go on with. Raises OSError."""
        self.path.unlink(missing_ok=True)


class DownloadJournal:
    """The note about one download: what is brought, and which segments of it are in the draft.

    Args:
        path: The file; a line for each segment.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._done: dict[int, bytes] = {}
        self._descriptor = -1

    def open(self, identity: Mapping[str, Any]) -> Self:
        """Read what was noted, if it was for just this object; else begin anew. Raises OSError."""
        head = json.dumps({"format": _FORMAT, **identity}, sort_keys=True)
        lines: list[str] = []
        with contextlib.suppress(FileNotFoundError, UnicodeDecodeError):
            lines = self.path.read_text(encoding="utf-8").splitlines(keepends=True)
        again = bool(lines) and lines[0] == head + "\n"
        if again:
            for line in lines[1:]:
                start, _, digest = line.rstrip("\n").partition(" ")
                with contextlib.suppress(ValueError):
                    if line.endswith("\n"):
                        self._done[int(start)] = bytes.fromhex(digest)
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | (0 if again else os.O_TRUNC)
        self._descriptor = os.open(self.path, flags, 0o600)
        if not again:
            os.write(self._descriptor, f"{head}\n".encode())
        elif not lines[-1].endswith("\n"):
            os.write(self._descriptor, b"\n")
        return self

    def digest(self, start: int) -> bytes | None:
        """What the segment from this byte on must hash to, if it was brought before."""
        return self._done.get(start)

    def note(self, start: int, digest: bytes) -> None:
        """The segment is in the draft. Raises OSError."""
        os.write(self._descriptor, f"{start} {digest.hex()}\n".encode())

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def remove(self) -> None:
        """Nothing is left to go on with. Raises OSError."""
        self.close()
        self.path.unlink(missing_ok=True)

"""A key pair in a file of its own, as AWS' shared credentials: what every S3 tool can be pointed at.

``AWS_SHARED_CREDENTIALS_FILE=FILE`` is then all that aws, boto3 and others need, and no secret passes over a command
line. What must not be here: where such files are, whose keys they hold.
"""

import os
from pathlib import Path
from typing import Final, NamedTuple

_ACCESS_KEY: Final = "aws_access_key_id"
_SECRET_KEY: Final = "aws_secret_access_key"  # noqa: S105 - the name of one


class RootNote(NamedTuple):
    """The root key pair of a server that starts, as far as its start message needs it.

    Attributes:
        access_key: Not a secret.
        new_secret_key: The secret if this start made the pair, else ``None``.
        file: Where the pair is kept; ``None``: it came with the settings, or is kept nowhere.
    """

    access_key: str
    new_secret_key: str | None
    file: Path | None


def write_credentials(file: Path, access_key: str, secret_key: str) -> None:
    """Make the file, whole or not at all, readable by its owner alone, and durable.

    Raises:
        FileExistsError: There is one; it stays as it is.
        OSError: It cannot be written.
    """
    text = f"[default]\n{_ACCESS_KEY} = {access_key}\n{_SECRET_KEY} = {secret_key}\n"
    folder = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    draft = f".{file.name}.{os.getpid()}"
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600, dir_fd=folder)
        try:
            with os.fdopen(descriptor, "w") as stream:
                stream.write(text)
                stream.flush()
                os.fsync(stream.fileno())
            os.link(draft, file.name, src_dir_fd=folder, dst_dir_fd=folder)
        finally:
            os.unlink(draft, dir_fd=folder)
        os.fsync(folder)
    finally:
        os.close(folder)


def read_credentials(file: Path) -> tuple[str, str] | None:
    """The access key and the secret key in a file, ``None`` if it is not such a file.

    Raises:
        FileNotFoundError: There is none.
        OSError: It cannot be read.
    """
    found = {}
    for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
        name, equals, value = line.partition("=")
        if equals:
            found[name.strip()] = value.strip()
    try:
        return found[_ACCESS_KEY], found[_SECRET_KEY]
    except KeyError:
        return None

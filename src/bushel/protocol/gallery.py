"""Where the gallery of a bucket is: the path and the query of a folder's page, for who serves it and who signs it.

``/_/gallery/BUCKET/FOLDER/``, on the hosts of the service itself, where ``_`` can be no bucket.
"""

from typing import Final

from bushel.protocol.address import MAX_KEY_BYTES, encode_path

PATH: Final = "/_/gallery"

_LONGEST_FOLDER: Final = MAX_KEY_BYTES - len("gallery/") - 64
"""Bytes of a folder that goes into the path, which has no more room than a key and must hold a bucket's name too."""


def folder_target(bucket: str, prefix: str = "") -> tuple[str, list[tuple[str, str]]]:
    """The path, encoded, and the query of a folder's page.

    A folder is in the path, unless it is too long for one or has dot segments, which browsers would resolve.

    Args:
        bucket: Its name.
        prefix: Empty for the whole bucket, else with a slash at the end.
    """
    path = f"{PATH}/{encode_path(bucket)}/"
    if len(prefix.encode()) > _LONGEST_FOLDER or any(part in {".", ".."} for part in prefix.split("/")):
        return path, [("prefix", prefix)]
    return path + encode_path(prefix), []

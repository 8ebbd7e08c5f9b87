"""What the path and the query of a request to a gallery mean, and the links that a page has in it.

``/_/gallery/BUCKET/FOLDER/`` is the page of a folder; ``after`` in the query goes on behind a key. Below the same path
``thumbnail``, ``file`` and ``cover`` (of a folder) in the query name what a page shows, and ``grant`` lets whoever came
by a signed link see it. A key is in the query because a path would lose some: browsers resolve dot segments.
"""

from typing import NamedTuple

from bushel.protocol.address import check_key_length, decode_path, encode_query, parse_query
from bushel.protocol.errors import S3Error
from bushel.protocol.gallery import PATH, folder_target
from bushel.protocol.message import Request


class Asked(NamedTuple):
    """What a request to a gallery asks for.

    Attributes:
        bucket: Its name.
        prefix: Of the folder: empty or with a slash at the end.
        after: Where the page begins; empty for the first.
        thumbnail: Key of the picture whose thumbnail is asked for.
        file: Key of the object whose bytes are asked for.
        cover: Prefix of the folder whose first picture's thumbnail is asked for.
        grant: Empty where there is none.
        query: All of it, decoded.
    """

    bucket: str
    prefix: str
    after: str
    thumbnail: str | None
    file: str | None
    cover: str | None
    grant: str
    query: dict[str, str]

    @property
    def is_page(self) -> bool:
        return self.thumbnail is None and self.file is None and self.cover is None

    @property
    def reach(self) -> str:
        """The key or prefix that the answer is about."""
        for key in (self.thumbnail, self.file, self.cover):
            if key is not None:
                return key
        return self.prefix


def read(request: Request) -> Asked:
    """Take a request apart.

    Raises:
        S3Error: InvalidURI, KeyTooLongError; NoSuchKey where the path names no bucket.
    """
    name, _, folder = request.path[len(PATH) + 1 :].partition("/")
    bucket, prefix = decode_path(name), decode_path(folder)
    if not bucket:
        raise S3Error("NoSuchKey", Key=request.path)
    query = parse_query(request.query) if request.query else {}
    prefix = prefix or query.get("prefix", "")
    if prefix and not prefix.endswith("/"):
        prefix += "/"
    asked = Asked(
        bucket,
        prefix,
        query.get("after", ""),
        query.get("thumbnail"),
        query.get("file"),
        query.get("cover"),
        query.get("grant", ""),
        query,
    )
    for key in (asked.after, asked.reach):
        check_key_length(key)
    return asked


class Links:
    """The links of the pages of one bucket, as paths on the same host.

    Args:
        bucket: Its name.
        grant: What a signed link allows, for each link to carry; empty where everybody may look.
    """

    def __init__(self, bucket: str, grant: str = "") -> None:
        self._bucket = bucket
        self._base = folder_target(bucket)[0]
        self._granted = [("grant", grant)] if grant else []

    def folder(self, prefix: str, after: str = "") -> str:
        """The page of a folder."""
        path, query = folder_target(self._bucket, prefix)
        if after:
            query.append(("after", after))
        return _with_query(path, [*query, *self._granted])

    def thumbnail(self, key: str, version: str) -> str:
        """The small picture of a version; the address changes with it, so that what browsers keep is never stale."""
        return _with_query(self._base, [("thumbnail", key), ("v", version), *self._granted])

    def file(self, key: str, version: str) -> str:
        """The object itself."""
        return _with_query(self._base, [("file", key), ("v", version), *self._granted])

    def cover(self, prefix: str) -> str:
        """The small picture of a folder."""
        return _with_query(self._base, [("cover", prefix), *self._granted])


def _with_query(path: str, query: list[tuple[str, str]]) -> str:
    return f"{path}?{encode_query(query)}" if query else path

"""Publications of a web site, kept in its bucket: what each of them was, what it is made of, and which one is live.

Below ``.bushel-site/``, which no site of Bushel's serves:

* ``objects/SHA256``: every file that was ever published, once, whatever its names were.
* ``publications/NAME.json``: one publication, whole: each key with what it is made of and how it is served.
* ``live.json``: what was put where visitors find it, with the entity tags that it got there; while that is being
  changed, also what is being changed.

A bucket can only be a site from its root, so what visitors see are objects under the keys that they ask for. Why a
store beside them, and not the versions of a bucket that keeps versions: it works on every S3, with versions or without;
it changes nothing about how the bucket treats other objects; a rule that lets old versions go does not take
publications with it; and who deletes a live object by accident has lost nothing. Bytes are found by their own checksum,
so that what was uploaded once is never uploaded again, not after a kill, and not under a new name. The price is room:
what is live is stored twice. Copies are the server's: going back costs a request for each file that differs, and no
upload.

What must not be here: how a site is changed (``publishing``), what a file is (``site_files``).
"""

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

import msgspec
from msgspec import Struct

from bushel.protocol.website import PUBLICATIONS

if TYPE_CHECKING:
    from bushel import AsyncClient

_Record = TypeVar("_Record", bound=Struct)

OBJECTS: Final = f"{PUBLICATIONS}objects/"
_MANIFESTS: Final = f"{PUBLICATIONS}publications/"
_LIVE: Final = f"{PUBLICATIONS}live.json"
_MANIFEST_ENDING: Final = ".json"

is_name = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}").fullmatch
"""Names that publications can have."""


class Piece(Struct, frozen=True, omit_defaults=True):
    """What stands behind one key, and how it is served.

    Attributes:
        sha256: Of its bytes, in lower-case hexadecimal.
        size: Bytes.
        content_type: As it is served.
        cache_control: As it is served.
        compressed_from: Of a compressed form: the checksum of its page. Empty for a page.
    """

    sha256: str
    size: int
    content_type: str
    cache_control: str
    compressed_from: str = ""


class Publication(Struct, frozen=True):
    """A whole site at one time.

    Attributes:
        name: Its own, and that of its manifest.
        created: ISO 8601, UTC.
        index: Name of the index documents.
        error: Key of the error document; empty without one.
        files: By key.
    """

    name: str
    created: str
    index: str
    error: str
    files: dict[str, Piece]

    def is_same_site(self, other: "Publication") -> bool:
        """Whether both show the same to visitors."""
        return (self.index, self.error, self.files) == (other.index, other.error, other.files)


class LiveFile(Struct, frozen=True):
    """A file where visitors find it.

    Attributes:
        piece: What it is.
        e_tag: That its object got there, without quotes.
    """

    piece: Piece
    e_tag: str


class Live(Struct, frozen=True):
    """What visitors are shown.

    Attributes:
        publication: The last one that was made live whole; empty where there was none.
        files: What was put there, by key.
        changing: Keys that are being changed, with the entity tag that each had before (empty: there was none); nothing
            when all is done.
        towards: The publication that is being made live.
    """

    publication: str = ""
    files: dict[str, LiveFile] = {}
    changing: dict[str, str] = {}
    towards: str = ""

    @property
    def interrupted(self) -> bool:
        """Whether a change began that did not end (or has not ended yet)."""
        return bool(self.towards)


class Damaged(ValueError):
    """A record below ``.bushel-site/`` that is none of these."""


class Change(NamedTuple):
    """What it takes to show a publication.

    Attributes:
        copies: What has to be put, by key.
        removals: Keys that have to go.
        kept: What is there already, by key.
        before: Entity tags of what will be changed, as ``Live.changing``.
    """

    copies: dict[str, Piece]
    removals: list[str]
    kept: dict[str, LiveFile]
    before: dict[str, str]


def change_towards(target: Mapping[str, Piece], live: Live, there: Mapping[str, str]) -> Change:
    """The least that makes a site what a publication says, whatever happened before. Pure.

    An object is known to be right if it has the entity tag that it got when the same piece was put there, and no change
    that broke off may have touched it. Objects that no publication put are left alone, unless they are in the way.

    Args:
        target: Files of the publication.
        live: What is known of what is there.
        there: Entity tags of the bucket's objects, by key.
    """
    copies: dict[str, Piece] = {}
    kept: dict[str, LiveFile] = {}
    for key, piece in target.items():
        known = live.files.get(key)
        if known is not None and known.piece == piece and there.get(key) == known.e_tag and key not in live.changing:
            kept[key] = known
        else:
            copies[key] = piece
    ours = {key for key, known in live.files.items() if there.get(key) == known.e_tag}
    # What a change that broke off has put; where nothing changed, it is somebody else's still.
    ours |= {key for key, before in live.changing.items() if key in there and there[key] != before}
    removals = sorted(ours - target.keys())
    # Of a key that was being changed already, what it was before that counts.
    before = {key: live.changing.get(key, there.get(key, "")) for key in [*copies, *removals]}
    return Change(copies, removals, kept, before)


def carried_over(new: Mapping[str, Piece], live: Live, there: Mapping[str, str]) -> dict[str, Piece]:
    """Files of earlier publications that a new one does not have and does not want gone. Pure.

    A compressed form is a file of its page: it goes where its page becomes another one.
    """
    old = {
        key: known.piece
        for key, known in live.files.items()
        if key not in new and there.get(key) == known.e_tag and key not in live.changing
    }

    def has_its_page(key: str, piece: Piece) -> bool:
        page = key.rpartition(".")[0]
        beside = new.get(page) or old.get(page)
        return not piece.compressed_from or (beside is not None and beside.sha256 == piece.compressed_from)

    return {key: piece for key, piece in old.items() if has_its_page(key, piece)}


class Publications:
    """The publications of one bucket."""

    def __init__(self, client: "AsyncClient", bucket: str) -> None:
        self._client = client
        self._bucket = client.bucket(bucket)

    async def stored(self) -> dict[str, int]:
        """Checksums of all bytes that are stored, and how many they are."""
        return {each.key.removeprefix(OBJECTS): each.size async for each in self._bucket.objects(OBJECTS)}

    async def names(self) -> list[str]:
        """Names of the publications, the oldest first."""
        kept: dict[float, list[str]] = {}
        async for each in self._bucket.objects(_MANIFESTS):
            if each.key.endswith(_MANIFEST_ENDING):
                name = each.key.removeprefix(_MANIFESTS).removesuffix(_MANIFEST_ENDING)
                kept.setdefault(each.last_modified.timestamp(), []).append(name)
        names: list[str] = []
        for _, together in sorted(kept.items()):
            if len(together) > 1:  # most servers tell whole seconds; the manifests know it better
                created = {name: (await self.get(name)).created for name in together}
                together.sort(key=created.__getitem__)
            names += together
        return names

    async def get(self, name: str) -> Publication:
        """One publication. Raises NoSuchKey, Damaged."""
        key = f"{_MANIFESTS}{name}{_MANIFEST_ENDING}"
        return _decoded(Publication, await self._bucket.get(key), key)

    async def add(self, publication: Publication) -> None:
        """Keep a new one. Raises PreconditionFailed where there is one of its name."""
        key = f"{_MANIFESTS}{publication.name}{_MANIFEST_ENDING}"
        document = msgspec.json.encode(publication)
        await self._bucket.put(key, document, content_type="application/json", if_none_match="*")

    async def remove(self, names: Iterable[str]) -> None:
        """Let go of manifests. Raises BatchError."""
        await self._bucket.delete_objects([f"{_MANIFESTS}{name}{_MANIFEST_ENDING}" for name in names])

    async def live(self) -> tuple[Live, str]:
        """What visitors are shown, and the record's entity tag; an empty one where there is none. Raises Damaged."""
        from bushel.client.errors import NoSuchKey  # noqa: PLC0415 - not for `--help`

        try:
            found = await self._client.get_object(bucket=self._bucket.name, key=_LIVE)
        except NoSuchKey:
            return Live(), ""
        assert found.body is not None
        return _decoded(Live, await found.body.read(), _LIVE), found.e_tag or ""

    async def set_live(self, live: Live, e_tag: str) -> str:
        """Replace the record that has this entity tag (empty: none is there); the new one's.

        An S3 that knows no conditions replaces it whatever it is.

        Raises:
            PreconditionFailed: It is another one by now.
        """
        from bushel.client.errors import NotSupported  # noqa: PLC0415 - not for `--help`

        document = msgspec.json.encode(live)
        condition: Any = {"if_match": e_tag} if e_tag else {"if_none_match": "*"}
        try:
            stored = await self._bucket.put(_LIVE, document, content_type="application/json", **condition)
        except NotSupported:
            stored = await self._bucket.put(_LIVE, document, content_type="application/json")
        return stored.e_tag


def _decoded(shape: type[_Record], document: bytes, key: str) -> _Record:
    try:
        return msgspec.json.decode(document, type=shape)
    except msgspec.DecodeError as problem:
        raise Damaged(f"{key} is no record of a publication: {problem}") from None

"""What arguments name: ``s3://bucket/key``, a local path, or ``-``."""

import os
from pathlib import Path
from typing import Any, NamedTuple

import click

from bushel.cli.globs import is_pattern

SCHEME = "s3://"


class Remote(NamedTuple):
    """A bucket, and a key or the beginning of keys in it. ``str()`` writes it as it was."""

    bucket: str
    key: str = ""

    def __str__(self) -> str:
        return f"{SCHEME}{self.bucket}/{self.key}" if self.key else f"{SCHEME}{self.bucket}"

    @property
    def is_folder(self) -> bool:
        return not self.key or self.key.endswith("/")

    @property
    def is_pattern(self) -> bool:
        return is_pattern(self.key)

    def below(self, relative: str) -> "Remote":
        """The key at a path below this one."""
        if self.is_folder:
            return Remote(self.bucket, self.key + relative)
        return Remote(self.bucket, f"{self.key}/{relative}")


class Local(NamedTuple):
    """A file or a folder of this machine."""

    path: Path
    trailing: bool = False
    """It was written with a slash at its end: a folder is meant."""

    def __str__(self) -> str:
        return str(self.path)


class Stream(NamedTuple):
    """Standard input or output."""

    def __str__(self) -> str:
        return "-"


Place = Remote | Local | Stream


def parse_place(text: str) -> Place:
    """Raises ValueError for an ``s3://`` address without a bucket."""
    if text == "-":
        return Stream()
    if not text.startswith(SCHEME):
        return Local(Path(text), text.endswith(("/", os.sep)))
    return parse_remote(text)


def parse_remote(text: str) -> Remote:
    """Raises ValueError."""
    if not text.startswith(SCHEME):
        raise ValueError(f"{text!r} is no address; write s3://BUCKET or s3://BUCKET/KEY")
    bucket, _, key = text[len(SCHEME) :].partition("/")
    if not bucket:
        raise ValueError(f"{text!r} names no bucket; write s3://BUCKET or s3://BUCKET/KEY")
    return Remote(bucket, key)


class RemoteType(click.ParamType[Any]):
    """An argument that is an address."""

    name = "s3://bucket/key"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Remote:
        if isinstance(value, Remote):
            return value
        try:
            return parse_remote(value)
        except ValueError as problem:
            self.fail(str(problem), param, ctx)


class BucketType(click.ParamType[Any]):
    """An argument that is a bucket: its name, or its address."""

    name = "bucket"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        text = str(value)
        if not text.startswith(SCHEME):
            text = SCHEME + text
        try:
            found = parse_remote(text)
        except ValueError as problem:
            self.fail(str(problem), param, ctx)
        if found.key:
            self.fail(f"{value!r} names more than a bucket", param, ctx)
        return found.bucket


class PlaceType(click.ParamType[Any]):
    """An argument that is an address, a path or ``-``."""

    name = "place"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Place:
        if not isinstance(value, str):
            return value  # type: ignore[no-any-return]  # a default that was converted already
        try:
            return parse_place(value)
        except ValueError as problem:
            self.fail(str(problem), param, ctx)


REMOTE = RemoteType()
BUCKET = BucketType()
PLACE = PlaceType()

"""The options that verbs which move things have in common, and what is made of them."""

import functools
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode

import click

from bushel.cli.encrypting import with_encryption
from bushel.cli.globs import Selection
from bushel.cli.moving import Wishes
from bushel.cli.quantities import MOMENT

_HEADERS = (
    ("--content-type", "content_type", "TYPE", "Default: guessed from the name."),
    ("--cache-control", "cache_control", "TEXT", "Cache-Control to give back with the object."),
    ("--content-disposition", "content_disposition", "TEXT", "Content-Disposition to give back."),
    ("--content-encoding", "content_encoding", "TEXT", "Content-Encoding to give back."),
    ("--content-language", "content_language", "TEXT", "Content-Language to give back."),
    ("--acl", "acl", "NAME", "Canned ACL: private, public-read, …"),
    ("--storage-class", "storage_class", "NAME", "Storage class. Default: the bucket's."),
)


def with_object_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Options that say what becomes of the object; handed on as ``members``."""

    @with_encryption
    @functools.wraps(command)
    def wrapped(
        *arguments: Any, metadata: Sequence[str], tag: Sequence[str], encryption: dict[str, Any], **options: Any
    ) -> Any:
        members = {name: options.pop(name) for _, name, _, _ in _HEADERS}
        given = {name: value for name, value in members.items() if value is not None} | encryption
        if metadata:
            given["metadata"] = {name.lower(): value for name, value in pairs(metadata, "--metadata").items()}
        if tag:
            given["tagging"] = urlencode(pairs(tag, "--tag"))
        return command(*arguments, members=given, **options)

    found: Callable[..., Any] = wrapped
    found = click.option(
        "--tag", "-t", multiple=True, metavar="NAME=VALUE", help="Tag of the object; may be given several times."
    )(found)
    found = click.option(
        "--metadata", "-m", multiple=True, metavar="NAME=VALUE", help="User metadata; may be given several times."
    )(found)
    for flag, name, metavar, about in reversed(_HEADERS):
        found = click.option(flag, name, metavar=metavar, help=about)(found)
    return found


def pairs(given: Sequence[str], what: str) -> dict[str, str]:
    """Texts like NAME=VALUE as a dictionary. Raises UsageError, which calls them ``what``."""
    found = {}
    for each in given:
        name, equals, value = each.partition("=")
        if not equals or not name:
            raise click.UsageError(f"{what} {each!r} is not NAME=VALUE", click.get_current_context())
        found[name] = value
    return found


def with_selection(command: Callable[..., Any]) -> Callable[..., Any]:
    """Options that say which things are meant; handed on as ``selection``."""

    @functools.wraps(command)
    def wrapped(*arguments: Any, include: Sequence[str], exclude: Sequence[str], **options: Any) -> Any:
        try:
            selection = Selection(include, exclude)
        except ValueError as problem:
            raise click.UsageError(str(problem), click.get_current_context()) from None
        return command(*arguments, selection=selection, **options)

    found: Callable[..., Any] = wrapped
    for flag, about in (
        (
            "--exclude",
            "Leave out what matches: *.tmp (a name), cache/** (a path below the source). Several may be given.",
        ),
        ("--include", "Take only what matches. Several may be given; --exclude wins."),
    ):
        found = click.option(flag, multiple=True, metavar="GLOB", help=about)(found)
    return found


def with_moving_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Options that say how things are moved; handed on as ``wishes`` (without members)."""

    @functools.wraps(command)
    def wrapped(*arguments: Any, dry_run: bool, no_clobber: bool, no_resume: bool, **options: Any) -> Any:
        wishes = Wishes(keep=no_clobber, dry_run=dry_run, resume=not no_resume)
        return command(*arguments, wishes=wishes, **options)

    found: Callable[..., Any] = wrapped
    for option in (
        click.option("--no-resume", is_flag=True, help="Begin large files anew, and leave nothing to go on with."),
        click.option("-n", "--no-clobber", is_flag=True, help="Leave targets that are there as they are."),
        click.option("--dry-run", is_flag=True, help="Only tell what would be done."),
    ):
        found = option(found)
    return found


def with_other_endpoint(command: Callable[..., Any]) -> Callable[..., Any]:
    """Options for a target at another endpoint than the source."""
    for flag, metavar, about in (
        ("--to-region", "REGION", "Region of the target."),
        ("--to-profile", "NAME", "Profile for the target."),
        ("--to-endpoint", "URL", "The S3 of the target, if it is another one."),
    ):
        command = click.option(flag, metavar=metavar, help=about)(command)
    return command


def with_moment(command: Callable[..., Any]) -> Callable[..., Any]:
    """An option to read a bucket that keeps versions as it was; handed on as ``at``."""
    return click.option(
        "--at",
        type=MOMENT,
        metavar="TIME",
        help="As the versioned bucket stood then: 2h or 3d (ago), 2026-11-27, 2026-11-27T18:00Z.",
    )(command)


def one_version(version_id: str | None, at: object, count: int) -> None:
    """Raises UsageError where ``--version-id`` makes no sense."""
    if version_id is not None and (at is not None or count > 1):
        why = "says which version already" if at is not None else "is one object's"
        raise click.UsageError(f"--version-id {why}", click.get_current_context())

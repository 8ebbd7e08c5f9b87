"""The options that verbs which move things have in common, and what is made of them."""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import click

from bushel.cli.globs import Selection
from bushel.cli.moving import Wishes

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

    @functools.wraps(command)
    def wrapped(*arguments: Any, metadata: Sequence[str], **options: Any) -> Any:
        members = {name: options.pop(name) for _, name, _, _ in _HEADERS}
        given = {name: value for name, value in members.items() if value is not None}
        if metadata:
            given["metadata"] = _pairs(metadata)
        return command(*arguments, members=given, **options)

    found: Callable[..., Any] = wrapped
    found = click.option(
        "--metadata", "-m", multiple=True, metavar="NAME=VALUE", help="User metadata; may be given several times."
    )(found)
    for flag, name, metavar, about in reversed(_HEADERS):
        found = click.option(flag, name, metavar=metavar, help=about)(found)
    return found


def _pairs(given: Sequence[str]) -> dict[str, str]:
    pairs = {}
    for each in given:
        name, equals, value = each.partition("=")
        if not equals or not name:
            raise click.UsageError(f"--metadata {each!r} is not NAME=VALUE", click.get_current_context())
        pairs[name.lower()] = value
    return pairs


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

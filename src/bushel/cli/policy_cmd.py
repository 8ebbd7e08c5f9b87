"""``bushel policy``: who may do what with a bucket, beside its ACLs."""

from typing import Any, BinaryIO

import click
import msgspec

from bushel.cli.configuring import as_json_option, tell, told
from bushel.cli.connection import Connection, with_connection
from bushel.cli.places import BUCKET, REMOTE, Remote
from bushel.cli.records import SettingLine, write_json
from bushel.cli.running import run
from bushel.cli.terminal import write_line


@click.group("policy", short_help="Show or set the policy of a bucket.")
def command() -> None:
    """Show, set or remove the policy of a bucket. Policies of users are given by "bushel user policy".

    \b
    Examples:
      bushel policy set s3://pictures policy.json
      bushel policy set s3://pictures/public/ --public-read
      bushel policy show s3://pictures
      bushel policy status s3://pictures
      bushel policy remove s3://pictures
    """


@command.command("show", short_help="Show the policy of a bucket.")
@click.argument("bucket", metavar="BUCKET", type=BUCKET)
@as_json_option
@with_connection
def show(bucket: str, *, as_json: bool, connection: Connection) -> int:
    """Show the policy of a bucket as JSON. Exit status 1 if it has none."""

    async def work() -> int:
        async with connection.client() as client:
            text = await client.bucket(bucket).policy()
        document = None if text is None else msgspec.json.decode(text)
        return tell("policy", "policy", f"s3://{bucket}", document, as_json=as_json)

    return run("policy", work)


@command.command("set", short_help="Replace the policy of a bucket.")
@click.argument("place", metavar="s3://BUCKET[/PREFIX]", type=REMOTE)
@click.argument("file", metavar="[FILE]", type=click.File("rb"), required=False)
@click.option("--public-read", is_flag=True, help="Everybody reads objects below the place.")
@click.option("--public-list", is_flag=True, help="Everybody lists the keys below the place.")
@as_json_option
@with_connection
def set_policy(
    place: Remote,
    file: BinaryIO | None,
    *,
    public_read: bool,
    public_list: bool,
    as_json: bool,
    connection: Connection,
) -> int:
    """Replace the policy of a bucket by the one in FILE (- is standard input), or by one that the options say."""
    ctx = click.get_current_context()
    if (file is None) != (public_read or public_list):
        raise click.UsageError("either a FILE, or --public-read or --public-list", ctx)
    if file is not None and place.key:
        raise click.UsageError("a FILE is the policy of a whole bucket", ctx)
    document = _public(place, read=public_read, keys=public_list) if file is None else _read(file)

    async def work() -> int:
        async with connection.client() as client:
            await client.bucket(place.bucket).set_policy(document)
        told("policy", f"s3://{place.bucket}", document, as_json=as_json)
        return 0

    return run("policy", work)


@command.command("status", short_help="Tell whether the policy makes a bucket public.")
@click.argument("bucket", metavar="BUCKET", type=BUCKET)
@as_json_option
@with_connection
def status(bucket: str, *, as_json: bool, connection: Connection) -> int:
    """Tell whether the policy of a bucket is a public one, as S3 counts; none is not public."""

    async def work() -> int:
        from bushel.client.errors import ResponseError  # noqa: PLC0415 - not for `--help`

        public = False
        async with connection.client() as client:
            try:
                found = (await client.get_bucket_policy_status(bucket=bucket)).policy_status
                public = found is not None and bool(found.is_public)
            except ResponseError as problem:
                if problem.code != "NoSuchBucketPolicy":
                    raise
        if as_json:
            write_json(SettingLine(f"s3://{bucket}", "policy status", "shown", {"IsPublic": public}))
        else:
            write_line(f"{'public' if public else 'not public'}  s3://{bucket}")
        return 0

    return run("policy", work)


@command.command("remove", short_help="Remove the policy of a bucket.")
@click.argument("bucket", metavar="BUCKET", type=BUCKET)
@as_json_option
@with_connection
def remove(bucket: str, *, as_json: bool, connection: Connection) -> int:
    """Remove the policy of a bucket; there need not be one."""

    async def work() -> int:
        async with connection.client() as client:
            await client.bucket(bucket).set_policy(None)
        told("policy", f"s3://{bucket}", None, as_json=as_json)
        return 0

    return run("policy", work)


def _read(file: BinaryIO) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(file.read(), type=dict[str, Any])
    except msgspec.DecodeError as problem:
        raise click.ClickException(f"{getattr(file, 'name', '-')}: this is no policy in JSON: {problem}") from None
    return found


def _public(place: Remote, *, read: bool, keys: bool) -> dict[str, Any]:
    arn = f"arn:aws:s3:::{place.bucket}"
    if any(letter in place.key for letter in "*?$"):
        raise click.UsageError("a pattern is no prefix", click.get_current_context())
    statements: list[dict[str, Any]] = []
    if read:
        statements.append(
            {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"{arn}/{place.key}*"}
        )
    if keys:
        listing: dict[str, Any] = {"Effect": "Allow", "Principal": "*", "Action": "s3:ListBucket", "Resource": arn}
        if place.key:
            listing["Condition"] = {"StringLike": {"s3:prefix": f"{place.key}*"}}
        statements.append(listing)
    return {"Version": "2012-10-17", "Statement": statements}

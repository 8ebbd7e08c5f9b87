"""Objects shared by BitTorrent: GetObjectTorrent."""

from typing import Final
from urllib.parse import quote

from bushel.protocol.address import decode_path, encode_path, uri_encode
from bushel.protocol.operations import GET_OBJECT_TORRENT
from bushel.protocol.shapes.torrent import GetObjectTorrentInput, GetObjectTorrentOutput
from bushel.protocol.torrent import ANNOUNCE, MEDIA_TYPE, torrent_file
from bushel.service.authz import READ, denied, require_object
from bushel.service.context import Context
from bushel.service.registry import implements
from bushel.service.torrents import anybody, check_can_be_shared, is_public, whole_info
from bushel.service.versions import missing_version

_OK: Final = 200


@implements(GET_OBJECT_TORRENT)
async def get_object_torrent(ctx: Context, request: GetObjectTorrentInput) -> GetObjectTorrentOutput:
    """The torrent of an object that anybody may read: of its current version, made when it is first asked for."""
    bucket = await ctx.bucket(request.bucket, request.expected_bucket_owner)
    stored = await ctx.catalog.objects.get(bucket, request.key)
    if stored is None:
        raise await missing_version(ctx, bucket, request.key, None)
    entry = stored.entry
    require_object(ctx, entry, READ)
    check_can_be_shared(entry)
    anyone = anybody(ctx.service, ctx.request, bucket.name, request.key)
    anyone.access = ctx.access
    if not is_public(anyone, bucket, request.key, entry):
        raise denied(ctx, "a torrent shares an object with everybody, and not everybody may read this one")
    torrent = await ctx.service.hashing.torrent(ctx, bucket, request.key, stored)
    service_url = _service_url(ctx, bucket.name, request.key)
    seed = f"{service_url}/{bucket.name}/{_path_of(request.key)}"
    seeds = [seed]
    if entry.version_id and is_public(anyone, bucket, request.key, entry, entry.version_id):
        seeds.insert(0, f"{seed}?versionId={uri_encode(entry.version_id)}")
    record = torrent.record
    ctx.status = _OK
    ctx.beside = [
        ("Content-Type", MEDIA_TYPE),
        ("Content-Disposition", _saved_as(f"{record.name}.torrent")),
    ]
    file = torrent_file(whole_info(torrent), service_url + ANNOUNCE, seeds, record.made // 1000)
    return GetObjectTorrentOutput(body=file)


def _saved_as(name: str) -> str:
    """RFC 6266; names have no quotes in them."""
    return f'attachment; filename="{name}"' if name.isascii() else f"attachment; filename*=UTF-8''{quote(name, '')}"


def _path_of(key: str) -> str:
    # Clients append the file's name to a URL that ends with a slash (BEP 19).
    return encode_path(key) if not key.endswith("/") else encode_path(key[:-1]) + "%2F"


def _service_url(ctx: Context, bucket: str, key: str) -> str:
    """Where the service's own hosts are, also for a request that came to its bucket's host."""
    endpoint = ctx.endpoint
    if ctx.service.public_endpoint or decode_path(ctx.request.path) != f"/{key}":
        return endpoint
    scheme, _, host = endpoint.partition("://")
    return f"{scheme}://{host.removeprefix(bucket + '.')}"

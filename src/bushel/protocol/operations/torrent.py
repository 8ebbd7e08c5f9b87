"""Objects shared by BitTorrent."""

from bushel.protocol.operations.record import Operation
from bushel.protocol.shapes import torrent as shapes

GET_OBJECT_TORRENT = Operation(
    "GetObjectTorrent",
    "GET",
    "object",
    ("torrent",),
    input=shapes.GetObjectTorrentInput,
    output=shapes.GetObjectTorrentOutput,
    action="s3:GetObjectTorrent",
    streams_output=True,
)

OPERATIONS = (GET_OBJECT_TORRENT,)

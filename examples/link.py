"""A URL by which anybody can read an object for an hour: ``python link.py BUCKET KEY``, for wget, curl or a browser."""

import sys

import bushel

name, key = sys.argv[1:]
with bushel.Client() as client:
    print(client.bucket(name).object(key).presign(expires_seconds=3600))

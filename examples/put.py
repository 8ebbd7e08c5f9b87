"""Store standard input, whatever its length, with metadata: ``date | python put.py BUCKET KEY [NAME=VALUE...]``."""

import sys

import bushel

name, key, *pairs = sys.argv[1:]
metadata = dict(pair.split("=", 1) for pair in pairs)
with bushel.Client() as client:
    stored = client.bucket(name).put(key, sys.stdin.buffer, content_type="text/plain", metadata=metadata)
    print(f"{key}: {stored.size} bytes, ETag {stored.e_tag}")

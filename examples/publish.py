"""Store pictures for everybody to see: ``python publish.py BUCKET FILE...``; prints their URLs."""

import sys
from mimetypes import guess_type
from pathlib import Path

import bushel

name, *files = sys.argv[1:]
with bushel.Client() as client:
    bucket = client.bucket(name)
    for file in map(Path, files):
        bucket.put(file.name, file, acl="public-read", content_type=guess_type(file)[0] or "application/octet-stream")
        print(bucket.object(file.name).url)

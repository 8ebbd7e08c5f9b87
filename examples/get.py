"""Read an object, and what is known of it: ``python get.py BUCKET KEY``."""

import sys

import bushel
from bushel.client.errors import NoSuchKey

name, key = sys.argv[1:]
with bushel.Client() as client:
    item = client.bucket(name).object(key)
    try:
        info = item.head()
        data = item.get()
    except NoSuchKey:
        sys.exit(f"there is no {key} in {name}")
    print(info.content_type, dict(info.metadata), file=sys.stderr)
    sys.stdout.buffer.write(data)

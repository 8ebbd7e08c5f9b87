"""A web page with all the pictures of a bucket: ``python gallery.py BUCKET > index.html``.

The page grows by itself: what is stored in the bucket is on it the next time it is written.
"""

import sys
from html import escape

import bushel

PICTURES = (".gif", ".jpeg", ".jpg", ".png", ".webp")

name = sys.argv[1]
with bushel.Client() as client:
    bucket = client.bucket(name)
    keys = [entry.key for entry in bucket.objects() if entry.key.lower().endswith(PICTURES)]
    images = "\n".join(f'<img src="{escape(bucket.object(key).url)}" alt="{escape(key)}"><br>' for key in keys)
    print(f"<!doctype html>\n<meta charset=utf-8>\n<title>{escape(name)}</title>\n{images}")

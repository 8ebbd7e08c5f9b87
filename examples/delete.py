"""Delete an object: ``python delete.py BUCKET KEY``."""

import sys

import bushel

name, key = sys.argv[1:]
with bushel.Client() as client:
    client.bucket(name).delete_object(key)

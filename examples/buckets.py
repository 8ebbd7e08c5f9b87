"""Connect, create a bucket, list its content, list all buckets: ``python buckets.py BUCKET``.

The endpoint and the key pair come from the environment or the AWS configuration files.
"""

import sys

import bushel

name = sys.argv[1]
with bushel.Client() as client:
    print(f"creating bucket {name}")
    client.bucket(name).create(exist_ok=True)

    print(f"listing bucket {name}")
    for entry in client.bucket(name).objects():
        print(f"{entry.last_modified:%Y-%m-%d %H:%M} {entry.size:>10} {entry.key}")

    print("listing all my buckets")
    for bucket in client.buckets():
        print(f"{bucket.created:%Y-%m-%d} {bucket.name}")

"""The largest number of parts that an upload may have (User Guide, "Amazon S3 multipart upload limits")."""

import asyncio
import hashlib
import os
import random
import time
from pathlib import Path

import pytest

from bushel.catalog import Catalog
from bushel.catalog.records import BackPointer, encode
from bushel.catalog.uploads import Part
from bushel.core.clock import SystemClock
from bushel.core.ids import SystemRandomness
from bushel.engine.embedded.engine import EmbeddedEngine
from live.expect import refused
from live.sums import checksum

BODY = random.Random(5).randbytes(5 * 1024 * 1024)
COUNT = 10_000


async def multiply_part_one(folder: Path, upload_id: str) -> None:
    """Give the stopped server's upload parts 2 to 10,000: names of the bytes of part 1, not copies of them."""
    clock, randomness = SystemClock(), SystemRandomness()
    engine = EmbeddedEngine.open(folder, clock=clock, randomness=randomness)
    try:
        catalog = await Catalog.open(engine, clock, randomness)
        bucket = await catalog.buckets.get("bucket")
        assert bucket is not None
        _, [one] = await catalog.uploads.parts(bucket, "key", upload_id)
        pointer = encode(BackPointer(bucket.partition, b"key"))
        md5 = hashlib.md5(BODY).digest()

        async def add(number: int) -> None:
            blob = await engine.clone_blob(one.blob, pointer)
            part = Part(number, one.size, md5, blob, one.checksum)
            await catalog.uploads.put_part(bucket, "key", upload_id, part)

        for first in range(2, COUNT + 1, 200):
            await asyncio.gather(*(add(number) for number in range(first, min(first + 200, COUNT + 1))))
    finally:
        await engine.close()


@pytest.mark.timeout(240)
def test_ten_thousand_parts_complete_in_under_a_second(start_server, clients):
    """Complete moves no data, and combines the CRCs of parts without reading them."""
    server = start_server(workers=2)
    s3 = clients(server)
    target = {"Bucket": "bucket", "Key": "key"}
    s3.create_bucket(Bucket="bucket")
    upload = s3.create_multipart_upload(**target, ChecksumAlgorithm="CRC64NVME")["UploadId"]
    etag = s3.upload_part(
        **target, UploadId=upload, PartNumber=1, Body=BODY, ChecksumCRC64NVME=checksum("CRC64NVME", BODY)
    )["ETag"]
    assert server.stop() == 0
    assert server.data is not None
    asyncio.run(multiply_part_one(server.data, upload))
    server.listen = f"127.0.0.1:{server.port}"
    server.start()

    pages = s3.get_paginator("list_parts").paginate(**target, UploadId=upload)
    numbers = [part["PartNumber"] for page in pages for part in page["Parts"]]
    assert numbers == list(range(1, COUNT + 1))
    parts = [{"PartNumber": number, "ETag": etag} for number in numbers]
    with refused("MalformedXML", 400):
        s3.complete_multipart_upload(
            **target, UploadId=upload, MultipartUpload={"Parts": [*parts, {"PartNumber": COUNT + 1, "ETag": etag}]}
        )
    started, began = time.monotonic(), _cpu_seconds(server)
    answer = s3.complete_multipart_upload(**target, UploadId=upload, MultipartUpload={"Parts": parts})
    took, worked = time.monotonic() - started, _cpu_seconds(server) - began

    inner = hashlib.md5(hashlib.md5(BODY).digest() * COUNT).hexdigest()
    assert answer["ETag"] == f'"{inner}-{COUNT}"'
    head = s3.head_object(**target, ChecksumMode="ENABLED")
    assert head["ContentLength"] == COUNT * len(BODY)
    with refused("TooManyParts", 400):
        s3.put_object(**target, Body=b"more", WriteOffsetBytes=COUNT * len(BODY))
    assert head["ChecksumType"] == "FULL_OBJECT"
    assert head["ChecksumCRC64NVME"] == _crc_of_repeats()
    border = 7777 * len(BODY)
    got = s3.get_object(**target, Range=f"bytes={border - 3}-{border + 2}")["Body"].read()
    assert got == BODY[-3:] + BODY[:3]
    last = s3.get_object(**target, PartNumber=COUNT)
    assert (last["PartsCount"], last["ContentLength"]) == (COUNT, len(BODY))
    assert last["Body"].read() == BODY
    # Other tests share the processors: where the clock says more, the server's own work decides.
    assert min(took, worked) < 1.0, f"{took:.2f} s, of them {worked:.2f} s of work"

    started = time.monotonic()
    s3.delete_object(**target)
    assert time.monotonic() - started < 5.0


def _cpu_seconds(server):
    """What the server's processes have worked so far."""
    ticks = 0
    for pid in [server.pid, *server.worker_pids()]:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _crc_of_repeats() -> str:
    import base64

    from awscrt.checksums import combine_crc64nvme, crc64nvme

    one = crc64nvme(BODY)
    whole = one
    for _ in range(1, COUNT):
        whole = combine_crc64nvme(whole, one, len(BODY))
    return base64.b64encode(whole.to_bytes(8, "big")).decode()

"""Copy a folder into a bucket, sixteen files at once: ``python mirror.py FOLDER BUCKET``."""

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path

import bushel


async def main(folder: Path, files: Iterator[Path], name: str) -> None:
    async with bushel.AsyncClient() as client:
        bucket = client.bucket(name)
        await bucket.create(exist_ok=True)

        async def work() -> None:
            for file in files:
                await bucket.put(file.relative_to(folder).as_posix(), file)

        await asyncio.gather(*(work() for _ in range(16)))


top = Path(sys.argv[1])
asyncio.run(main(top, iter([file for file in top.rglob("*") if file.is_file()]), sys.argv[2]))

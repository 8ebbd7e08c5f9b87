"""CPU of the caller for one GET of 10 KiB by this library's transport and by HTTP clients from PyPI, in one run.

``python -m bench.http_clients``; clients that are not installed (``pip install aiohttp httpx``) are left out.
"""

import asyncio
import importlib.util
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from urllib.parse import urlsplit

import bushel.testing
from bushel.client.drivers import new_event_loop
from bushel.client.http.connection import Origin
from bushel.client.http.pool import HttpTransport

REQUESTS = 2000
AT_ONCE = 16
BODY = bytes(10 * 1024)


async def measure(name: str, get: Callable[[], Awaitable[bytes]]) -> None:
    """Print microseconds of this thread's CPU for a request."""

    async def some(count: int) -> None:
        left = iter(range(count))

        async def work() -> None:
            for _ in left:
                assert len(await get()) == len(BODY)

        await asyncio.gather(*(work() for _ in range(AT_ONCE)))

    await some(200)
    began = time.thread_time()
    await some(REQUESTS)
    print(f"{name:<10} {(time.thread_time() - began) / REQUESTS * 1e6:6.0f} us")


async def main(url: str) -> None:
    parts = urlsplit(url)
    origin = Origin(parts.scheme, parts.hostname or "", parts.port or 80)
    transport = HttpTransport({})

    async def own() -> bytes:
        answer = await transport.send(origin, "GET", parts.path, {"host": origin.authority}, ())
        pieces = []
        while piece := await answer.read():
            pieces.append(piece)
        return b"".join(pieces)

    await measure("bushel", own)
    await transport.close()
    async with AsyncExitStack() as held:
        if importlib.util.find_spec("aiohttp"):
            import aiohttp  # noqa: PLC0415 - may be missing

            session = await held.enter_async_context(aiohttp.ClientSession())

            async def by_aiohttp() -> bytes:
                async with session.get(url) as answer:
                    return await answer.read()

            await measure("aiohttp", by_aiohttp)
        if importlib.util.find_spec("httpx"):
            import httpx  # noqa: PLC0415 - may be missing

            client = await held.enter_async_context(httpx.AsyncClient())

            async def by_httpx() -> bytes:
                return (await client.get(url)).content

            await measure("httpx", by_httpx)
    import urllib3  # noqa: PLC0415 - beside its measurement

    pool = urllib3.PoolManager()

    async def by_urllib3() -> bytes:
        return pool.request("GET", url).data

    await measure("urllib3", by_urllib3)


if __name__ == "__main__":
    with bushel.testing.server() as server, server.client() as client:
        client.bucket("bench").create()
        client.bucket("bench").put("k", BODY, acl="public-read")
        with asyncio.Runner(loop_factory=new_event_loop) as runner:
            runner.run(main(client.bucket("bench").object("k").url))

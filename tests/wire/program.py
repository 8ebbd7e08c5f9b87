"""A server to start as a process: ``program.py HOST PORT WORKERS [CERT KEY]``. Says on standard output what happens.

``GET /`` answers the worker's index, process and parent; ``/slow`` and ``/long`` do so later; ``/crash`` ends it;
``/hang`` stops its event loop for good. With ``FAIL=refuse`` or ``FAIL=break`` in the environment worker 1 fails.
"""

import asyncio
import logging
import os
import sys
import time

from bushel.core.clock import SystemClock
from bushel.core.settings import Address, CannotStart
from bushel.protocol.message import Request, Response
from bushel.server.http import HttpServer
from bushel.server.supervisor import serve
from bushel.server.tls import Certificate
from bushel.server.worker import WorkerInfo
from wire.served import render_error


def say(*words: object) -> None:
    os.write(1, (" ".join(map(str, words)) + "\n").encode())  # in one go: several processes say things


async def start_worker(sock, info: WorkerInfo) -> None:
    fail = os.environ.get("FAIL")
    if info.index == 1 and fail == "refuse":
        raise CannotStart("the folder is in use")
    if info.index == 1 and fail == "break":
        raise ZeroDivisionError("broken")

    async def application(request: Request) -> Response:
        if request.path == "/slow":
            say("slow")
            await asyncio.sleep(1)
        elif request.path == "/long":
            say("slow")
            await asyncio.sleep(30)
        elif request.path == "/crash":
            os._exit(7)
        elif request.path == "/hang":
            say("hanging")
            time.sleep(1000)  # noqa: ASYNC251 - that is the point
        return Response(200, [], f"{info.index} {os.getpid()} {os.getppid()}".encode())

    server = HttpServer(application, render_error, SystemClock())
    context = None
    if len(sys.argv) > 4:
        certificate = Certificate(sys.argv[4], sys.argv[5])
        info.on_reload(certificate.reload)
        context = certificate.context
    info.on_reload(lambda: say("reloaded", info.index))
    await server.listen(sock, context)
    info.ready()
    await info.stopping.wait()
    await server.drain(5)
    say("drained", info.index)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
    try:
        serve(
            Address(sys.argv[1], int(sys.argv[2])),
            int(sys.argv[3]),
            start_worker,
            SystemClock(),
            ready=lambda address: say("ready", os.getpid(), address),
            stop_seconds=3,
        )
    except CannotStart as problem:
        say(f"bushel: {problem}")
        sys.exit(1)
    say("stopped")

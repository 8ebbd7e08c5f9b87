"""The sockets that a server listens on: one for each worker process, all on one port that nobody else has.

Each worker has its own queue of new connections (``SO_REUSEPORT``), so that connections spread and a worker which dies
leaves its queue to the next. That option alone would let a second server of the same user join the port without a word;
how this is kept from happening is in ``open_sockets``. What must not be here: accepting, TLS.
"""

import errno
import socket
import sys
from typing import Final

from bushel.core.settings import Address, CannotStart

BACKLOG: Final = 1024
"""Connections that may wait for a worker, in each queue."""


class AddressInUse(CannotStart):
    """Another process listens there."""


def open_sockets(address: Address, count: int) -> list[socket.socket]:
    """Listen on an address with as many queues.

    The first socket is bound and listens without ``SO_REUSEPORT``: from then on no other process can bind the port, nor
    could it before if one had it. Only then is the option switched on, which lets sockets in that ask for it too; a
    second server's first socket never does. So there is no moment at which two servers could both succeed.

    Raises:
        AddressInUse: The port is taken.
        CannotStart: There is no such address here, or no right to the port.
    """
    family, place = _resolve(address)
    first = _socket(family, address.host)
    try:
        first.bind(place)
        first.listen(BACKLOG)
    except OSError as problem:
        first.close()
        if problem.errno == errno.EADDRINUSE:
            raise AddressInUse(f"cannot listen on {address}: another server does") from None
        raise CannotStart(f"cannot listen on {address}: {problem.strerror}") from None
    return [first, *(_sibling(first, family, address.host) for _ in range(count - 1))]


def address_of(sock: socket.socket) -> Address:
    """Where a socket listens, with the port that the system chose."""
    name = sock.getsockname()
    return Address(name[0], name[1])


def _sibling(first: socket.socket, family: int, host: str) -> socket.socket:
    if sys.platform.startswith("linux"):
        sibling = _socket(family, host)
        try:
            for sock in (first, sibling):
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            sibling.bind(first.getsockname())
            sibling.listen(BACKLOG)
        except OSError:
            sibling.close()
        else:
            return sibling
    return first.dup()  # where the option does not spread connections, all accept from one queue


def _socket(family: int, host: str) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections of an earlier server may linger
    if family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(host != "::"))  # "::" means everywhere
    return sock


def _resolve(address: Address) -> tuple[int, tuple[str, int]]:
    try:
        found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as problem:
        raise CannotStart(f"cannot listen on {address}: {problem.strerror}") from None
    # A name such as localhost has both kinds, and clients that are handed 127.0.0.1 are the more common ones.
    found.sort(key=lambda entry: entry[0] != socket.AF_INET)
    family, _, _, _, place = found[0]
    return family, place  # type: ignore[return-value] # an IPv6 place has two numbers more, which bind takes

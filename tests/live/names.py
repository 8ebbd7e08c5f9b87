"""Names below ``localhost``: Debian's resolver does not know them, though RFC 6761 has them be the loopback.

In this process by a patched ``socket.getaddrinfo``; in a subprocess by each client's own means (curl --resolve, a proxy
setting, ...).
"""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

_system = socket.getaddrinfo


def _getaddrinfo(host, port, *arguments, **options):
    name = host.decode() if isinstance(host, bytes) else host
    if isinstance(name, str) and name.rstrip(".").lower().endswith(".localhost"):
        host = "127.0.0.1"
    return _system(host, port, *arguments, **options)


@contextmanager
def localhost_names() -> Iterator[None]:
    """While open, every name below ``localhost`` is 127.0.0.1."""
    socket.getaddrinfo = _getaddrinfo
    try:
        yield
    finally:
        socket.getaddrinfo = _system

"""The certificate that a server shows, and its replacement while connections go on.

What must not be here: how a certificate is got or renewed (``certbot`` and its like write the files, and may send
SIGHUP).
"""

import asyncio
import logging
import ssl
from pathlib import Path
from typing import NoReturn

from bushel.core.settings import CannotStart

_log = logging.getLogger(__name__)


class Certificate:
    """A certificate chain and its key, from two PEM files.

    Attributes:
        context: What to listen with. New files change it; connections that are open keep what they began with.
    """

    def __init__(self, chain: str, key: str) -> None:
        """Read the files.

        Raises:
            CannotStart: They cannot be read, do not belong together, or the key has a password.
        """
        self._chain = Path(chain)
        self._key = Path(key)
        self._seen = self._look()
        try:
            self.context = self._load()
        except (OSError, ValueError) as problem:
            raise CannotStart(f"cannot use the certificate {chain} with {key}: {_reason(problem)}") from None

    def reload(self) -> None:
        """Use what the files hold now; if it cannot be used, say so and keep what there is."""
        self._seen = self._look()
        try:
            self._load()  # a pair that does not fit must not half replace one that does
            self.context.load_cert_chain(self._chain, self._key, password=_no_password)
        except (OSError, ValueError) as problem:
            _log.error("kept the old certificate: cannot use %s with %s: %s", self._chain, self._key, _reason(problem))
        else:
            _log.info("took the certificate %s into use", self._chain)

    async def watch(self, seconds: float = 10) -> None:
        """Reload whenever a file changes; never returns."""
        while True:
            await asyncio.sleep(seconds)
            if self._look() != self._seen:
                self.reload()

    def _load(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["http/1.1"])
        context.load_cert_chain(self._chain, self._key, password=_no_password)
        return context

    def _look(self) -> list[tuple[int, int, int] | None]:
        return [_state(self._chain), _state(self._key)]


def _state(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def _no_password() -> NoReturn:
    # Without this OpenSSL would ask on the terminal, and a service would hang.
    raise ValueError("the key has a password")


def _reason(problem: Exception) -> str:
    if isinstance(problem, ssl.SSLError):
        return (problem.reason or "not PEM").replace("_", " ").lower()
    return (problem.strerror if isinstance(problem, OSError) else None) or str(problem)

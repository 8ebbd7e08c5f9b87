"""How the log looks: one event, one line, text or JSON, on standard error. Set up once for each process.

Whoever logs uses the standard library: ``logging.getLogger(__name__).info("stored %s", what)``. Facts that a machine
should find go into ``extra={"facts": {"bucket": name}}``: JSON gives them members of their own, text appends them.

No event contains a secret: callers hand none in, and what grants access within a URL is blotted out here in case a
client's URL is quoted. What must not be here: what is worth an event.
"""

import logging
import re
import sys
import time
from typing import Final, TextIO

import msgspec

LOGGER: Final = "bushel"
"""Name of the logger above all of ours."""

LEVELS: Final = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}

_JSON: Final = msgspec.json.Encoder(enc_hook=str)

# Signature V4 and V2 in a query (a presigned URL is a key to what it names), and the header that carries either.
_GRANTS: Final = re.compile(
    r"""((?:X-Amz-Signature|X-Amz-Security-Token|[?&]Signature)=)[^&\s'"]+"""
    r"""|(Authorization['"]?\s*[:=]\s*['"]?)[^\r\n'"]+""",
    re.IGNORECASE,
)


def configure(level: str, form: str, stream: TextIO | None = None) -> None:
    """Send events of ``level`` and above to ``stream`` (standard error) as ``text`` or ``json`` lines.

    Calling it again, after a fork for example, replaces what was set up before.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines() if form == "json" else TextLines())
    logger = logging.getLogger(LOGGER)
    logger.handlers[:] = [handler]
    logger.setLevel(LEVELS[level])
    logger.propagate = False
    others = logging.getLogger()  # asyncio's complaints, say
    others.handlers[:] = [handler]
    others.setLevel(max(LEVELS[level], logging.WARNING))
    logging.logThreads = logging.logMultiprocessing = False  # neither is on a line


def blot(text: str) -> str:
    """The text without what would let its reader act as the client."""
    lowered = text.lower()
    if "signature=" in lowered or "x-amz-security-token=" in lowered or "authorization" in lowered:
        return _GRANTS.sub(r"\1\2...", text)
    return text


class TextLines(logging.Formatter):
    """``2026-02-03T04:05:06.789Z INFO 4711 server.http: message bucket=photos``."""

    def format(self, record: logging.LogRecord) -> str:
        message = blot(record.getMessage())
        facts = getattr(record, "facts", None)
        if facts:
            message += "".join(f" {name}={_quoted(blot(str(value)))}" for name, value in facts.items())
        if record.exc_info:
            message += "\n" + blot(self.formatException(record.exc_info))
        where = record.name.removeprefix(LOGGER + ".")
        return f"{_moment(record)} {record.levelname} {record.process} {where}: {_one_line(message)}"


class JsonLines(logging.Formatter):
    """One object a line: time, level, process, logger, message, then the event's own facts and a traceback."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": _moment(record),
            "level": record.levelname.lower(),
            "process": record.process,
            "logger": record.name,
            "message": _encodable(blot(record.getMessage())),
        }
        for name, value in (getattr(record, "facts", None) or {}).items():
            line.setdefault(name, _encodable(blot(value)) if isinstance(value, str) else value)
        if record.exc_info:
            line["traceback"] = _encodable(blot(self.formatException(record.exc_info)))
        return _JSON.encode(line).decode()


def _moment(record: logging.LogRecord) -> str:
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
    return f"{whole}.{int(record.msecs):03d}Z"


def _quoted(text: str) -> str:
    return text if text and " " not in text and '"' not in text else _JSON.encode(_encodable(text)).decode()


def _encodable(text: str) -> str:
    # Names of files may hold bytes that are not UTF-8; Python keeps those as lone surrogates.
    return text.encode(errors="backslashreplace").decode()


def _one_line(text: str) -> str:
    # A client chooses keys and headers: quoted in a message, a line break would forge the next event.
    return text if text.isprintable() else "".join(c if c.isprintable() else _escaped(c) for c in text)


def _escaped(character: str) -> str:
    return {"\n": "\\n", "\t": "\\t"}.get(character) or character.encode("unicode_escape").decode()

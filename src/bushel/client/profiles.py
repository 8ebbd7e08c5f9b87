"""The files ``~/.aws/config`` and ``~/.aws/credentials`` as the AWS tools read them. What it means is elsewhere.

A section has settings, and a setting may have settings of its own on indented lines (``s3 =``). Source: AWS CLI User
Guide, "Configuration and credential file settings".
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from bushel.client.errors import ConfigurationError

Settings = dict[str, str]

_NESTED: Final = "."
"""Between the name of a setting and that of one below it, in the keys of a section."""


class Files(NamedTuple):
    """What both files say.

    Attributes:
        profiles: Settings by profile; those of the credentials file win. Those below ``s3`` have keys like
            ``s3.addressing_style``.
        services: The same by name of a ``[services NAME]`` section.
    """

    profiles: dict[str, Settings]
    services: dict[str, Settings]


def read_files(environ: Mapping[str, str]) -> Files:
    """Read both files, where the environment or custom has them; a file that is not there is empty.

    Raises:
        ConfigurationError: One cannot be read or parsed.
    """
    home = Path(environ["HOME"]) if environ.get("HOME") else Path.home()
    config = _parse(_path(environ.get("AWS_CONFIG_FILE"), home, "config"))
    credentials = _parse(_path(environ.get("AWS_SHARED_CREDENTIALS_FILE"), home, "credentials"))
    files = Files({}, {})
    for title, settings in config.items():
        kind, _, name = title.partition(" ")
        if title == "default":
            files.profiles["default"] = settings
        elif kind == "profile" and name.strip():
            files.profiles[_unquoted(name)] = settings
        elif kind == "services" and name.strip():
            files.services[_unquoted(name)] = settings
    for title, settings in credentials.items():
        files.profiles[title] = files.profiles.get(title, {}) | settings
    return files


def _path(named: str | None, home: Path, custom: str) -> Path:
    if not named:
        return home / ".aws" / custom
    return home / named[2:] if named.startswith("~/") else Path(named)


def _unquoted(name: str) -> str:
    return name.strip().strip("\"'")


def _parse(file: Path) -> dict[str, Settings]:
    try:
        text = file.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, UnicodeDecodeError) as problem:
        raise ConfigurationError(f"{file}: {getattr(problem, 'strerror', None) or problem}") from None
    sections: dict[str, Settings] = {}
    section: Settings | None = None
    above = ""
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if not stripped or stripped[0] in "#;":
            continue
        if stripped[0] == "[":
            title, bracket, _ = stripped[1:].partition("]")
            if not bracket:
                raise ConfigurationError(f"{file}, line {number}: a section's name ends with ]")
            section = sections.setdefault(" ".join(title.split()), {})
            above = ""
            continue
        name, equals, value = stripped.partition("=")
        if section is None or not equals or not name.strip():
            # Not quoted: it may hold a secret.
            raise ConfigurationError(f"{file}, line {number}: neither a section nor a setting")
        name, value = name.strip().lower(), value.strip()
        if line[0].isspace() and above:
            section[f"{above}{_NESTED}{name}"] = value
        else:
            section[name] = value
            above = "" if value else name
    return sections

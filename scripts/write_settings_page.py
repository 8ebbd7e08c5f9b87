"""Write docs/settings.md from the table of settings. A test holds the page to the table."""

from pathlib import Path

from bushel.core.settings import CONFIG_VARIABLE, SETTINGS, Setting

PAGE = Path(__file__).parent.parent / "docs" / "settings.md"

HEAD = f"""\
# Settings

<!-- Made by `make docs` from src/bushel/core/settings.py. Edit that. -->

`bushel serve` needs none of these. Each can be given in up to three places; the first that speaks wins:

1. a flag: `bushel serve data --region eu-central-1`
2. an environment variable: `BUSHEL_REGION=eu-central-1` (an empty variable counts as not set)
3. a line of a TOML file: `region = "eu-central-1"`, the file being named by `--config FILE` or `{CONFIG_VARIABLE}`

A setting that takes a list is a flag given several times, a variable with commas, an array in the file:
`--domain s3.lan --domain s3.home`, `BUSHEL_DOMAIN=s3.lan,s3.home`, `domain = ["s3.lan", "s3.home"]`.

A name that is not on this page, or a value that does not fit, keeps the server from starting; one line says what to
change. Secrets have no flag, because every process of a machine can read command lines. A file that holds them should
be readable by the server's account alone (`chmod 600`).

| setting | flag | variable | value | default |
|---|---|---|---|---|
"""


def page() -> str:
    rows = "".join(_row(setting) for setting in SETTINGS.values())
    return HEAD + rows + "\n" + "\n".join(_paragraph(setting) for setting in SETTINGS.values())


def _row(setting: Setting) -> str:
    flag = f"`{setting.flag}`" if setting.flag else "none: a secret"
    value = setting.kind.metavar.replace("|", " \\| ") + (" (list)" if setting.many else "")
    default = f"`{setting.default_text}`" if setting.default_text else ""
    return f"| [{setting.name}](#{setting.name}) | {flag} | `{setting.variable}` | {value} | {default} |\n"


def _paragraph(setting: Setting) -> str:
    again = " (any number of times)" if setting.many else ""
    return f"## {setting.name}\n\n{setting.about}\n\nValue{again}: {setting.kind.expects}.\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")

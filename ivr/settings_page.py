"""``python -m ivr.settings_page``: writes docs/settings.md out of ``ivr/config.py``, which is where settings are described."""

import inspect
import platform
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal, get_args, get_origin

from annotated_types import Ge, Gt, Le
from pydantic.fields import FieldInfo

from ivr.config import Settings

PAGE: Final = Path(__file__).parents[1] / "docs" / "settings.md"

_HEAD: Final = """# Settings

Made by `python -m ivr.settings_page` out of `ivr/config.py`; change it there.

A setting is an environment variable, or a line of a file `.env` in the folder in which the program starts; the environment wins. Each process reads its settings once, when it starts: a change needs a restart (`make up`).
What is wrong or missing is named, all of it at once and never with its value. **needed** has no default. *secret* is never logged or shown. Times are seconds, phone numbers have the form `+15555550101`, lists have commas.

`make up` makes what is needed itself, the secrets in `var/secrets.env`, which only its owner can read. It also names the cast's failsafe phones and menu keys, the Stripe sandbox with its key, and the mailbox as the place for pages, takes cards by keypad, and lets scripts drain for 5 s.
The telephone network of the embedded stack has ports of its own: [where it listens](../README.md#where-it-listens).
"""  # noqa: E501


def page() -> str:
    """The whole page. Raises ``ValueError`` for a setting without a description."""
    parts = [_HEAD]
    for title, names in _sections():
        rows = [_row(name, Settings.model_fields[name]) for name in names]
        parts.append("\n".join([f"## {title}", "", "| setting | default | meaning |", "|---|---|---|", *rows, ""]))
    return "\n".join(parts)


def main() -> None:
    """Entry point."""
    PAGE.write_text(page())


def _sections() -> Iterator[tuple[str, list[str]]]:
    """The settings in their order, below the comments that head them in the source."""
    source = inspect.getsource(Settings)
    for part in re.split(r"^    # ", source, flags=re.M)[1:]:
        title, _, lines = part.partition("\n")
        names = [name for name in re.findall(r"^    (\w+): ", lines, re.M) if name in Settings.model_fields]
        if names:
            yield title.partition(":")[0].capitalize(), names


def _row(name: str, field: FieldInfo) -> str:
    if not field.description:
        raise ValueError(f"the setting {name} has no description in ivr/config.py")
    limits = _limits(field)
    meaning = field.description + (f" ({limits})" if limits else "") + (". *secret*" if _is_secret(field) else "")
    return f"| `IVR_{name.upper()}` | {_default(field)} | {meaning} |"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "**needed**"
    if field.default_factory is platform.node:
        return "the host name"
    value = field.get_default(call_default_factory=True)
    if value is None or value in ("", (), {}):
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    text = ",".join(value) if isinstance(value, tuple) else f"{value:g}" if isinstance(value, float) else str(value)
    return f"`{text}`" if isinstance(value, str | tuple | Path) else text


def _limits(field: FieldInfo) -> str:
    """The least, the greatest, or the choice; ports need no saying."""
    if get_origin(field.annotation) is Literal:
        return " or ".join(f"`{one}`" for one in get_args(field.annotation))
    words: dict[type, str] = {Ge: "at least {0.ge}", Gt: "more than {0.gt}", Le: "at most {0.le}"}
    found = [words[type(limit)].format(limit) for limit in field.metadata if type(limit) in words]
    return "" if found == ["at least 1", "at most 65535"] else ", ".join(found)


def _is_secret(field: FieldInfo) -> bool:
    return "SecretStr" in str(field.annotation)


if __name__ == "__main__":
    main()

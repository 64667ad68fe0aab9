"""Loads the named queries of ``ivr/sql/*.sql``."""

import re
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files

_NAME = re.compile(r"^-- (\w+) --$", re.MULTILINE)
_PART = re.compile(r"\{(\w+)\}")


@lru_cache(maxsize=1)
def queries() -> dict[str, bytes]:
    """Every query by its name. ``{name}`` in one stands for the text of that name, which is no query then.

    Raises ValueError when two share a name.
    """
    found: dict[str, str] = {}
    for file in sorted(files("ivr").joinpath("sql").iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".sql"):
            _, *pieces = _NAME.split(file.read_text("utf-8"))
            for name, text in zip(pieces[::2], pieces[1::2], strict=True):
                if name in found:
                    raise ValueError(f"two queries are named {name}")
                found[name] = text.strip().rstrip(";")
    parts = {name for text in found.values() for name in _PART.findall(text)}
    return {name: _whole(text, found).encode() for name, text in found.items() if name not in parts}


def _whole(text: str, found: Mapping[str, str]) -> str:
    return _PART.sub(lambda part: _without_comments(found[part[1]]), text)


def _without_comments(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if not line.startswith("--"))

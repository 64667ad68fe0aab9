"""Makes any value fit for PostgreSQL: callers' networks send what no database takes."""

from collections.abc import Mapping


def clean_text(text: str, limit: int | None = None) -> str:
    """``text`` without NUL and with unpaired surrogates replaced, cut to ``limit`` characters."""
    if not text.isascii():
        text = text.encode("utf-8", "replace").decode("utf-8")
    return text.replace("\0", "")[:limit]


def clean(value: object) -> object:
    """``value`` with every text in it cleaned, also inside lists and mappings; unknown types as their text."""
    match value:
        case str():
            return clean_text(value)
        case Mapping():
            return {clean_text(str(key)): clean(item) for key, item in value.items()}
        case list() | tuple() | set():
            return [clean(item) for item in value]
        case None | bool() | int() | float():
            return value
        case _:
            return clean_text(str(value))

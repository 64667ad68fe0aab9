"""Loads the named queries of ``ivr/sql/*.sql``."""

import re
from functools import lru_cache
from importlib.resources import files

_NAME = re.compile(r"^-- (\w+) --$", re.MULTILINE)


@lru_cache(maxsize=1)
def queries() -> dict[str, bytes]:
    """Every query by its name. Raises ValueError when two share a name."""
    found: dict[str, bytes] = {}
    for file in sorted(files("ivr").joinpath("sql").iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".sql"):
            _, *pieces = _NAME.split(file.read_text("utf-8"))
            for name, text in zip(pieces[::2], pieces[1::2], strict=True):
                if name in found:
                    raise ValueError(f"two queries are named {name}")
                found[name] = text.strip().rstrip(";").encode()
    return found

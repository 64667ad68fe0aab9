"""Stripe's form encoding: ``metadata[hold]=…&expand[]=latest_charge&created[gte]=…``."""

import re
from typing import Any
from urllib.parse import parse_qsl

from ivr.embedded.stripe_sandbox.errors import invalid

_PART = re.compile(r"\[([^\[\]]*)\]")
DEEPEST = 6


def read_form(text: str) -> dict[str, Any]:
    """Nested hashes and lists of texts. Raises ``ApiError`` for brackets that make no sense."""
    tree: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        _put(tree, _path(name), value)
    return {name: _with_lists(value) for name, value in tree.items()}


def _path(name: str) -> list[str]:
    head, bracket, rest = name.partition("[")
    parts = _PART.findall(bracket + rest)
    whole = head + "".join(f"[{part}]" for part in parts)
    if not head or "]" in head or whole != name or len(parts) > DEEPEST:
        raise invalid("Invalid parameter name.", saved=False)
    return [head, *parts]


def _put(tree: dict[str, Any], path: list[str], value: str) -> None:
    for part in path[:-1]:
        tree = tree.setdefault(part or str(len(tree)), {})
        if not isinstance(tree, dict):
            raise invalid("Invalid hash.", param=path[0], saved=False)
    tree[path[-1] or str(len(tree))] = value


def _with_lists(value: Any) -> Any:
    """A hash whose keys are 0, 1, 2 … was a list."""
    if not isinstance(value, dict):
        return value
    inner = {name: _with_lists(part) for name, part in value.items()}
    return list(inner.values()) if list(inner) == [str(number) for number in range(len(inner))] else inner

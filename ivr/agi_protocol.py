"""The words of the AGI protocol: environment, replies, quoting. Pure: text in, text out.

Source: Asterisk 22 ``res/res_agi.c``, and its odd replies as tried (``tests/integration/test_phone.py``).
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from ivr.errors import AsteriskFault

COMMAND_BYTES: Final = 2048
"""Asterisk cuts longer lines at its buffer and runs the rest as another command (8192 from 22.6): stay far below."""

ENVIRONMENT_LINES: Final = 100
CALLER_ID_LENGTH: Final = 64

_REPLY: Final = re.compile(r"200 result=(?P<value>-?\w*)(?: \((?P<data>.*)\))?(?: endpos=-?\d+)?")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\([A-Za-z0-9_,]*\))?")
_NOBODY: Final = frozenset({"", "unknown", "anonymous", "restricted", "unavailable", "private", "withheld", "blocked"})


@dataclass(frozen=True, slots=True)
class Reply:
    """A ``200`` line: the result's value, and what stood in parentheses ("" when nothing did)."""

    value: str
    data: str


def parse_reply(line: str) -> Reply:
    """The reply in a ``200`` line. Raises AsteriskFault, without quoting the line: it may hold a digit that somebody typed."""
    match = _REPLY.fullmatch(line)
    if match is None:
        raise AsteriskFault("Asterisk's reply is not in the form of a 200 line.")
    return Reply(match["value"], match["data"] or "")


def parse_environment(lines: list[str]) -> dict[str, str]:
    """``agi_name: value`` lines as a mapping. Raises AsteriskFault for lines that are none, or when the channel is missing.

    A caller ID may carry line breaks and so lines of its own. What Asterisk sends before it counts where it stands first,
    its arguments (``agi_arg_N``), sent last, where they stand last.
    """
    found: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not name.startswith("agi_"):
            raise AsteriskFault("A line of the AGI environment is not in the form agi_name: value.")
        if name not in found or name.startswith("agi_arg_"):
            found[name] = value.strip()
    if not found.get("agi_channel") or not found.get("agi_uniqueid"):
        raise AsteriskFault("The AGI environment names no channel.")
    return found


def quote(value: str) -> str:
    """A command's argument in double quotes. Control characters become spaces: a line break would begin another command."""
    text = value if value.isascii() and value.isprintable() else "".join(map(_spaced, value))
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


@lru_cache(maxsize=128)
def variable_name(name: str) -> str:
    """The name, when it is one of a channel variable or function such as ``TIMEOUT(absolute)``. Raises AsteriskFault when not."""
    if not _NAME.fullmatch(name):
        raise AsteriskFault("That is not the name of a channel variable.")
    return name


def clean(text: str) -> str:
    """Without control characters, direction marks and anything else that is not to be seen, and without bytes that were no UTF-8."""
    if text.isascii() and text.isprintable():
        return text.strip()
    return "".join(char for char in text if unicodedata.category(char)[0] != "C" and char != "\N{REPLACEMENT CHARACTER}").strip()


def _spaced(char: str) -> str:
    return " " if unicodedata.category(char) in ("Cc", "Cs") else char


def caller_number(raw: str) -> str | None:
    """A caller ID as it may be recorded; None when there is none, it is withheld, or it is no number at all (over 64 characters)."""
    number = clean(raw)
    return None if number.lower() in _NOBODY or len(number) > CALLER_ID_LENGTH else number

"""What a check of `ivr doctor` found."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

ANEW: Final = "docker/renew.sh asterisk; of the embedded stack, make up"
"""How Asterisk comes to read what the settings say now."""


class State(StrEnum):
    """``FAULT`` makes the exit code 1."""

    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Finding:
    """``mend``: what to do, "" when there is nothing to do."""

    part: str
    state: State
    text: str
    mend: str = ""


def ok(part: str, text: str) -> Finding:
    """As it should be."""
    return Finding(part, State.OK, text)


def warning(part: str, text: str, mend: str) -> Finding:
    """Callers are served all the same."""
    return Finding(part, State.WARNING, text, mend)


def fault(part: str, text: str, mend: str) -> Finding:
    """Callers are not served as they should be."""
    return Finding(part, State.FAULT, text, mend)

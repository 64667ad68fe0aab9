"""Asking somebody on a keypad: a menu of keys, or an entry of digits.

Every question is asked at most so many times, each time more plainly, and says what went wrong in between. Keys work
during every prompt of a question. What an unanswered question leads to is the step's decision: nobody is dropped here.
"""

from dataclasses import dataclass
from typing import Final

from ivr.phone import Phone

TRIES: Final = 3
ANY_KEY: Final = "0123456789*#"


@dataclass(frozen=True, slots=True)
class Menu:
    """A question answered by one key out of ``keys``. ``plain`` replaces ``prompt`` when it is asked again."""

    prompt: str
    plain: str
    keys: str
    tries: int = TRIES


@dataclass(frozen=True, slots=True)
class Entry:
    """A question answered by up to ``longest`` digits. ``#`` ends the entry, ``*`` pressed first is an answer of its own."""

    prompt: str
    plain: str
    longest: int
    tries: int = TRIES


def ask(phone: Phone, menu: Menu, *, silence: float, opening: tuple[str, ...] = ()) -> str:
    """Ask until one of the menu's keys is pressed and return it; ``""`` after the menu's tries.

    ``opening`` is said before the first asking and may be cut by a key as well. ``silence``: seconds to wait for a key.
    """
    prompts = (*opening, menu.prompt)
    for _ in range(menu.tries):
        key = phone.play_until_key(*prompts, keys=ANY_KEY) or phone.key(silence)
        if key and key in menu.keys:
            return key
        prompts = ("wrong_key" if key else "no_key_heard", menu.plain)
    return ""


def enter(phone: Phone, entry: Entry, *, silence: float, pause: float, complaint: str = "") -> str:
    """Ask for digits and return them; ``"*"`` when that was pressed first; ``""`` after the entry's tries.

    ``silence`` is the wait for the first digit, ``pause`` the one between digits that ends the entry, both in seconds.
    ``complaint`` is the prompt that says what was wrong with the last entry.
    """
    prompts = (complaint, entry.plain) if complaint else (entry.prompt,)
    for _ in range(entry.tries):
        key = phone.play_until_key(*prompts, keys=ANY_KEY) or phone.key(silence)
        if key == "*":
            return key
        if key and key != "#":
            return _rest(phone, entry, key, pause)
        prompts = ("wrong_key" if key else "no_key_heard", entry.plain)
    return ""


def _rest(phone: Phone, entry: Entry, first: str, pause: float) -> str:
    """The digits after the first. ``*`` clears what was typed, so that a slip of the finger costs nothing."""
    digits = first
    while len(digits) < entry.longest:
        key = phone.key(pause)
        if key in ("", "#"):
            break
        digits = "" if key == "*" else digits + key
    return digits

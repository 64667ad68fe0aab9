"""Asking somebody on a keypad: a menu of keys, or an entry of digits.

Every question is asked at most so many times, each time more plainly, and says what went wrong in between. Keys work
during every prompt of a question. What an unanswered question leads to is the step's decision: nobody is dropped here.
"""

from dataclasses import dataclass
from typing import Final

from ivr.phone import Phone

TRIES: Final = 3
ANY_KEY: Final = "0123456789*#"
_PAUSES: Final = 3
"""Silences in a row after which a patient entry is taken as it stands."""


@dataclass(frozen=True, slots=True)
class Menu:
    """A question answered by one key out of ``keys``. ``plain`` replaces ``prompt`` when it is asked again."""

    prompt: str
    plain: str
    keys: str
    tries: int = TRIES


@dataclass(frozen=True, slots=True)
class Entry:
    """A question answered by up to ``longest`` digits. ``#`` ends the entry, ``*`` pressed first is an answer of its own.

    A ``patient`` entry ends by ``#`` alone: whoever reads digits off a card makes pauses. ``*`` then starts the entry again.
    """

    prompt: str
    plain: str
    longest: int
    tries: int = TRIES
    patient: bool = False


def ask(phone: Phone, menu: Menu, *, silence: float, opening: tuple[str, ...] = (), choices: tuple[str, ...] = ()) -> str:
    """Ask until one of the menu's keys is pressed and return it; ``""`` after the menu's tries.

    ``opening`` is said before the first asking, ``choices`` before every asking; a key cuts them as well.
    ``silence``: seconds to wait for a key.
    """
    prompts = (*opening, *choices, menu.prompt)
    for _ in range(menu.tries):
        key = phone.play_until_key(*prompts, keys=ANY_KEY) or phone.key(silence)
        if key and key in menu.keys:
            return key
        prompts = ("wrong_key" if key else "no_key_heard", *choices, menu.plain)
    return ""


def enter(phone: Phone, entry: Entry, *, silence: float, pause: float, opening: tuple[str, ...] = (), complaint: str = "") -> str:
    """Ask for digits and return them; ``"*"`` when that was pressed first; ``""`` after the entry's tries.

    ``silence`` is the wait for the first digit, ``pause`` the one between digits that ends the entry, both in seconds.
    More than ``longest`` digits of a patient entry come back as one too many, so that whoever asked can say so.
    ``opening`` is said before the first asking; ``complaint`` instead says what was wrong with the last entry.
    """
    prompts = (complaint, entry.plain) if complaint else (*opening, entry.prompt)
    for _ in range(entry.tries):
        key = phone.play_until_key(*prompts, keys=ANY_KEY) or phone.key(silence)
        if key == "*" and not entry.patient:
            return key
        if key and key != "#":
            return _until_pound(phone, entry, key, silence) if entry.patient else _rest(phone, entry, key, pause)
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


def _until_pound(phone: Phone, entry: Entry, first: str, silence: float) -> str:
    """The digits up to ``#``. After a pause the caller is encouraged; after the last one what was typed counts."""
    digits, pauses, key = "", 0, first
    while not (key == "#" and digits) and pauses < _PAUSES:
        saying: tuple[str, ...] = ()
        if key == "*":
            digits, saying = "", ("start_again",)
        elif key in ("", "#"):  # pound after the last digit was cleared is no end either
            pauses, saying = pauses + 1, ("go_on",)
        elif key.isdigit():
            digits, pauses = (digits + key)[: entry.longest + 1], 0
        key = phone.play_until_key(*saying, keys=ANY_KEY) or phone.key(silence)
    return digits

"""The rhythm and the time of a hand-over as an administrator types them. Pure; a refusal is a ValueError that says what to type instead."""

import re
from dataclasses import dataclass
from datetime import time
from typing import Final

from ivr.model.rota import HandOver

WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class Rhythm:
    """``weekday``: 1 Monday … 7 Sunday, of a weekly hand-over."""

    hand_over: HandOver
    weekday: int | None


def clock(text: str) -> time:
    """``09:00``: a time of day, to the minute."""
    found = re.fullmatch(r"([01]?[0-9]|2[0-3]):([0-5][0-9])", text.strip(), re.ASCII)
    if not found:
        raise ValueError(f"{text[:40]!r} is no time of day. Write it like 09:00 or 18:30.")
    return time(int(found[1]), int(found[2]))


def rhythm(text: str) -> Rhythm:
    """``daily``, or the weekday of a weekly hand-over."""
    word = text.strip().casefold()
    if word == "daily":
        return Rhythm(HandOver.DAILY, None)
    found = [number for number, name in enumerate(WEEKDAYS, 1) if len(word) >= 3 and name.casefold().startswith(word)]
    if len(found) != 1:
        raise ValueError(f"{text[:40]!r} is no rhythm. Write daily, or the weekday of a weekly hand-over: {', '.join(WEEKDAYS)}.")
    return Rhythm(HandOver.WEEKLY, found[0])

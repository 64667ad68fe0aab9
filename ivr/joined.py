"""Sounds that Asterisk is told to play by one command: each command costs both sides about as much as a record's lookup. Pure.

``STREAM FILE`` takes one sound alone. ``Playback`` and ``Background`` take several, joined by ``&``.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from ivr.agi_protocol import quote

LONGEST_SECONDS: Final = 6.0
"""Of what is joined, about as long as the longer prompts: a script that hangs, or is killed, is noticed only after the command that it
gave last, and a limit that was set for it (``Phone.renew``) stands also when a key cuts it at once."""
ANY_KEY: Final = frozenset("0123456789*#")
"""``Background`` is cut by each of them (and by A to D, which no telephone has); ``Playback`` by none."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Sounds that are played by one command, and how long they last together."""

    sounds: tuple[str, ...]
    seconds: float


def batches(sounds: Sequence[str], keys: str, seconds: Callable[[str], float]) -> Iterator[Batch]:
    """The sounds in order, as many at once as may be joined; one by one when only some of the keys interrupt them.

    A path (a customer's name) is never joined: it is quoted as it is, and may hold what separates sounds.
    """
    joinable = not keys or ANY_KEY.issubset(keys)
    batch: list[str] = []
    lasts = 0.0
    for sound in sounds:
        alone = not joinable or sound.startswith("/")
        length = seconds(sound)
        if batch and (alone or lasts + length > LONGEST_SECONDS):
            yield Batch(tuple(batch), lasts)
            batch, lasts = [], 0.0
        if alone:
            yield Batch((sound,), length)
        else:
            batch.append(sound)
            lasts += length
    if batch:
        yield Batch(tuple(batch), lasts)


def command(paths: Sequence[str], keys: str) -> tuple[str, str, str]:
    """The application that plays these paths so that ``keys`` interrupt it, its argument, and the variable that says whether it did."""
    application = "Background" if keys else "Playback"
    return application, quote("&".join(paths)), f"{application.upper()}STATUS"

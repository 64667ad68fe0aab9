"""The covered call as SIPp's phones go through it: every key at a fixed second, the same for every contender."""

from collections.abc import Iterator
from typing import Final

from bench.compare.load import Manner
from bench.compare.rtp import KEY_SECONDS
from bench.rivals import words
from ivr import prompts
from ivr.embedded.cast import COVERED

NINE_AT: Final = 1.0
AFTER_PRICE: Final = 3.0
"""Seconds between the end of the price, which no key cuts, and the consent: as late as a slow contender may be with the price."""
BETWEEN: Final = 0.8
"""Seconds of a prompt before the next answer cuts it."""
DIGIT: Final = 0.2
RING: Final = 8.0
"""Seconds until the engineer picks up. The hotline meanwhile tells the caller the incident's number, and that it tries the backup when
that is who rings: an engineer's 1 waits for the end of a prompt that the caller is told."""
WHISPERED: Final = 4.0
"""Seconds of the whisper that the engineer hears before the 1."""
TALK: Final = 1.5
"""Seconds from the 1 to the ``*1``, with which the talk is over but for the confirmation. Short: one engineer takes all calls."""
CONFIRM: Final = 0.8
LONGEST: Final = 70.0
"""Seconds after which a call has failed."""


def manner(ease: float = 1.0) -> Manner:
    """9, consent, category, account, PIN, a key that cuts the good news; the engineer: 1, ``*1``, 1. The hotline hangs up.

    ``ease`` stretches the time that is left for each answer: more than 1 on a machine that is busy with something else.
    """
    engineer = _engineer_keys(ease)
    return Manner(list(_caller_keys(ease)), LONGEST * ease, engineer, LONGEST * ease, RING)


def price_seconds() -> float:
    """How long the price sentence lasts by itself."""
    return sum(prompts.seconds(name) for name in words.PRICE)


def last_key(ease: float = 1.0) -> float:
    """Seconds from the answer to the end of the key after which the engineer is rung."""
    return list(_caller_keys(ease))[-1][0] + KEY_SECONDS


def nine(ease: float = 1.0) -> float:
    """Seconds from the answer to the end of the 9."""
    return next(iter(_caller_keys(ease)))[0] + KEY_SECONDS


def _engineer_keys(ease: float) -> list[tuple[float, str]]:
    star = round(WHISPERED * ease + TALK * ease, 1)
    return [(round(WHISPERED * ease, 1), "1"), (star, "*"), (star + DIGIT, "1"), (round(star + DIGIT + CONFIRM * ease, 1), "1")]


def _caller_keys(ease: float) -> Iterator[tuple[float, str]]:
    at = NINE_AT
    yield at, "9"
    at = round(at + price_seconds() + AFTER_PRICE * ease, 1)
    for answer in ("1", "1", COVERED.account + "#", COVERED.pin + "#", "5"):
        for key in answer:
            yield round(at, 1), key
            at += DIGIT
        at = round(at + BETWEEN * ease, 1)

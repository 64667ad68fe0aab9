"""Numbers, money and minutes as sequences of prompt names, the way Americans say them, or Latin Americans (:mod:`ivr.spoken_spanish`).

The order of the parts of a sentence is the same in both. Pure; no I/O.
"""

from typing import Final

from ivr import spoken_spanish

DOLLARS: Final = ("USD", "CAD", "AUD", "NZD", "SGD", "HKD")
"""Currencies of which the recorded words "dollars" and "cents" are true: of any other a caller would be told a wrong price."""

ENGLISH: Final = "en"
SPANISH: Final = "es"
_MILLION: Final = 1_000_000


def digits(figures: str) -> tuple[str, ...]:
    """One by one, as in account and incident numbers, in every language. Raises ValueError on anything but the digits 0 to 9."""
    if not (figures.isascii() and figures.isdigit()):
        raise ValueError(f"{figures!r} has other signs than digits")
    return tuple(figures)


def number(n: int) -> tuple[str, ...]:
    """0 to 999,999: ``number(1215)`` is one thousand two hundred fifteen. Raises ValueError beyond."""
    if not 0 <= n < _MILLION:
        raise ValueError(f"{n} is not between 0 and 999,999")
    if n < 1000:
        return _below_thousand(n)
    thousands, rest = divmod(n, 1000)
    return (*_below_thousand(thousands), "thousand", *(_below_thousand(rest) if rest else ()))


def money(cents: int, language: str = ENGLISH) -> tuple[str, ...]:
    """``money(250)`` is two dollars and fifty cents; 0 is zero dollars. Raises ValueError below 0 and from a million dollars on."""
    if cents < 0:
        raise ValueError(f"{cents} cents can't be spoken")
    dollars, rest = divmod(cents, 100)
    if not rest:
        return _counted(dollars, "dollar", language)
    if not dollars:
        return _counted(rest, "cent", language)
    return (*_counted(dollars, "dollar", language), "and", *_counted(rest, "cent", language))


def price_a_minute(cents: int, language: str = ENGLISH) -> tuple[str, ...]:
    """``price_a_minute(250)`` is two dollars and fifty cents a minute."""
    return (*money(cents, language), "a_minute")


def minutes(n: int, language: str = ENGLISH) -> tuple[str, ...]:
    """``minutes(1)`` is one minute, ``minutes(15)`` fifteen minutes."""
    return _counted(n, "minute", language)


def minutes_of(seconds: float, language: str = ENGLISH) -> tuple[str, ...]:
    """A duration as people say it: whole minutes, halves up; below one minute just that. Raises ValueError below 0."""
    if seconds < 0:
        raise ValueError(f"{seconds} seconds can't be spoken")
    if seconds < 60:
        return ("less_than_a_minute",)
    return minutes(int(seconds + 30) // 60, language)


def _counted(n: int, unit: str, language: str) -> tuple[str, ...]:
    if not 0 <= n < _MILLION:
        raise ValueError(f"{n} is not between 0 and 999,999")
    words = spoken_spanish.counted(n) if language == SPANISH else number(n)
    return (*words, unit if n == 1 else f"{unit}s")


def _below_thousand(n: int) -> tuple[str, ...]:
    if n >= 100:
        hundreds, rest = divmod(n, 100)
        return (str(hundreds), "hundred", *(_below_thousand(rest) if rest else ()))
    if n < 20:
        return (str(n),)
    tens, ones = divmod(n, 10)
    return (str(tens * 10), *((str(ones),) if ones else ()))

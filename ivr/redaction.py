"""Nothing that looks like a card, a PIN or a code stands in a line of the log, whoever wrote the line. A rule without I/O.

The hotline writes none of them anyhow ("Money rules", rule 6); this is the second lock on the door, for the lines of libraries
and for texts of exceptions. In doubt something harmless is struck out.
"""

import re
from collections.abc import Mapping
from typing import Final

STRUCK: Final = "[redacted]"
LONGEST: Final = 16_384
"""Characters of a text that are kept."""

_DEPTH: Final = 4
"""Levels of lists and mappings that are kept; what lies deeper is written as its kind."""

_UUID: Final = r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"
_PHONE: Final = r"(?<!\d)\+[1-9]\d{6,14}(?![ -]?\d)"
_LONG: Final = r"\d{12,}"  # also ASCII codes and hexadecimal, of which a card's digits are twice as many
_GROUPS: Final = r"(?<!\d)\d{1,11}(?:[ -]\d{1,11}(?!\d))+"
_LONE: Final = r"(?<!\d)\d(?:[^0-9A-Za-z]{1,8}\d(?!\d)){11,}"
_NUMBERS: Final = re.compile(f"(?P<uuid>{_UUID})|(?P<phone>{_PHONE})|(?P<lone>{_LONE})|(?P<groups>{_GROUPS})|(?P<long>{_LONG})")

_HARMLESS: Final = "".join(f"(?<!{word}{gap})" for word in ("exit", "status", "error", "cause", "country") for gap in " _")
_NAMES: Final = rf"(?:pins?|cvc\d?|cvv\d?|cvn|csc|zip|{_HARMLESS}codes?|digits?|keyed|dtmf)"
_VALUE: Final = r"(?:\W{1,6}(?:is|was|number|value|typed|of)\b)?\W{1,8}"
_NAMED: Final = re.compile(rf"(?i)(?<![a-z])({_NAMES}{_VALUE})(?:\d[\d*#A-D]{{2,11}}|(?<=')[\d*#A-D]{{1,12}}(?='))(?!\d)")
_KEY: Final = re.compile(r"(?i)\b(result=|digits?: ?|wait for digit )(?:[0-9*#A-D]{1,12})(?![\w])")
_SECRET: Final = re.compile(
    r"\b(?:[srp]k_(?:live|test)|whsec)_\w+|(?<=_secret_)\w+|\$argon2\w+\$\S+|(?<=://)[^\s/@:]*:[^\s/@]+(?=@)|(?<=Bearer )\S+"
)
_SECRET_NAMES: Final = re.compile(
    r"(?i)^(?:pin|cvc|cvv|cvn|csc|code|zip|pan|card|card_?number|exp_\w+|expiry|digits?|keys?|.*(?:secret|password|passwd|token|api_?key"
    r"|authorization|pepper|_pin|_code|_digits))$"
)
_LUHN_DOUBLED: Final = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def redact(value: object, name: str = "", depth: int = _DEPTH) -> object:
    """``value`` as it may be written: texts and numbers without what looks secret, also inside lists and mappings.

    ``name`` is the field's: what is called a PIN or a secret is struck out whatever it looks like.
    """
    if value is None or isinstance(value, bool):
        return value
    if name and _SECRET_NAMES.match(name):
        return STRUCK
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, (int, float)):
        text = str(value)
        return value if clean_text(text) == text else STRUCK
    if depth and isinstance(value, Mapping):
        return {clean_text(str(key)): redact(one, str(key), depth - 1) for key, one in value.items()}
    if depth and isinstance(value, (list, tuple, set, frozenset)):
        return [redact(one, depth=depth - 1) for one in value]
    return clean_text(str(value)) if depth else f"<{type(value).__name__}>"


def clean_text(text: str) -> str:
    """The text without what looks like a card, a PIN, a code, a key pressed, or a secret."""
    if len(text) > LONGEST:
        text = text[:LONGEST] + " …"
    text = _SECRET.sub(STRUCK, text)
    text = _NUMBERS.sub(_number, text)
    text = _NAMED.sub(rf"\1{STRUCK}", text)
    return _KEY.sub(rf"\1{STRUCK}", text)


def _number(match: re.Match[str]) -> str:
    found = match[0]
    match match.lastgroup:
        case "uuid":
            return found
        case "phone":  # of 13 digits and more it may be a card as well
            return STRUCK if len(found) > 13 and is_card(found[1:]) else found
        case "groups":
            return STRUCK if _holds_card(found) else found
        case _:
            return STRUCK


def _holds_card(groups: str) -> bool:
    """Whether a card begins with one of the groups, wherever it ends; digits that stand together for 12 or more are one anyhow."""
    parts = re.split("[ -]", groups)
    for first in range(len(parts)):
        digits = "".join(parts[first : first + 19])[:19]
        if any(is_card(digits[:length]) for length in range(13, len(digits) + 1)):
            return True
    return False


def is_card(digits: str) -> bool:
    """Whether these could be a card's number: 12 to 19 digits whose check digit is right (ISO/IEC 7812-1, annex B)."""
    if not 12 <= len(digits) <= 19 or digits[0] == "0":
        return False
    total = sum(_LUHN_DOUBLED[int(one)] if place % 2 else int(one) for place, one in enumerate(reversed(digits)))
    return total % 10 == 0

"""No card number that somebody keyed stands anywhere afterwards: not in a file, a table, a job, an event of the manager.

What phones press is written down here, and looked for after each scenario in everything that grew: plain, apart by spaces,
dashes or lines, as ASCII codes, as hexadecimal, and as the one digit a line that DTMF and AGI traces write. Beside the number,
its security code where a name says what it is, or between expiry and ZIP.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import pytest

from ivr.embedded.handset import Handset

SHORTEST: Final = 12
"""Digits from which on a run is taken for a card's number, right or wrong."""
LONGEST: Final = 19
_JUNK: Final = bytes(byte for byte in range(256) if not chr(byte).isascii() or not chr(byte).isalnum())
_LONE_DIGIT: Final = re.compile(r"result=(4[89]|5[0-7])(?!\d)|(?<![\w.:/+-])([0-9])(?![\w:/-])(?!\.\d)")
_FIGURES: Final = re.compile(r"\d+")
_MARK: Final = "[\\s\"'\\]:=>%5D()]{1,8}"
_NAMES: Final = "(?:cvc|cvv2?|cvn|csc|(?:card|security)[ _]?code)"


class Typed:
    """What was pressed on every phone so far: ``secrets`` must be found nowhere, ``codes`` not by their name."""

    def __init__(self) -> None:
        self._keys: dict[str, str] = defaultdict(str)
        self.secrets: set[str] = set()
        self.codes: set[str] = set()

    def press(self, phone: str, keys: str) -> None:
        """``phone`` presses these keys; whatever it pressed before is remembered."""
        self._keys[phone] += keys
        fields = ["".join(filter(str.isdigit, field)) for field in re.split("[*#]", self._keys[phone])]
        self.secrets |= {run for run in re.split("[*#A-D]", keys) if len(run) >= SHORTEST and len(set(run)) > 1}
        for field in fields:
            self.secrets |= set(_card_numbers(field))
        for number, expiry, code, zip_code in zip(fields, fields[1:], fields[2:], fields[3:], strict=False):
            if len(number) >= SHORTEST and len(expiry) == 4 and len(code) in (3, 4):
                self.codes.add(code)
                if len(zip_code) == 5:
                    self.secrets.add(expiry + code + zip_code)

    @contextmanager
    def listening(self) -> Iterator["Typed"]:
        """Every handset's keys count inside the block."""
        presses = Handset.presses

        def heard(handset: Handset, keys: str, **given: Any) -> float:
            self.press(handset.leg.uniqueid, keys)
            return presses(handset, keys, **given)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Handset, "presses", heard)
            yield self

    def found_in(self, content: bytes) -> list[str]:
        """How what was typed stands in ``content``, in words that do not repeat it; empty when it does not."""
        if not self.secrets:
            return []
        found = [how for how, needles in self._needles().items() if _holds(content, needles)]
        text = content.decode("latin-1")
        return found + _lone_digits(text, self.secrets) + self._named_codes(text)

    def _needles(self) -> Mapping[str, list[bytes]]:
        return {
            "in digits": [secret.encode() for secret in self.secrets],
            "as ASCII codes": ["".join(str(ord(digit)) for digit in secret).encode() for secret in self.secrets],
            "in hexadecimal": [secret.encode().hex().encode() for secret in self.secrets],
        }

    def _named_codes(self, text: str) -> list[str]:
        if not self.codes:
            return []
        pattern = f"(?i){_NAMES}{_MARK}(?:{'|'.join(sorted(self.codes))})(?!\\d)"
        return ["a security code by its name"] if re.search(pattern, text) else []


def _card_numbers(digits: str) -> Iterator[str]:
    """Every part that could be a card's number: keys of a menu may stand before it."""
    for length in range(SHORTEST + 1, LONGEST + 1):
        for start in range(len(digits) - length + 1):
            part = digits[start : start + length]
            if part[0] != "0" and len(set(part)) > 1 and _luhn(part):
                yield part


def _luhn(digits: str) -> bool:
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits))]
    return sum(value - 9 * (value > 9) for value in doubled) % 10 == 0


def _holds(content: bytes, needles: Iterable[bytes]) -> bool:
    """Also when anything but letters and digits stands in between."""
    squeezed = content.translate(None, _JUNK).lower()
    return any(needle in squeezed for needle in needles)


def _lone_digits(text: str, secrets: Iterable[str]) -> list[str]:
    """One digit a line: lines that differ in nothing but figures are read one below the other, each place in them by itself."""
    columns: dict[tuple[str, int], list[str]] = defaultdict(list)
    for line in text.splitlines():
        digits = [chr(int(match[1])) if match[1] else match[2] for match in _LONE_DIGIT.finditer(line)]
        if digits:
            shape = _FIGURES.sub("", line)
            for place, digit in enumerate(digits):
                columns[shape, place].append(digit)
    read = ["".join(digits) for digits in columns.values() if len(digits) >= SHORTEST]
    wanted = [form for secret in secrets for form in (secret, "".join(digit * 2 for digit in secret))]
    return ["one digit a line"] if any(form in column for form in wanted for column in read) else []

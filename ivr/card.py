"""Cards as they are keyed: what is wrong with them, and a type that shows only their last four digits. Pure; no I/O.

Lengths, prefixes and check digit: ISO/IEC 7812; brands as Stripe knows them (docs.stripe.com/testing#cards).
Faults are names of prompts. Nothing here raises on what a caller can key; other signs than digits are simply wrong.
"""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import Final, NamedTuple, NoReturn, SupportsIndex


class Brand(StrEnum):
    """A card's network; ``brand_visa`` … are the prompts."""

    VISA = "visa"
    MASTERCARD = "mastercard"
    AMEX = "amex"
    DISCOVER = "discover"
    DINERS = "diners"
    JCB = "jcb"
    UNIONPAY = "unionpay"


class CardFault(StrEnum):
    """What is wrong with a field, as the name of the prompt that says so."""

    NUMBER_SHORT = "card_number_short"
    NUMBER_LONG = "card_number_long"
    NUMBER_WRONG = "card_number_wrong"  # the check digit
    BRAND_UNKNOWN = "card_brand_unknown"
    MONTH_WRONG = "card_month_wrong"
    EXPIRED = "card_expired"
    CODE_WRONG_LENGTH = "card_code_wrong_length"
    ZIP_WRONG_LENGTH = "card_zip_wrong_length"


class _Range(NamedTuple):
    """Numbers that begin from ``first`` to ``last`` (as many digits each) are ``brand``'s."""

    brand: Brand
    first: int
    last: int
    lengths: Sequence[int]


_RANGES: Final = (
    _Range(Brand.VISA, 4, 4, (13, 16, 19)),
    _Range(Brand.MASTERCARD, 51, 55, (16,)),
    _Range(Brand.MASTERCARD, 2221, 2720, (16,)),
    _Range(Brand.AMEX, 34, 34, (15,)),
    _Range(Brand.AMEX, 37, 37, (15,)),
    _Range(Brand.DISCOVER, 6011, 6011, range(16, 20)),
    _Range(Brand.DISCOVER, 644, 649, range(16, 20)),
    _Range(Brand.DISCOVER, 65, 65, range(16, 20)),
    _Range(Brand.DINERS, 300, 305, range(14, 20)),
    _Range(Brand.DINERS, 3095, 3095, range(14, 20)),
    _Range(Brand.DINERS, 36, 36, range(14, 20)),
    _Range(Brand.DINERS, 38, 39, range(14, 20)),
    _Range(Brand.JCB, 3528, 3589, range(16, 20)),
    _Range(Brand.UNIONPAY, 62, 62, range(16, 20)),
    _Range(Brand.UNIONPAY, 81, 81, range(16, 20)),
)
_UNKNOWN: Final = range(13, 20)  # lengths of any brand, while the brand is not known
_USUAL: Final = 16  # a length that the brand has not is too short below this, too long above


class Card:
    """A card for the seconds that it takes to reach Stripe. Prints as ``****4242``; can't be pickled, copied or made JSON.

    Only the gateway reads the fields: ``number``, ``month``, ``year`` (four digits), ``code``, ``zip`` (None: not asked).
    """

    __slots__ = ("code", "month", "number", "year", "zip")

    def __init__(self, number: str, month: int, year: int, code: str, zip: str | None = None) -> None:  # noqa: A002
        self.number = number
        self.month = month
        self.year = year
        self.code = code
        self.zip = zip

    @property
    def last4(self) -> str:
        """What may be shown."""
        return self.number[-4:]

    @property
    def brand(self) -> Brand | None:
        """The network; None when it is not known."""
        return brand(self.number)

    def __repr__(self) -> str:
        return f"****{self.last4}"

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise TypeError("a card is not written anywhere")

    def __getstate__(self) -> NoReturn:
        raise TypeError("a card is not written anywhere")

    def __copy__(self) -> NoReturn:
        raise TypeError("a card is not copied")

    def __deepcopy__(self, memo: object) -> NoReturn:
        raise TypeError("a card is not copied")


def brand(number: str) -> Brand | None:
    """The network that a number's first digits name; None when no network takes them."""
    found = _range(number)
    return found.brand if found else None


def number_fault(digits: str) -> CardFault | None:
    """What is wrong with a card number, the length before the brand, the check digit last."""
    if not _digits(digits):
        return CardFault.NUMBER_WRONG if digits else CardFault.NUMBER_SHORT
    found = _range(digits)
    if len(digits) not in (found.lengths if found else _UNKNOWN):
        return CardFault.NUMBER_SHORT if len(digits) < _USUAL else CardFault.NUMBER_LONG
    if not found:
        return CardFault.BRAND_UNKNOWN
    return None if _luhn(digits) else CardFault.NUMBER_WRONG


def expiry(mmyy: str) -> tuple[int, int]:
    """Month and year (2000 to 2099) of four keyed digits. Raises ValueError on anything else."""
    if not (_digits(mmyy) and len(mmyy) == 4 and 1 <= int(mmyy[:2]) <= 12):
        raise ValueError("an expiry is a month and a year of two digits each")
    return int(mmyy[:2]), 2000 + int(mmyy[2:])


def expiry_fault(mmyy: str, today: date) -> CardFault | None:
    """What is wrong with an expiry: a card is good through the last day of its month, where the caller's ``today`` is."""
    try:
        month, year = expiry(mmyy)
    except ValueError:
        return CardFault.MONTH_WRONG
    return CardFault.EXPIRED if (year, month) < (today.year, today.month) else None


def code_fault(code: str, number: str) -> CardFault | None:
    """What is wrong with a security code: American Express has four digits, all others three."""
    length = 4 if brand(number) is Brand.AMEX else 3
    return None if _digits(code) and len(code) == length else CardFault.CODE_WRONG_LENGTH


def zip_fault(zip: str) -> CardFault | None:  # noqa: A002
    """What is wrong with a ZIP code: it has five digits, as a keypad has no letters and banks check no more."""
    return None if _digits(zip) and len(zip) == 5 else CardFault.ZIP_WRONG_LENGTH


def _digits(keyed: str) -> bool:
    return keyed.isascii() and keyed.isdigit()


def _range(number: str) -> _Range | None:
    for candidate in _RANGES:
        prefix = number[: len(str(candidate.first))]
        if _digits(prefix) and candidate.first <= int(prefix) <= candidate.last:
            return candidate
    return None


def _luhn(digits: str) -> bool:
    """Whether the check digit is right (ISO/IEC 7812-1, annex B)."""
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (sum(doubled) + sum(map(int, digits[-1::-2]))) % 10 == 0

"""Which PINs are allowed, and new ones. Pure but for the dice."""

import re
import secrets
from typing import Final

DIGITS: Final = 6
"""Length of a PIN that we make; typed ones may have 4 to 8."""

_SHAPE: Final = re.compile(r"[0-9]{4,8}")
_UP: Final = "01234567890"
_REPEATED: Final = re.compile(r"(.{1,4})\1+")


def pin_fault(pin: str, account: str) -> str | None:
    """Why this PIN is refused for this account, as a sentence; None when it is good. The sentence never holds the PIN."""
    if not _SHAPE.fullmatch(pin):
        return "A PIN has 4 to 8 digits and nothing else."
    if _REPEATED.fullmatch(pin):
        return "This PIN repeats itself, as 0000 and 4747 do: it would be tried first."
    if pin in _UP or pin in _UP[::-1]:
        return "This PIN counts up or down, as 1234 does: it would be tried first."
    if pin in account or (len(account) >= 4 and account in pin):
        return "This PIN is in the account number, or the account number in it: it would be tried first."
    return None


def make_pin(account: str) -> str:
    """A random PIN of six digits that :func:`pin_fault` allows."""
    while True:
        pin = "".join(secrets.choice("0123456789") for _ in range(DIGITS))
        if pin_fault(pin, account) is None:
            return pin

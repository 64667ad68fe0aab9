"""Phone numbers: one form for however they are written, and which of them the hotline may ring. Pure: no I/O.

The only importer of ``phonenumbers``.
"""

import logging
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import phonenumbers

log = logging.getLogger(__name__)

_PREMIUM: Final = re.compile(r"\+1(900|976|[2-9][0-9]{2}976)[0-9]+")
"""North America's pay-per-call numbers (area code 900, exchange and area code 976), also those that ``phonenumbers`` does not know."""


@lru_cache(maxsize=1024)
def e164(caller_id: str | None, country: str) -> str | None:
    """The caller ID as an E.164 number, or None when it is absent or is no number that can be dialled from everywhere.

    ``+1 …``, ``1 …``, ``001 …`` and the form used in ``country`` are the same number: ``00`` is what carriers abroad send for ``+``.
    """
    written = caller_id or ""
    for form in (written, "+" + written.strip().removeprefix("00")):
        if (number := _possible(form, country)) is not None or not written.strip().startswith("00"):
            return number
    return None


def _possible(written: str, country: str) -> str | None:
    try:
        number = phonenumbers.parse(written, country)
    except phonenumbers.NumberParseException:
        return None
    if phonenumbers.is_possible_number_with_reason(number) != phonenumbers.ValidationResult.IS_POSSIBLE:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def refusal(phone: str, prefixes: Sequence[str]) -> str | None:
    """Why this number is never dialled, as the end of a sentence; None when it may be. ``prefixes``: allowed beginnings in E.164.

    A possible number is enough, not a "valid" one: a country's new area code must not silence an engineer.
    """
    return _refusal(phone, tuple(prefixes))


@lru_cache(maxsize=4096)
def _refusal(phone: str, prefixes: tuple[str, ...]) -> str | None:
    """Remembered: the same engineers' phones are looked at in each call."""
    try:
        number = phonenumbers.parse(phone)
    except phonenumbers.NumberParseException:
        number = None
    same = number is not None and phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) == phone
    if number is None or not same or not phonenumbers.is_possible_number(number):
        return "is no phone number in the form +18005550100"
    if _PREMIUM.fullmatch(phone) or phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.PREMIUM_RATE:
        return "is a premium-rate number"
    if not phone.startswith(prefixes):
        return f"begins with none of the prefixes that may be dialled ({', '.join(prefixes)}; IVR_DIAL_PREFIXES)"
    return None


def may_be_dialled(phone: str, prefixes: Sequence[str], whose: str) -> bool:
    """Whether this number may be rung; if not, an error in the log says why. ``whose``: as the sentence's subject."""
    why = refusal(phone, prefixes)
    if why is not None:
        log.error("%s is never rung: %s %s", whose, phone, why)
    return why is None

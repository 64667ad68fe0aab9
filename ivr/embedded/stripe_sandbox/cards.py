"""What the bank says to a card number: Stripe's documented test numbers (https://docs.stripe.com/testing).

A number is seen here and nowhere else in the sandbox: what is kept of it is brand, last four digits, expiry, whether a code came,
a keyed fingerprint, and the name of the behaviour that the number stands for.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from ivr.embedded.stripe_sandbox.errors import ApiError, card_error


class Refusal(NamedTuple):
    """How Stripe words a decline."""

    code: str
    decline_code: str | None
    message: str


APPROVED: Final = "approved"
AUTHENTICATE: Final = "authenticate"
ATTACHES_ONLY: Final = "attaches_only"

REFUSALS: Final[Mapping[str, Refusal]] = {
    "generic_decline": Refusal("card_declined", "generic_decline", "Your card was declined."),
    "insufficient_funds": Refusal("card_declined", "insufficient_funds", "Your card has insufficient funds."),
    "expired_card": Refusal("expired_card", None, "Your card has expired."),
    "incorrect_cvc": Refusal("incorrect_cvc", None, "Your card's security code is incorrect."),
    "processing_error": Refusal("processing_error", None, "An error occurred while processing your card. Try again in a little bit."),
    ATTACHES_ONLY: Refusal("card_declined", "generic_decline", "Your card was declined."),
    AUTHENTICATE: Refusal(
        "authentication_required", "authentication_required", "Your card was declined. This transaction requires authentication."
    ),
}
_LIVE: Final = (
    "Your card was declined. Your request was in test mode, but used a non test (live) card."
    " For a list of valid test cards, visit: https://stripe.com/docs/testing."
)
BEHAVIOURS: Final[Mapping[str, str]] = {
    **dict.fromkeys(
        (
            *("4242424242424242", "4000056655665556", "5555555555554444", "2223003122003222", "5200828282828210", "5105105105105100"),
            *("378282246310005", "371449635398431", "6011111111111117", "6011000990139424", "30569309025904", "3056930009020004"),
            *("36227206271667", "3566002020360505", "6200000000000005"),
        ),
        APPROVED,
    ),
    "4000000000000002": "generic_decline",
    "4000000000009995": "insufficient_funds",
    "4000000000000069": "expired_card",
    "4000000000000127": "incorrect_cvc",
    "4000000000000119": "processing_error",
    "4000000000000341": ATTACHES_ONLY,
    "4000002500003155": AUTHENTICATE,
}
TOKENS: Final[Mapping[str, str]] = {
    "pm_card_visa": "4242424242424242",
    "pm_card_mastercard": "5555555555554444",
    "pm_card_amex": "378282246310005",
    "pm_card_chargeDeclined": "4000000000000002",
    "pm_card_chargeDeclinedInsufficientFunds": "4000000000009995",
    "pm_card_chargeDeclinedExpiredCard": "4000000000000069",
    "pm_card_chargeDeclinedIncorrectCvc": "4000000000000127",
    "pm_card_chargeDeclinedProcessingError": "4000000000000119",
    "pm_card_chargeCustomerFail": "4000000000000341",
    "pm_card_authenticationRequiredOnSetup": "4000002500003155",
}
"""PaymentMethods that Stripe keeps ready in test mode, so that no number need be sent."""
_BRANDS: Final = (
    ("amex", r"3[47]"),
    ("diners", r"3(?:0[0-5]|09|[689])"),
    ("jcb", r"35"),
    ("visa", r"4"),
    ("mastercard", r"5[1-5]|2(?:22[1-9]|2[3-9]|[3-6]|7[01]|720)"),
    ("discover", r"6(?:011|4[4-9]|5)"),
    ("unionpay", r"62|81"),
)


def brand(number: str) -> str:
    """Stripe's name of the card's network, ``unknown`` without one."""
    return next((name for name, prefix in _BRANDS if re.match(prefix, number)), "unknown")


def check(card: Mapping[str, Any]) -> str:
    """The behaviour's name. Raises ``ApiError`` (402) for what Stripe does not even send to the bank."""
    number = re.sub(r"[ -]", "", card["number"])
    if fault := _number_fault(number) or _expiry_fault(card["exp_month"], card["exp_year"]) or _code_fault(card.get("cvc"), number):
        raise fault
    behaviour = BEHAVIOURS.get(number)
    if behaviour is None:
        raise card_error(_LIVE, "card_declined", decline_code="test_mode_live_card")
    return behaviour


def _number_fault(number: str) -> ApiError | None:
    if not number.isascii() or not number.isdecimal() or not 12 <= len(number) <= 19:
        return card_error("The card number is not a valid credit card number.", "invalid_number", param="number")
    if not _luhn(number):
        return card_error("Your card number is incorrect.", "incorrect_number", param="number")
    return None


def _expiry_fault(month: int, year: int) -> ApiError | None:
    today = datetime.now(UTC)
    full = year + 2000 if 0 <= year < 100 else year
    if not 1 <= month <= 12:
        return card_error("Your card's expiration month is invalid.", "invalid_expiry_month", param="exp_month")
    if not today.year <= full <= today.year + 50:
        return card_error("Your card's expiration year is invalid.", "invalid_expiry_year", param="exp_year")
    if (full, month) < (today.year, today.month):
        return card_error("Your card's expiration month is invalid.", "invalid_expiry_month", param="exp_month")
    return None


def _code_fault(code: str | None, number: str) -> ApiError | None:
    lengths = (3, 4) if brand(number) == "amex" else (3,)
    if code is None or (code.isascii() and code.isdecimal() and len(code) in lengths):
        return None
    return card_error("Your card's security code is invalid.", "invalid_cvc", param="cvc")


def _luhn(number: str) -> bool:
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(number)))
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0

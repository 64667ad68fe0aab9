"""Stripe's documented test cards, as a caller keys them."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class KeyedCard:
    """What stands on a card: the digits of each field."""

    number: str
    expiry: str = "1239"
    code: str = "123"
    zip: str = "94102"


GOOD: Final = KeyedCard("4242424242424242")
GOOD_MASTERCARD: Final = KeyedCard("5200828282828210")
GOOD_AMEX: Final = KeyedCard("378282246310005", code="1234")
DECLINING: Final = {
    "declined": KeyedCard("4000000000000002"),
    "insufficient_funds": KeyedCard("4000000000009995"),
    "expired_card": KeyedCard("4000000000000069"),
    "incorrect_code": KeyedCard("4000000000000127"),
    "processing_error": KeyedCard("4000000000000119"),
    "authentication_required": KeyedCard("4000002500003155"),
}
"""Reason (as in ``ivr.model.money.Decline``) → the card that is declined for it."""

"""Stripe's objects as ours, and ours as its parameters. Pure; no I/O.

What reads an object raises KeyError, TypeError, AttributeError or ValueError when it is not what Stripe documents.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from ivr.card import Card
from ivr.errors import StripeRefused
from ivr.model.money import Hold, Intent, IntentStatus

Parameters = Any
"""Nested dicts; the library's own types of them differ from method to method and leave card numbers out."""


def creation(hold: Hold) -> Parameters:
    """An intent of the hold's amount, to be captured later, that bears the hold's id."""
    return {
        "amount": hold.amount_cents,
        "currency": hold.currency.lower(),
        "capture_method": "manual",
        "allowed_payment_method_types": ["card"],
        "metadata": {"hold": str(hold.id), "incident": str(hold.incident_id), "installation": str(hold.installation)},
    }


def confirmation(card: Card, *, moto: bool) -> Parameters:
    """``card`` for a confirmation that fails where the bank wants a person at a screen. Never keep it: a traceback might show it."""
    return {
        "payment_method_data": {
            "type": "card",
            "card": {"number": card.number, "exp_month": card.month, "exp_year": card.year, "cvc": card.code},
            **({"billing_details": {"address": {"postal_code": card.zip}}} if card.zip else {}),
        },
        "error_on_requires_action": True,
        **({"payment_method_options": {"card": {"moto": True}}} if moto else {}),
    }


def refunding(intent_id: str, cents: int, key: str) -> Parameters:
    """A refund that can be found again by its ``key``."""
    return {"payment_intent": intent_id, "amount": cents, "metadata": {"refund": key}}


def intent(found: Mapping[str, Any]) -> Intent:
    """A PaymentIntent; what was given back of it is known only when its charge was asked for too (``expand``)."""
    metadata = found.get("metadata") or {}
    return Intent(
        id=found["id"],
        status=IntentStatus(found["status"]),
        amount_cents=found["amount"],
        captured_cents=found["amount_received"],
        currency=found["currency"].upper(),
        hold_id=_uuid(metadata.get("hold")),
        created_at=datetime.fromtimestamp(found["created"], UTC),
        refunded_cents=_given_back(found.get("latest_charge")),
        installation=_uuid(metadata.get("installation")),
    )


def _given_back(charge: object) -> int:
    """Cents refunded of what was captured. Stripe counts the rest that was never captured as refunded too."""
    if not isinstance(charge, Mapping):
        return 0
    return int(max(0, charge["amount_refunded"] - (charge["amount"] - charge["amount_captured"])))


def refund_id(found: Mapping[str, Any]) -> str:
    """A refund's id. Raises StripeRefused when the money does not go back."""
    if found["status"] in ("failed", "canceled"):
        raise StripeRefused(f"{found['id']} {found['status']}: the money does not go back.")
    return str(found["id"])


def refund_with(key: str, refunds: Iterable[Mapping[str, Any]]) -> str | None:
    """The id of the refund made under ``key``, None when there is none."""
    return next((refund_id(found) for found in refunds if (found.get("metadata") or {}).get("refund") == key), None)


def event(found: Mapping[str, Any]) -> tuple[str, str, str | None]:
    """An event's id, its kind and the intent that it is about, None when it is about none."""
    about = found["data"]["object"]
    intent_id = about["id"] if about.get("object") == "payment_intent" else about.get("payment_intent")
    return _word(found["id"]), _word(found["type"]), intent_id if isinstance(intent_id, str) else None


def _word(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError("not a word")
    return value


def _uuid(text: str | None) -> UUID | None:
    """None for what others wrote there."""
    try:
        return UUID(text) if text else None
    except ValueError:
        return None

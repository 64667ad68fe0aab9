"""What Stripe's answers mean to us: errors by status, type and code, never by their text. Pure; no I/O."""

from collections.abc import Mapping
from typing import Final

from ivr.errors import CardDeclined, StripeRefused
from ivr.model.money import Decline, Intent, IntentStatus
from ivr.stripe_retry import LookFirst, SameKeyAgain

_DECLINES: Final[Mapping[str, Decline]] = {
    "incorrect_cvc": Decline.INCORRECT_CODE,
    "invalid_cvc": Decline.INCORRECT_CODE,
    "expired_card": Decline.EXPIRED_CARD,
    "invalid_expiry_month": Decline.EXPIRED_CARD,
    "invalid_expiry_year": Decline.EXPIRED_CARD,
    "incorrect_number": Decline.INCORRECT_NUMBER,
    "invalid_number": Decline.INCORRECT_NUMBER,
    "processing_error": Decline.PROCESSING_ERROR,
    "try_again_later": Decline.PROCESSING_ERROR,
    "issuer_not_available": Decline.PROCESSING_ERROR,
    "reenter_transaction": Decline.PROCESSING_ERROR,
    "insufficient_funds": Decline.INSUFFICIENT_FUNDS,
    "withdrawal_count_limit_exceeded": Decline.INSUFFICIENT_FUNDS,
    "card_velocity_exceeded": Decline.INSUFFICIENT_FUNDS,
    "authentication_required": Decline.AUTHENTICATION_REQUIRED,
    "authentication_not_handled": Decline.AUTHENTICATION_REQUIRED,
    "payment_intent_authentication_failure": Decline.AUTHENTICATION_REQUIRED,
}
"""Stripe's error and decline codes (docs.stripe.com/error-codes, docs.stripe.com/declines/codes); any other is DECLINED."""

_OTHER_STATE: Final = frozenset({"payment_intent_unexpected_state", "charge_already_captured"})
_BUSY: Final = frozenset({"rate_limit", "lock_timeout", "idempotency_key_in_use"})


def decline(code: str | None, decline_code: str | None) -> Decline:
    """Why the card was not accepted; the issuer's own reason says more than Stripe's code."""
    for reason in (decline_code, code):
        if reason and reason in _DECLINES:
            return _DECLINES[reason]
    return Decline.DECLINED


def failure(status: int | None, error: Mapping[str, object], headers: Mapping[str, str]) -> Exception:
    """What to raise for an answer that is no success; ``status`` None is no answer, ``error`` Stripe's error object.

    SameKeyAgain or LookFirst while the outcome is open, CardDeclined or StripeRefused when it is not.
    """
    kind, code, decline_code, param = (_text(error.get(name)) for name in ("type", "code", "decline_code", "param"))
    words = " ".join(str(word) for word in (status, kind, code, param, headers.get("request-id")) if word)
    if status is None or status in (409, 429) or code in _BUSY:
        return SameKeyAgain(words or "no answer")
    if kind == "card_error":
        return CardDeclined(decline(code, decline_code))
    if code in _OTHER_STATE or not 400 <= status < 500:
        return LookFirst(words, replayed=headers.get("idempotent-replayed") == "true")
    return StripeRefused(f"Stripe refused the request: {words}")


def held(intent: Intent) -> Intent | None:
    """``intent`` once its amount is held; None while a card may be sent. Raises CardDeclined, LookFirst, StripeRefused (canceled)."""
    match intent.status:
        case IntentStatus.REQUIRES_CAPTURE | IntentStatus.SUCCEEDED:
            return intent
        case IntentStatus.REQUIRES_ACTION:
            raise CardDeclined(Decline.AUTHENTICATION_REQUIRED)
        case IntentStatus.CANCELED:
            raise StripeRefused(f"{intent.id} was canceled: no card can be charged on it.")
    _look_again_if_processing(intent)
    return None


def captured(intent: Intent, cents: int) -> Intent | None:
    """``intent`` once exactly ``cents`` are captured, None while they may be. Raises LookFirst, StripeRefused (anything else)."""
    if intent.status is IntentStatus.SUCCEEDED and intent.captured_cents == cents:
        return intent
    if intent.status not in (IntentStatus.REQUIRES_CAPTURE, IntentStatus.PROCESSING):
        raise StripeRefused(f"{intent.id} is {intent.status} with {intent.captured_cents} captured: {cents} can't be captured of it.")
    _look_again_if_processing(intent)
    return None


def canceled(intent: Intent) -> Intent | None:
    """``intent`` once it is canceled, None while it may be. Raises LookFirst, StripeRefused (captured already)."""
    if intent.status is IntentStatus.CANCELED:
        return intent
    if intent.status is IntentStatus.SUCCEEDED:
        raise StripeRefused(f"{intent.id} is captured: it can't be canceled any more.")
    _look_again_if_processing(intent)
    return None


def _look_again_if_processing(intent: Intent) -> None:
    if intent.status is IntentStatus.PROCESSING:
        raise LookFirst(f"{intent.id} is being processed")


def _text(value: object) -> str | None:
    """Stripe's names are short words; nothing else is shown."""
    return value if isinstance(value, str) and len(value) <= 100 else None

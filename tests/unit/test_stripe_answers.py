"""What Stripe's errors and statuses mean, code by code."""

from datetime import UTC, datetime

import pytest

from ivr.errors import CardDeclined, StripeRefused
from ivr.model.money import Decline, Intent, IntentStatus
from ivr.stripe_answers import canceled, captured, decline, failure, held
from ivr.stripe_retry import LookFirst, SameKeyAgain


@pytest.mark.parametrize(
    ("code", "decline_code", "reason"),
    [
        ("incorrect_cvc", None, Decline.INCORRECT_CODE),
        ("card_declined", "incorrect_cvc", Decline.INCORRECT_CODE),
        ("invalid_cvc", None, Decline.INCORRECT_CODE),
        ("expired_card", "expired_card", Decline.EXPIRED_CARD),
        ("invalid_expiry_month", None, Decline.EXPIRED_CARD),
        ("invalid_expiry_year", None, Decline.EXPIRED_CARD),
        ("incorrect_number", None, Decline.INCORRECT_NUMBER),
        ("invalid_number", None, Decline.INCORRECT_NUMBER),
        ("processing_error", None, Decline.PROCESSING_ERROR),
        ("card_declined", "try_again_later", Decline.PROCESSING_ERROR),
        ("card_declined", "insufficient_funds", Decline.INSUFFICIENT_FUNDS),
        ("card_declined", "withdrawal_count_limit_exceeded", Decline.INSUFFICIENT_FUNDS),
        ("card_declined", "authentication_required", Decline.AUTHENTICATION_REQUIRED),
        ("authentication_required", None, Decline.AUTHENTICATION_REQUIRED),
        ("incorrect_zip", None, Decline.DECLINED),
        ("card_declined", "incorrect_zip", Decline.DECLINED),
        ("card_declined", "generic_decline", Decline.DECLINED),
        ("card_declined", "stolen_card", Decline.DECLINED),
        ("card_declined", None, Decline.DECLINED),
        ("not yet invented", "nor this", Decline.DECLINED),
        (None, None, Decline.DECLINED),
    ],
)
def test_each_code_has_its_reason(code: str | None, decline_code: str | None, reason: Decline) -> None:
    """The issuer's code before Stripe's. A stolen card is merely declined: the caller is not told more."""
    found = failure(402, {"type": "card_error", "code": code, "decline_code": decline_code}, {})
    assert isinstance(found, CardDeclined)
    assert found.decline is decline(code, decline_code) is reason


@pytest.mark.parametrize(
    ("status", "kind", "code", "meaning"),
    [
        (None, None, None, SameKeyAgain),
        (409, "invalid_request_error", "idempotency_key_in_use", SameKeyAgain),
        (409, "idempotency_error", "idempotency_key_in_use", SameKeyAgain),
        (429, "invalid_request_error", "rate_limit", SameKeyAgain),
        (429, "invalid_request_error", "lock_timeout", SameKeyAgain),
        (400, "invalid_request_error", "rate_limit", SameKeyAgain),
        (500, "api_error", None, LookFirst),
        (503, None, None, LookFirst),
        (301, None, None, LookFirst),
        (200, None, None, LookFirst),
        (0, None, None, LookFirst),
        (400, "invalid_request_error", "payment_intent_unexpected_state", LookFirst),
        (400, "idempotency_error", None, StripeRefused),
        (400, "invalid_request_error", "parameter_unknown", StripeRefused),
        (401, "invalid_request_error", None, StripeRefused),
        (402, "invalid_request_error", None, StripeRefused),
        (403, "invalid_request_error", None, StripeRefused),
        (404, "invalid_request_error", "resource_missing", StripeRefused),
        (402, "card_error", "card_declined", CardDeclined),
        (400, "card_error", "incorrect_number", CardDeclined),
    ],
)
def test_each_error_is_open_or_final(status: int | None, kind: str | None, code: str | None, meaning: type[Exception]) -> None:
    """Open: the same key, or a look first. Final: the card's fault, or ours."""
    assert type(failure(status, {"type": kind, "code": code}, {})) is meaning


def test_a_replayed_error_is_known_as_such() -> None:
    """Its key is burnt."""
    replayed = failure(500, {}, {"idempotent-replayed": "true"})
    fresh = failure(500, {}, {})
    assert isinstance(replayed, LookFirst)
    assert isinstance(fresh, LookFirst)
    assert (replayed.replayed, fresh.replayed) == (True, False)


def test_no_text_of_stripes_is_repeated() -> None:
    """It might quote what was sent. Codes, parameter and the request's id are enough to look it up."""
    error = {"type": "invalid_request_error", "code": "parameter_invalid", "param": "card[number]", "message": "4242424242424242 is odd"}
    text = str(failure(400, error | {"doc_url": "https://4242"}, {"request-id": "req_7"}))
    assert text == "Stripe refused the request: 400 invalid_request_error parameter_invalid card[number] req_7"
    assert "4242" not in str(failure(400, {"type": ["4242"], "code": {"4242": 1}, "param": "4242" * 99}, {}))


def an_intent(status: IntentStatus, captured_cents: int = 0) -> Intent:
    """15,000 cents."""
    return Intent("pi_1", status, 15_000, captured_cents, "USD", None, datetime.now(UTC))


S = IntentStatus
DONE, NOT_YET = "done", "not yet"


@pytest.mark.parametrize(
    ("status", "hold", "capture", "cancel"),
    [
        (S.REQUIRES_PAYMENT_METHOD, NOT_YET, StripeRefused, NOT_YET),
        (S.REQUIRES_CONFIRMATION, NOT_YET, StripeRefused, NOT_YET),
        (S.REQUIRES_ACTION, CardDeclined, StripeRefused, NOT_YET),
        (S.PROCESSING, LookFirst, LookFirst, LookFirst),
        (S.REQUIRES_CAPTURE, DONE, NOT_YET, NOT_YET),
        (S.SUCCEEDED, DONE, DONE, StripeRefused),
        (S.CANCELED, StripeRefused, StripeRefused, DONE),
    ],
)
def test_each_status_is_done_not_yet_or_never(status: IntentStatus, hold: object, capture: object, cancel: object) -> None:
    """For a hold, a capture of 7,500 and a release."""
    intent = an_intent(status, 7_500 if status is S.SUCCEEDED else 0)
    for judge, expected in ((held, hold), (lambda intent: captured(intent, 7_500), capture), (canceled, cancel)):
        if isinstance(expected, type):
            with pytest.raises(expected):
                judge(intent)
        else:
            assert judge(intent) == (intent if expected is DONE else None)


def test_another_sum_is_not_done() -> None:
    """One cent more or less was never asked for."""
    for cents in (7_499, 7_501):
        with pytest.raises(StripeRefused):
            captured(an_intent(S.SUCCEEDED, cents), 7_500)

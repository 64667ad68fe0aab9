"""What each call of the gateway does when nothing is in its way."""

import logging
from datetime import UTC, datetime, timedelta

import pytest

from ivr.embedded.stripe_sandbox import SandboxControl
from ivr.errors import SetupError, StripeRefused
from ivr.model.money import Hold, IntentStatus
from ivr.stripe_gateway import StripeGateway
from tests.integration.gateway.account import a_card, a_gateway, a_hold, held, the_only


def test_a_hold_is_created_confirmed_and_captured_in_part(gateway: StripeGateway, sandbox: SandboxControl) -> None:
    """The whole way of the money, each step as Stripe then says it stands."""
    hold = a_hold()
    created = gateway.create(hold)
    assert (created.status, created.amount_cents, created.currency) == (IntentStatus.REQUIRES_PAYMENT_METHOD, 15_000, "USD")
    assert created.hold_id == hold.id
    assert abs(created.created_at - datetime.now(UTC)) < timedelta(seconds=5)
    confirmed = gateway.confirm(created.id, a_card(), key=f"{hold.id}-attempt-1")
    assert (confirmed.id, confirmed.status, confirmed.captured_cents) == (created.id, IntentStatus.REQUIRES_CAPTURE, 0)
    done = gateway.capture(created.id, 7_500, key=f"{hold.id}-capture")
    assert (done.status, done.captured_cents) == (IntentStatus.SUCCEEDED, 7_500)
    assert gateway.retrieve(created.id) == done
    metadata = the_only(sandbox)["metadata"]
    assert metadata == {"hold": str(hold.id), "incident": "7", "installation": str(hold.installation)}


def test_the_intent_is_created_without_card_and_unconfirmed(gateway: StripeGateway, sandbox: SandboxControl) -> None:
    """Rule 3: nothing is held before the row knows the intent."""
    gateway.create(a_hold())
    intent = the_only(sandbox)
    assert intent["payment_method"] is None
    assert intent["capture_method"] == "manual"
    assert [request["path"] for request in sandbox.requests() if request["path"].startswith("/v1")][:1] == ["/v1/payment_intents"]


def test_a_canceled_hold_is_released(gateway: StripeGateway, sandbox: SandboxControl) -> None:
    """From before the card, after it, and again."""
    unused = gateway.create(a_hold())
    used = held(gateway)
    for intent in (unused, used, used):
        assert gateway.cancel(intent.id, key=f"{intent.hold_id}-cancel").status is IntentStatus.CANCELED
    assert {intent["status"] for intent in sandbox.intents()} == {"canceled"}


def test_done_already_is_done(gateway: StripeGateway, sandbox: SandboxControl) -> None:
    """Capture, cancel and confirm return what stands, also under another key, as after a key was forgotten."""
    taken, freed = held(gateway), held(gateway)
    for key in ("one", "two"):
        assert gateway.capture(taken.id, 5_000, key=f"{taken.hold_id}-{key}").captured_cents == 5_000
        assert gateway.cancel(freed.id, key=f"{freed.hold_id}-{key}").status is IntentStatus.CANCELED
    open_still = held(gateway)
    assert gateway.confirm(open_still.id, a_card(), key="another").status is IntentStatus.REQUIRES_CAPTURE
    assert sorted(intent["amount_received"] for intent in sandbox.intents()) == [0, 0, 5_000]


def test_what_is_settled_otherwise_is_refused(gateway: StripeGateway) -> None:
    """Another sum, a release after a capture, a capture after a release, a card after either: never done twice, never silently."""
    taken, freed = held(gateway), held(gateway)
    gateway.capture(taken.id, 5_000, key="a")
    gateway.cancel(freed.id, key="b")
    with pytest.raises(StripeRefused):
        gateway.capture(taken.id, 5_001, key="c")
    with pytest.raises(StripeRefused):
        gateway.cancel(taken.id, key="d")
    with pytest.raises(StripeRefused):
        gateway.capture(freed.id, 5_000, key="e")
    with pytest.raises(StripeRefused):
        gateway.confirm(freed.id, a_card(), key="f")
    with pytest.raises(StripeRefused):
        gateway.capture(gateway.create(a_hold()).id, 5_000, key="g")
    with pytest.raises(StripeRefused):
        gateway.capture(held(gateway).id, 15_001, key="h")


def test_an_expired_hold_is_refused(gateway: StripeGateway, sandbox: SandboxControl) -> None:
    """Fault 20: the gateway says so; the intent then reads as canceled."""
    intent = held(gateway)
    sandbox.expire(intent.id)
    with pytest.raises(StripeRefused):
        gateway.capture(intent.id, 5_000, key=f"{intent.hold_id}-capture")
    assert gateway.retrieve(intent.id).status is IntentStatus.CANCELED


def test_refunds(gateway: StripeGateway) -> None:
    """A refund has an id; the same key gives it again; more than was captured is refused."""
    intent = held(gateway)
    gateway.capture(intent.id, 5_000, key="capture")
    first = gateway.refund(intent.id, 2_000, key="refund-1")
    assert first.startswith("re_")
    assert gateway.refund(intent.id, 2_000, key="refund-1") == first
    assert gateway.refunded(intent.id, key="refund-1") == first
    assert gateway.refunded(intent.id, key="refund-2") is None
    assert gateway.refund(intent.id, 2_000, key="refund-2") != first
    assert gateway.retrieve(intent.id).refunded_cents == 4_000
    with pytest.raises(StripeRefused):
        gateway.refund(intent.id, 2_000, key="refund-3")


def test_all_intents_are_listed_over_many_pages(gateway: StripeGateway, monkeypatch: pytest.MonkeyPatch) -> None:
    """Newest first, each once, none older than asked for, others' too."""
    monkeypatch.setattr("ivr.stripe_gateway._PAGE", 3)
    holds = [a_hold() for _ in range(7)]
    for hold in holds:
        gateway.create(hold)
    listed = list(gateway.intents(datetime.now(UTC) - timedelta(minutes=1)))
    assert [intent.hold_id for intent in listed] == [hold.id for hold in reversed(holds)]
    assert list(gateway.intents(datetime.now(UTC) + timedelta(minutes=1))) == []


def test_the_same_key_with_another_amount_is_refused_and_an_alarm(
    gateway: StripeGateway, sandbox: SandboxControl, caplog: pytest.LogCaptureFixture
) -> None:
    """Fault 17: nothing is done, somebody is told."""
    hold = a_hold()
    gateway.create(hold)
    other = Hold(**{name: getattr(hold, name) for name in Hold.__slots__} | {"amount_cents": 99_00})
    with caplog.at_level(logging.ERROR), pytest.raises(StripeRefused, match="idempotency_error"):
        gateway.create(other)
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert the_only(sandbox)["amount"] == 15_000


def test_a_wrong_key_is_refused_and_an_alarm(sandbox: SandboxControl, caplog: pytest.LogCaptureFixture) -> None:
    """The account's key was revoked: no reason to try again."""
    gateway = a_gateway(sandbox.url, stripe_key="sk_test_wrong")
    with caplog.at_level(logging.ERROR), pytest.raises(StripeRefused, match="401"):
        gateway.create(a_hold())
    assert "sk_test_wrong" not in caplog.text
    assert len([request for request in sandbox.requests() if request["path"].startswith("/v1")]) == 1
    gateway.close()


def test_without_a_key_it_says_what_to_set(sandbox: SandboxControl) -> None:
    """Not before it is used: a hotline without Stripe connects people too."""
    gateway = a_gateway(sandbox.url, stripe_key=None)
    with pytest.raises(SetupError, match="IVR_STRIPE_KEY"):
        gateway.create(a_hold())
    gateway.close()

"""Lost answers, errors and limits: after each exactly one intent, in the right status, with the right sum."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from time import monotonic

import pytest

from ivr import stripe_wire
from ivr.embedded.stripe_sandbox import SandboxControl
from ivr.errors import StripeRefused, StripeUnavailable
from ivr.model.money import IntentStatus
from ivr.stripe_gateway import StripeGateway
from tests.integration.gateway.account import ANY_CONFIRM, FAULTS, a_card, a_gateway, a_hold, held, sent, the_only


@pytest.mark.parametrize("fault", FAULTS)
def test_a_struck_creation_leaves_one_intent(gateway: StripeGateway, sandbox: SandboxControl, fault: str) -> None:
    """Whether it was struck before or after the commit."""
    sandbox.faults(fault, "/v1/payment_intents", method="POST")
    hold = a_hold()
    created = gateway.create(hold)
    assert created.id == the_only(sandbox)["id"]
    assert gateway.create(hold) == created


@pytest.mark.parametrize("fault", FAULTS)
def test_a_struck_confirmation_holds_once(gateway: StripeGateway, sandbox: SandboxControl, fault: str) -> None:
    """And is never sent under a new key while the first may have held."""
    created = gateway.create(a_hold())
    sandbox.faults(fault, ANY_CONFIRM)
    assert gateway.confirm(created.id, a_card(), key="attempt").status is IntentStatus.REQUIRES_CAPTURE
    assert the_only(sandbox)["amount_capturable"] == 15_000
    keys = {"500": ["attempt", "attempt-again-1"], "500_after": ["attempt"]}
    assert sent(sandbox, "/confirm") == keys.get(fault, ["attempt", "attempt"])


@pytest.mark.parametrize("fault", FAULTS)
def test_a_struck_capture_takes_once(gateway: StripeGateway, sandbox: SandboxControl, fault: str) -> None:
    """Exactly what was asked for."""
    intent = held(gateway)
    sandbox.faults(fault, "/v1/payment_intents/*/capture")
    assert gateway.capture(intent.id, 7_500, key="capture").captured_cents == 7_500
    found = the_only(sandbox)
    assert (found["status"], found["amount_received"]) == ("succeeded", 7_500)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_struck_cancellation_releases(gateway: StripeGateway, sandbox: SandboxControl, fault: str) -> None:
    """Once."""
    intent = held(gateway)
    sandbox.faults(fault, "/v1/payment_intents/*/cancel")
    assert gateway.cancel(intent.id, key="cancel").status is IntentStatus.CANCELED
    assert the_only(sandbox)["status"] == "canceled"


@pytest.mark.parametrize("fault", FAULTS)
def test_a_struck_refund_goes_back_once(gateway: StripeGateway, sandbox: SandboxControl, fault: str) -> None:
    """Two refunds of the half would empty it: the third is refused."""
    intent = held(gateway)
    gateway.capture(intent.id, 6_000, key="capture")
    sandbox.faults(fault, "/v1/refunds", method="POST")
    first = gateway.refund(intent.id, 3_000, key="refund-1")
    assert gateway.refund(intent.id, 3_000, key="refund-1") == first
    gateway.refund(intent.id, 3_000, key="refund-2")
    with pytest.raises(StripeRefused):
        gateway.refund(intent.id, 50, key="refund-3")


@pytest.mark.parametrize("fault", ["500", "429", "cut_before", "cut_after"])
def test_reading_is_repeated(gateway: StripeGateway, sandbox: SandboxControl, fault: str) -> None:
    """Nothing can go wrong by it."""
    created = gateway.create(a_hold())
    sandbox.faults(fault, "/v1/payment_intents*", method="GET", times=2)
    assert gateway.retrieve(created.id) == created
    sandbox.faults(fault, "/v1/payment_intents*", method="GET", times=2)
    assert list(gateway.intents(datetime.now(UTC) - timedelta(minutes=1))) == [created]


def test_an_answer_later_than_our_patience_is_fetched_by_the_same_key(
    gateway: StripeGateway, sandbox: SandboxControl, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fault 13, within one call: Stripe commits, we hear nothing, the same key hears it."""
    monkeypatch.setattr(stripe_wire, "READ_SECONDS", 0.3)
    created = gateway.create(a_hold())
    sandbox.faults("delay_after", ANY_CONFIRM, seconds=1.0)
    assert gateway.confirm(created.id, a_card(), key="attempt").status is IntentStatus.REQUIRES_CAPTURE
    assert the_only(sandbox)["amount_capturable"] == 15_000
    assert set(sent(sandbox, "/confirm")) == {"attempt"}
    assert len(sent(sandbox, "/confirm")) > 1


@pytest.mark.parametrize("fault", ["delay", "delay_after"])
def test_an_answer_later_than_the_deadline_is_found_afterwards(sandbox: SandboxControl, fault: str) -> None:
    """Fault 13, over two calls: unavailable first, then the same key finds the one hold, whenever Stripe committed."""
    impatient, patient = a_gateway(sandbox.url, stripe_seconds=0.5), a_gateway(sandbox.url)
    created = patient.create(a_hold())
    sandbox.faults(fault, ANY_CONFIRM, seconds=1.0)
    with pytest.raises(StripeUnavailable):
        impatient.confirm(created.id, a_card(), key="attempt")
    assert patient.confirm(created.id, a_card(), key="attempt").status is IntentStatus.REQUIRES_CAPTURE
    assert the_only(sandbox)["amount_capturable"] == 15_000
    impatient.close()
    patient.close()


def test_burnt_keys_cost_no_patience(gateway: StripeGateway, sandbox: SandboxControl) -> None:
    """Each of a worker's retries begins with the first key again, which replays its 500: those are passed over without waiting."""
    intent = held(gateway)
    sandbox.faults("500", "/v1/payment_intents/*/capture", times=999)
    impatient = a_gateway(sandbox.url, stripe_seconds=1.0)
    burning = a_gateway(sandbox.url, stripe_seconds=4.0)
    with pytest.raises(StripeUnavailable):
        burning.capture(intent.id, 5_000, key="capture")
    burnt = len(set(sent(sandbox, "/capture")))
    assert burnt >= 5  # with their pauses more than 1.5 s
    sandbox.clear_faults()
    assert impatient.capture(intent.id, 5_000, key="capture").captured_cents == 5_000
    assert sent(sandbox, "/capture")[-1] == f"capture-again-{burnt}"
    burning.close()
    impatient.close()


def test_fifty_confirmations_at_once(gateway: StripeGateway, sandbox: SandboxControl) -> None:
    """None fails, none waits for another's bank, each holds once."""
    sandbox.account(confirm_seconds=0.5)
    created = [gateway.create(a_hold()) for _ in range(50)]
    start = monotonic()
    with ThreadPoolExecutor(50) as callers:
        done = list(callers.map(lambda intent: gateway.confirm(intent.id, a_card(), key=f"{intent.hold_id}-attempt-1"), created))
    assert monotonic() - start < 5
    assert {intent.status for intent in done} == {IntentStatus.REQUIRES_CAPTURE}
    assert sum(intent["amount_capturable"] for intent in sandbox.intents()) == 50 * 15_000


def test_two_at_once_settle_once(gateway: StripeGateway, sandbox: SandboxControl) -> None:
    """Two settlers with the same key and sum: both hear that it is done, one capture."""
    intent = held(gateway)
    sandbox.faults("delay", "/v1/payment_intents/*/capture", seconds=0.3)
    with ThreadPoolExecutor(8) as settlers:
        done = list(settlers.map(lambda _: gateway.capture(intent.id, 7_500, key="capture"), range(8)))
    assert {found.captured_cents for found in done} == {7_500}
    assert the_only(sandbox)["amount_received"] == 7_500

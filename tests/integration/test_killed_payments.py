"""What a killed process leaves: each line of the caller's way to a hold, with the next one missing."""

from uuid import uuid4

import pytest

from ivr.audit import audit
from ivr.embedded.stripe_sandbox import SandboxControl
from ivr.errors import IllegalChange, StripeRefused
from ivr.holds import authorise, learn, open_hold, resume
from ivr.model.incident import Cover, EndReason
from ivr.model.money import Hold, HoldStatus, IntentStatus
from ivr.settlement import settle
from ivr.store import Store
from ivr.stripe_gateway import StripeGateway
from tests.integration.paying import card, consented, held, intent_of, opened, statuses, talked


def test_killed_before_stripe_was_asked(store: Store, gateway: StripeGateway) -> None:
    """A row without a payment: the settlement makes it, knows its id, and cancels it."""
    incident = consented(store)
    hold = store.open_hold(uuid4(), incident.id, minutes=30, amount_cents=7500, currency="USD")
    store.end_incident(incident.id, EndReason.ABANDONED)
    settle(store, gateway, incident.id)
    assert intent_of(gateway, store.hold(hold.id)) == (IntentStatus.CANCELED, 0)
    assert statuses(store, incident.id) == [HoldStatus.RELEASED]
    assert audit(store, gateway) == []


def test_killed_before_the_payments_id_was_written(store: Store, gateway: StripeGateway) -> None:
    """The same key finds the same payment: there is never a second one."""
    incident = consented(store)
    hold = store.open_hold(uuid4(), incident.id, minutes=30, amount_cents=7500, currency="USD")
    lost = gateway.create(hold)
    store.end_incident(incident.id, EndReason.ABANDONED)
    settle(store, gateway, incident.id)
    assert store.hold(hold.id).intent_id == lost.id
    assert statuses(store, incident.id) == [HoldStatus.RELEASED]
    assert audit(store, gateway) == []


def test_what_stripe_refuses_to_make_is_released_with_an_alarm(
    store: Store, gateway: StripeGateway, sandbox: SandboxControl, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """No card was ever sent for it, so nothing can be held; the row does not wait for ever."""
    incident = consented(store)
    hold = store.open_hold(uuid4(), incident.id, minutes=30, amount_cents=10, currency="USD")  # under Stripe's minimum
    with pytest.raises(StripeRefused):
        gateway.create(hold)
    store.end_incident(incident.id, EndReason.ABANDONED)
    settle(store, gateway, incident.id)
    assert statuses(store, incident.id) == [HoldStatus.RELEASED]
    assert "never came to be" in caplog.text
    assert audit(store, gateway) == []


def killed_while_confirming(store: Store, gateway: StripeGateway, number: str | None) -> Hold:
    """The card's row is written; ``number`` reached Stripe, or (None) nothing did."""
    hold = opened(store, gateway, consented(store).id)
    store.try_card(hold.id, 1, brand="visa", last4="4242")
    if number is not None:
        gateway.confirm(hold.intent_id or "", card(number), key=f"{hold.id}-attempt-1")
    return store.hold(hold.id)


def test_killed_after_stripe_took_the_hold(store: Store, gateway: StripeGateway) -> None:
    """Fault 4: exactly one hold is found, by the next script, a webhook or the reconciler; asked again, nothing is doubled."""
    hold = killed_while_confirming(store, gateway, card().number)
    found = resume(store, gateway, hold.incident_id)
    assert found is not None
    assert (found.id, found.status) == (hold.id, HoldStatus.HELD)
    assert resume(store, gateway, hold.incident_id) == found
    assert learn(store, gateway, hold) == found
    assert store.incident(hold.incident_id).seconds_left == 1800
    assert audit(store, gateway) == []


def test_killed_after_stripe_took_the_hold_and_nobody_comes_back(store: Store, gateway: StripeGateway) -> None:
    """The caller is gone: it is released."""
    hold = killed_while_confirming(store, gateway, card().number)
    assert [difference.what for difference in audit(store, gateway)] == ["status"]
    store.end_incident(hold.incident_id, EndReason.ABANDONED)
    settle(store, gateway, hold.incident_id)
    assert intent_of(gateway, hold) == (IntentStatus.CANCELED, 0)
    assert audit(store, gateway) == []


def test_killed_before_the_card_went_out(store: Store, gateway: StripeGateway) -> None:
    """Stripe knows of no card: the payment is cancelled, so that a late answer holds nothing, and another hold takes the next card."""
    hold = killed_while_confirming(store, gateway, None)
    assert resume(store, gateway, hold.incident_id) is None
    assert statuses(store, hold.incident_id) == [HoldStatus.CREATED]
    assert intent_of(gateway, hold) == (IntentStatus.CANCELED, 0)
    second = held(store, gateway, hold.incident_id)
    talked(store, hold.incident_id, 1000.0)
    settle(store, gateway, hold.incident_id)
    assert statuses(store, hold.incident_id) == [HoldStatus.RELEASED, HoldStatus.CAPTURED]
    assert store.hold(second.id).capture_cents == 4250
    assert audit(store, gateway) == []


def test_a_caller_who_was_told_that_stripe_was_silent_is_not_charged_after_all(store: Store, gateway: StripeGateway) -> None:
    """Connected unpaid: the hold that Stripe did take is not taken up in the middle of the talk, it is released, and the debt stands."""
    hold = killed_while_confirming(store, gateway, card().number)
    store.covered(hold.incident_id, Cover.UNPAID)
    assert learn(store, gateway, hold).status is HoldStatus.CONFIRMING
    talked(store, hold.incident_id, 1000.0)
    settle(store, gateway, hold.incident_id)
    assert intent_of(gateway, hold) == (IntentStatus.CANCELED, 0)
    assert [(debt.cents, debt.reason) for debt in store.debts()] == [(4250, "unpaid")]


def test_an_incident_that_has_ended_takes_no_hold_and_no_card(store: Store, gateway: StripeGateway) -> None:
    """Whoever comes late with a card finds nothing to confirm."""
    incident = consented(store)
    hold = opened(store, gateway, incident.id)
    store.end_incident(incident.id, EndReason.ABANDONED)
    with pytest.raises(IllegalChange):
        authorise(store, gateway, hold, card())
    with pytest.raises(IllegalChange):
        open_hold(store, gateway, incident.id, minutes=30, rate=store.rate_of(incident.id))
    settle(store, gateway, incident.id)
    with pytest.raises(IllegalChange):
        authorise(store, gateway, hold, card())
    assert intent_of(gateway, hold) == (IntentStatus.CANCELED, 0)

"""Stripe gave a held amount back before it was captured (fault 20): an alarm, and a debt of what was used."""

import logging

import pytest

from ivr.audit import audit
from ivr.embedded.stripe_sandbox import SandboxControl
from ivr.holds import learn
from ivr.model.incident import EndReason
from ivr.model.money import HoldStatus
from ivr.settlement import settle
from ivr.store import Store
from ivr.stripe_gateway import StripeGateway
from tests.integration.paying import consented, held, intent_of, prepaid, statuses, talked


def test_a_hold_that_lapsed_is_an_alarm_and_a_debt(
    store: Store, gateway: StripeGateway, sandbox: SandboxControl, caplog: pytest.LogCaptureFixture
) -> None:
    """Fault 20: Stripe gave the money back before the capture."""
    hold = prepaid(store, gateway)
    talked(store, hold.incident_id, 1000.0)
    sandbox.expire(hold.intent_id or "")
    with caplog.at_level(logging.ERROR):
        settle(store, gateway, hold.incident_id)
    assert "lapsed" in caplog.text
    assert statuses(store, hold.incident_id) == [HoldStatus.EXPIRED]
    assert [(debt.cents, debt.reason) for debt in store.debts()] == [(4250, "hold_expired")]
    assert audit(store, gateway) == []
    settle(store, gateway, hold.incident_id)
    assert len(store.debts()) == 1


@pytest.mark.parametrize("lapsed", [0, 1])
def test_of_two_holds_only_what_lapsed_is_owed(store: Store, gateway: StripeGateway, sandbox: SandboxControl, lapsed: int) -> None:
    """Noticed before the decision, by a webhook: the one that stands is captured, the rest is a debt."""
    incident = consented(store)
    holds = [held(store, gateway, incident.id, 15), held(store, gateway, incident.id, 15)]
    sandbox.expire(holds[lapsed].intent_id or "")
    assert learn(store, gateway, holds[lapsed]).status is HoldStatus.EXPIRED
    talked(store, incident.id, 20 * 60)
    settle(store, gateway, incident.id)
    captured = intent_of(gateway, holds[1 - lapsed])[1]
    assert captured == 3750
    assert [(debt.cents, debt.reason) for debt in store.debts()] == [(5000 - captured, "hold_expired")]


def test_a_lapsed_hold_that_paid_nothing_is_no_debt(store: Store, gateway: StripeGateway, sandbox: SandboxControl) -> None:
    """Nobody was reached, so nothing is owed, whatever became of the hold."""
    hold = prepaid(store, gateway)
    sandbox.expire(hold.intent_id or "")
    learn(store, gateway, hold)
    store.end_incident(hold.incident_id, EndReason.NO_ENGINEER)
    settle(store, gateway, hold.incident_id)
    assert statuses(store, hold.incident_id) == [HoldStatus.EXPIRED]
    assert store.debts() == []

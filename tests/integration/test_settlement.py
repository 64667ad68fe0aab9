"""Holding, deciding, capturing and releasing, on the real PostgreSQL and the sandbox over HTTP."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from ivr.audit import audit
from ivr.embedded.stripe_sandbox import SandboxControl
from ivr.errors import NotYet, StripeUnavailable, UnknownRecord
from ivr.holds import authorise
from ivr.model.incident import Cover, EndReason
from ivr.model.money import Decline, HoldStatus, IntentStatus
from ivr.settlement import decide, settle
from ivr.store import Store
from ivr.stripe_gateway import StripeGateway
from tests.integration.cast import called, kinds
from tests.integration.conftest import Sql
from tests.integration.paying import (
    BLOCK_CENTS,
    DECLINED,
    NO_FUNDS,
    accept,
    card,
    consented,
    held,
    intent_of,
    opened,
    prepaid,
    statuses,
    talked,
    unpaid,
)


@pytest.mark.parametrize(("seconds", "cents"), [(29.9, 0), (30.0, 3750), (899.0, 3750), (901.0, 4000), (1800.0, 7500), (9000.0, 7500)])
def test_what_was_used_is_captured_and_the_rest_released(store: Store, gateway: StripeGateway, seconds: float, cents: int) -> None:
    """Row, Stripe and the decided charge say the same cents; the block is the limit, and under 30 s is free."""
    hold = prepaid(store, gateway)
    talked(store, hold.incident_id, seconds)
    settle(store, gateway, hold.incident_id)
    charge = store.account(hold.incident_id).charge
    assert charge is not None
    assert (charge.cents, store.hold(hold.id).capture_cents) == (cents, cents)
    assert intent_of(gateway, hold) == ((IntentStatus.SUCCEEDED, cents) if cents else (IntentStatus.CANCELED, 0))
    assert statuses(store, hold.incident_id) == [HoldStatus.CAPTURED if cents else HoldStatus.RELEASED]
    assert audit(store, gateway) == []


def test_a_card_is_held_before_anything_else_happens(store: Store, gateway: StripeGateway) -> None:
    """The row says what Stripe says, the incident is prepaid with the block's seconds, and only four digits are kept."""
    hold = prepaid(store, gateway)
    assert (hold.status, hold.amount_cents, hold.tries, hold.card) == (HoldStatus.HELD, BLOCK_CENTS, 1, "visa ****4242")
    assert intent_of(gateway, hold) == (IntentStatus.REQUIRES_CAPTURE, 0)
    incident = store.incident(hold.incident_id)
    assert (incident.cover, incident.seconds_left) == (Cover.PREPAID, 1800)


def test_a_declined_card_may_be_followed_by_another(store: Store, gateway: StripeGateway) -> None:
    """The same hold and the same payment take the next card; each try has its own key."""
    hold = opened(store, gateway, consented(store).id)
    assert authorise(store, gateway, hold, card(DECLINED)) is Decline.DECLINED
    assert authorise(store, gateway, hold, card(NO_FUNDS)) is Decline.INSUFFICIENT_FUNDS
    assert authorise(store, gateway, hold, card()) is None
    assert (store.hold(hold.id).tries, statuses(store, hold.incident_id)) == (3, [HoldStatus.HELD])
    assert audit(store, gateway) == []


@pytest.mark.parametrize("reason", [EndReason.NO_ENGINEER, EndReason.ABANDONED, EndReason.PAYMENT_FAILED])
def test_nobody_reached_is_released(store: Store, gateway: StripeGateway, reason: EndReason) -> None:
    """Nothing is captured before an engineer has accepted."""
    hold = prepaid(store, gateway)
    store.end_incident(hold.incident_id, reason)
    settle(store, gateway, hold.incident_id)
    assert statuses(store, hold.incident_id) == [HoldStatus.RELEASED]
    assert intent_of(gateway, hold) == (IntentStatus.CANCELED, 0)


def test_an_engineer_lost_before_the_minimum_costs_nothing(store: Store, gateway: StripeGateway) -> None:
    """Fourteen minutes of fifteen, and we lost the engineer."""
    hold = prepaid(store, gateway)
    talked(store, hold.incident_id, 840.0, EndReason.ENGINEER_LOST)
    settle(store, gateway, hold.incident_id)
    assert statuses(store, hold.incident_id) == [HoldStatus.RELEASED]


def test_what_is_not_prepaid_is_never_captured(store: Store, gateway: StripeGateway) -> None:
    """A hold stands, but the incident turned out to be our own trunks': it is released in full."""
    hold = prepaid(store, gateway)
    store.covered(hold.incident_id, Cover.TRUNKS)
    talked(store, hold.incident_id, 1200.0)
    settle(store, gateway, hold.incident_id)
    assert statuses(store, hold.incident_id) == [HoldStatus.RELEASED]
    assert store.debts() == []


def test_two_holds_are_captured_oldest_first(store: Store, gateway: StripeGateway) -> None:
    """A bought block and a second one: each at most once, the rest released, and the charge is their sum."""
    incident = consented(store)
    first, second = held(store, gateway, incident.id, 15), held(store, gateway, incident.id, 15)
    talked(store, incident.id, 20 * 60)
    settle(store, gateway, incident.id)
    assert [hold.capture_cents for hold in store.holds(incident.id)] == [3750, 1250]
    assert (intent_of(gateway, first), intent_of(gateway, second)) == ((IntentStatus.SUCCEEDED, 3750), (IntentStatus.SUCCEEDED, 1250))


def test_a_rest_under_stripes_minimum_is_not_charged_either(store: Store, gateway: StripeGateway, sql: Sql) -> None:
    """One cheap minute over the first hold is under 50 cents: the decided charge says what was captured, not more."""
    sql("UPDATE rate SET price_cents = 40 WHERE price_cents = 250")
    incident = consented(store)
    first, second = held(store, gateway, incident.id, 15), held(store, gateway, incident.id, 15)
    talked(store, incident.id, 15 * 60 + 1)
    settle(store, gateway, incident.id)
    assert statuses(store, incident.id) == [HoldStatus.CAPTURED, HoldStatus.RELEASED]
    charge = store.account(incident.id).charge
    assert charge is not None
    assert charge.cents == first.amount_cents == 600
    assert intent_of(gateway, second) == (IntentStatus.CANCELED, 0)


def test_unpaid_time_is_a_debt_for_an_administrator(store: Store, gateway: StripeGateway) -> None:
    """Consent, an accept and no hold: what it would have cost, without the limit of a block; nothing is moved."""
    incident = unpaid(store)
    talked(store, incident.id, 3600.0)
    settle(store, gateway, incident.id)
    settle(store, gateway, incident.id)
    assert [(debt.incident_id, debt.cents, debt.reason) for debt in store.debts()] == [(incident.id, 15000, "unpaid")]


def test_without_consent_nothing_is_owed(store: Store, gateway: StripeGateway) -> None:
    """Three silences connect a human who can't be charged."""
    incident = called(store)
    store.covered(incident.id, Cover.UNPAID)
    talked(store, incident.id, 3600.0)
    settle(store, gateway, incident.id)
    assert store.debts() == []


def test_not_before_the_end_nor_while_the_meter_counts(store: Store, gateway: StripeGateway) -> None:
    """A settlement that comes too early changes nothing; it is tried again."""
    hold = prepaid(store, gateway)
    engineer = accept(store, hold.incident_id)
    talk = store.talk_began(engineer, "c", "b", 1.0)
    with pytest.raises(NotYet):
        settle(store, gateway, hold.incident_id)
    store.end_incident(hold.incident_id, EndReason.RESOLVED)
    with pytest.raises(NotYet):
        settle(store, gateway, hold.incident_id)
    assert statuses(store, hold.incident_id) == [HoldStatus.HELD]
    store.talk_ended(talk, 1000.0)
    settle(store, gateway, hold.incident_id)
    assert statuses(store, hold.incident_id) == [HoldStatus.CAPTURED]


def test_an_unknown_incident_is_said_so(store: Store, gateway: StripeGateway) -> None:
    """Not a crash of another kind."""
    for number in (7, 2**63):
        with pytest.raises(UnknownRecord):
            settle(store, gateway, number)


def test_the_decision_is_made_once(store: Store, gateway: StripeGateway, sql: Sql) -> None:
    """What the goodbye said is what is captured, whatever the meter writes afterwards."""
    hold = prepaid(store, gateway)
    talked(store, hold.incident_id, 1000.0)
    said = decide(store, hold.incident_id).charge
    sql("UPDATE talk SET seconds = 1700")
    settle(store, gateway, hold.incident_id)
    assert said is not None
    assert (store.account(hold.incident_id).charge, store.hold(hold.id).capture_cents) == (said, said.cents)


def test_many_settlers_at_once_capture_once(store: Store, gateway: StripeGateway, sandbox: SandboxControl) -> None:
    """Eight threads on one incident: one capture at Stripe, of the decided amount, and no error."""
    hold = prepaid(store, gateway)
    talked(store, hold.incident_id, 1000.0)
    with ThreadPoolExecutor(8) as threads:
        for done in [threads.submit(settle, store, gateway, hold.incident_id) for _ in range(8)]:
            done.result()
    settle(store, gateway, hold.incident_id)
    assert intent_of(gateway, hold) == (IntentStatus.SUCCEEDED, 4250)
    assert kinds(store, hold.incident_id).count("hold_captured") == 1
    assert kinds(store, hold.incident_id).count("charged") == 1


@pytest.mark.parametrize("fault", ["500", "500_after", "429", "cut_before", "cut_after"])
@pytest.mark.parametrize("step", ["payment_intents", "*/confirm", "*/capture"])
def test_one_bad_answer_of_stripe_changes_nothing(
    store: Store, gateway: StripeGateway, sandbox: SandboxControl, step: str, fault: str
) -> None:
    """At each step, before and after Stripe's commit: still one payment, captured once."""
    path = f"/v1/{step}" if step == "payment_intents" else f"/v1/payment_intents/{step}"
    sandbox.faults(method="POST", path=path, kind=fault)
    hold = prepaid(store, gateway)
    talked(store, hold.incident_id, 1000.0)
    settle(store, gateway, hold.incident_id)
    assert intent_of(gateway, hold) == (IntentStatus.SUCCEEDED, 4250)
    assert statuses(store, hold.incident_id) == [HoldStatus.CAPTURED]


def test_stripe_away_leaves_a_settlement_that_can_be_repeated(
    store: Store, hasty: StripeGateway, gateway: StripeGateway, sandbox: SandboxControl
) -> None:
    """Decided, not done: the row waits, and the next settlement finishes it with the same amount."""
    hold = prepaid(store, gateway)
    talked(store, hold.incident_id, 1000.0)
    sandbox.faults(path="/v1/payment_intents/*", kind="cut_after", times=1000)
    with pytest.raises(StripeUnavailable):
        settle(store, hasty, hold.incident_id)
    sandbox.clear_faults()
    assert statuses(store, hold.incident_id) == [HoldStatus.SETTLING]
    settle(store, gateway, hold.incident_id)
    assert statuses(store, hold.incident_id) == [HoldStatus.CAPTURED]
    assert audit(store, gateway) == []

"""Holding, deciding, capturing and releasing, on the real PostgreSQL and the sandbox over HTTP."""

import logging
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from ivr.audit import audit
from ivr.embedded.stripe_sandbox import SandboxControl
from ivr.errors import IllegalChange, NotYet, StripeRefused, StripeUnavailable, UnknownRecord
from ivr.holds import authorise, learn, open_hold, resume
from ivr.model import Cover, Decline, EndReason, Hold, HoldStatus, IntentStatus
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
    opened,
    prepaid,
    statuses,
    talked,
    unpaid,
)


def intent_of(gateway: StripeGateway, hold: Hold) -> tuple[IntentStatus, int]:
    """The payment at Stripe, and what was captured of it."""
    assert hold.intent_id is not None
    found = gateway.retrieve(hold.intent_id)
    return found.status, found.captured_cents


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


# What a killed process leaves: each line of the caller's way, with the next one missing.


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

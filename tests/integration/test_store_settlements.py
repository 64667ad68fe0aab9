"""The one decision about an incident's money, and what follows from it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import uuid4

import pytest

from ivr.errors import IllegalChange, UnknownRecord
from ivr.model.incident import Consent, Cover, EndReason, IncidentStatus
from ivr.model.money import Account, Charge, HoldStatus
from ivr.store import Store
from tests.integration.cast import CHARGE, accepted, agreed, called, card_sent, held, hold_created, hold_opened, kinds, unpaid, used
from tests.integration.conftest import Sql

NOTHING = Charge(0, 0, 0, 0)


def test_the_account_is_all_that_the_money_depends_on(store: Store) -> None:
    """Consent, cover, accept, seconds, rate and holds in one read."""
    hold = held(store)
    assert store.account(hold.incident_id) == Account(
        hold.incident_id, IncidentStatus.OPEN, None, Consent.GIVEN, Cover.PREPAID, accepted=False, counting=False, seconds=0.0,
        rate=store.current_rate(), holds=(hold,), charge=None, allotted=900,
    )  # fmt: skip
    offer = accepted(store, hold.incident_id)
    talk = store.talk_began(offer.uniqueid, "c.1", "bridge", 1.0)
    store.talk_checkpoint(talk, 7.5)
    account = store.account(hold.incident_id)
    assert (account.accepted, account.counting, account.seconds) == (True, True, 7.5)
    store.talk_ended(talk, 300)
    store.end_incident(hold.incident_id, EndReason.STABILISED)
    store.decide(hold.incident_id, CHARGE, {hold.id: 3000}, 0)
    account = store.account(hold.incident_id)
    assert (account.reason, account.counting, account.charge) == (EndReason.STABILISED, False, CHARGE)
    assert account.holds == tuple(store.holds(hold.incident_id)) == (replace(hold, status=HoldStatus.SETTLING, capture_cents=3000),)


def test_an_account_of_a_caller_who_answered_nothing_is_empty(store: Store) -> None:
    """And there is none for an incident that does not exist."""
    account = store.account(called(store).id)
    assert (account.consent, account.cover, account.rate, account.holds, account.charge) == (None, None, None, (), None)
    with pytest.raises(UnknownRecord):
        store.account(1)


def test_the_decision_is_made_once(store: Store) -> None:
    """The second one changes nothing, whatever it would have said; the timeline has the first."""
    hold = used(store)
    assert store.decide(hold.incident_id, CHARGE, {hold.id: 3000}, 0)
    assert not store.decide(hold.incident_id, replace(CHARGE, cents=3750), {hold.id: 3750}, 500)
    assert store.account(hold.incident_id).charge == CHARGE
    assert [(left.id, left.capture_cents) for left in store.settling(hold.incident_id)] == [(hold.id, 3000)]
    assert store.debts() == []
    assert kinds(store, hold.incident_id)[-2:] == ["charged", "hold_settling"]
    charged = store.report(hold.incident_id).events[-2].detail
    assert charged == {"seconds": 300, "minutes": 15, "cents": 3000, "tax": 0, "currency": "USD"}


def test_many_deciders_at_once_make_one_decision(store: Store) -> None:
    """The goodbye and the worker may come together."""
    hold = used(store)

    def decide(cents: int) -> bool:
        return store.decide(hold.incident_id, replace(CHARGE, cents=cents), {hold.id: cents}, 0)

    with ThreadPoolExecutor(8) as threads:
        won = list(threads.map(decide, range(3001, 3009)))
    assert won.count(True) == 1
    charge = store.account(hold.incident_id).charge
    assert charge is not None
    assert store.hold(hold.id).capture_cents == charge.cents == 3001 + won.index(True)
    assert kinds(store, hold.incident_id).count("charged") == 1


def test_nothing_is_decided_too_early(store: Store) -> None:
    """Not before the end, not while the meter counts, not for no incident."""
    hold = held(store)
    offer = accepted(store, hold.incident_id)
    talk = store.talk_began(offer.uniqueid, "c.1", "bridge", 1.0)
    for _ in range(2):
        with pytest.raises(IllegalChange, match="not over"):
            store.decide(hold.incident_id, CHARGE, {hold.id: 3000}, 0)
        store.end_incident(hold.incident_id, EndReason.RESOLVED)
    store.talk_ended(talk, 300)
    assert store.decide(hold.incident_id, CHARGE, {hold.id: 3000}, 0)
    with pytest.raises(UnknownRecord):
        store.decide(1, NOTHING, {}, 0)


def test_a_decision_settles_every_hold(store: Store) -> None:
    """What is not named is released, in whatever state it was left."""
    incident = agreed(store)
    stands = held(store, incident.id)
    others = [make(store, incident.id) for make in (hold_opened, hold_created, card_sent, held)]
    accepted(store, incident.id)
    store.end_incident(incident.id, EndReason.RESOLVED)
    store.decide(incident.id, CHARGE, {stands.id: 3000}, 0)
    assert {hold.id: hold.capture_cents for hold in store.settling(incident.id)} == {stands.id: 3000} | {hold.id: 0 for hold in others}


def test_a_decision_on_an_outdated_account_is_refused_whole(store: Store) -> None:
    """The hold expired, belongs to another incident, or the captures exceed the charge: nothing is written."""
    hold, other = used(store), used(store)
    for captures, match in (({other.id: 3000}, "not held"), ({uuid4(): 1}, "not held"), ({hold.id: 3001}, "more than its charge")):
        with pytest.raises(IllegalChange, match=match):
            store.decide(hold.incident_id, CHARGE, captures, 0)
    store.hold_expired(hold.id)
    with pytest.raises(IllegalChange, match="not held"):
        store.decide(hold.incident_id, CHARGE, {hold.id: 3000}, 0)
    assert store.account(hold.incident_id).charge is None
    assert store.decide(hold.incident_id, NOTHING, {}, 3000)
    assert [(debt.cents, debt.reason) for debt in store.debts()] == [(3000, "hold_expired")]
    assert store.hold(hold.id).status is HoldStatus.EXPIRED


@pytest.mark.parametrize("finish", ["hold_captured", "hold_released", "hold_expired"])
def test_a_hold_is_finished_once(store: Store, finish: str) -> None:
    """Repeating it does nothing; another end is refused."""
    ends: dict[str, Callable[..., None]] = {name: getattr(store, name) for name in ("hold_captured", "hold_released", "hold_expired")}
    hold = used(store)
    store.decide(hold.incident_id, CHARGE, {hold.id: 0 if finish == "hold_released" else 3000}, 0)
    for _ in range(2):
        ends[finish](hold.id)
    assert kinds(store, hold.incident_id).count(finish) == 1
    assert store.settling(hold.incident_id) == []
    for other in ends.keys() - {finish}:
        with pytest.raises(IllegalChange):
            ends[other](hold.id)


def test_an_intent_that_is_learnt_of_late_is_written_down(store: Store) -> None:
    """Its process died between the row and Stripe's answer: the settlement asks again and keeps what it hears."""
    hold = hold_opened(store)
    store.end_incident(hold.incident_id, EndReason.ABANDONED)
    store.decide(hold.incident_id, NOTHING, {}, 0)
    store.hold_created(hold.id, "pi_late")
    now = store.hold(hold.id)
    assert (now.status, now.intent_id) == (HoldStatus.SETTLING, "pi_late")
    store.hold_released(hold.id)


def test_what_slipped_past_the_decision_is_released(store: Store, sql: Sql) -> None:
    """But nothing before there is one, and what is settled stays as it is."""
    hold = used(store)
    with pytest.raises(IllegalChange, match="not decided"):
        store.release_late(hold.id)
    sql("UPDATE incident SET charged_seconds = 0, charged_minutes = 0, charge_cents = 0, charge_tax_cents = 0")
    for _ in range(2):
        store.release_late(hold.id)
    assert store.hold(hold.id).capture_cents == 0
    other = used(store)
    store.decide(other.incident_id, CHARGE, {other.id: 3000}, 0)
    store.release_late(other.id)
    assert store.hold(other.id).capture_cents == 3000


def test_what_is_left_to_settle_is_found(store: Store, sql: Sql) -> None:
    """Undecided, unmoved or lost without a debt, after the grace; nothing else."""
    owes, undecided, moving, done, expired, lost = unpaid(store), used(store), used(store), used(store), used(store), used(store)
    agreed(store), held(store)  # not ended
    store.end_incident(called(store).id, EndReason.ABANDONED)  # nothing to settle
    for hold in (moving, done, expired):
        store.decide(hold.incident_id, CHARGE, {hold.id: 3000}, 0)
    store.hold_captured(done.id)
    store.hold_expired(expired.id)  # decided: nothing is left to do but to write down what is owed
    assert expired.incident_id in store.to_settle(0)
    store.add_debt(expired.incident_id, 3000, "USD", "hold_expired")
    store.hold_expired(lost.id)  # undecided: what is owed has to be worked out
    assert store.to_settle(0) == [owes, undecided.incident_id, moving.incident_id, lost.incident_id]
    assert store.to_settle(60) == []
    store.decide(owes, CHARGE, {}, 3000)
    assert owes not in store.to_settle(0)


def test_money_that_is_held_for_long_is_found(store: Store, sql: Sql) -> None:
    """What is held or settling, and old; a hold without a card holds nothing."""
    old, young, bare, moving, done = held(store), held(store), hold_created(store), used(store), used(store)
    for hold in (moving, done):
        store.decide(hold.incident_id, NOTHING, {}, 0)
    store.hold_released(done.id)
    sql("UPDATE hold SET created_at = now() - interval '5 days' WHERE id <> %s", young.id)
    assert [hold.id for hold in store.held_since(4 * 86400)] == [old.id, moving.id]
    assert bare.id in {hold.id for hold in store.all_holds()}

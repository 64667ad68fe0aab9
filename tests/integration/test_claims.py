"""Customers who were named without a PIN: who they are, and what is owed, until an engineer confirms them, and after."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from ivr import settlement
from ivr.config import Settings
from ivr.confirm_account import verified_key
from ivr.errors import IllegalChange, UnknownRecord
from ivr.model.incident import Consent, Cover, EndReason
from ivr.store import Store
from ivr.stripe_gateway import StripeGateway
from tests.integration.cast import BARE, COVERED, EXHAUSTED, LAPSED, UNLIMITED, accepted, agreed, called, kinds
from tests.integration.conftest import Sql
from tests.unit.scripted import ScriptedPhone


def named(store: Store, customer: int = COVERED) -> int:
    """A caller who consented and named a customer whose PIN they did not know; connected unpaid, in the talk."""
    incident = agreed(store)
    store.claimed(incident.id, customer, how="locked")
    store.covered(incident.id, Cover.UNPAID)
    accepted(store, incident.id)
    return incident.id


def test_who_was_named_is_no_customer_until_the_engineer_says_so(store: Store) -> None:
    one = named(store)
    before = store.incident(one)
    assert (before.customer_id, before.claimed_id, before.identified_how) == (None, COVERED, "locked")
    assert store.account_of(one) is None
    assert store.confirm_claim(one) == COVERED
    assert store.confirm_claim(one) == COVERED  # a second key, or a second process
    after = store.incident(one)
    assert (after.customer_id, after.identified_how) == (COVERED, "engineer")
    assert kinds(store, one).count("identified") == 2  # not at all at first, then by the engineer
    assert kinds(store, one).count("claimed") == 1


UNCONFIRMED: dict[str, Callable[[Store], Any]] = {
    "nobody was named": lambda store: accepted(store, agreed(store).id).incident_id,
    "nobody talks": lambda store: _claimed(store),
    "it is over": lambda store: _over(store, named(store)),
}


def _claimed(store: Store) -> int:
    incident = agreed(store)
    store.claimed(incident.id, COVERED, how="locked")
    return incident.id


def _over(store: Store, incident_id: int) -> int:
    store.end_incident(incident_id, EndReason.RESOLVED)
    return incident_id


@pytest.mark.parametrize("why", UNCONFIRMED)
def test_nobody_is_confirmed(store: Store, sql: Sql, why: str) -> None:
    """By the key or behind its back."""
    one = UNCONFIRMED[why](store)
    assert store.confirm_claim(one) is None
    with pytest.raises(psycopg.DatabaseError, match="could confirm"):
        sql("UPDATE incident SET customer_id = coalesce(claimed_id, %s), identified_how = 'engineer' WHERE id = %s", BARE, one)


def test_only_who_was_named_can_be_confirmed(store: Store, sql: Sql) -> None:
    one = named(store)
    with pytest.raises(psycopg.DatabaseError, match="could confirm"):
        sql("UPDATE incident SET customer_id = %s, identified_how = 'engineer' WHERE id = %s", BARE, one)


def test_a_customer_once_known_stays(store: Store) -> None:
    one = agreed(store).id
    store.identified(one, COVERED, how="pin")
    with pytest.raises(IllegalChange, match="stays so"):
        store.identified(one, BARE, how="pin")
    with pytest.raises(UnknownRecord):
        store.claimed(one, BARE, how="wrong_pin")


def test_what_is_decided_keeps_its_cover(store: Store, sql: Sql) -> None:
    """The engineer's confirmation comes after the settlement: the debt stands, for an administrator to review."""
    one = named(store)
    _over(store, one)
    sql("UPDATE incident SET charged_seconds = 0, charged_minutes = 0, charge_cents = 0, charge_tax_cents = 0 WHERE id = %s", one)
    with pytest.raises(IllegalChange, match="its cover stays unpaid"):
        store.covered(one, Cover.TRUNKS)


# what is owed


def confirms(store: Store, settings: Settings, incident_id: int) -> str:
    """The engineer's ``*4`` and 1; the last that is heard."""
    phone = ScriptedPhone({"confirm_verified": ["1"]})
    verified_key(SimpleNamespace(store=store, settings=settings), phone, store.incident(incident_id))  # type: ignore[arg-type]
    return phone.heard[-1]


def talks(store: Store, incident_id: int, seconds: float) -> None:
    """They have talked so long."""
    offer = store.accepted_offer(incident_id)
    assert offer is not None
    store.talk_ended(store.talk_began(offer.uniqueid, f"caller-{incident_id}", "bridge", 1.0), seconds)


@pytest.mark.parametrize(
    ("customer", "confirmed", "cover", "owed"),
    [
        (COVERED, False, Cover.UNPAID, [3750]),  # nobody knows who it was: an administrator reviews it
        (COVERED, True, Cover.AGREEMENT, []),
        (UNLIMITED, True, Cover.AGREEMENT, []),
        (LAPSED, True, Cover.UNPAID, [3750]),
        (EXHAUSTED, True, Cover.UNPAID, [3750]),
        (BARE, True, Cover.UNPAID, [3750]),
    ],
)
def test_what_is_owed_by_who_was_named(
    store: Store, settings: Settings, gateway: StripeGateway, customer: int, confirmed: bool, cover: Cover, owed: list[int]
) -> None:
    """Ten minutes at 2.50, 15 minutes at least. Nothing is ever taken: there is no hold. What an agreement covers is not owed."""
    one = named(store, customer)
    talks(store, one, 600.0)
    if confirmed:
        assert confirms(store, settings, one) == "verified_noted"
    store.end_incident(one, EndReason.RESOLVED)
    settlement.settle(store, gateway, one)
    assert store.incident(one).cover is cover
    assert [debt.cents for debt in store.debts()] == owed
    assert store.holds(one) == []


def test_what_was_talked_before_is_taken_off_the_agreement(store: Store, settings: Settings) -> None:
    """As the caller was told: what the agreement covers is taken off afterwards."""
    before = store.coverage(COVERED)
    one = named(store)
    talks(store, one, 600.0)
    confirms(store, settings, one)
    store.end_incident(one, EndReason.RESOLVED)
    after = store.coverage(COVERED)
    assert before is not None
    assert after is not None
    assert (before.seconds_left or 0) - (after.seconds_left or 0) == 600


def test_a_talk_longer_than_the_agreement_stays_owed(store: Store, settings: Settings, gateway: StripeGateway) -> None:
    """An hour is agreed, 61 minutes were talked: all of it is for the administrator, who sees the agreement too."""
    one = named(store)
    talks(store, one, 3660.0)
    confirms(store, settings, one)
    store.end_incident(one, EndReason.RESOLVED)
    settlement.settle(store, gateway, one)
    assert [debt.cents for debt in store.debts()] == [61 * 250]
    coverage = store.coverage(COVERED)
    assert coverage is not None
    assert coverage.seconds_left == 3600


@pytest.mark.parametrize(("customer", "cover"), [(COVERED, Cover.TRUNKS), (BARE, Cover.UNPAID)])
def test_trunks_that_turn_out_to_be_ours_are_free(store: Store, settings: Settings, customer: int, cover: Cover) -> None:
    """The first has our trunks, the other has not; both said that they are down."""
    one = named(store, customer)
    store.category(one, None, trunk_claim=True)
    confirms(store, settings, one)
    assert store.incident(one).cover is cover


def test_without_consent_nobody_owes_anything(store: Store, settings: Settings, gateway: StripeGateway) -> None:
    """Three silences at the price, then an account without its PIN."""
    incident = called(store)
    store.consent(incident.id, Consent.NONE, rate=store.current_rate(), prompt_version="1", price_ms=9000)
    store.claimed(incident.id, BARE, how="wrong_pin")
    store.covered(incident.id, Cover.UNPAID)
    accepted(store, incident.id)
    talks(store, incident.id, 600.0)
    confirms(store, settings, incident.id)
    store.end_incident(incident.id, EndReason.RESOLVED)
    settlement.settle(store, gateway, incident.id)
    assert store.debts() == []


def test_a_confirmation_after_the_settlement_changes_nothing(store: Store, settings: Settings, gateway: StripeGateway) -> None:
    """The talk was over before the engineer's 1: the debt stands."""
    one = named(store)
    talks(store, one, 600.0)
    store.end_incident(one, EndReason.RESOLVED)
    settlement.settle(store, gateway, one)
    assert confirms(store, settings, one) == "not_confirmed"
    assert [debt.cents for debt in store.debts()] == [3750]
    assert store.incident(one).cover is Cover.UNPAID

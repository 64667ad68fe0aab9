"""The people of the integration tests, and the steps that many tests share."""

from itertools import count
from typing import Final
from uuid import uuid4

from ivr.model.incident import Consent, Cover, EndReason, Incident
from ivr.model.money import Charge, Hold
from ivr.model.offer import Offer, Rung
from ivr.store import Store

COVERED, EXHAUSTED, LAPSED, NO_EMERGENCIES, UNLIMITED, BARE = range(1, 7)
"""Customers' ids; the comment of each is in the script."""

CAST: Final = """
INSERT INTO customer (account, name, pin_hash, trunks) VALUES
    ('1001', 'Covered Dental', 'x', true),          -- 60 minutes
    ('1002', 'Exhausted Ltd', 'x', false),          -- 0 minutes
    ('1003', 'Lapsed Inc', 'x', false),             -- ended yesterday
    ('1004', 'Office Hours', 'x', false),           -- no emergencies
    ('1005', 'Unlimited plc', 'x', false),          -- one unlimited agreement, one with minutes
    ('1006', 'No Agreement', 'x', false);
INSERT INTO customer_phone VALUES (1, '+12025550101'), (1, '+12025550102'), (2, '+12025550102'), (6, '+12025550106');
INSERT INTO agreement (customer_id, starts_at, ends_at, covers_emergencies, minutes) VALUES
    (1, now() - interval '1 day', now() + interval '1 day', true, 60),
    (2, now() - interval '1 day', now() + interval '1 day', true, 0),
    (3, now() - interval '9 day', now() - interval '1 day', true, 60),
    (3, now() + interval '1 day', now() + interval '9 day', true, 60),
    (4, now() - interval '1 day', now() + interval '1 day', false, 60),
    (5, now() - interval '1 day', now() + interval '1 day', true, 600),
    (5, now() - interval '1 day', now() + interval '1 day', true, NULL);
INSERT INTO rate (valid_from, price_cents, minimum_minutes, increment_minutes, currency) VALUES
    (now() - interval '2 year', 300, 30, 15, 'USD'),
    (now() - interval '1 day', 250, 15, 1, 'USD'),
    (now() + interval '1 day', 900, 15, 1, 'USD');
INSERT INTO engineer (name, position, active) VALUES ('Ben', 2, true), ('Ann', 1, true), ('Off Duty', 0, false);
INSERT INTO engineer_phone VALUES (2, 2, '+12025550192'), (2, 1, '+12025550191'), (1, 1, '+12025550181'), (3, 1, '+12025550171');
"""

_calls = count(1)


def rungs(store: Store) -> list[Rung]:
    """Everybody's phones in the order of ringing: Ann's two, then Ben's."""
    return [rung for level in store.levels() for rung in level.rungs]


def called(store: Store, uniqueid: str | None = None) -> Incident:
    """A caller has dialled in."""
    number = next(_calls)
    return store.begin_call(channel=f"PJSIP/carrier-{number}", uniqueid=uniqueid or f"call.{number}", caller_id="+12025550101")


def connecting(store: Store) -> Incident:
    """A caller has answered all questions."""
    incident = called(store)
    store.connecting(incident.id)
    return store.incident(incident.id)


def offered(store: Store) -> Offer:
    """The first engineer is being rung."""
    return store.make_offer(connecting(store).id, rungs(store)[0])


def talking(store: Store) -> Offer:
    """The first engineer has accepted."""
    offer = offered(store)
    assert store.accept(offer.id, "PJSIP/ann-1")
    return store.offer(offer.id)


def agreed(store: Store) -> Incident:
    """A caller has heard the price and agreed to it."""
    incident = called(store)
    store.consent(incident.id, Consent.GIVEN, rate=store.current_rate(), prompt_version="1", price_ms=9000)
    return store.incident(incident.id)


def hold_opened(store: Store, incident_id: int | None = None) -> Hold:
    """A caller wants to prepay 15 minutes for 37.50 dollars."""
    place = agreed(store).id if incident_id is None else incident_id
    return store.open_hold(uuid4(), place, minutes=15, amount_cents=3750, currency="USD")


def hold_created(store: Store, incident_id: int | None = None) -> Hold:
    """Stripe knows it."""
    hold = hold_opened(store, incident_id)
    store.hold_created(hold.id, f"pi_{hold.id.hex}")
    return store.hold(hold.id)


def card_sent(store: Store, incident_id: int | None = None) -> Hold:
    """The first card has gone out."""
    hold = hold_created(store, incident_id)
    store.try_card(hold.id, 1, brand="visa", last4="4242")
    return store.hold(hold.id)


def held(store: Store, incident_id: int | None = None) -> Hold:
    """The bank said yes."""
    hold = card_sent(store, incident_id)
    store.card_held(hold.id)
    return store.hold(hold.id)


def accepted(store: Store, incident_id: int) -> Offer:
    """The first engineer has accepted this incident."""
    store.connecting(incident_id)
    offer = store.make_offer(incident_id, rungs(store)[0])
    assert store.accept(offer.id, "PJSIP/ann-1")
    return store.offer(offer.id)


def covered(store: Store, incident_id: int, customer: int = COVERED) -> int | None:
    """This customer's agreement pays: the seconds that were reserved."""
    coverage = store.coverage(customer)
    assert coverage is not None
    return store.reserve(incident_id, coverage)


CHARGE: Final = Charge(seconds=300, minutes=15, cents=3000, tax_cents=0)


def used(store: Store) -> Hold:
    """Held, talked, ended: everything stands for a capture."""
    hold = held(store)
    accepted(store, hold.incident_id)
    store.end_incident(hold.incident_id, EndReason.RESOLVED)
    return hold


def unpaid(store: Store) -> int:
    """An incident that was connected without prepayment and is over."""
    incident = agreed(store)
    store.covered(incident.id, Cover.UNPAID)
    accepted(store, incident.id)
    store.end_incident(incident.id, EndReason.RESOLVED)
    return incident.id


def kinds(store: Store, incident_id: int) -> list[str]:
    """The timeline as its kinds of events."""
    return [event.kind for event in store.report(incident_id).events]

"""Paying callers for the integration tests: what happens between the disclosure and the end, in a few words each."""

from datetime import UTC, datetime, timedelta
from typing import Final

from ivr.card import Card
from ivr.holds import authorise, open_hold
from ivr.model.incident import Consent, Cover, EndReason, Incident
from ivr.model.money import Hold, HoldStatus, IntentStatus
from ivr.reconcile import Findings, reconcile_once
from ivr.settlement import settle
from ivr.store import Store
from ivr.stripe_gateway import StripeGateway
from tests.integration.cast import called, rungs

GOOD: Final = "4242424242424242"
DECLINED: Final = "4000000000000002"
NO_FUNDS: Final = "4000000000009995"
BLOCK: Final = 30
BLOCK_CENTS: Final = 7500
"""Thirty minutes at the cast's rate: 2.50 USD a minute, 15 minutes at least, charged by the minute, no tax."""
LONG_AGO: Final = timedelta(days=8)


def card(number: str = GOOD) -> Card:
    """A card that is keyed in."""
    return Card(number, 12, 2031, "123", "94103")


def consented(store: Store) -> Incident:
    """A guest who has heard the price and pressed 1."""
    incident = called(store)
    store.consent(incident.id, Consent.GIVEN, rate=store.current_rate(), prompt_version="en-1", price_ms=4000)
    store.identified(incident.id, None, how="none")
    return store.incident(incident.id)


def opened(store: Store, gateway: StripeGateway, incident_id: int, minutes: int = BLOCK) -> Hold:
    """A hold without a card yet."""
    return open_hold(store, gateway, incident_id, minutes=minutes, rate=store.rate_of(incident_id))


def held(store: Store, gateway: StripeGateway, incident_id: int, minutes: int = BLOCK) -> Hold:
    """A hold that stands."""
    hold = opened(store, gateway, incident_id, minutes)
    assert authorise(store, gateway, hold, card()) is None
    return store.hold(hold.id)


def prepaid(store: Store, gateway: StripeGateway) -> Hold:
    """A guest whose block is held."""
    return held(store, gateway, consented(store).id)


def unpaid(store: Store) -> Incident:
    """A guest who consented and is connected without payment."""
    incident = consented(store)
    store.covered(incident.id, Cover.UNPAID)
    return incident


def accept(store: Store, incident_id: int) -> str:
    """An engineer presses 1; the channel of that leg."""
    store.connecting(incident_id)
    offer = store.make_offer(incident_id, rungs(store)[0])
    assert store.accept(offer.id, "PJSIP/ann-1")
    return offer.uniqueid


def talked(store: Store, incident_id: int, seconds: float, reason: EndReason = EndReason.RESOLVED) -> None:
    """An engineer accepts, both talk, and it ends."""
    engineer = accept(store, incident_id)
    store.talk_ended(store.talk_began(engineer, f"call.{incident_id}", f"bridge-{incident_id}", 1.0), seconds)
    store.end_incident(incident_id, reason)


def statuses(store: Store, incident_id: int) -> list[HoldStatus]:
    """Of the incident's holds, oldest first."""
    return [hold.status for hold in store.holds(incident_id)]


def captured(store: Store, gateway: StripeGateway, seconds: float = 1000.0) -> Hold:
    """A settled incident: 42.50 USD for 17 minutes."""
    hold = prepaid(store, gateway)
    talked(store, hold.incident_id, seconds)
    settle(store, gateway, hold.incident_id)
    return store.hold(hold.id)


def intent_of(gateway: StripeGateway, hold: Hold) -> tuple[IntentStatus, int]:
    """The payment at Stripe, and what was captured of it."""
    assert hold.intent_id is not None
    found = gateway.retrieve(hold.intent_id)
    return found.status, found.captured_cents


def reconciled(store: Store, gateway: StripeGateway, grace: float = 0) -> Findings:
    """One run that settles at once what it would queue."""
    since = datetime.now(UTC) - LONG_AGO
    return reconcile_once(store, gateway, lambda number: settle(store, gateway, number), grace=grace, since=since)

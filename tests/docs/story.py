"""What has happened on the hotline whose commands the documentation shows, written by the functions that a call uses.

1001: Northgate Realty prepaid half an hour, talked 37 s to Ben, and paid the minimum.
1002: nobody answered Harbour Dental, who left a message.
1003: a guest was connected unpaid, talked 16 minutes, and owes them; a follow-up is left.
"""

import wave
from pathlib import Path
from typing import Final

from ivr.card import Card
from ivr.embedded.cast import COVERED, LAPSED, Customer
from ivr.holds import authorise, open_hold
from ivr.model.incident import Category, Consent, Cover, EndReason, Incident
from ivr.model.money import Hold
from ivr.model.offer import OfferEnd
from ivr.settlement import settle
from ivr.store import Store
from ivr.stripe_gateway import StripeGateway

GOOD: Final = Card("4242424242424242", 12, 2039, "123", "94102")
PHONE: Final = "+15555550177"


def tell(store: Store, gateway: StripeGateway, messages: Path) -> None:
    """The three incidents, settled. ``messages`` is where recorded ones lie."""
    prepaid(store, gateway)
    unanswered(store, messages)
    owed(store)
    for incident in (1001, 1002, 1003):
        settle(store, gateway, incident)


def prepaid(store: Store, gateway: StripeGateway) -> None:
    incident = agreed(store, PHONE, LAPSED)
    held(store, gateway, incident.id)
    store.connecting(incident.id)
    ann, ben = [rung for level in store.levels() for rung in level.rungs][:2]
    store.end_offer(store.make_offer(incident.id, ann).id, OfferEnd.NOT_ACCEPTED)
    offer = store.make_offer(incident.id, ben)
    assert store.accept(offer.id, "PJSIP/trunk-00000002")
    talks(store, incident.id, offer.uniqueid, 37.0, EndReason.RESOLVED)


def unanswered(store: Store, messages: Path) -> None:
    incident = agreed(store, COVERED.phone, COVERED)
    coverage = store.coverage(_id(store, COVERED))
    assert coverage is not None
    store.reserve(incident.id, coverage)
    store.connecting(incident.id)
    store.end_incident(incident.id, EndReason.NO_ENGINEER)
    message = store.begin_message(incident.id)
    messages.mkdir(exist_ok=True)
    with wave.open(str(messages / f"{message.file}"), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(b"\0" * 160)
    store.message_recorded(message.id, 12.0)


def owed(store: Store) -> None:
    incident = agreed(store, "+15555550178", None)
    store.covered(incident.id, Cover.UNPAID)
    store.connecting(incident.id)
    offer = store.make_offer(incident.id, store.levels()[0].rungs[0])
    assert store.accept(offer.id, "PJSIP/trunk-00000004")
    talks(store, incident.id, offer.uniqueid, 960.0, EndReason.STABILISED)


def agreed(store: Store, phone: str, customer: Customer | None) -> Incident:
    """A caller who has heard the price, agreed, said that everything is down, and is recognised."""
    number = len(store.incidents(limit=100)) + 1
    incident = store.begin_call(channel=f"PJSIP/trunk-{number}", uniqueid=f"caller.{number}", caller_id=phone)
    store.consent(incident.id, Consent.GIVEN, rate=store.current_rate(), prompt_version="en-1", price_ms=8000)
    store.category(incident.id, Category.OUTAGE, trunk_claim=False)
    store.identified(incident.id, _id(store, customer) if customer else None, how="pin" if customer else "none")
    return store.incident(incident.id)


def held(store: Store, gateway: StripeGateway, incident_id: int) -> Hold:
    """Half an hour is held on a good card."""
    hold = open_hold(store, gateway, incident_id, minutes=30, rate=store.rate_of(incident_id))
    assert authorise(store, gateway, hold, GOOD) is None
    return store.hold(hold.id)


def talks(store: Store, incident_id: int, engineer: str, seconds: float, reason: EndReason) -> None:
    """An accepted call to its end."""
    store.talk_ended(store.talk_began(engineer, f"caller.{incident_id - 1000}", f"bridge-{incident_id}", 1.0), seconds)
    store.end_leg(engineer, 16)
    store.end_incident(incident_id, reason)
    store.end_leg(f"caller.{incident_id - 1000}", 16)


def _id(store: Store, customer: Customer) -> int:
    found = store.customer_by_account(customer.account)
    assert found is not None
    return found.id

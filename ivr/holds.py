"""Holding a caller's money: the caller's side of "Money rules", rule 3. The row first, then Stripe, then the row again.

A process may die between any two lines: what it leaves is finished by :func:`resume` in the same call, or by the
settlement (``ivr/settlement.py``). All functions raise StoreUnavailable, StripeUnavailable, StripeRefused and IllegalChange.
"""

import logging
from contextlib import suppress
from uuid import uuid4

from ivr import tariff
from ivr.card import Card
from ivr.errors import CardDeclined, IllegalChange
from ivr.model.incident import Cover
from ivr.model.money import Decline, Hold, HoldStatus, Intent, IntentStatus, Rate
from ivr.store import Store
from ivr.stripe_gateway import StripeGateway

log = logging.getLogger(__name__)


def open_hold(store: Store, gateway: StripeGateway, incident_id: int, *, minutes: int, rate: Rate) -> Hold:
    """A hold over ``minutes`` of the incident, known to Stripe and still without a card. Raises BadAmount too."""
    cents = tariff.block_cents(rate, minutes)
    hold = store.open_hold(uuid4(), incident_id, minutes=minutes, amount_cents=cents, currency=rate.currency)
    store.hold_created(hold.id, gateway.create(hold).id)
    return store.hold(hold.id)


def authorise(store: Store, gateway: StripeGateway, hold: Hold, card: Card) -> Decline | None:
    """Hold the amount on this card. None: it is held. Otherwise why the card was not taken; another may be tried.

    After StripeUnavailable nobody knows: :func:`resume` may tell, else the settlement releases what there is.
    """
    known = store.hold(hold.id)
    if known.intent_id is None:
        raise IllegalChange(f"hold {hold.id} is {known.status}: no card can be sent for it")
    number = known.tries + 1
    store.try_card(known.id, number, brand=str(card.brand), last4=card.last4)
    try:
        gateway.confirm(known.intent_id, card, key=f"{known.id}-attempt-{number}")
    except CardDeclined as refused:
        store.card_declined(known.id, refused.decline)
        return refused.decline
    store.card_held(known.id)
    return None


def resume(store: Store, gateway: StripeGateway, incident_id: int) -> Hold | None:
    """What an earlier script of this call left behind: the hold that stands, None when there is none.

    A card whose answer is not written yet is looked up at Stripe. One that Stripe knows nothing of counts as declined, and its
    payment is cancelled: an answer that is still on its way can't hold a second amount then.
    """
    for hold in store.holds(incident_id):
        if hold.status is HoldStatus.CONFIRMING and hold.intent_id is not None:
            _write_answer(store, gateway, hold, gateway.retrieve(hold.intent_id))
    return next((hold for hold in store.holds(incident_id) if hold.status is HoldStatus.HELD), None)


def learn(store: Store, gateway: StripeGateway, hold: Hold) -> Hold:
    """Bring a hold's row in line with what Stripe says now, as far as that is safe; the row as it stands then.

    A hold of which a caller was told that Stripe did not answer, and who was connected unpaid, is not taken up again:
    the settlement releases it. What is decided (``settling``) is the settlement's.
    """
    if hold.intent_id is None or hold.status not in (HoldStatus.CONFIRMING, HoldStatus.HELD):
        return hold
    found = gateway.retrieve(hold.intent_id).status
    with suppress(IllegalChange):  # somebody else wrote it meanwhile, from the same answer or a later one
        if hold.status is HoldStatus.CONFIRMING and found is IntentStatus.REQUIRES_CAPTURE:
            if store.incident(hold.incident_id).cover is not Cover.UNPAID:
                store.card_held(hold.id)
        elif hold.status is HoldStatus.HELD and found is IntentStatus.CANCELED:
            log.error("hold %s of incident %d lapsed at Stripe before it was captured", hold.id, hold.incident_id)
            store.hold_expired(hold.id)
        elif hold.status is HoldStatus.HELD and found is IntentStatus.SUCCEEDED:
            log.error("hold %s of incident %d was captured at Stripe by somebody else: run `ivr money audit`", hold.id, hold.incident_id)
    return store.hold(hold.id)


def _write_answer(store: Store, gateway: StripeGateway, hold: Hold, intent: Intent) -> None:
    if intent.status is IntentStatus.REQUIRES_CAPTURE:
        store.card_held(hold.id)
    elif intent.status in (IntentStatus.REQUIRES_PAYMENT_METHOD, IntentStatus.REQUIRES_CONFIRMATION, IntentStatus.CANCELED):
        gateway.cancel(intent.id, key=f"{hold.id}-cancel")
        store.card_declined(hold.id, Decline.PROCESSING_ERROR)

"""Finds what killed processes and lost answers left behind. It decides no amounts and moves no caller's money:
it queues settlements again, cancels payments at Stripe that no hold stands for, and raises alarms (``log.error``).
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from ivr.errors import StripeRefused, UnknownRecord
from ivr.holds import learn
from ivr.model.money import Hold, HoldStatus, Intent, IntentStatus
from ivr.refunds import carry_out
from ivr.store import Store
from ivr.stripe_gateway import StripeGateway

log = logging.getLogger(__name__)

GRACE: Final = 60.0
"""Seconds after an incident's end in which its own job is left to settle it."""

OLD: Final = timedelta(days=4)
"""Visa lets a hold lapse after 4 days and 18 hours, others after 7 (docs.stripe.com/payments/place-a-hold-on-a-payment-method)."""

_OVER: Final = (IntentStatus.CANCELED, IntentStatus.SUCCEEDED)


@dataclass(frozen=True, slots=True)
class Findings:
    """What one run did: incidents whose settlement was queued, payments cancelled at Stripe, refunds asked for again."""

    queued: tuple[int, ...]
    cancelled: tuple[str, ...]
    refunded: tuple[UUID, ...]


def reconcile_once(store: Store, gateway: StripeGateway, defer: Callable[[int], object], *, grace: float, since: datetime) -> Findings:
    """One run. ``defer`` queues the settlement of an incident; payments created before ``since`` are not looked at.

    Raises StoreUnavailable, StripeUnavailable, StripeRefused: the next run tries again.
    """
    queued = queue_unsettled(store, defer, grace)  # before Stripe is asked, which may be away
    return Findings(queued, tuple(_cancel_orphans(store, gateway, since)), tuple(_repeat_refunds(store, gateway)))


def queue_unsettled(store: Store, defer: Callable[[int], object], grace: float) -> tuple[int, ...]:
    """The incidents that ended over ``grace`` seconds ago and are not settled, each given to ``defer``."""
    found = tuple(store.to_settle(grace))
    for incident_id in found:
        defer(incident_id)
    return found


def look_at(store: Store, gateway: StripeGateway, intent_id: str) -> None:
    """What a webhook asks for: look at Stripe, and bring the row in line. Nothing happens for a payment that no row names (yet)."""
    hold = store.hold_of_intent(intent_id)
    if hold is not None:
        learn(store, gateway, hold)


def ageing(store: Store, gateway: StripeGateway) -> list[Hold]:
    """Holds that the banks will let lapse soon, or have: an alarm for each, and its row is brought in line."""
    old = store.held_since(OLD.total_seconds())
    for hold in old:
        log.error("hold %s of incident %d has stood for over %d days and will lapse", hold.id, hold.incident_id, OLD.days)
        learn(store, gateway, hold)
    return old


def _repeat_refunds(store: Store, gateway: StripeGateway) -> Iterator[UUID]:
    for one in store.refunds_open():
        try:
            carry_out(store, gateway, one)
        except StripeRefused as refused:
            log.error("refund %s is refused by Stripe: %s", one.id, refused)
        else:
            yield one.id


def _cancel_orphans(store: Store, gateway: StripeGateway, since: datetime) -> Iterator[str]:
    ours = store.installation()
    for listed in gateway.intents(since):
        if listed.hold_id is None or listed.installation != ours or listed.status in _OVER:
            continue
        why = _orphaned(store, listed)
        if why is None or gateway.retrieve(listed.id).status in _OVER:  # the list may be older than the row
            continue
        log.error("payment %s at Stripe is cancelled: %s", listed.id, why)
        try:
            gateway.cancel(listed.id, key=f"{listed.id}-orphan")
        except StripeRefused as refused:
            log.error("payment %s could not be cancelled: %s", listed.id, refused)
        else:
            yield listed.id


def _orphaned(store: Store, intent: Intent) -> str | None:
    """Why no hold stands for a payment of ours that is not over; None when one does. The row is always there first."""
    if intent.hold_id is None:
        return None
    try:
        hold = store.hold(intent.hold_id)
    except UnknownRecord:
        return f"there is no hold {intent.hold_id}"
    if hold.intent_id not in (None, intent.id):
        return f"hold {hold.id} stands for {hold.intent_id}"
    if hold.status.is_final and hold.status is not HoldStatus.CAPTURED:
        return f"hold {hold.id} is {hold.status}"
    return None

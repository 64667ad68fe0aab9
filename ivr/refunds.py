"""Giving captured money back. The row first: its id is Stripe's idempotency key, so a refund can be repeated and is done once."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import uuid4

from ivr.errors import BadAmount, UnknownRecord
from ivr.model.money import Hold, HoldStatus, Refund
from ivr.store import Store
from ivr.stripe_gateway import StripeGateway

KEY_LIFE: Final = timedelta(hours=20)
"""Stripe may forget an idempotency key after 24 hours (docs.stripe.com/api/idempotent_requests): then it would be a second refund."""


def refund(store: Store, gateway: StripeGateway, incident_id: int, cents: int, reason: str) -> list[Refund]:
    """Give ``cents`` of an incident back, oldest hold first; what was asked of Stripe, one for each hold that it takes.

    Raises BadAmount (nothing, or more than was captured and not yet given back), UnknownRecord, StripeRefused,
    StripeUnavailable: the rows stand then, and the reconciler asks Stripe again.
    """
    if not reason.strip():
        raise BadAmount("Say why the money is given back: the reason stands on the timeline.")
    store.incident(incident_id)  # or UnknownRecord
    _none_under_way(store, incident_id)
    parts = list(_parts(_refundable(store, incident_id), cents, incident_id))
    opened = [(uuid4(), hold, part) for hold, part in parts]
    for refund_id, hold, part in opened:
        store.open_refund(refund_id, hold.id, part, reason.strip())
    ours = {refund_id for refund_id, _, _ in opened}
    found = [one for _, hold, _ in opened for one in store.refunds(hold.id) if one.id in ours]
    for one in found:
        carry_out(store, gateway, one)
    return found


def carry_out(store: Store, gateway: StripeGateway, refund: Refund) -> None:
    """Ask Stripe for a refund whose row stands; repeating it is harmless. Raises StripeRefused, StripeUnavailable, StoreUnavailable."""
    hold = store.hold(refund.hold_id)
    if hold.intent_id is None:
        raise UnknownRecord(f"Hold {hold.id} has no payment at Stripe.")
    key = str(refund.id)
    done = gateway.refunded(hold.intent_id, key=key) if datetime.now(UTC) - refund.at > KEY_LIFE else None
    store.refund_done(refund.id, done or gateway.refund(hold.intent_id, refund.cents, key=key))


def _none_under_way(store: Store, incident_id: int) -> None:
    """Whoever repeats a refund that Stripe has not answered would give the money twice."""
    holds = {hold.id for hold in store.holds(incident_id)}
    if any(one.hold_id in holds for one in store.refunds_open()):
        raise BadAmount(
            f"A refund of incident {incident_id} is under way: it is written down, and the worker asks Stripe until it is done. "
            f"See `ivr incident show {incident_id}`; then give back more, if more is due."
        )


def _refundable(store: Store, incident_id: int) -> list[tuple[Hold, int]]:
    """Captured holds, oldest first, with what is left to give back of each."""
    captured = [hold for hold in store.holds(incident_id) if hold.status is HoldStatus.CAPTURED]
    return [(hold, (hold.capture_cents or 0) - sum(one.cents for one in store.refunds(hold.id))) for hold in captured]


def _parts(refundable: Sequence[tuple[Hold, int]], cents: int, incident_id: int) -> Iterator[tuple[Hold, int]]:
    """``cents`` over the holds. Raises BadAmount when that is not possible."""
    most = sum(left for _, left in refundable)
    if type(cents) is not int or not 0 < cents <= most:
        text = f"at most {most} cents can be given back" if most else "nothing of it was captured, or all was given back"
        raise BadAmount(f"{str(cents)[:30]} cents can't be refunded for incident {incident_id}: {text}.")
    for hold, left in refundable:
        part = min(cents, left)
        cents -= part
        if part:
            yield hold, part

"""Compares the records with Stripe, row by row. Changes nothing."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from ivr.errors import StripeRefused, UnknownRecord
from ivr.model.money import Hold, HoldStatus, Intent, IntentStatus
from ivr.store import Store
from ivr.stripe_gateway import StripeGateway

_WITHOUT_CARD: Final = frozenset({IntentStatus.REQUIRES_PAYMENT_METHOD, IntentStatus.REQUIRES_CONFIRMATION})
_UNDECIDED: Final = _WITHOUT_CARD | {IntentStatus.REQUIRES_ACTION, IntentStatus.PROCESSING}
_AGREES: Final[Mapping[HoldStatus, frozenset[IntentStatus]]] = {
    HoldStatus.NEW: _WITHOUT_CARD,
    HoldStatus.CREATED: _UNDECIDED,
    HoldStatus.CONFIRMING: _UNDECIDED,
    HoldStatus.HELD: frozenset({IntentStatus.REQUIRES_CAPTURE}),
    HoldStatus.SETTLING: _UNDECIDED | {IntentStatus.REQUIRES_CAPTURE},
    HoldStatus.CAPTURED: frozenset({IntentStatus.SUCCEEDED}),
    HoldStatus.RELEASED: frozenset({IntentStatus.CANCELED}),
    HoldStatus.EXPIRED: frozenset({IntentStatus.CANCELED}),
}
"""Which statuses at Stripe a row's status stands for."""

_WAIT: Final = "Run `ivr money reconcile`, then this again."
_DASHBOARD: Final = "Look at the payment in Stripe's dashboard; what is wrong there is mended there."
_MARGIN: Final = timedelta(days=1)  # the clocks of Stripe and of the database need not agree


@dataclass(frozen=True, slots=True)
class Difference:
    """One disagreement: what differs, how it stands on each side, what that means, and what to do."""

    hold_id: str
    incident_id: int | None
    intent_id: str | None
    what: str
    records: str
    stripe: str
    means: str
    todo: str


def audit(store: Store, gateway: StripeGateway) -> list[Difference]:
    """Every hold against its payment, and every payment of ours against its hold. What differs is looked at twice,
    because calls go on meanwhile. Raises StoreUnavailable, StripeUnavailable, StripeRefused.
    """
    oldest = min((hold.created_at for hold in store.all_holds()), default=datetime.now(UTC))
    here = store.installation()
    ours = {intent.id: intent for intent in gateway.intents(oldest - _MARGIN) if intent.hold_id and intent.installation == here}
    return [*_rows(store, gateway, ours), *_strays(store, gateway, ours)]


def _rows(store: Store, gateway: StripeGateway, ours: Mapping[str, Intent]) -> Iterator[Difference]:
    for hold in store.all_holds():
        if hold.intent_id is None:
            continue  # it has no card and no money; a payment that it should know is a stray
        if any(_compare(hold, ours.get(hold.intent_id), _given_back(store, hold))):
            again = store.hold(hold.id)
            yield from _compare(again, _at_stripe(gateway, hold.intent_id), _given_back(store, again))


def _strays(store: Store, gateway: StripeGateway, ours: Mapping[str, Intent]) -> Iterator[Difference]:
    """Payments that carry our mark and are no hold's own."""
    for listed in ours.values():
        if listed.status is IntentStatus.CANCELED or _belongs(store, listed):
            continue
        intent = _at_stripe(gateway, listed.id)
        if intent is not None and intent.status is not IntentStatus.CANCELED and not _belongs(store, intent):
            yield Difference(
                str(intent.hold_id), None, intent.id, "a payment that no hold stands for", "nothing",
                f"{intent.status}, {intent.amount_cents} cents", "It may hold or have taken a caller's money.", f"{_WAIT} {_DASHBOARD}",
            )  # fmt: skip


def _belongs(store: Store, intent: Intent) -> bool:
    if intent.hold_id is None:
        return True
    try:
        hold = store.hold(intent.hold_id)
    except UnknownRecord:
        return False
    return hold.intent_id == intent.id or (hold.intent_id is None and not hold.status.is_final)


def _compare(hold: Hold, intent: Intent | None, given_back: int) -> Iterator[Difference]:
    """``given_back``: cents that the records say were refunded."""

    def differs(what: str, records: object, stripe: object, means: str, todo: str) -> Difference:
        return Difference(str(hold.id), hold.incident_id, hold.intent_id, what, str(records), str(stripe), means, todo)

    if intent is None:
        yield differs("payment", hold.status, "unknown", "Stripe has no such payment: another account or key?", "Check IVR_STRIPE_KEY.")
        return
    if (hold.amount_cents, hold.currency.lower()) != (intent.amount_cents, intent.currency.lower()):
        held, there = f"{hold.amount_cents} {hold.currency}", f"{intent.amount_cents} {intent.currency.upper()}"
        yield differs("amount", held, there, "Another amount was held than the caller was told.", _DASHBOARD)
    if intent.hold_id != hold.id:
        yield differs("mark", hold.id, intent.hold_id, "The payment carries another hold's mark.", _DASHBOARD)
    if intent.status not in _AGREES[hold.status]:
        yield differs("status", hold.status, intent.status, _meaning(hold, intent), _DASHBOARD if hold.status.is_final else _WAIT)
    captured = (hold.capture_cents or 0) if hold.status is HoldStatus.CAPTURED else 0
    if captured != intent.captured_cents and hold.status is not HoldStatus.SETTLING:
        yield differs("captured", captured, intent.captured_cents, "Another amount was taken than was decided.", _DASHBOARD)
    if given_back != intent.refunded_cents:
        yield differs("refunded", given_back, intent.refunded_cents, "Another amount was given back than the records know of.", _WAIT)


def _meaning(hold: Hold, intent: Intent) -> str:
    match hold.status, intent.status:
        case _, IntentStatus.REQUIRES_CAPTURE:
            return "Stripe holds a caller's money and the records do not say so."
        case HoldStatus.HELD, IntentStatus.CANCELED:
            return "The hold has lapsed or was cancelled by hand: it can't be captured any more."
        case HoldStatus.SETTLING, _:
            return "It is done at Stripe and the record was not brought up to date."
        case _, IntentStatus.SUCCEEDED:
            return "Money was taken that the records say was not."
        case HoldStatus.CAPTURED, _:
            return "The records say that money was taken, and it was not."
    return "The two do not mean the same."


def _given_back(store: Store, hold: Hold) -> int:
    if hold.status is not HoldStatus.CAPTURED:
        return 0
    return sum(one.cents for one in store.refunds(hold.id) if one.stripe_id is not None)


def _at_stripe(gateway: StripeGateway, intent_id: str) -> Intent | None:
    try:
        return gateway.retrieve(intent_id)
    except StripeRefused:
        return None

"""One settlement ("Money rules", rule 4): decided once in the records, then carried out at Stripe, both repeatable.

Amounts stand in the rows before anything is asked of Stripe, and every key comes from its row: two settlers at once
do the same thing. No transaction is open during HTTP. The goodbye and the worker both decide; only the worker settles.
"""

import logging
from contextlib import suppress
from typing import Final

from ivr.errors import IllegalChange, NotYet, StripeRefused
from ivr.model.incident import IncidentStatus
from ivr.model.money import Account, Hold, IntentStatus
from ivr.store import Store
from ivr.stripe_gateway import StripeGateway
from ivr.verdict import missing, verdict

log = logging.getLogger(__name__)

_LOOKS: Final = 5


def decide(store: Store, incident_id: int) -> Account:
    """What the incident comes to, computed and written once; its account with the charge.

    Raises NotYet while it has not ended or its meter still counts, UnknownRecord, StoreUnavailable.
    """
    for _ in range(_LOOKS):
        account = store.account(incident_id)
        if account.charge is not None:
            return account
        if account.status is not IncidentStatus.ENDED or account.counting:
            break
        found = verdict(account)
        with suppress(IllegalChange):  # a hold or the meter changed since the account was read: look again
            store.decide(incident_id, found.charge, found.captures, found.debt_cents)
    raise NotYet(f"the money of incident {incident_id} can't be decided yet: it is {account.status}, or its meter counts")


def settle(store: Store, gateway: StripeGateway, incident_id: int) -> None:
    """Capture or release every hold of an ended incident as decided. Any number of times, also at once.

    Raises NotYet and StripeUnavailable (a job tries again), StripeRefused (somebody has to look), StoreUnavailable.
    """
    decide(store, incident_id)
    for late in store.holds(incident_id):
        if late.capture_cents is None and not late.status.is_final:
            store.release_late(late.id)
    lapsed = [hold for hold in store.settling(incident_id) if not _finish(store, gateway, hold)]
    _close(store, incident_id, lapsed)


def _finish(store: Store, gateway: StripeGateway, hold: Hold) -> bool:
    """Carry out what is decided about one hold. False when there is nothing left at Stripe to capture."""
    intent_id = hold.intent_id or _unheard_of(store, gateway, hold)
    if hold.capture_cents:
        if not _captured(gateway, intent_id, hold):
            return False
        store.hold_captured(hold.id)
    else:
        if intent_id:
            gateway.cancel(intent_id, key=f"{hold.id}-cancel")
        store.hold_released(hold.id)
    return True


def _unheard_of(store: Store, gateway: StripeGateway, hold: Hold) -> str:
    """The intent of a hold whose process died before it heard of it: the same key gives the same intent. "" if Stripe refuses it.

    No card was ever sent for such a hold, so nothing is held, whatever Stripe answers.
    """
    try:
        intent = gateway.create(hold)
    except StripeRefused as refused:
        log.error("hold %s of incident %d never came to be at Stripe: %s", hold.id, hold.incident_id, refused)
        return ""
    store.hold_created(hold.id, intent.id)
    return intent.id


def _captured(gateway: StripeGateway, intent_id: str, hold: Hold) -> bool:
    """Capture the decided cents; False when Stripe has let the hold lapse (fault 20 of the trials)."""
    try:
        gateway.capture(intent_id, hold.capture_cents or 0, key=f"{hold.id}-capture")
    except StripeRefused:
        if gateway.retrieve(intent_id).status is IntentStatus.CANCELED:
            return False
        raise
    return True


def _close(store: Store, incident_id: int, lapsed: list[Hold]) -> None:
    """All that can be captured is. What ``lapsed`` holds leave unpaid becomes a debt, before their rows say that all is done."""
    account = store.account(incident_id)
    owed = missing(account)
    if owed and account.rate is not None:
        store.add_debt(incident_id, owed, account.rate.currency, "hold_expired")
    for hold in lapsed:
        log.error("hold %s of incident %d lapsed at Stripe: %d cents could not be captured", hold.id, incident_id, hold.capture_cents)
        store.hold_expired(hold.id)

"""What a caller hears last: minutes, amount, incident number, what happens next. Pure; no I/O.

No amount is said but the decided one (``ivr/verdict.py``).
"""

from typing import Final

from ivr import spoken
from ivr.model.incident import Consent, Cover, EndReason, Incident
from ivr.model.money import Account, HoldStatus
from ivr.verdict import verdict

_HELD: Final = (HoldStatus.HELD, HoldStatus.EXPIRED)
"""Besides the holds that something is captured from: a block without a card that held frees nothing."""


def farewell(
    incident: Incident, reason: EndReason, account: Account | None, talked: float, language: str = spoken.ENGLISH
) -> tuple[str, ...]:
    """The sounds, for an incident that ended for ``reason``, in the caller's ``language``.

    ``account`` is what it came to, None while that can't be decided; ``talked`` are the seconds that the records know of.
    """
    number = ("incident_number", *spoken.digits(str(incident.id)))
    match reason:
        case EndReason.REFUSED:
            return ("not_an_emergency",)
        case EndReason.PAYMENT_FAILED:
            return ("payment_failed", *number)
        case EndReason.NO_ENGINEER:
            return ("no_engineer", "nothing_due", *number)
        case EndReason.ABANDONED:
            return ("nothing_due", *number, "goodbye")
    counted = talked if incident.seconds_left is None else min(talked, incident.seconds_left)  # the grace is not the caller's
    minutes = ("you_talked", *spoken.minutes_of(round(counted), language))
    told = (*minutes, *_cost(incident, account, language), *number)
    if reason is EndReason.ENGINEER_LOST:
        return ("no_engineer", *told)
    left = ("follow_up_created",) if reason is EndReason.STABILISED else ()
    return (*told, *left, f"goodbye_{reason}")


def _cost(incident: Incident, account: Account | None, language: str) -> tuple[str, ...]:
    """What the caller pays, or why nothing."""
    if incident.no_charge:
        return ("goodwill",)
    match incident.cover:
        case Cover.AGREEMENT:
            return ("no_charge",)
        case Cover.TRUNKS:
            return ("trunks_free",)
        case Cover.PREPAID:
            return _charged(account, language)
        case _:
            return _owed(incident, account)


def _charged(account: Account | None, language: str) -> tuple[str, ...]:
    if account is None or account.charge is None:
        return ("amount_follows",)  # the meter or the records are late: the worker decides
    cents = account.charge.cents
    if not cents:
        return ("nothing_charged",)
    held = sum(hold.amount_cents for hold in account.holds if hold.capture_cents or hold.status in _HELD)
    return ("card_charged", *spoken.money(cents, language), *(("rest_released",) if cents < held else ()))


def _owed(incident: Incident, account: Account | None) -> tuple[str, ...]:
    """Connected unpaid: what is owed is reviewed first, so no amount is said."""
    free = incident.consent is not Consent.GIVEN or (account is not None and not verdict(account).debt_cents)
    return ("nothing_due",) if free else ("office_settles",)

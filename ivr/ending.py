"""Step 8: why the talk ended, what it came to, and what the caller hears last."""

from time import monotonic, sleep
from typing import Final

from ivr import channel_variables as variables
from ivr import settlement, spoken
from ivr.errors import NotYet, Unavailable
from ivr.hotline import Hotline
from ivr.model import Cover, EndReason, Incident
from ivr.phone import Phone
from ivr.questions import Menu, ask

ENGINEER_LEFT: Final = Menu("engineer_left", "engineer_left_plain", keys="12", tries=2)
_METER_SECONDS: Final = 1.0
"""How long the goodbye waits for the last second of the talk to be written; the caller hears nothing meanwhile."""
_LOOK_SECONDS: Final = 0.03
_HUNG_UP_ON_PURPOSE: Final = "16"
"""Q.850 cause "normal call clearing". Every other cause is a line that failed."""


def why_over(hotline: Hotline, phone: Phone, incident: Incident) -> EndReason | None:
    """Why the incident is over, or None when the engineer was lost and the caller is to be connected again."""
    if (reason := hotline.store.ending(incident.id)) is not None:
        return reason
    if phone.get(variables.EXPIRED) == "1":
        return EndReason.TIME_EXPIRED
    if not hung_up_on_purpose(phone):
        return None
    again = ask(phone, ENGINEER_LEFT, silence=hotline.settings.key_seconds) == "1"
    return None if again else EndReason.CALLER_STOPPED


def hung_up_on_purpose(phone: Phone) -> bool:
    """Whether the engineer has put the phone down; else the line was cut."""
    return phone.get(variables.ENGINEER_CAUSE) == _HUNG_UP_ON_PURPOSE


def goodbye(hotline: Hotline, phone: Phone, incident: Incident, reason: EndReason) -> None:
    """End the incident in the records first, then tell the caller what it came to, and let the dialplan hang up."""
    _await_meter(hotline, incident)
    hotline.store.end_incident(incident.id, reason)
    phone.play(*_farewell(hotline, incident, reason))
    phone.set(variables.DONE, "1")


def _await_meter(hotline: Hotline, incident: Incident) -> None:
    """The meter hears of the talk's end on its own way; what it counted belongs into the records before the end does."""
    until = monotonic() + _METER_SECONDS
    while hotline.store.talk_is_open(incident.id) and monotonic() < until:
        sleep(_LOOK_SECONDS)


def _farewell(hotline: Hotline, incident: Incident, reason: EndReason) -> tuple[str, ...]:
    number = ("incident_number", *spoken.digits(str(incident.id)))
    match reason:
        case EndReason.REFUSED:
            return ("not_an_emergency",)
        case EndReason.PAYMENT_FAILED:
            return ("payment_failed", *number)
        case EndReason.NO_ENGINEER:
            return ("no_engineer", "nothing_due", *number)
        case EndReason.ENGINEER_LOST:
            return ("no_engineer", *_cost(hotline, incident), *number)
        case _:
            talked = ("you_talked", *spoken.minutes_of(round(hotline.store.talked_seconds(incident.id))))
            return (*talked, *_cost(hotline, incident), *number, f"goodbye_{reason}")


def _cost(hotline: Hotline, incident: Incident) -> tuple[str, ...]:
    """What the caller pays, by the one calculation that the capture follows too ("Money rules", rule 2)."""
    match incident.cover:
        case Cover.AGREEMENT:
            return ("no_charge",)
        case Cover.TRUNKS:
            return ("trunks_free",)
        case Cover.PREPAID:
            return _card_charged(hotline, incident)
        case _:
            return ()


def _card_charged(hotline: Hotline, incident: Incident) -> tuple[str, ...]:
    try:
        account = settlement.decide(hotline.store, incident.id)
    except (NotYet, Unavailable):
        return ("amount_follows",)  # the meter or the records are late: the worker decides
    cents = account.charge.cents if account.charge else 0
    if not cents:
        return ("nothing_charged",)
    held = sum(hold.amount_cents for hold in account.holds)
    return ("card_charged", *spoken.money(cents), *(("rest_released",) if cents < held else ()))

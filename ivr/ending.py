"""Step 8: why the talk ended, what it came to, and what the caller hears last."""

from time import monotonic, sleep
from typing import Final

from ivr import channel_variables as variables
from ivr import settlement
from ivr.conversation import seconds_left
from ivr.errors import NotYet, Unavailable
from ivr.farewell import farewell
from ivr.hotline import Hotline
from ivr.model.incident import Cover, EndReason, Incident
from ivr.model.money import Account
from ivr.phone import Phone
from ivr.questions import Menu, ask

ENGINEER_LEFT: Final = Menu("engineer_left", "engineer_left_plain", keys="12", tries=2)
_METER_SECONDS: Final = 1.0
"""How long the goodbye waits for the last second of the talk to be written; the caller hears nothing meanwhile."""
_LOOK_SECONDS: Final = 0.03
HUNG_UP: Final = 16
"""Q.850 cause "normal call clearing". Every other cause is a line that failed."""


def why_over(hotline: Hotline, phone: Phone, incident: Incident) -> EndReason | None:
    """Why the incident is over, or None when the engineer was lost and the caller is to be connected again."""
    if incident.ending is not None:
        return incident.ending
    if phone.get(variables.EXPIRED) == "1" or time_is_up(hotline, incident):
        return EndReason.TIME_EXPIRED
    if not hung_up_on_purpose(phone):
        return None
    again = ask(phone, ENGINEER_LEFT, silence=hotline.settings.key_seconds) == "1"
    return None if again else EndReason.CALLER_STOPPED


def time_is_up(hotline: Hotline, incident: Incident) -> bool:
    """Whether nothing is left to talk about: an engineer who goes in the grace is not called again."""
    _await_meter(hotline, incident)
    return seconds_left(hotline, incident) == 0


def hung_up_on_purpose(phone: Phone) -> bool:
    """Whether the engineer has put the phone down; else the line was cut."""
    return phone.get(variables.ENGINEER_CAUSE) == str(HUNG_UP)


def goodbye(hotline: Hotline, phone: Phone, incident: Incident, reason: EndReason) -> None:
    """End the incident in the records first, then tell the caller what it came to, and let the dialplan hang up."""
    _await_meter(hotline, incident)
    ended, talked = hotline.store.conclude(incident.id, reason)
    phone.play(*farewell(ended, reason, _account(hotline, ended), talked, phone.language))
    phone.set(variables.DONE, "1")


def _await_meter(hotline: Hotline, incident: Incident) -> None:
    """The meter hears of the talk's end on its own way; what it counted belongs into the records before the end does."""
    until = monotonic() + _METER_SECONDS
    while hotline.store.talk_is_open(incident.id) and monotonic() < until:
        sleep(_LOOK_SECONDS)


def _account(hotline: Hotline, incident: Incident) -> Account | None:
    """What the incident comes to, decided now, so that prompt and capture can't differ; None while it can't be decided."""
    if incident.cover not in (Cover.PREPAID, Cover.UNPAID):
        return None
    try:
        return settlement.decide(hotline.store, incident.id)
    except (NotYet, Unavailable):
        return None  # the meter or the records are late: the worker decides

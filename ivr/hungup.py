"""What a hang-up makes of the incident. No script: nobody is there to hear one. :mod:`ivr.hangup_events` hears of it."""

from ivr import logs, paging
from ivr.conversation import seconds_left
from ivr.ending import HUNG_UP
from ivr.hotline import Hotline
from ivr.model.incident import EndReason, Incident, IncidentStatus
from ivr.model.leg import LegOver
from ivr.model.report import Occasion


def hungup(hotline: Hotline, leg: LegOver) -> None:
    """A leg is over. The caller's own suspends or ends the incident, unless the flow has."""
    store = hotline.store
    if leg.failsafe:  # no script could serve this caller: what is known of the call is written now
        incident = store.begin_call(channel=leg.channel, uniqueid=leg.uniqueid, caller_id=leg.caller_id)
        store.note_once(incident.id, f"failsafe {leg.uniqueid}", "failsafe", outcome=leg.failsafe)
        if leg.failsafe == "nobody":
            paging.page(store, incident.id, Occasion.NOBODY)
    caller = store.end_leg(leg.uniqueid, leg.cause)  # None also when they are back already on another leg, and this is late news
    logs.bind(incident=caller.id if caller else None)
    if caller is not None and caller.status is not IncidentStatus.ENDED:
        _caller_gone(hotline, caller, leg)


def _caller_gone(hotline: Hotline, incident: Incident, leg: LegOver) -> None:
    """Who had an engineer may come back, unless an ending key was pressed, no time is left, or a failsafe phone took the call."""
    reason = incident.ending
    if reason is None and incident.status is IncidentStatus.TALKING and seconds_left(hotline, incident) == 0:
        reason = EndReason.TIME_EXPIRED
    if reason is None and _lost_by_us(hotline, incident, leg):
        hotline.store.engineer_lost(incident.id, dropped=True)
        incident = hotline.store.incident(incident.id)
    window = hotline.settings.resume_seconds
    if reason is None and window and leg.failsafe != "answered" and hotline.store.suspend(incident.id, window):
        return
    reason = reason or hotline.store.ending(incident.id)  # a key that was pressed meanwhile
    hotline.store.end_incident(incident.id, reason or left_at(hotline, incident, leg.failsafe))


def _lost_by_us(hotline: Hotline, incident: Incident, leg: LegOver) -> bool:
    """Whether the talk was over before the caller left: Asterisk went away under it, or the engineer's line had been cut.

    Only a caller who hung up (16) can tell: the cause of a line that failed is given on to the other side of the talk.
    """
    if incident.status is not IncidentStatus.TALKING or leg.failsafe:
        return False
    accepted = hotline.store.accepted_offer(incident.id) if leg.cause == HUNG_UP else None
    return leg.crashed or (accepted is not None and hotline.store.leg_cause(accepted.uniqueid) not in (None, HUNG_UP))


def left_at(hotline: Hotline, incident: Incident, failsafe: str) -> EndReason:
    """Why an incident is over whose caller hung up, or was last with the failsafe phones."""
    if incident.status is IncidentStatus.TALKING or failsafe == "answered":
        return EndReason.CALLER_STOPPED
    if failsafe == "nobody":
        return EndReason.NO_ENGINEER
    account = hotline.store.account(incident.id)
    if account.lost:
        return EndReason.ENGINEER_LOST
    return EndReason.CALLER_STOPPED if account.accepted else EndReason.ABANDONED

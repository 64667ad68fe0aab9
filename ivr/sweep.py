"""Which unfinished incidents nobody works on any more, and as what they end. Pure rules; no I/O."""

from collections.abc import Set as AbstractSet
from typing import Final

from ivr.model.incident import Consent, EndReason, IncidentStatus, Unfinished

GRACE: Final = 30.0
"""Seconds after the caller's last leg that the flow has to end the incident itself."""

SILENCE: Final = 900.0
"""Seconds without any event or checkpoint after which an incident counts as left behind, unless its caller is still on
the line. A living call is far from that: rings and talks leave a sign each half minute, somebody who keys in cards each few."""


def abandoned_because(incident: Unfinished, live: AbstractSet[str] | None) -> str | None:
    """Why nobody works on it any more; None when somebody does, or when that cannot be known.

    ``live``: uniqueids of the channels that this node's Asterisk has now; None when Asterisk does not answer.
    """
    if live is not None and not live.isdisjoint(incident.caller_uniqueids):
        return None
    if incident.callers_gone:
        return "the caller's leg was over"
    if live is not None and not incident.elsewhere and incident.silent_seconds > SILENCE:
        return f"left behind: no sign of life for {incident.silent_seconds:.0f} s and no such channel"
    return None


def may_come_back(incident: Unfinished) -> bool:
    """Whether the caller had an engineer, no ending key was pressed, and it was the caller's line that went: they may call again."""
    talked = incident.status is IncidentStatus.TALKING or incident.accepted
    return talked and incident.callers_gone and incident.ending is None


def end_reason(incident: Unfinished) -> EndReason:
    """What it ends as: what was decided before it was left, as the flow itself would have ended it."""
    if incident.consent is Consent.REFUSED:
        return EndReason.REFUSED
    if incident.ending is not None:
        return incident.ending
    if incident.status is IncidentStatus.TALKING:  # nobody knows that the caller hung up: then it was we who went away
        return EndReason.CALLER_STOPPED if incident.callers_gone else EndReason.ENGINEER_LOST
    if incident.lost:
        return EndReason.ENGINEER_LOST
    return EndReason.CALLER_STOPPED if incident.accepted else EndReason.ABANDONED

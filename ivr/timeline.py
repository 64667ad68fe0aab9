"""An incident as a person reads it: who and what at the top, then every event with its second."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Column, Table
from rich.text import Text

from ivr.event_words import duration, money, whose, words
from ivr.model.incident import Cover, IncidentStatus
from ivr.model.money import HoldStatus
from ivr.model.report import Event, FollowUp, IncidentReport, IncidentSummary, Message
from ivr.tables import minute, page, table


def render(report: IncidentReport) -> RenderableType:
    """The whole incident for a terminal."""
    return Group(_header(report), Text(), _events(report))


def render_list(summaries: Iterable[IncidentSummary]) -> RenderableType:
    """One line an incident, newest first."""
    rows = (
        (str(one.id), f"{one.began_at.astimezone():%Y-%m-%d %H:%M:%S}", one.reason or one.status, whose(one.customer, one.account),
         _caller(one), one.engineer or "-", duration(one.talked_seconds))
        for one in summaries
    )  # fmt: skip
    return table(rows, "incident", "began", "status", "customer", "caller", "engineer", "talked")


def as_data(report: IncidentReport) -> dict[str, Any]:
    """The incident for a program: times ISO 8601, durations in seconds, ``offset`` counted from the first event."""
    events = [
        {"at": event.at.isoformat(), "offset": round(offset, 3), "kind": event.kind, "detail": event.detail, "words": words(event)}
        for offset, event in _with_offsets(report.events)
    ]
    return summary_data(report.summary) | {
        "consent": report.consent,
        "identified_how": report.identified_how,
        "cover": report.cover,
        "seconds_left": report.seconds_left,
        "agreement_seconds": report.agreement_seconds,
        "money": money_of(report),
        "follow_up": follow_up_data(report.follow_up) if report.follow_up else None,
        "messages": [asdict(one) for one in report.messages],
        "events": events,
    }


def summary_data(summary: IncidentSummary) -> dict[str, Any]:
    """One incident of the list for a program."""
    ended = summary.ended_at.isoformat() if summary.ended_at else None
    return asdict(summary) | {"began_at": summary.began_at.isoformat(), "ended_at": ended}


def follow_up_data(left: FollowUp) -> dict[str, Any]:
    """Work that is left, for a program."""
    return asdict(left) | {"created_at": left.created_at.isoformat(), "done_at": left.done_at.isoformat() if left.done_at else None}


def money_of(report: IncidentReport) -> dict[str, Any]:
    """What was held, captured and released, in cents, and whether nothing is left to be moved; ``charge`` once it is decided."""
    held = sum(int(str(event.detail["amount_cents"])) for event in report.events if event.kind == "hold_held")
    captured = sum(hold.capture_cents or 0 for hold in report.holds if hold.status is HoldStatus.CAPTURED)
    settled = all(hold.status.is_final for hold in report.holds)
    return {
        "currency": report.currency,
        "charge": report.charge.cents if report.charge else None,
        "held": held,
        "captured": captured,
        "released": held - captured if settled else 0,
        "owed": report.debt_cents or 0,
        "settled": settled,
    }


def _money(report: IncidentReport) -> str:
    found = money_of(report)
    words = [f"{name} {money(found[name], found['currency'])}" for name in ("held", "captured", "released", "owed") if found[name]]
    return ", ".join([*words, *([] if found["settled"] else ["not settled yet"])]) or "none moved"


def _header(report: IncidentReport) -> Table:
    one = report.summary
    return page({
        "incident": str(one.id),
        "customer": whose(one.customer, one.account),
        "caller": _caller(one),
        "began": f"{one.began_at.astimezone():%A %d %B %Y, %H:%M:%S %Z}",
        "status": f"{one.status}: {one.reason}".replace("_", " ") if one.reason else str(one.status),
        "engineer": one.engineer or "nobody accepted",
        "talked": duration(one.talked_seconds),
        "cover": _cover(report),
        "money": _money(report),
        **({"follow-up": _follow_up(report.follow_up)} if report.follow_up else {}),
        **({"message": ", ".join(map(_message, report.messages))} if report.messages else {}),
    })  # fmt: skip


def _follow_up(left: FollowUp) -> str:
    if left.done_at is None:
        return "open"
    return f"done by {left.done_by}, {minute(left.done_at)}" + (f": {left.note}" if left.note else "")


def _message(one: Message) -> str:
    if not one.seconds:
        return "nothing was said" if one.seconds == 0 else "not taken in yet"
    heard = f"heard by {one.heard_by}" if one.heard_by else f"not heard yet: ivr message play {one.incident_id}"
    return f"{duration(one.seconds)}, {heard}"


def _events(report: IncidentReport) -> Table:
    rows = ((f"{offset:.1f}", f"{event.at.astimezone():%H:%M:%S}", words(event)) for offset, event in _with_offsets(report.events))
    return table(rows, Column("second", justify="right"), Column("clock", style="dim"), "what happened")


def _with_offsets(events: tuple[Event, ...]) -> list[tuple[float, Event]]:
    return [((event.at - events[0].at).total_seconds(), event) for event in events]


def _caller(one: IncidentSummary) -> str:
    return one.caller_id or "no caller ID"


def _cover(report: IncidentReport) -> str:
    match report.cover:
        case Cover.AGREEMENT:
            reserved = "unlimited" if report.seconds_left is None else f"{duration(report.seconds_left)} reserved"
            over = report.summary.status is IncidentStatus.ENDED
            return f"agreement ({reserved}{f', {duration(report.agreement_seconds or 0)} used' if over else ''})"
        case Cover.PREPAID:
            return f"prepaid: {duration(report.seconds_left or 0)}"
        case Cover.TRUNKS:
            return "our own trunks, as the customer says: not charged"
        case Cover.UNPAID:
            return "unpaid: an administrator settles it with the customer"
        case None:
            return "not decided"

"""The timeline as a person and as a program reads it."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from ivr.event_words import duration, words
from ivr.model.incident import Consent, Cover, EndReason, IncidentStatus
from ivr.model.report import Event, IncidentReport, IncidentSummary
from ivr.timeline import as_data, render, render_list

RULES = Path(__file__).parents[2] / "ivr/sql/migrations/0003-rules.sql"
BEGAN = datetime(2026, 3, 8, 7, 59, 58, tzinfo=UTC)
SUMMARY = IncidentSummary(
    1042,
    BEGAN,
    BEGAN + timedelta(seconds=95),
    IncidentStatus.ENDED,
    EndReason.CALLER_STOPPED,
    "1001",
    "Dental",
    "+12025550101",
    "Ann",
    61.4,
)


def event(seconds: float, kind: str, /, **detail: object) -> Event:
    """What happened so many seconds after the beginning."""
    return Event(BEGAN + timedelta(seconds=seconds), kind, detail)


REPORT = IncidentReport(
    SUMMARY,
    Consent.GIVEN,
    "pin",
    Cover.AGREEMENT,
    3600,
    (
        event(0, "call_began", caller_id="+12025550101"),
        event(12.25, "consent", answer="given", price_cents=250, currency="USD"),
        event(33.4, "talk_ended", engineer="Ann", seconds=21.5),
        event(95, "ended", reason="caller_stopped"),
    ),
    agreement_seconds=62,
)


def shown(report: IncidentReport) -> str:
    """What a terminal shows."""
    console = Console(width=160, color_system=None)
    with console.capture() as capture:
        console.print(render(report))
    return capture.get()


def test_the_header_says_who_what_and_how_long() -> None:
    """Everything that a duty manager asks first."""
    text = shown(REPORT)
    reserved = "60 min 0 s reserved, 1 min 2 s used"
    for line in ("1042", "Dental (1001)", "+12025550101", "ended: caller stopped", "Ann", "1 min 1 s", reserved):
        assert line in text


def test_each_event_has_its_second_and_its_words() -> None:
    """Offsets count from the first second."""
    text = shown(REPORT)
    assert re.search(r"12\.2\s.*consent given \(2\.50 USD a minute\)", text)
    assert re.search(r"33\.4\s.*caller and Ann no longer hear each other, after 21\.5 s", text)
    assert re.search(r"95\.0\s.*incident ended: caller stopped", text)


def test_what_is_not_known_is_said_so() -> None:
    """No caller ID, nobody verified, nobody accepted, nothing decided."""
    bare = replace(
        SUMMARY, account=None, customer=None, caller_id=None, engineer=None, reason=None, status=IncidentStatus.OPEN, ended_at=None
    )
    text = shown(IncidentReport(bare, None, None, None, None, ()))
    for line in ("not verified", "no caller ID", "nobody accepted", "not decided", "open"):
        assert line in text


def test_the_json_form_is_json() -> None:
    """ISO times, seconds, enums as their words."""
    data = json.loads(json.dumps(as_data(REPORT)))
    assert (data["id"], data["reason"], data["cover"], data["began_at"]) == (
        1042,
        "caller_stopped",
        "agreement",
        "2026-03-08T07:59:58+00:00",
    )
    assert [one["offset"] for one in data["events"]] == [0, 12.25, 33.4, 95]


@given(st.text(), st.dictionaries(st.text(max_size=5), st.text(max_size=20) | st.integers() | st.none(), max_size=4))
def test_nothing_that_was_recorded_can_break_or_steer_the_terminal(name: str, detail: dict[str, object]) -> None:
    """Markup, escape sequences and bidi marks come out as they are or as a replacement character."""
    told = replace(
        REPORT, summary=replace(SUMMARY, customer=name, caller_id="[bold]\x1b[2J\u202e" + name), events=(event(0, "note", **detail),)
    )
    text = shown(told)
    assert not any(letter in text for letter in "\x1b\u202e\r\a\b")
    console = Console(width=160, color_system=None)
    with console.capture():
        console.print(render_list([told.summary]))


@pytest.mark.parametrize("kind", re.findall(r"append_event\([^,]+, '(\w+)'", RULES.read_text("utf-8")))
def test_every_kind_that_the_records_write_has_its_words(kind: str) -> None:
    """Also when its details are missing."""
    told = words(event(0, kind))
    assert told
    assert told != kind.replace("_", " ")


@pytest.mark.parametrize(("seconds", "said"), [(0, "0 s"), (59.6, "1 min 0 s"), (95, "1 min 35 s"), (3600, "60 min 0 s")])
def test_durations(seconds: float, said: str) -> None:
    """Rounded to the second, carried to the minute."""
    assert duration(seconds) == said

"""A caller whose line drops in a talk: what is left waiting for them, and what is over."""

from dataclasses import replace
from typing import Any

import pytest

from ivr.hungup import hungup
from ivr.model.incident import EndReason, IncidentStatus
from tests.unit.scripted import MemoryRecords
from tests.unit.scripted.hotline import guest_with_ann, line_dropped


@pytest.fixture
def records() -> MemoryRecords:
    return guest_with_ann()


@pytest.mark.parametrize("failsafe", ["", "calling", "nobody"])
def test_a_caller_who_had_an_engineer_may_come_back(line: Any, records: MemoryRecords, failsafe: str) -> None:
    """In the talk and while the engineer is called again; whoever the failsafe phones could not help, too."""
    hungup(line, line_dropped(failsafe))
    assert records.current.status is IncidentStatus.SUSPENDED
    assert records.current.reason is None


@pytest.mark.parametrize(("engineer", "caller", "lost"), [(38, 16, True), (16, 16, False), (38, 38, False), (None, 16, False)])
@pytest.mark.parametrize("window", [0, 900])
def test_who_hangs_up_after_the_engineer_was_cut_off_was_left_by_us(
    line: Any, records: MemoryRecords, engineer: int | None, caller: int, lost: bool, window: int
) -> None:
    """Also before the script of the ending could write it. A caller's line that fails gives its cause to the engineer's leg: no proof."""
    line.settings.resume_seconds = window
    if engineer is not None:
        records.end_leg("ess-offer-1", engineer)
    hungup(line, replace(line_dropped(), cause=caller))
    assert records.account(1001).lost is lost
    assert records.current.reason is (None if window else EndReason.ENGINEER_LOST if lost else EndReason.CALLER_STOPPED)


def test_a_talk_that_asterisk_ended_by_a_crash_was_lost_by_us(line: Any, records: MemoryRecords) -> None:
    hungup(line, replace(line_dropped(), cause=0, crashed=True))
    assert records.current.status is IncidentStatus.SUSPENDED
    assert records.account(1001).lost


def test_an_ending_key_at_the_last_moment_is_what_it_ends_as(line: Any, records: MemoryRecords, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was pressed after the hang-up had looked for one: nothing waits, and its reason counts."""
    looks = iter([None])
    monkeypatch.setattr(records, "ending", lambda incident_id: next(looks, EndReason.RESOLVED))
    records.key_reason = EndReason.RESOLVED
    hungup(line, line_dropped())
    assert records.current.reason is EndReason.RESOLVED


def test_a_caller_who_gives_up_while_the_engineer_is_called_again_may_come_back(line: Any, records: MemoryRecords) -> None:
    records.engineer_lost(1001)
    hungup(line, line_dropped())
    assert records.current.status is IncidentStatus.SUSPENDED


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda records: records.set_ending(1001, 1, EndReason.RESOLVED), EndReason.RESOLVED),
        (lambda records: setattr(records, "talked", 900.2), EndReason.TIME_EXPIRED),
        (lambda records: records.offers.clear(), EndReason.CALLER_STOPPED),
    ],
)
def test_what_is_over_is_not_suspended(line: Any, records: MemoryRecords, change: Any, reason: EndReason) -> None:
    """An ending key was pressed, no time is left, nobody accepted."""
    change(records)
    hungup(line, line_dropped())
    assert records.current.reason is reason


def test_whom_a_failsafe_phone_served_is_not_suspended(line: Any, records: MemoryRecords) -> None:
    hungup(line, line_dropped("answered"))
    assert records.current.reason is EndReason.CALLER_STOPPED


def test_without_a_window_a_hang_up_ends_it_at_once(line: Any, records: MemoryRecords) -> None:
    line.settings.resume_seconds = 0
    hungup(line, line_dropped())
    assert records.current.reason is EndReason.CALLER_STOPPED


def test_late_news_of_the_old_leg_does_not_touch_who_is_back(line: Any, records: MemoryRecords, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told twice, by Asterisk and after a login to the manager; the caller talks on another leg by then."""
    monkeypatch.setattr(records, "caller_legs", lambda incident_id: ["caller-2"])
    hungup(line, line_dropped())
    assert records.current.status is IncidentStatus.TALKING

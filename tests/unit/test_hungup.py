"""The script of a leg's end: what a hang-up makes of the incident where nobody may call again (``test_line_dropped.py`` has the window)."""

from dataclasses import replace

import pytest

from ivr.hungup import hungup
from ivr.model.incident import EndReason, IncidentStatus
from ivr.model.leg import LegOver
from tests.unit.scripted import MemoryRecords, hotline, talking


def leg_over(uniqueid: str = "caller-1", cause: int = 16, failsafe: str = "") -> LegOver:
    return LegOver(uniqueid, f"PJSIP/trunk-{uniqueid}", cause, "+15555550177", failsafe)


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (IncidentStatus.OPEN, EndReason.ABANDONED),
        (IncidentStatus.CONNECTING, EndReason.ABANDONED),
        (IncidentStatus.TALKING, EndReason.CALLER_STOPPED),
    ],
)
def test_the_callers_hang_up_ends_the_incident(records: MemoryRecords, status: IncidentStatus, reason: EndReason) -> None:
    records.current = replace(records.current, status=status)
    hungup(hotline(records), leg_over())
    assert records.current.reason is reason
    assert records.causes == {"caller-1": 16}


@pytest.mark.parametrize(
    ("failsafe", "reason"),
    [("calling", EndReason.ABANDONED), ("answered", EndReason.CALLER_STOPPED), ("nobody", EndReason.NO_ENGINEER)],
)
def test_a_call_that_the_failsafe_took_is_recorded_at_its_end(records: MemoryRecords, failsafe: str, reason: EndReason) -> None:
    hungup(hotline(records), leg_over(failsafe=failsafe))
    assert ("failsafe", {"outcome": failsafe}) in records.events
    assert records.current.reason is reason


def test_a_caller_who_gives_up_while_we_look_for_the_lost_engineer_was_left_by_us(records: MemoryRecords) -> None:
    talking(records)
    records.engineer_lost(1001)
    hungup(hotline(records, resume_seconds=0), leg_over())
    assert records.current.reason is EndReason.ENGINEER_LOST


def test_a_caller_who_asks_for_the_engineer_again_and_leaves_has_stopped(records: MemoryRecords) -> None:
    """The engineer had put the phone down: a 1 and a hang-up must not make a served call free."""
    talking(records)
    records.engineer_lost(1001, dropped=False)
    hungup(hotline(records, resume_seconds=0), leg_over())
    assert records.current.reason is EndReason.CALLER_STOPPED


def test_the_engineers_key_counts_also_when_the_caller_hangs_up_first(records: MemoryRecords) -> None:
    records.current = replace(records.current, status=IncidentStatus.TALKING)
    records.key_reason = EndReason.RESOLVED
    hungup(hotline(records), leg_over())
    assert records.current.reason is EndReason.RESOLVED


def test_an_engineers_hang_up_ends_nothing_but_the_leg(records: MemoryRecords) -> None:
    hungup(hotline(records), leg_over(uniqueid="ess-offer-1", cause=38))
    assert records.current.status is IncidentStatus.OPEN
    assert records.causes == {"ess-offer-1": 38}

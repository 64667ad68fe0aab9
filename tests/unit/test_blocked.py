"""Whose phone is blocked, and who is not turned away."""

from dataclasses import replace

import pytest

from ivr import call
from ivr.model.incident import IncidentStatus
from tests.unit.scripted import COVERED_CALL, NUMBER, MemoryRecords, ScriptedPhone, hotline


def test_a_blocked_phone_is_told_so_before_anything_else(records: MemoryRecords) -> None:
    """In whatever form the number comes; no engineer is rung."""
    records.blocked, line = {NUMBER}, hotline(records)
    phone = ScriptedPhone(COVERED_CALL, caller_id="0015555550142")
    call.call(line, phone)
    assert phone.heard == ["caller_blocked"]
    assert (str(records.current.reason), phone.variables["IVR_DONE"], line.switchboard.rung) == ("refused", "1", [])


@pytest.mark.parametrize("caller_id", [None, "anonymous", "+15555550143"])
def test_nobody_else_is_turned_away(records: MemoryRecords, caller_id: str | None) -> None:
    records.blocked = {NUMBER}
    call.call(hotline(records), ScriptedPhone(COVERED_CALL, caller_id=caller_id))
    assert records.current.status is IncidentStatus.TALKING


def test_who_had_an_engineer_already_is_not_turned_away(records: MemoryRecords) -> None:
    """The block came in the middle of the call, and the script is run anew."""
    call.call(hotline(records), ScriptedPhone(COVERED_CALL, caller_id=NUMBER))
    records.blocked, phone = {NUMBER}, ScriptedPhone(caller_id=NUMBER)
    records.current = replace(records.current, status=IncidentStatus.TALKING)
    call.call(hotline(records), phone)
    assert "caller_blocked" not in phone.heard

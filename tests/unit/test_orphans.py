"""Which engineers' phones ring for nobody."""

from types import SimpleNamespace
from typing import Any

import pytest

from ivr.hangups import missed
from ivr.model import LegOver, OfferEnd, Rung
from ivr.orphans import offers_without_talk, stop_orphans, waits
from tests.unit.scripted import MemoryRecords, ScriptedSwitchboard

RINGING = {"ess-offer-1": {"Context": "ess-engineer", "BridgeID": ""}}


def hotline(channels: dict[str, dict[str, str]]) -> Any:
    records = MemoryRecords()
    records.make_offer(1001, Rung(1, "Ann", "+15555550101"))
    switchboard = ScriptedSwitchboard(records, [OfferEnd.NO_ANSWER])
    switchboard.present = channels
    return SimpleNamespace(store=records, switchboard=switchboard)


@pytest.mark.parametrize("callers", [{}, {"caller-1": {"Context": "ess-failsafe"}}])
def test_a_phone_whose_caller_waits_no_more_is_hung_up(callers: dict[str, dict[str, str]]) -> None:
    line = hotline(RINGING | callers)
    stop_orphans(line)
    assert line.switchboard.hung_up == ["ess-offer-1"]
    assert line.store.offers[0].end is OfferEnd.CALLER_GONE


def test_a_phone_whose_caller_waits_goes_on_ringing() -> None:
    line = hotline(RINGING | {"caller-1": {"Context": "ess"}})
    stop_orphans(line)
    assert line.switchboard.hung_up == []


def test_a_talk_is_left_alone() -> None:
    assert offers_without_talk({"ess-offer-1": {"BridgeID": "b"}, "ess-offer-x": {}, "1700000000.1": {}, "1": {}}) == []


def test_nobody_waits_on_a_leg_that_is_gone() -> None:
    assert not waits({}, ["caller-1"])


def test_records_that_are_down_are_no_reason_to_fail() -> None:
    line = hotline(RINGING)
    line.store.down = True
    stop_orphans(line)
    assert line.switchboard.hung_up == []


def test_a_hang_up_that_nobody_heard_is_written_down() -> None:
    """The records know two legs, Asterisk has one of them: the other is over, by a cause that nobody knows."""
    heard: list[LegOver] = []
    line = hotline({"caller-1": {"Context": "ess"}})
    missed(line.switchboard, lambda: {"caller-1": "PJSIP/trunk-1", "caller-2": "PJSIP/trunk-2"}, heard.append)
    assert heard == [LegOver("caller-2", "PJSIP/trunk-2", 0, None, "")]

"""Which engineers' phones ring for nobody."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from ivr.hangup_events import missed
from ivr.model.leg import LegOver, OpenLeg
from ivr.model.offer import OfferEnd, Rung
from ivr.orphans import offers_without_talk, stop_orphans, waits
from tests.unit.scripted import MemoryRecords, ScriptedSwitchboard

BEGAN = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
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
    missed(line.switchboard, lambda: [leg(1), leg(2)], heard.append)
    assert heard == [LegOver("caller-2", "PJSIP/trunk-2", 0, None, "")]


@pytest.mark.parametrize(("after", "crashed"), [(1, True), (-1, False)])
def test_a_leg_from_before_asterisk_was_started_was_not_hung_up(after: int, crashed: bool) -> None:
    """Asterisk went away under it; who came after its start has hung up while only we were away."""
    heard: list[LegOver] = []
    line = hotline({})
    line.switchboard.began = BEGAN + timedelta(seconds=after)
    missed(line.switchboard, lambda: [leg(2)], heard.append)
    assert heard == [LegOver("caller-2", "PJSIP/trunk-2", 0, None, "", crashed=crashed)]


def leg(number: int) -> OpenLeg:
    return OpenLeg(f"caller-{number}", f"PJSIP/trunk-{number}", BEGAN)

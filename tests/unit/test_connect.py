"""Ringing, against a scripted phone and switchboard: who is rung, who is let go, who has the call."""

from dataclasses import replace
from typing import Any

import pytest

from ivr.model.incident import IncidentStatus
from ivr.model.offer import Offer, OfferEnd
from ivr.model.report import Occasion
from ivr.model.rota import Level
from tests.unit.scripted import ANN, BEN, CLEO, MemoryRecords, ScriptedPhone, hotline
from tests.unit.scripted.hotline import connect
from tests.unit.scripted.offers import ends, together

BACKUP = "+15555550191"


def notes(records: MemoryRecords) -> list[tuple[str, str]]:
    return [(detail["engineer"], detail["why"]) for kind, detail in records.events if kind == "not_rung"]


def test_all_of_a_level_ring_at_once_and_the_others_are_let_go(records: MemoryRecords) -> None:
    together(records, ANN, BEN, CLEO)
    line = hotline(records, OfferEnd.NO_ANSWER, OfferEnd.ACCEPTED, OfferEnd.NO_ANSWER)
    line.switchboard.ticks = 3
    line.switchboard.slower = {"Ann": 99, "Cleo": 99}
    found = connect(line, ScriptedPhone())
    assert isinstance(found, Offer)
    assert found.engineer_name == "Ben"
    assert ends(records) == [("Ann", OfferEnd.TAKEN), ("Ben", OfferEnd.ACCEPTED), ("Cleo", OfferEnd.TAKEN)]
    assert line.switchboard.released == [("ess-offer-1", False), ("ess-offer-3", False)]
    assert line.switchboard.seconds == [40] * 3


def test_everybody_on_a_level_is_paged_when_it_begins_to_ring(records: MemoryRecords, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also who talks and is not rung; who is behind a level that was not reached is not."""
    pages: list[tuple[object, ...]] = []
    monkeypatch.setattr("ivr.connect.paging.page", lambda store, *page: pages.append(page))
    together(records, ANN, BEN)
    records.ladder_levels = [*(records.ladder_levels or []), Level(2, (CLEO,), together=False, ring_seconds=None)]
    records.busy = {2}
    line = hotline(records, OfferEnd.NO_ANSWER, OfferEnd.NO_ANSWER)
    connect(line, ScriptedPhone({"connecting": ["9"]}))
    assert pages == [(1001, Occasion.RINGING, (1, 2))]
    assert line.switchboard.rung == ["Ann"]


def test_two_press_one_at_the_same_moment_and_one_has_the_call(records: MemoryRecords) -> None:
    together(records, ANN, BEN)
    line = hotline(records)
    line.switchboard.answered = True
    found = connect(line, ScriptedPhone())
    assert isinstance(found, Offer)
    assert ends(records).count(("Ann", OfferEnd.ACCEPTED)) + ends(records).count(("Ben", OfferEnd.ACCEPTED)) == 1


def test_who_listens_is_told_and_who_has_said_no_is_not(records: MemoryRecords) -> None:
    """The engineer who pressed 2 a moment ago hears thanks from their own script, and must not be sent elsewhere."""
    together(records, ANN, BEN, CLEO)
    line = hotline(records)
    line.switchboard.answered = True
    line.switchboard.slower = {"Ann": 99, "Cleo": 99}
    phone = ScriptedPhone()
    phone.on_tick = lambda: (records.end_offer(1, OfferEnd.DECLINED), None)[1]
    line.switchboard.ticks = 9
    connect(line, phone)
    assert line.switchboard.released == [("ess-offer-3", True)]


def test_talking_engineers_and_the_same_phone_twice_are_not_rung_and_the_timeline_says_so(records: MemoryRecords) -> None:
    records.busy = {1}
    records.ladder_levels = [Level(1, (ANN, BEN, replace(CLEO, phone=BEN.phone)), together=False, ring_seconds=None)]
    line = hotline(records, OfferEnd.NO_ANSWER)
    assert connect(line, ScriptedPhone()) is None
    assert line.switchboard.rung == ["Ben"]
    assert notes(records) == [("Cleo", "same_phone"), ("Ann", "talking")]


def test_who_is_talking_is_passed_before_the_caller_hears_a_word(records: MemoryRecords) -> None:
    """Or the next phone would ring two seconds later, after "connecting"."""
    records.busy = {1}
    line, phone = hotline(records, OfferEnd.ACCEPTED), ScriptedPhone()
    heard_before: list[list[str]] = []
    ring = line.switchboard.ring

    def listened(*arguments: Any, **named: Any) -> Any:
        heard_before.append(list(phone.heard))
        return ring(*arguments, **named)

    line.switchboard.ring = listened
    connect(line, phone)
    assert line.switchboard.rung == ["Ben"]
    assert heard_before == [[]]
    assert notes(records) == [("Ann", "talking")]


@pytest.mark.parametrize("end", [OfferEnd.BUSY, OfferEnd.UNREACHABLE, OfferEnd.DECLINED])
def test_busy_unreachable_declined_move_on_without_a_word_in_between(records: MemoryRecords, end: OfferEnd) -> None:
    """Fault 22: three phones that can't be rung cost the caller no sentence each."""
    records.rungs = [ANN, BEN, CLEO]
    line = hotline(records, end, end, OfferEnd.ACCEPTED, ticks=1)
    phone = ScriptedPhone()
    found = connect(line, phone)
    assert isinstance(found, Offer)
    assert line.switchboard.rung == ["Ann", "Ben", "Cleo"]
    assert "still_trying" not in phone.heard


def test_nobody_on_the_ladder_leads_to_the_failsafe_phones(records: MemoryRecords) -> None:
    line, phone = hotline(records, OfferEnd.NO_ANSWER, OfferEnd.NO_ANSWER, OfferEnd.ACCEPTED, failsafe_phones=(BACKUP,)), ScriptedPhone()
    found = connect(line, phone)
    assert isinstance(found, Offer)
    assert (found.engineer_id, found.phone) == (None, BACKUP)


def test_the_caller_is_told_of_the_backup_once(records: MemoryRecords) -> None:
    line, phone = hotline(records, OfferEnd.NO_ANSWER, failsafe_phones=(BACKUP, "+15555550192"), ticks=20), ScriptedPhone()
    assert connect(line, phone) is None
    assert phone.heard.count("calling_backup") == 1
    assert phone.heard[-1] == "no music"


def test_who_had_the_incident_is_called_first_and_the_number_is_not_said_again(records: MemoryRecords) -> None:
    records.current = replace(records.current, status=IncidentStatus.CONNECTING)
    records.accept(records.make_offer(1001, BEN).id, "PJSIP/ben")
    records.engineer_lost(1001)
    line, phone = hotline(records, OfferEnd.NO_ANSWER, ticks=30), ScriptedPhone()
    connect(line, phone)
    assert line.switchboard.rung == ["Ben", "Ann", "Ben"]
    assert "incident_number" not in phone.heard
    assert phone.heard[:2] == ["connecting", "wait_menu"]


def test_who_listens_for_long_may_still_accept_while_the_next_one_rings(records: MemoryRecords) -> None:
    """The ladder goes on; nobody has taken the call until somebody presses 1."""
    line = hotline(records, OfferEnd.ACCEPTED, OfferEnd.NO_ANSWER)
    line.switchboard.slow, line.switchboard.slower = {"Ann"}, {"Ann": 3, "Ben": 99}
    found = connect(line, ScriptedPhone())
    assert line.switchboard.rung == ["Ann", "Ben"]
    assert isinstance(found, Offer)
    assert found.engineer_name == "Ann"
    assert ends(records) == [("Ann", OfferEnd.ACCEPTED), ("Ben", OfferEnd.TAKEN)]


def test_who_listens_for_long_is_told_when_the_next_one_accepts(records: MemoryRecords) -> None:
    line = hotline(records, OfferEnd.NOT_ACCEPTED, OfferEnd.ACCEPTED)
    line.switchboard.slow, line.switchboard.slower = {"Ann"}, {"Ann": 99}
    connect(line, ScriptedPhone())
    assert ends(records) == [("Ann", OfferEnd.TAKEN), ("Ben", OfferEnd.ACCEPTED)]
    assert line.switchboard.released == [("ess-offer-1", True)]


@pytest.mark.parametrize("rounds", [1, 2])
def test_who_listens_for_long_is_waited_for_when_there_is_nobody_else(records: MemoryRecords, rounds: int) -> None:
    """And is not rung once more while they listen."""
    records.rungs = [ANN]
    line = hotline(records, OfferEnd.ACCEPTED)
    line.settings.ladder_rounds = rounds
    line.switchboard.slow, line.switchboard.slower = {"Ann"}, {"Ann": 9}
    assert isinstance(connect(line, ScriptedPhone()), Offer)
    assert line.switchboard.rung == ["Ann"]


def test_who_listens_for_long_is_rung_again_only_after_that(records: MemoryRecords) -> None:
    """A level of several: the others ring, the phone that is still listening does not."""
    records.ladder_levels = [
        Level(1, (ANN,), together=False, ring_seconds=None), Level(2, (ANN, BEN), together=True, ring_seconds=None)
    ]  # fmt: skip
    line = hotline(records, OfferEnd.NOT_ACCEPTED, OfferEnd.ACCEPTED)
    line.switchboard.slow, line.switchboard.slower = {"Ann"}, {"Ann": 99}
    connect(line, ScriptedPhone())
    assert line.switchboard.rung == ["Ann", "Ben"]

"""Ringing when something goes: the caller, an event, another process, the records, the switchboard."""

import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ivr.errors import CallerGone, IllegalChange, StoreUnavailable, SwitchboardDown
from ivr.model.incident import IncidentStatus
from ivr.model.offer import Offer, OfferEnd
from tests.unit.scripted import ANN, BEN, CLEO, HANG_UP, MemoryRecords, ScriptedPhone, hotline
from tests.unit.scripted.hotline import connect
from tests.unit.scripted.offers import ends, together


@pytest.mark.parametrize("answered", [True, False])
def test_a_caller_who_leaves_stops_every_phone(records: MemoryRecords, answered: bool) -> None:
    together(records, ANN, BEN)
    line = hotline(records, OfferEnd.NO_ANSWER, ticks=50)
    line.switchboard.answered = answered
    with pytest.raises(CallerGone):
        connect(line, ScriptedPhone({"connecting": [HANG_UP]}))
    assert ends(records) == [("Ann", OfferEnd.CALLER_GONE), ("Ben", OfferEnd.CALLER_GONE)]
    assert line.switchboard.released == [("ess-offer-1", answered), ("ess-offer-2", answered)]


def test_an_accept_whose_event_was_lost_is_found_in_the_records(records: MemoryRecords, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ivr.ringers.RECORDS_AT_LEAST", 0.0)
    line, phone = hotline(records, OfferEnd.NO_ANSWER, ticks=10_000), ScriptedPhone()
    phone.on_tick = lambda: (records.accept(1, "PJSIP/ann"), None)[1]
    found = connect(line, phone)
    assert isinstance(found, Offer)
    assert found.channel == "PJSIP/ann"


def test_a_gap_in_the_events_is_made_up_for_at_once(records: MemoryRecords, monkeypatch: pytest.MonkeyPatch) -> None:
    """And while the manager is there nobody asks the records each second."""
    line, phone = hotline(records, OfferEnd.NO_ANSWER, ticks=10_000), ScriptedPhone()
    clock = itertools.count()
    monkeypatch.setattr("ivr.ringers.monotonic", lambda: next(clock) * 0.01)
    looks = counted(records, monkeypatch)
    ticks = iter(range(400))

    def tick() -> None:
        if next(ticks) == 300:
            assert not looks
            records.accept(1, "PJSIP/ann")
            line.switchboard.missed += 1

    phone.on_tick = tick
    assert isinstance(connect(line, phone), Offer)
    assert len(looks) == 1
    assert next(ticks) == 301


def test_while_the_manager_is_away_the_records_are_looked_at_each_second(records: MemoryRecords, monkeypatch: pytest.MonkeyPatch) -> None:
    line, phone = hotline(records, OfferEnd.NO_ANSWER, ticks=10_000), ScriptedPhone()
    now = [0.0]
    monkeypatch.setattr("ivr.ringers.monotonic", lambda: now[0])
    looks = counted(records, monkeypatch)
    line.switchboard.connected = False

    def tick() -> None:
        now[0] += 0.5
        if now[0] == 4.0:
            assert len(looks) == 3
            records.accept(1, "PJSIP/ann")

    phone.on_tick = tick
    assert isinstance(connect(line, phone), Offer)
    assert now[0] == 4.0


def counted(records: MemoryRecords, monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """Grows by one with each look at the offers in the records."""
    looks: list[None] = []
    read = records.offer_ends

    def look(*asked: Any) -> Any:
        looks.append(None)
        return read(*asked)

    monkeypatch.setattr(records, "offer_ends", look)
    return looks


def test_an_engineer_whom_another_process_rang_may_accept(records: MemoryRecords, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first serve was killed while a phone rang; the second one rings on, and the first one's engineer is quicker."""
    records.current = replace(records.current, status=IncidentStatus.CONNECTING)
    old = records.make_offer(1001, CLEO)
    real = records.make_offer

    def too_late(incident_id: int, rung: Any) -> Offer:
        records.accept(old.id, "PJSIP/cleo")
        if records.current.status is not IncidentStatus.CONNECTING:
            raise IllegalChange("no offer can be made")
        return real(incident_id, rung)

    monkeypatch.setattr(records, "make_offer", too_late)
    found = connect(hotline(records), ScriptedPhone())
    assert isinstance(found, Offer)
    assert found.engineer_name == "Cleo"


def test_offers_that_the_records_forbid_leave_the_caller_to_the_dialplan(records: MemoryRecords, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "make_offer", _raising(IllegalChange("ended")))
    with pytest.raises(IllegalChange):
        connect(hotline(records), ScriptedPhone())


def test_a_switchboard_that_goes_down_while_phones_ring_lets_go_of_them(records: MemoryRecords) -> None:
    """The second phone can't be rung: the first must not ring on for nobody."""
    together(records, ANN, BEN)
    line = hotline(records, OfferEnd.NO_ANSWER)
    ring = line.switchboard.ring
    line.switchboard.ring = lambda offer, *rest, **more: ring(offer, *rest, **more) if offer.id == 1 else _raising(SwitchboardDown("cut"))()
    with pytest.raises(SwitchboardDown):
        connect(line, ScriptedPhone())
    assert ends(records) == [("Ann", OfferEnd.CALLER_GONE), ("Ben", OfferEnd.UNREACHABLE)]
    assert line.switchboard.released == [("ess-offer-1", False)]


def test_losers_who_can_not_be_let_go_do_not_cost_the_caller_the_engineer(records: MemoryRecords) -> None:
    together(records, ANN, BEN)
    line = hotline(records, OfferEnd.ACCEPTED, OfferEnd.NO_ANSWER)
    line.switchboard.slower = {"Ben": 99}
    line.switchboard.release = _raising(SwitchboardDown("cut"))
    assert isinstance(connect(line, ScriptedPhone()), Offer)


def test_records_that_go_down_leave_the_caller_to_the_dialplan(records: MemoryRecords, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ivr.ringers.RECORDS_AT_LEAST", 0.0)
    line, phone = hotline(records, OfferEnd.NO_ANSWER, ticks=10_000), ScriptedPhone()

    def cut() -> None:
        records.down = True

    phone.on_tick = cut
    with pytest.raises(StoreUnavailable):
        connect(line, phone)
    assert line.switchboard.released  # also without the records: nobody's phone rings for nobody


def _raising(error: Exception) -> Callable[..., Any]:
    def fail(*_: Any, **__: Any) -> Any:
        raise error

    return fail

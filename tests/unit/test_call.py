"""The whole call in one go, and what a script does that is run again after another one died."""

from dataclasses import replace

import pytest

from ivr import call
from ivr.errors import CallerGone, StoreUnavailable
from ivr.model.incident import Consent, Cover, EndReason, IncidentStatus
from ivr.model.offer import OfferEnd
from tests.unit.scripted import ANN, COVERED_CALL, HANG_UP, MemoryRecords, ScriptedPhone, hotline


def test_a_covered_customer_is_handed_to_the_engineer_who_accepts(records: MemoryRecords) -> None:
    phone = ScriptedPhone(COVERED_CALL)
    call.call(hotline(records), phone)
    assert phone.variables["IVR_ACCEPTED"] == "1"
    assert phone.variables["IVR_ENGINEER_CHANNEL"] == records.offers[0].channel
    assert phone.variables["IVR_TALK_SECONDS"] == "0"
    assert "IVR_DONE" not in phone.variables
    assert records.current.cover is Cover.AGREEMENT
    assert phone.heard.index("covered") < phone.heard.index("connecting")


@pytest.mark.parametrize("end", [OfferEnd.DECLINED, OfferEnd.BUSY, OfferEnd.NO_ANSWER, OfferEnd.NOT_ACCEPTED, OfferEnd.UNREACHABLE])
def test_an_engineer_who_does_not_accept_is_followed_by_the_next(records: MemoryRecords, end: OfferEnd) -> None:
    phone, line = ScriptedPhone(COVERED_CALL), hotline(records, end, OfferEnd.ACCEPTED)
    call.call(line, phone)
    assert line.switchboard.rung == ["Ann", "Ben"]
    assert records.offers[0].end is end


def test_nobody_accepts(records: MemoryRecords) -> None:
    phone, line = ScriptedPhone(COVERED_CALL), hotline(records, OfferEnd.NO_ANSWER, ladder_rounds=2)
    call.call(line, phone)
    assert line.switchboard.rung == ["Ann", "Ben", "Ann", "Ben"]
    assert records.current.reason is EndReason.NO_ENGINEER
    assert "no_engineer" in phone.heard
    assert phone.variables["IVR_DONE"] == "1"


def test_hanging_up_while_a_phone_rings_stops_the_ringing(records: MemoryRecords) -> None:
    line = hotline(records, OfferEnd.NO_ANSWER)
    with pytest.raises(CallerGone):
        call.call(line, ScriptedPhone({**COVERED_CALL, "connecting": [HANG_UP]}))
    assert line.switchboard.released == [("ess-offer-1", False)]
    assert records.offers[0].end is OfferEnd.CALLER_GONE


@pytest.mark.parametrize("prompt", ["disclosure", "disclosure_terms", "disclosure_menu", "ask_account", "ask_pin", "covered"])
def test_hanging_up_in_a_prompt_rings_nobody(records: MemoryRecords, prompt: str) -> None:
    line = hotline(records)
    with pytest.raises(CallerGone):
        call.call(line, ScriptedPhone({**COVERED_CALL, prompt: [HANG_UP]}))
    assert line.switchboard.rung == []


def test_a_caller_who_left_before_the_script_ran_begins_no_incident(records: MemoryRecords, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that was stopped finds old connections: the hang-up was told long ago, and nobody would end such an incident."""
    phone = ScriptedPhone()
    began: list[str] = []
    monkeypatch.setattr(phone, "get", lambda variable: (_ for _ in ()).throw(CallerGone()))
    monkeypatch.setattr(records, "begin_call", lambda **call: began.append("begun"))
    with pytest.raises(CallerGone):
        call.call(hotline(records), phone)
    assert began == []


def test_records_that_are_down_leave_the_caller_to_the_dialplan(records: MemoryRecords) -> None:
    line, phone = hotline(records), ScriptedPhone(COVERED_CALL)
    records.down = True
    with pytest.raises(StoreUnavailable):
        call.call(line, phone)
    assert "IVR_DONE" not in phone.variables


def test_a_second_serve_goes_on_where_the_first_one_stopped(records: MemoryRecords) -> None:
    records.current = replace(
        records.current, consent=Consent.GIVEN, identified_how="pin", customer_id=7, cover=Cover.AGREEMENT, seconds_left=None
    )
    phone = ScriptedPhone()
    call.call(hotline(records), phone)
    assert phone.heard[0] == "connecting"
    assert records.current.status is IncidentStatus.TALKING


def test_an_accept_whose_script_died_is_handed_over(records: MemoryRecords) -> None:
    records.current = replace(records.current, status=IncidentStatus.CONNECTING)
    offer = records.make_offer(1001, ANN)
    records.accept(offer.id, "PJSIP/trunk-ann")
    phone = ScriptedPhone()
    call.call(hotline(records), phone)
    assert phone.heard == ["no music"]
    assert phone.variables["IVR_ENGINEER_CHANNEL"] == "PJSIP/trunk-ann"

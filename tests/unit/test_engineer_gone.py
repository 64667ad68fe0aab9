"""The engineer's leg is over and the caller's is not: who hung up, who was cut off, and who is called again."""

import pytest

from ivr import call, spoken
from ivr.errors import CallerGone
from ivr.model.customer import Coverage
from ivr.model.incident import EndReason, IncidentStatus
from ivr.model.offer import OfferEnd
from tests.unit.scripted import BEN, HANG_UP, MemoryRecords, hotline, talking


@pytest.mark.parametrize("answers", [{}, {"engineer_left": ["2"]}])
def test_an_engineer_who_hung_up_leaves_the_caller_the_choice(records: MemoryRecords, answers: dict[str, list[str]]) -> None:
    phone = talking(records)
    phone.answers.update(answers)
    call.ending(hotline(records), phone)
    assert records.current.reason is EndReason.CALLER_STOPPED
    assert phone.heard[-1] == "goodbye_caller_stopped"


def test_the_caller_can_have_the_engineer_back(records: MemoryRecords) -> None:
    phone = talking(records)
    phone.answers["engineer_left"] = ["1"]
    line = hotline(records)
    call.ending(line, phone)
    assert line.switchboard.rung == ["Ann"]
    assert phone.variables["IVR_ENGINEER_CHANNEL"] == records.offers[-1].channel


@pytest.mark.parametrize("cause", ["0", "38", ""])
def test_a_dropped_engineer_is_called_again_before_the_others(records: MemoryRecords, cause: str) -> None:
    phone = talking(records)
    phone.variables["IVR_ENGINEER_CAUSE"] = cause
    line = hotline(records, OfferEnd.NO_ANSWER, OfferEnd.NO_ANSWER, OfferEnd.ACCEPTED)
    call.ending(line, phone)
    assert phone.heard[0] == "reconnecting"
    assert line.switchboard.rung == ["Ann", "Ann", "Ben"]


def test_an_engineer_who_is_lost_for_good_ends_the_incident_as_such(records: MemoryRecords) -> None:
    phone = talking(records)
    phone.variables["IVR_ENGINEER_CAUSE"] = "38"
    call.ending(hotline(records, OfferEnd.UNREACHABLE), phone)
    assert records.current.reason is EndReason.ENGINEER_LOST


@pytest.mark.parametrize("cause", ["16", "38"])
def test_an_engineer_who_goes_in_the_grace_is_not_called_again(records: MemoryRecords, cause: str) -> None:
    """However the line ended: there is no time left to talk, and no question what to do with it."""
    records.coverages[7] = Coverage(1, 3600)
    phone, line = talking(records), hotline(records)
    phone.variables["IVR_ENGINEER_CAUSE"] = cause
    records.talked, records.open_looks = 3605.0, 3
    call.ending(line, phone)
    assert records.current.reason is EndReason.TIME_EXPIRED
    assert phone.heard[:3] == ["you_talked", *spoken.minutes(60)]
    assert line.switchboard.rung == []


@pytest.mark.parametrize(("cause", "reason"), [("16", EndReason.CALLER_STOPPED), ("38", EndReason.ENGINEER_LOST)])
def test_a_message_instead_of_the_engineer_who_was_there_ends_the_call_as_a_hang_up_would(
    records: MemoryRecords, cause: str, reason: EndReason
) -> None:
    """A 1 and a 9 must not make a served call free, and who was cut off by us pays nothing for it."""
    phone = talking(records)
    phone.variables["IVR_ENGINEER_CAUSE"] = cause
    phone.answers |= {"engineer_left": ["1"], "connecting": ["9"]}
    call.ending(hotline(records, OfferEnd.NO_ANSWER), phone)
    assert records.current.reason is reason
    assert "leave_message" in phone.heard


def test_the_engineer_is_lost_in_the_records_before_the_caller_hears_so(records: MemoryRecords) -> None:
    """Or a hang-up in that sentence would be charged."""
    phone = talking(records)
    phone.variables["IVR_ENGINEER_CAUSE"] = "38"
    phone.answers["reconnecting"] = [HANG_UP]
    with pytest.raises(CallerGone):
        call.ending(hotline(records), phone)
    assert records.current.status is IncidentStatus.CONNECTING


def test_who_chose_to_be_connected_again_is_not_asked_twice(records: MemoryRecords) -> None:
    """The serve was killed while the engineer rang."""
    phone, line = talking(records), hotline(records)
    phone.answers.update({"engineer_left": ["1", "2"], "connecting": [HANG_UP]})
    with pytest.raises(CallerGone):  # stands for the kill
        call.ending(line, phone)
    phone.heard.clear()
    call.ending(line, phone)
    assert "engineer_left" not in phone.heard
    assert line.switchboard.rung[-1] == "Ann"
    assert records.current.status is IncidentStatus.TALKING


@pytest.mark.parametrize("talking_to", ["PJSIP/ann", ""])
def test_a_new_engineer_whose_accept_the_last_script_did_not_outlive_is_bridged(records: MemoryRecords, talking_to: str) -> None:
    """Ben has pressed 1 and waits; the serve was killed before it could hand him over."""
    phone, line = talking(records), hotline(records)
    records.engineer_lost(1001)
    records.make_offer(1001, BEN)
    records.accept(2, "PJSIP/ben")
    phone.variables.update({"IVR_TALKING_TO": talking_to, "IVR_ENGINEER_CAUSE": "0"})
    call.ending(line, phone)
    assert phone.variables["IVR_ENGINEER_CHANNEL"] == "PJSIP/ben"
    assert line.switchboard.rung == []
    assert records.current.status is IncidentStatus.TALKING

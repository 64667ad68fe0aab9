"""A caller whose line dropped calls again: who gets through to the old incident, and what they hear."""

from dataclasses import replace
from typing import Any

import pytest

from ivr import call, spoken
from ivr.errors import CallerGone
from ivr.hungup import hungup
from ivr.model.incident import IncidentStatus
from ivr.records.resumes import Suspended
from ivr.resume import resume, your_code
from tests.unit.scripted import HANG_UP, MemoryRecords, ScriptedPhone
from tests.unit.scripted.hotline import STRANGER, guest_with_ann, line_dropped


@pytest.fixture
def records() -> MemoryRecords:
    return guest_with_ann()


def dropped(line: Any) -> None:
    """The caller's line goes, and their number may come back."""
    hungup(line, line_dropped())
    line.store.waiting = [Suspended(1001, STRANGER, chosen=False)]


def again(answers: dict[str, list[str]], number: str | None = STRANGER) -> ScriptedPhone:
    """The caller on a new line."""
    return ScriptedPhone(answers, caller_id=number, uniqueid="caller-2")


def test_a_guest_comes_back_by_the_code(line: Any, records: MemoryRecords) -> None:
    dropped(line)
    phone = again({"resume_menu": ["1"], "ask_code_again": ["0451#"]})
    assert resume(line, phone) == records.incident(1001)
    assert records.current.status is IncidentStatus.CONNECTING
    assert phone.heard == ["resume_menu", "ask_code_again", "resuming"]


def test_a_customer_comes_back_by_the_pin(line: Any, records: MemoryRecords) -> None:
    """The guess is counted as any other; the code would not help."""
    records.current = replace(records.current, customer_id=7, identified_how="pin")
    dropped(line)
    phone = again({"resume_menu": ["1"], "ask_pin": ["0451#"], "ask_pin_plain": ["4711#"]})
    assert resume(line, phone) is not None
    assert phone.heard == ["resume_menu", "ask_pin", "pin_wrong", "ask_pin_plain", "resuming"]
    assert [guess["fits"] for guess in records.guesses] == [False, True]


@pytest.mark.parametrize(
    "answers", [{"ask_pin": ["1111#"], "ask_pin_plain": ["0451#", "2222#"]}, {"ask_pin": ["*"]}, {"ask_pin": ["4711#"]}], ids=str
)
def test_without_the_pin_nobody_is_the_customer(line: Any, records: MemoryRecords, answers: dict[str, list[str]]) -> None:
    """Wrong three times, not known, or right and too late: the account is locked."""
    records.current = replace(records.current, customer_id=7, identified_how="pin")
    dropped(line)
    if answers["ask_pin"] == ["4711#"]:
        line.settings.pin_tries_per_account = 0
    assert resume(line, again({"resume_menu": ["1"], **answers})) is None
    assert records.current.status is IncidentStatus.SUSPENDED


def test_who_was_confirmed_by_an_engineer_has_the_code_alone(line: Any, records: MemoryRecords) -> None:
    """They did not know the PIN an hour ago."""
    records.current = replace(records.current, customer_id=7, identified_how="engineer")
    dropped(line)
    assert resume(line, again({"resume_menu": ["1"], "ask_code_again": ["0451#"]})) is not None


@pytest.mark.parametrize(
    ("answers", "last"),
    [
        ({}, "resume_menu_plain"),
        ({"resume_menu": ["2"]}, "resume_menu"),
        ({"resume_menu": ["1"]}, "ask_code_again_plain"),
        ({"resume_menu": ["1"], "ask_code_again": ["*"]}, "ask_code_again"),
        ({"resume_menu": ["1"], "ask_code_again": ["1111#"], "ask_code_again_plain": ["2222#", "3333#"]}, "code_not_right"),
    ],
)
def test_everybody_else_has_a_new_emergency(line: Any, records: MemoryRecords, answers: dict[str, list[str]], last: str) -> None:
    """Silence, a 2, a code that they don't know or that is wrong three times: nobody is kept, and the old incident goes on waiting."""
    dropped(line)
    phone = again(answers)
    assert resume(line, phone) is None
    assert phone.heard[-1] == last
    assert records.current.status is IncidentStatus.SUSPENDED


def test_wrong_codes_count_against_the_caller(line: Any, records: MemoryRecords) -> None:
    dropped(line)
    line.settings.pin_tries_per_caller = 1
    phone = again({"resume_menu": ["1"], "ask_code_again": ["1111#"], "ask_code_again_plain": ["2222#", "0451#"]})
    assert resume(line, phone) is None
    assert records.current.status is IncidentStatus.SUSPENDED


@pytest.mark.parametrize("number", [None, "anonymous", "+15555550178", "+495555550177"])
def test_only_the_same_number_is_asked(line: Any, records: MemoryRecords, number: str | None) -> None:
    """A hidden one is nobody's; the last digits alone are not enough."""
    dropped(line)
    phone = again({"resume_menu": ["1"], "ask_code_again": ["0451#"]}, number)
    assert resume(line, phone) is None
    assert phone.heard == []


@pytest.mark.parametrize("number", ["5555550177", "15555550177", "0015555550177"])
def test_the_same_number_in_another_form_is_asked(line: Any, records: MemoryRecords, number: str) -> None:
    dropped(line)
    assert resume(line, again({"resume_menu": ["1"], "ask_code_again": ["0451#"]}, number)) is not None


def test_without_time_left_there_is_nothing_to_come_back_to(line: Any, records: MemoryRecords) -> None:
    dropped(line)
    records.talked = 899.9
    assert resume(line, again({"resume_menu": ["1"]})) is None


def test_who_comes_too_late_after_the_code_has_a_new_emergency(line: Any, records: MemoryRecords, monkeypatch: pytest.MonkeyPatch) -> None:
    """The window ended, or another call was first, while the code was typed."""
    dropped(line)
    monkeypatch.setattr(records, "resume_call", lambda incident_id, **call: False)
    phone = again({"resume_menu": ["1"], "ask_code_again": ["0451#"]})
    assert resume(line, phone) is None
    assert "resuming" not in phone.heard


def test_what_was_answered_is_not_asked_again_by_another_process(line: Any, records: MemoryRecords) -> None:
    """Fault 3: killed while the code was typed. The wish to go back stands in the records."""
    dropped(line)
    with pytest.raises(CallerGone):
        resume(line, again({"resume_menu": ["1"], "ask_code_again": [HANG_UP]}))
    phone = again({"ask_code_again": ["0451#"]})
    assert resume(line, phone) is not None
    assert phone.heard == ["ask_code_again", "resuming"]


@pytest.mark.parametrize(
    ("how", "number", "window", "told"),
    [("guest", STRANGER, 900, True), ("wrong_pin", STRANGER, 900, True), ("pin", STRANGER, 900, False), ("guest", None, 900, False),
     ("guest", STRANGER, 0, False)],
)  # fmt: skip
def test_the_code_is_told_to_who_needs_it(line: Any, records: MemoryRecords, how: str, number: str | None, window: int, told: bool) -> None:
    """Who proved a PIN has it again, and who hides the number can't come back."""
    line.settings.resume_seconds = window
    records.current = replace(records.current, identified_how=how)
    said = your_code(line, again({}, number), records.current)
    assert said == (("your_code", *spoken.digits("0451")) if told else ())


@pytest.mark.parametrize(("talked", "seconds"), [(300.0, "630"), (880.0, "50")])
def test_who_is_back_is_asked_nothing_more_and_has_the_same_engineer_first(
    line: Any, records: MemoryRecords, talked: float, seconds: str
) -> None:
    """With the time that is left, however little, and the grace."""
    dropped(line)
    records.talked = talked
    phone = again({"resume_menu": ["1"], "ask_code_again": ["0451#"]})
    call.call(line, phone)
    assert line.switchboard.rung == ["Ann"]
    assert phone.variables["IVR_TALK_SECONDS"] == seconds
    assert not {"disclosure", "ask_category", "ask_account", "prepay", "your_code"} & set(phone.heard)


def test_another_process_goes_on_ringing_for_who_is_back(line: Any, records: MemoryRecords) -> None:
    """Fault 3: killed right after the call was joined to its old incident."""
    dropped(line)
    records.resume_call(1001, channel="PJSIP/trunk-2", uniqueid="caller-2", caller_id=STRANGER)
    phone = again({})
    call.call(line, phone)
    assert line.switchboard.rung == ["Ann"]
    assert "resume_menu" not in phone.heard
    assert "disclosure" not in phone.heard


def test_a_new_emergency_begins_from_the_price(line: Any, records: MemoryRecords, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new incident, made only now."""
    dropped(line)
    began: list[str] = []

    def begin_call(*, channel: str, uniqueid: str, caller_id: str) -> None:
        began.append(uniqueid)
        raise CallerGone

    monkeypatch.setattr(records, "begin_call", begin_call)
    with pytest.raises(CallerGone):
        call.call(line, again({"resume_menu": ["2"]}))
    assert began == ["caller-2"]


@pytest.mark.parametrize(("key", "status"), [("1", IncidentStatus.CONNECTING), ("2", IncidentStatus.TALKING)])
def test_who_was_on_a_lost_node_goes_back_only_when_they_want_to(
    line: Any, records: MemoryRecords, key: str, status: IncidentStatus
) -> None:
    """Nobody but them knows that their old leg is gone: without their 1 the talk there goes on as far as anybody can tell."""
    line.store.waiting = [Suspended(1001, STRANGER, chosen=False, lost=True)]
    found = resume(line, again({"resume_menu": [key], "ask_code_again": ["0451#"]}))
    assert (found is not None) is (key == "1")
    assert records.current.status is status

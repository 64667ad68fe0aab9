"""Nobody answered: what the caller hears, what is kept of what they say, and who is told."""

from pathlib import Path
from typing import Any

import pytest

from ivr import message_files, spoken
from ivr.errors import AsteriskFault, CallerGone
from ivr.hungup import hungup
from ivr.message import leave_message
from ivr.model.incident import Cover, EndReason
from tests.unit.scripted import HANG_UP, MemoryRecords, ScriptedPhone, hotline
from tests.unit.scripted.hotline import line_dropped

NOBODY = ("page", {"incident_id": 1001, "occasion": "nobody", "engineers": []})
MESSAGE = ("page", {"incident_id": 1001, "occasion": "message", "engineers": []})


@pytest.fixture
def records(tmp_path: Path) -> MemoryRecords:
    return MemoryRecords(messages_folder=tmp_path / "messages")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for an Asterisk that writes nothing."""
    monkeypatch.setattr(message_files.closed, "__defaults__", (0.0,))


def left(records: MemoryRecords, phone: ScriptedPhone, **given: Any) -> None:
    leave_message(hotline(records), phone, records.current, **given)


def test_everybody_is_paged_before_the_caller_hears_a_word(records: MemoryRecords) -> None:
    """Who hangs up in the first sentence is called back all the same: the end, the row and the page are there."""
    with pytest.raises(CallerGone):
        left(records, ScriptedPhone({"no_engineer": [HANG_UP]}))
    assert records.jobs == [NOBODY]
    assert records.current.reason is EndReason.NO_ENGINEER
    assert [each.seconds for each in records.messages_left] == [0.0]


def test_a_message_is_kept_and_everybody_hears_of_it(records: MemoryRecords) -> None:
    phone = ScriptedPhone()
    left(records, phone)
    number = ["incident_number", *spoken.digits("1001")]
    assert phone.heard == ["no_engineer", "nothing_due", *number, "leave_message", "record", "message_kept"]
    assert records.jobs == [NOBODY, MESSAGE]
    assert [each.seconds for each in records.messages_left] == [3.0]
    assert phone.variables["IVR_DONE"] == "1"


def test_a_message_is_kept_when_the_caller_just_hangs_up(records: MemoryRecords) -> None:
    with pytest.raises(CallerGone):
        left(records, ScriptedPhone({"record": [HANG_UP]}))
    assert [each.seconds for each in records.messages_left] == [3.0]
    assert records.jobs == [NOBODY, MESSAGE]


@pytest.mark.parametrize("seconds", [0.0, 0.9])
def test_next_to_nothing_is_no_message(records: MemoryRecords, seconds: float) -> None:
    """The page that nobody answered has gone out; there is nothing to listen to."""
    phone = ScriptedPhone()
    phone.says_seconds = seconds
    left(records, phone)
    assert phone.heard[-1] == "message_empty"
    assert records.jobs == [NOBODY]
    assert [each.seconds for each in records.messages_left] == [0.0]


def test_who_asked_for_it_hears_no_apology(records: MemoryRecords) -> None:
    phone = ScriptedPhone()
    left(records, phone, asked_for=True)
    assert phone.heard == ["leave_message", "record", "message_kept"]


def test_without_a_place_for_the_file_the_caller_is_told_so_politely(records: MemoryRecords, caplog: pytest.LogCaptureFixture) -> None:
    """Fault 29: a full disk costs the message, not the call back."""
    records.messages_folder.write_text("no folder can be made here")
    phone = ScriptedPhone()
    left(records, phone)
    assert phone.heard[-2:] == ["leave_message", "message_empty"]
    assert records.jobs == [NOBODY]
    assert "cannot be recorded" in caplog.text


def test_an_asterisk_that_cannot_record_is_no_end_of_the_call(records: MemoryRecords, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(*_: object, **__: object) -> None:
        raise AsteriskFault("Asterisk could not record a message.")

    phone = ScriptedPhone()
    monkeypatch.setattr(phone, "record", refuses)
    left(records, phone)
    assert phone.heard[-1] == "message_empty"
    assert phone.variables["IVR_DONE"] == "1"


def test_who_had_an_engineer_is_not_told_that_nothing_is_charged(records: MemoryRecords) -> None:
    """An engineer was lost and nobody else came: the goodbye says what it costs."""
    records.covered(1001, Cover.TRUNKS)
    phone = ScriptedPhone()
    left(records, phone, reason=EndReason.ENGINEER_LOST)
    assert phone.heard[:3] == ["leave_message", "record", "no_engineer"]
    assert not {"message_kept", "nothing_due"} & set(phone.heard)
    assert records.current.reason is EndReason.ENGINEER_LOST


def test_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    path = message_files.make(tmp_path / "messages", "1001-1.wav")
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)


@pytest.mark.parametrize(("outcome", "paged"), [("nobody", [NOBODY]), ("answered", []), ("calling", [])])
def test_a_caller_whom_no_failsafe_phone_took_is_called_back_too(records: MemoryRecords, outcome: str, paged: list[object]) -> None:
    """No script could serve them: everybody hears of it as soon as one can."""
    hungup(hotline(records, resume_seconds=0), line_dropped(outcome))
    assert records.jobs == paged

"""Messages in the records, and their files."""

import asyncio
import platform
import struct
import threading
from array import array
from pathlib import Path
from time import monotonic

import psycopg
import pytest

from ivr import message_files, node_jobs, worker
from ivr.config import Settings
from ivr.errors import AsteriskFault, CallerGone, IllegalChange, UnknownRecord
from ivr.model.incident import EndReason
from ivr.model.report import Message
from ivr.phone import Phone
from ivr.store import Store
from tests.integration.cast import COVERED, called, kinds
from tests.integration.conftest import Sql
from tests.integration.fake_asterisk import session
from tests.integration.fake_asterisk import settings as bare_settings
from tests.unit.scripted import write_recording


@pytest.fixture
def given(settings: Settings, tmp_path: Path) -> Settings:
    return settings.model_copy(update={"state_folder": tmp_path, "ami_seconds": 0.1})


def begun(store: Store, given: Settings) -> tuple[Message, Path]:
    """A caller hears the tone."""
    incident = called(store)
    store.identified(incident.id, COVERED, how="pin")
    store.end_incident(incident.id, EndReason.NO_ENGINEER)
    message = store.begin_message(incident.id)
    return message, message_files.make(given.messages_folder, message.file)


def kept(store: Store, given: Settings, seconds: float = 3.0) -> Message:
    """They spoke for so long."""
    message, path = begun(store, given)
    write_recording(path, seconds)
    message_files.take_in(store, given.messages_folder, message)
    return store.messages(message.incident_id)[0]


def page_jobs(sql: Sql) -> list[tuple[str, int]]:
    """Occasion and priority of each page that waits to be sent."""
    return [
        (args["occasion"], priority) for args, priority in sql("SELECT args, priority FROM procrastinate_jobs WHERE task_name = 'ivr:page'")
    ]


def test_a_message_has_its_row_before_its_first_sound(store: Store, given: Settings) -> None:
    """The name of the file comes from numbers of ours alone."""
    message, _ = begun(store, given)
    assert message.file == f"{message.incident_id}-{message.id}.wav"
    assert (message.seconds, message.heard_at, message.node) == (None, None, platform.node())
    found = store.messages(message.incident_id)[0]
    assert (found.account, found.caller_id) == ("1001", "+12025550101")


def test_what_was_said_is_written_once_and_pages_everybody(store: Store, given: Settings, sql: Sql) -> None:
    """Before everything that waits for Stripe."""
    message = kept(store, given)
    store.message_recorded(message.id, 99.0)
    assert store.messages(message.incident_id)[0].seconds == 3.0
    assert page_jobs(sql) == [("message", 10)]
    assert kinds(store, message.incident_id)[-2:] == ["message_began", "message"]


def test_nothing_that_was_said_pages_nobody(store: Store, given: Settings, sql: Sql) -> None:
    assert kept(store, given, 0.5).seconds == 0
    assert page_jobs(sql) == []


@pytest.mark.parametrize("change", ["seconds = 5", "incident_id = incident_id + 1", "heard_by = 'Eve'"])
def test_a_message_stays_what_it_was(store: Store, given: Settings, sql: Sql, change: str) -> None:
    """Also against its own administrator."""
    message = kept(store, given)
    store.messages_heard(message.incident_id, "Ann")
    with pytest.raises(psycopg.DatabaseError, match=r"stays as it is|was heard by Ann"):
        sql(f"UPDATE message SET {change}")


def test_who_heard_it_first_has_heard_it(store: Store, given: Settings) -> None:
    message = kept(store, given)
    assert [store.messages_heard(message.incident_id, name) for name in ("Ann", "Ben")] == [1, 0]
    assert store.messages(message.incident_id)[0].heard_by == "Ann"
    assert store.messages(unheard=True) == []


def test_an_unknown_incident_has_no_message(store: Store) -> None:
    with pytest.raises((UnknownRecord, IllegalChange)):
        store.begin_message(4711)


class TestLeftByAKilledProcess:
    """Fault 3: the row has no length, and nobody records any more."""

    def test_it_is_taken_in_when_the_caller_has_gone(self, store: Store, given: Settings, sql: Sql) -> None:
        message, path = begun(store, given)
        write_recording(path, 4.0)
        assert message_files.take_in_leftovers(given, store) == []  # the caller is still there
        sql("UPDATE leg SET ended_at = now()")
        assert message_files.take_in_leftovers(given, store) == [message.file]
        assert message_files.take_in_leftovers(given, store) == []
        assert store.messages(message.incident_id)[0].seconds == 4.0
        assert page_jobs(sql) == [("message", 10)]

    def test_it_is_taken_in_when_it_is_too_old_to_go_on(self, store: Store, given: Settings, sql: Sql) -> None:
        """Nobody heard the caller's hang-up."""
        message, path = begun(store, given)
        write_recording(path, 4.0)
        sql("UPDATE message SET began_at = now() - interval '301 seconds'")
        assert message_files.take_in_leftovers(given, store) == [message.file]

    def test_without_a_file_nothing_was_said(self, store: Store, given: Settings, sql: Sql) -> None:
        message, path = begun(store, given)
        path.unlink()
        sql("UPDATE leg SET ended_at = now()")
        message_files.take_in_leftovers(given, store)
        assert store.messages(message.incident_id)[0].seconds == 0

    def test_that_of_another_machine_is_left_to_it(self, store: Store, given: Settings, sql: Sql) -> None:
        begun(store, given)
        sql("UPDATE message SET node = 'elsewhere'")
        sql("UPDATE leg SET ended_at = now()")
        assert message_files.take_in_leftovers(given, store) == []

    def test_the_head_of_a_file_that_was_never_closed_is_mended(self, store: Store, given: Settings, sql: Sql) -> None:
        """Else a player would play nothing of it."""
        _, path = begun(store, given)
        write_recording(path, 2.0)
        whole = path.read_bytes()
        path.write_bytes(whole[:4] + struct.pack("<I", 36) + whole[8:40] + struct.pack("<I", 0) + whole[44:])
        sql("UPDATE leg SET ended_at = now()")
        message_files.take_in_leftovers(given, store)
        assert path.read_bytes() == whole

    def test_the_worker_does_it(self, store: Store, given: Settings, sql: Sql) -> None:
        """By its own clock, each minute; here the job is put in by hand."""
        message, path = begun(store, given)
        write_recording(path, 4.0)
        sql("UPDATE leg SET ended_at = now()")
        store.defer("messages", timestamp=0)
        jobs_done(given)
        assert store.messages(message.incident_id)[0].seconds == 4.0


def jobs_done(given: Settings) -> None:
    asyncio.run(worker.work(given, wait=False))


class TestWhileAsteriskStillWrites:
    """It tells of the end of a recording before it closes the file."""

    def test_the_last_of_it_is_waited_for(self, store: Store, given: Settings) -> None:
        message, path = begun(store, given)
        threading.Timer(0.3, write_recording, (path, 2.0)).start()
        assert message_files.take_in(store, given.messages_folder, message) == 2.0
        assert store.messages(message.incident_id)[0].seconds == 2.0

    def test_but_not_for_ever(self, tmp_path: Path) -> None:
        path = message_files.make(tmp_path, "1.wav")
        began = monotonic()
        assert not message_files.closed(path, 0.2)
        assert monotonic() - began < 1.0


@pytest.mark.parametrize(("loudness", "seconds"), [(4000, 2.0), (-4000, 2.0), (300, 0.0), (0, 0.0)])
def test_only_what_is_louder_than_a_line_counts(tmp_path: Path, loudness: int, seconds: float) -> None:
    """Two seconds of it."""
    path = tmp_path / "1.wav"
    path.write_bytes(b"\0" * 44 + array("h", [loudness] * 16000).tobytes() + b"\0")
    assert message_files.seconds_said(path) == seconds


class TestRecording:
    """What Asterisk says about ``RECORD FILE``, and what the script makes of it."""

    @pytest.mark.parametrize(
        "reply",
        ["200 result=0 (timeout) endpos=8000", "200 result=35 (dtmf) endpos=8000", "200 result=176543 (timeout) endpos=12"],
    )
    def test_an_end_is_an_end(self, reply: str) -> None:
        """The time, silence, or the key; Asterisk gives what is left of the time as a result too."""
        with session({"STREAM FILE": "200 result=0 endpos=1", "RECORD FILE": reply}) as (ours, fake):
            Phone(ours, bare_settings()).record(Path("/x/1001-1"), seconds=180.0, silence=10)
        assert fake.commands[-1] == 'RECORD FILE "/x/1001-1" wav "#" 180000 s=10'
        limits = [float(line.split('"')[3]) for line in fake.commands if "TIMEOUT(absolute)" in line]
        assert 180 < limits[-1] < 190

    @pytest.mark.parametrize(
        "reply",
        ["200 result=-1 (hangup) endpos=8000", "200 result=-1 (waitfor) endpos=0", "HANGUP\n200 result=-1 (hangup) endpos=0", "EOF"],
    )
    def test_a_hang_up_is_a_normal_ending(self, reply: str) -> None:
        with session({"STREAM FILE": "200 result=0 endpos=1", "RECORD FILE": reply}) as (ours, _), pytest.raises(CallerGone):
            Phone(ours, bare_settings()).record(Path("/x/1001-1"), seconds=1.0)

    @pytest.mark.parametrize("reply", ["200 result=-1 (writefile)", "200 result=-1 (randomerror) endpos=0"])
    def test_what_cannot_be_recorded_is_a_fault_that_the_session_survives(self, reply: str) -> None:
        with session({"STREAM FILE": "200 result=0 endpos=1", "RECORD FILE": reply}) as (ours, _):
            phone = Phone(ours, bare_settings())
            with pytest.raises(AsteriskFault):
                phone.record(Path("/x/1001-1"), seconds=1.0)
            phone.play("message_empty")

    def test_without_the_tone_the_recording_begins_all_the_same(self) -> None:
        with session({"STREAM FILE": "200 result=-1 endpos=0", "RECORD FILE": "200 result=0 (timeout) endpos=8"}) as (ours, _):
            phone = Phone(ours, bare_settings())
            phone.record(Path("/x/1001-1"), seconds=1.0)
        assert phone.unheard == {"beep"}


def test_the_sweep_leaves_a_caller_alone_who_still_speaks(
    store: Store, given: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their leg stays open as long as its channel lives, or nobody knows: else the worker would measure a file that is still written."""
    monkeypatch.setattr(node_jobs, "GRACE", 0.0)
    message, path = begun(store, given)
    live = frozenset(store.caller_legs(message.incident_id))
    assert live
    for known in (live, None):
        node_jobs.sweep_once(store, known, 900)
        assert message_files.take_in_leftovers(given, store) == []
    write_recording(path, 60.0)
    assert message_files.take_in(store, given.messages_folder, message) == pytest.approx(60.0)
    assert [one.seconds for one in store.messages(message.incident_id)] == [pytest.approx(60.0)]
    node_jobs.sweep_once(store, frozenset(), 900)
    assert store.caller_legs(message.incident_id) == []

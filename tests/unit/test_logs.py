"""Every line is one object of JSON with the ids of its call, or a line of text for people; nothing secret is in either."""

import io
import json
import logging
import sys
import threading
import warnings
from collections.abc import Iterator
from threading import Thread
from typing import Any

import pytest
import structlog

from ivr import call, logs
from ivr.config import Settings
from ivr.errand import Errand
from ivr.hungup import hungup
from ivr.model.leg import LegOver
from tests.unit.scripted import ANN, COVERED_CALL, MemoryRecords, ScriptedPhone, hotline

log = logging.getLogger("ivr.test")


class Lines:
    """What a process writes."""

    def __init__(self, stream: io.StringIO) -> None:
        self._stream = stream

    @property
    def text(self) -> str:
        return self._stream.getvalue()

    @property
    def last(self) -> dict[str, Any]:
        """The last line as a program reads it."""
        found: dict[str, Any] = json.loads(self.text.splitlines()[-1])
        return found


@pytest.fixture
def settings() -> Settings:
    needed = {"database_url": "postgresql://nobody@127.0.0.1/none", "pin_pepper": "x", "ami_secret": "y"}
    return Settings.model_validate({**needed, "log_format": "json"})


@pytest.fixture(autouse=True)
def as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Afterwards this process logs as it did."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    for module, name in ((sys, "excepthook"), (threading, "excepthook")):
        monkeypatch.setattr(module, name, getattr(module, name))
    structlog.contextvars.clear_contextvars()
    logging.captureWarnings(False)
    yield
    logging.captureWarnings(False)
    root.handlers[:], root.level = handlers, level
    structlog.contextvars.clear_contextvars()


def started(given: Settings, monkeypatch: pytest.MonkeyPatch, *, terminal: bool = False) -> Lines:
    stream = io.StringIO()
    monkeypatch.setattr(stream, "isatty", lambda: terminal)
    monkeypatch.setattr(sys, "stderr", stream)
    logs.start(given)
    return Lines(stream)


@pytest.fixture
def lines(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Lines:
    """Those of a process that has started."""
    return started(settings, monkeypatch)


def test_a_line_is_one_object(lines: Lines) -> None:
    """Whatever a text holds, and beginning with when, how bad, where."""
    log.error("it is %s\nand more", "“broken”")
    assert list(lines.last) == ["time", "level", "logger", "event"]
    assert (lines.last["level"], lines.last["logger"], lines.last["event"]) == ("error", "ivr.test", "it is “broken”\nand more")
    assert lines.last["time"].endswith("+00:00")
    assert len(lines.text.splitlines()) == 1


def test_a_library_s_lines_are_json_too(lines: Lines) -> None:
    """Its warnings as well."""
    logging.getLogger("somebody.elses").warning("Connection pool is full for card=4242424242424242")
    assert lines.last["event"] == "Connection pool is full for card=[redacted]"
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("old", DeprecationWarning, stacklevel=1)
    assert lines.last["logger"] == "py.warnings"


def test_an_exception_is_part_of_its_line_and_cleaned(lines: Lines) -> None:
    """Texts of exceptions quote what was typed."""
    try:
        int("4242 4242 4242 4242")
    except ValueError:
        log.exception("failed")
    assert "Traceback" in lines.last["exception"]
    assert "4242" not in lines.text


def test_what_kills_a_process_or_a_thread_is_a_clean_line(lines: Lines) -> None:
    """Python would write it to the standard error as it is."""
    thread = Thread(target=lambda: int("pin 4711"), name="meter")
    thread.start()
    thread.join()
    assert (lines.last["level"], "4711" in lines.text) == ("critical", False)
    assert "the thread meter ended" in lines.last["event"]
    error = ValueError("4242424242424242")
    sys.excepthook(ValueError, error, None)
    assert (lines.last["level"], "4242" in lines.text) == ("critical", False)


def test_a_line_that_cannot_be_made_is_said_to_be_so(lines: Lines) -> None:
    """Python would write its arguments to the standard error."""
    handler = next(one for one in logging.getLogger().handlers if one.formatter and type(one.formatter).__module__.startswith("structlog"))
    handler.handle(logging.LogRecord("ivr.test", logging.ERROR, "", 1, "%d cards", ("4242424242424242",), None))  # ours alone, not pytest's
    assert "4242" not in lines.text
    assert lines.last["event"] == "a line of ivr.test could not be written"


def test_levels(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is below the level is not written."""
    lines = started(settings.model_copy(update={"log_level": "ERROR"}), monkeypatch)
    log.warning("no")
    assert lines.text == ""


@pytest.mark.parametrize(
    ("given", "terminal", "text"), [("auto", True, True), ("auto", False, False), ("json", True, False), ("text", False, True)]
)
def test_text_for_people(settings: Settings, monkeypatch: pytest.MonkeyPatch, given: str, terminal: bool, text: bool) -> None:
    """As it has always looked, with the ids behind it."""
    lines = started(settings.model_copy(update={"log_format": given}), monkeypatch, terminal=terminal)
    with logs.bound(incident=1001):
        log.warning("pin 4711 refused")
    if text:
        date, rest = lines.text[:23], lines.text[23:]
        assert rest == " WARNING ivr.test: pin [redacted] refused incident=1001\n"
        assert date[4] == date[7] == "-"
        assert date[19] == ","
    else:
        assert lines.last["incident"] == 1001


def test_ids_stay_in_their_block_and_their_thread(lines: Lines) -> None:
    """Another call's lines never carry them."""
    with logs.bound(incident=1001, call="17.1"):
        log.info("in")
        assert (lines.last["incident"], lines.last["call"]) == (1001, "17.1")
        thread = Thread(target=lambda: log.info("elsewhere"))
        thread.start()
        thread.join()
        assert "incident" not in lines.last
    log.info("after")
    assert "incident" not in lines.last


def test_an_errand_has_the_ids_of_its_call(lines: Lines) -> None:
    """What goes on at Stripe meanwhile is the same call's."""
    with logs.bound(incident=1001):
        Errand(lambda: log.info("at Stripe")).result()
    assert (lines.last["event"], lines.last["incident"]) == ("at Stripe", 1001)


def test_a_manager_s_event_names_its_leg(lines: Lines) -> None:
    """Until the next one."""
    logs.hears({"Event": "Hangup", "Uniqueid": "17.1"})
    log.error("a listener failed")
    assert (lines.last["call"], lines.last["ami_event"]) == ("17.1", "Hangup")
    logs.hears(None)
    log.error("later")
    assert "call" not in lines.last


def test_a_line_that_names_an_incident_is_about_it(lines: Lines) -> None:
    """Loops over many incidents bind none."""
    log.warning("incident %d swept: %s", 1001, "its call is gone")
    assert lines.last["incident"] == 1001


def test_the_queue_s_own_lines_name_the_job(lines: Lines) -> None:
    """They are written outside of what wraps the job."""
    job = {"id": 7, "task_kwargs": {"incident_id": 1001}, "call_string": "ivr:settle[7](incident_id=1001)"}
    logging.getLogger("procrastinate.worker").info("Starting job", extra={"job": job})
    assert (lines.last["job"], lines.last["incident"]) == (7, 1001)


@pytest.mark.parametrize("script", ["call", "engineer", "key", "ending"])
def test_every_script_binds_its_incident(script: str, lines: Lines) -> None:
    """From the moment it is known, in the script's own thread."""
    records, phone = MemoryRecords(rungs=[ANN]), ScriptedPhone(COVERED_CALL)
    number = _to_the_talk(records, phone)
    structlog.contextvars.clear_contextvars()
    offer = str(records.accepted_offer(number).id)  # type: ignore[union-attr]
    leg = ScriptedPhone({}, variables={"IVR_INCIDENT": str(number), "IVR_OFFER": offer}, argument="time_left")
    call.SCRIPTS[script](hotline(records), phone if script == "call" else leg)
    assert logs.ids()["incident"] == number


def _to_the_talk(records: MemoryRecords, phone: ScriptedPhone) -> int:
    call.call(hotline(records), phone)
    return records.current.id


def test_a_hang_up_binds_its_incident() -> None:
    """And another leg's hang-up takes it away again."""
    records, phone = MemoryRecords(rungs=[ANN]), ScriptedPhone(COVERED_CALL)
    number = _to_the_talk(records, phone)
    structlog.contextvars.clear_contextvars()
    hungup(hotline(records), LegOver(uniqueid=phone.uniqueid, channel=phone.channel, cause=16, caller_id=None, failsafe="", crashed=False))
    assert logs.ids()["incident"] == number

"""The command line, run as a person or a program runs it."""

import json
import re

import pytest

from ivr.config import Settings
from ivr.model.incident import Consent, EndReason
from ivr.store import Store
from tests.integration.administering import ivr, own_process
from tests.integration.cast import COVERED, called, covered, talking
from tests.integration.postgres_server import PostgresServer


@pytest.fixture
def finished(store: Store) -> int:
    """An incident from the first second to its end."""
    offer = talking(store)
    number = offer.incident_id
    store.consent(number, Consent.GIVEN, rate=store.current_rate(), prompt_version="en-1", price_ms=4000)
    store.identified(number, COVERED, how="pin")
    covered(store, number)
    store.talk_ended(store.talk_began(offer.uniqueid, "c.1", "bridge", 5.0), 95.0)
    store.note(number, "key", name="[red]\x1b[31m\u202e")
    store.end_incident(number, EndReason.RESOLVED)
    return number


def test_show_is_read_by_a_person(settings: Settings, finished: int) -> None:
    """Who called, who came, how long, who pays, and the timeline in words; nothing in it steers the terminal."""
    shown = own_process(settings, "incident", "show", str(finished))
    assert shown.returncode == 0, shown.stderr
    for words in (
        "Covered Dental (1001)",
        "+12025550101",
        "Ann",
        "1 min 35 s",
        "resolved",
        "ringing Ann on +12025550191",
        "2.50 USD a minute",
    ):
        assert words in shown.stdout
    assert "\x1b" not in shown.stdout
    assert "\u202e" not in shown.stdout
    assert "[red]" in shown.stdout


def test_show_json_is_read_by_a_program(settings: Settings, finished: int) -> None:
    """Only JSON on the standard output, offsets rising from zero."""
    data = json.loads(own_process(settings, "incident", "show", str(finished), "--json").stdout)
    assert (data["id"], data["status"], data["reason"], data["cover"], data["talked_seconds"]) == (
        finished,
        "ended",
        "resolved",
        "agreement",
        95.0,
    )
    offsets = [event["offset"] for event in data["events"]]
    assert offsets[0] == 0
    assert offsets == sorted(offsets)
    assert data["events"][-1]["kind"] == "ended"


def test_list_shows_the_newest_first(settings: Settings, store: Store, finished: int) -> None:
    """As a table and as JSON, as many as asked for."""
    newest = called(store).id
    assert "Covered Dental" in ivr(settings, "incident", "list").stdout
    numbers = [one["id"] for one in json.loads(ivr(settings, "incident", "list", "--json").stdout)]
    assert numbers == [newest, finished]
    assert len(json.loads(ivr(settings, "incident", "list", "--json", "--limit", "1").stdout)) == 1


def test_an_unknown_incident_is_one_sentence(settings: Settings) -> None:
    """Exit code 1 and no traceback."""
    for number in ("4711", "99999999999999999999"):
        answer = ivr(settings, "incident", "show", number)
        assert (answer.returncode, answer.stdout) == (1, "")
        assert len(answer.stderr.strip().splitlines()) == 1
    assert own_process(settings, "incident", "show", "4711").stderr.strip() == "There is no incident 4711."


@pytest.mark.parametrize(
    "arguments", [("incident", "show"), ("incident", "show", "x"), ("incident", "list", "--limit", "0"), ("nonsense",)]
)
def test_wrong_arguments_are_refused(settings: Settings, arguments: tuple[str, ...]) -> None:
    """Exit code 2 and the usage."""
    answer = ivr(settings, *arguments)
    assert answer.returncode == 2
    assert "Traceback" not in answer.stderr


def test_missing_settings_are_named_with_the_way_out() -> None:
    """All that is missing at once, and where to set it."""
    answer = own_process(None, "incident", "list")
    assert answer.returncode == 1
    for word in ("IVR_DATABASE_URL", "IVR_PIN_PEPPER", "IVR_AMI_SECRET", ".env"):
        assert word in answer.stderr
    assert "Traceback" not in answer.stderr


def test_a_wrong_setting_is_named_without_its_value(settings: Settings) -> None:
    """A secret in the wrong place is not printed."""
    answer = ivr(settings, "migrate", IVR_DATABASE_URL="hunter2", IVR_AMI_PORT="99999")
    assert answer.returncode == 1
    assert "IVR_DATABASE_URL" in answer.stderr
    assert "IVR_AMI_PORT" in answer.stderr
    assert "hunter2" not in answer.stderr


def test_a_database_that_is_away_is_said_so(settings: Settings) -> None:
    """By every command that needs it, without a traceback."""
    for command in (("incident", "list"), ("migrate",)):
        answer = own_process(settings, *command, IVR_DATABASE_URL="postgresql://postgres@127.0.0.1:1/x")
        assert answer.returncode == 1
        assert "IVR_DATABASE_URL" in answer.stderr
        assert "Connection refused" in answer.stderr
        assert "Traceback" not in answer.stderr


def test_why_the_database_refuses_is_said_in_its_words(settings: Settings) -> None:
    """Without the password."""
    guessed = re.sub(r":[^:@/]+@", ":guessed@", str(settings.database_url))
    answer = ivr(settings, "incident", "list", IVR_DATABASE_URL=guessed)
    assert answer.returncode == 1
    assert "password authentication failed" in answer.stderr
    assert "guessed" not in answer.stderr


def test_migrate_makes_an_empty_database_usable(settings: Settings, server: PostgresServer) -> None:
    """Before it every command says to run it."""
    bare = settings.model_copy(update={"database_url": server.create("bare_cli")})
    assert "ivr migrate" in ivr(bare, "incident", "list").stderr
    assert ivr(bare, "migrate").returncode == 0
    assert json.loads(ivr(bare, "incident", "list", "--json").stdout) == []

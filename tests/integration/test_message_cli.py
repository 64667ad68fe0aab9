"""``ivr message …``, as a person and as a program run it."""

import json
import stat
import sys
from pathlib import Path

import pytest

from ivr.config import Settings
from ivr.store import Store
from tests.integration.administering import Said, ivr, own_process
from tests.integration.cast import called, kinds
from tests.integration.conftest import Sql
from tests.integration.test_messages import given, kept

__all__ = ["given"]

ODD_NAME = "[red]\x1b[31m\u202e"


def run(given: Settings, *arguments: str) -> Said:
    return ivr(given, "message", *arguments, IVR_STATE_FOLDER=str(given.state_folder), PATH="", IVR_ACTOR="monday")


def test_list_is_read_by_a_person(store: Store, given: Settings) -> None:
    """Who called, when, how long, heard or not."""
    assert run(given, "list").stdout.strip() == "There is no message."
    message = kept(store, given, 65.0)
    shown = run(given, "list").stdout
    for words in (str(message.incident_id), "Covered Dental (1001)", "+12025550101", "1 min 5 s", "no"):
        assert words in shown
    run(given, "heard", str(message.incident_id))
    assert "by monday" in run(given, "list").stdout
    assert run(given, "list", "--unheard").stdout.strip() == "There is no message that nobody has heard."


def test_list_json_is_read_by_a_program(store: Store, given: Settings) -> None:
    messages = [kept(store, given), kept(store, given)]
    found = json.loads(run(given, "list", "--json").stdout)
    assert [one["id"] for one in found] == [messages[1].id, messages[0].id]
    assert found[0]["file"] == str(given.messages_folder / messages[1].file)
    assert len(json.loads(run(given, "list", "--json", "--limit", "1").stdout)) == 1


def test_play_says_where_it_is(store: Store, given: Settings) -> None:
    """Without a player that is all."""
    message = kept(store, given)
    path = given.messages_folder / message.file
    answer = run(given, "play", str(message.incident_id))
    assert (answer.returncode, answer.stdout.strip()) == (0, str(path))
    assert "No player" in answer.stderr
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_play_plays(store: Store, given: Settings, tmp_path: Path) -> None:
    """With the first player that is there."""
    message = kept(store, given)
    player = tmp_path / "aplay"
    player.write_text(f"#!{sys.executable}\nimport sys\nprint('played', sys.argv[-1])\n")
    player.chmod(0o755)
    answer = own_process(given, "message", "play", str(message.incident_id), IVR_STATE_FOLDER=str(tmp_path), PATH=str(tmp_path))
    assert f"played {given.messages_folder / message.file}" in answer.stdout


def test_what_cannot_be_played_is_one_sentence_that_says_why(store: Store, given: Settings, sql: Sql) -> None:
    empty = kept(store, given, 0.0)
    assert "Nothing was said" in run(given, "play", str(empty.incident_id)).stderr
    message = kept(store, given)
    (given.messages_folder / message.file).unlink()
    gone = run(given, "play", str(message.incident_id))
    assert (gone.returncode, len(gone.stderr.strip().splitlines())) == (1, 1)
    assert "is gone" in gone.stderr
    sql("UPDATE message SET node = 'elsewhere'")
    assert "is on the machine elsewhere" in run(given, "play", str(message.incident_id)).stderr


def test_show_and_the_incident_tell_of_it(store: Store, given: Settings) -> None:
    message = kept(store, given)
    assert "length: 3 s" in run(given, "show", str(message.incident_id)).stdout
    shown = ivr(given, "incident", "show", str(message.incident_id)).stdout
    assert f"not heard yet: ivr message play {message.incident_id}" in shown
    assert "message of 3 s" in shown


def test_heard_says_by_whom_and_only_once(store: Store, given: Settings) -> None:
    message = kept(store, given)
    number = str(message.incident_id)
    assert json.loads(run(given, "heard", number, "--by", "Ann", "--json").stdout) == {
        "incident": message.incident_id,
        "marked": 1,
        "by": "Ann",
    }
    assert "no message that was not heard" in run(given, "heard", number).stdout
    assert kinds(store, message.incident_id)[-1] == "message_heard"


@pytest.mark.parametrize("command", ["show", "play", "heard"])
def test_an_incident_without_a_message_is_one_sentence(store: Store, given: Settings, command: str) -> None:
    """Exit code 1 and no traceback."""
    for number in (str(called(store).id), "4711", "99999999999999999999"):
        answer = run(given, command, number)
        assert (answer.returncode, answer.stdout, len(answer.stderr.strip().splitlines())) == (1, "", 1)


@pytest.mark.parametrize(
    "arguments",
    [
        ("play",),
        ("play", "x"),
        ("list", "--limit", "0"),
        ("list", "--limit", "1", "--limit", "2"),
        ("heard", "1", "--by", ODD_NAME),
        ("nonsense",),
    ],
)
def test_wrong_arguments_are_refused(given: Settings, arguments: tuple[str, ...]) -> None:
    """Bad input 12: exit code 2 and the usage."""
    answer = run(given, *arguments)
    assert answer.returncode == 2
    assert "Traceback" not in answer.stderr

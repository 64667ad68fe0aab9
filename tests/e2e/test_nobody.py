"""Nobody answers: failsafe phones, a message that is kept whatever happens, everybody paged."""

import json
import stat
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from ivr import message_files, spoken
from ivr.embedded.loops import Loop, LoopSearch
from ivr.embedded.phones import Caller
from ivr.embedded.recording import RATE, read_wav
from ivr.model.incident import EndReason
from tests.e2e.money import ivr
from tests.e2e.world import COVERED, World, wait_until

SPEAKS_SECONDS = 4.0
EVERYBODY = ["ann", "ben", "cleo", "everybody"]


@pytest.fixture
def unanswered(world: World) -> World:
    """Nobody takes a call: neither an engineer nor who has a failsafe phone."""
    for phone in (*world.engineers, *(world.network.phone(number) for number in world.settings.failsafe_phones)):
        phone.declines()
    return world


def pages(world: World) -> dict[str, list[str]]:
    """Who was paged about this scenario's incident, by occasion as the pages put it."""
    with urllib.request.urlopen(world.stack.mailbox_url, timeout=5) as answer:
        mine = [page for page in json.load(answer) if page["title"] == f"Emergency {world.incident_id()}"]
    occasions = {"ringing": "phone rings", "nobody": "Nobody answered", "message": "ivr message play"}
    return {name: sorted(page["to"] for page in mine if words in page["message"]) for name, words in occasions.items()}


def all_paged(world: World, occasion: str) -> None:
    wait_until(lambda: pages(world)[occasion] == EVERYBODY, 10, f"not everybody was paged: {pages(world)}")


def message(world: World) -> dict[str, Any]:
    """This scenario's one message as the command line lists it."""
    code, found = ivr(world, "message", "list")
    mine = [one for one in found if one["incident_id"] == world.incident_id()]
    assert (code, len(mine)) == (0, 1)
    return dict(mine[0])


def prompt_is_over(world: World) -> None:
    """The file is made between the prompt and the tone."""
    pattern = f"{world.incident_id()}-*.wav"
    wait_until(lambda: any(world.settings.messages_folder.glob(pattern)), 20, "no recording begins")


def speaks(caller: Caller, seconds: float = SPEAKS_SECONDS) -> None:
    caller.says()
    assert not caller.leg.ended.wait(seconds), "hung up while the caller spoke"


def holds_the_voice(world: World, path: Path, caller: Caller) -> bool:
    """Whether what was recorded is this caller's voice."""
    voice: Loop = world.network.library.voice(caller.name)
    return LoopSearch([voice], 0).advance(read_wav(path)) is not None


def test_nobody_accepts_and_the_caller_leaves_a_message(unanswered: World) -> None:
    """From the apology to the ear of who is on duty: recorded, paged, listed, heard; the voice in the file is the caller's."""
    world, caller = unanswered, unanswered.caller()
    world.identified(caller, COVERED)
    caller.hears("no_engineer", within=60)
    caller.hears("nothing_due")
    caller.hears_sequence("incident_number", *spoken.digits(str(world.incident_id())))
    caller.hears("leave_message")
    assert world.failsafe.number in world.rung()
    prompt_is_over(world)
    speaks(caller)
    caller.presses("#")
    caller.hears("message_kept")
    caller.wait_hung_up()
    assert world.report().summary.reason is EndReason.NO_ENGINEER

    kept = message(world)
    path = Path(kept["file"])
    assert SPEAKS_SECONDS - 1 < kept["seconds"] < SPEAKS_SECONDS + 5
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert holds_the_voice(world, path, caller)
    for occasion in ("ringing", "nobody", "message"):
        wanted = [name for name in EVERYBODY if occasion != "ringing" or name != "everybody"]
        wait_until(lambda: pages(world)[occasion] == wanted, 10, f"paged about {occasion}: {pages(world)}")  # noqa: B023

    number = str(world.incident_id())
    assert ivr(world, "message", "play", number) == (0, [{"file": str(path)}])
    assert ivr(world, "incident", "show", number)[1]["messages"][0]["heard_at"] is None
    assert ivr(world, "message", "heard", number, "--by", "Ann")[1]["marked"] == 1
    assert world.kinds()[-1] == "message_heard"


def test_a_message_is_kept_when_the_caller_just_hangs_up(unanswered: World) -> None:
    """Fault 21: in the middle of a word."""
    world, caller = unanswered, unanswered.caller()
    world.identified(caller, COVERED)
    caller.hears("leave_message", within=90)
    prompt_is_over(world)
    speaks(caller)
    caller.hangs_up()
    world.wait_idle()
    all_paged(world, "message")
    kept = message(world)
    assert SPEAKS_SECONDS - 1 < kept["seconds"] < SPEAKS_SECONDS + 5
    assert holds_the_voice(world, Path(kept["file"]), caller)
    assert world.report().summary.reason is EndReason.NO_ENGINEER


@pytest.mark.long
def test_who_hangs_up_before_a_word_is_called_back_all_the_same(unanswered: World) -> None:
    """Fault 21: in the apology. A row, and everybody knows; there is nothing to listen to."""
    world, caller = unanswered, unanswered.caller()
    world.identified(caller, COVERED)
    caller.hears("no_engineer", within=90)
    caller.hangs_up()
    world.wait_idle()
    all_paged(world, "nobody")
    assert pages(world)["message"] == []
    wait_until(lambda: message(world)["seconds"] is not None, 15, "nobody measured what was said")
    assert message(world)["seconds"] == 0
    assert message(world)["caller_id"] == caller.number
    assert world.report().summary.reason is EndReason.NO_ENGINEER


def test_nine_while_waiting_asks_for_the_message_and_silence_into_it_is_told(world: World) -> None:
    """The phone that rang stops; who then says nothing hears that everybody knows all the same."""
    caller = world.caller()
    world.identified(caller, COVERED)
    world.ann.rings(within=20)
    caller.hears("wait_menu")
    caller.presses("9")
    world.ann.stops_ringing()
    caller.hears("leave_message")
    assert not caller.has_heard("no_engineer")
    caller.hears("message_empty", within=25)
    caller.wait_hung_up()
    all_paged(world, "nobody")
    assert pages(world)["message"] == []
    assert world.rung() == [world.ann.number]


def test_serve_is_killed_while_the_caller_speaks(unanswered: World) -> None:
    """Fault 3: Asterisk goes on recording; the next look of the worker takes the message in, and everybody hears of it."""
    world, caller = unanswered, unanswered.caller()
    world.identified(caller, COVERED)
    caller.hears("leave_message", within=90)
    prompt_is_over(world)
    speaks(caller, 1.0)
    world.kill("serve")
    speaks(caller, 3.0)
    caller.hangs_up()
    world.wait_ready()
    number = world.incident_id()
    wait_until(lambda: not world.store.caller_legs(number), 20, "nobody noticed the hang-up")
    left = message_files.take_in_leftovers(world.settings, world.store) or ["the worker was quicker"]
    all_paged(world, "message")
    kept = message(world)
    assert kept["seconds"] > 3.0, left
    assert holds_the_voice(world, Path(kept["file"]), caller)
    assert len(read_wav(Path(kept["file"]))) / RATE == pytest.approx(kept["seconds"], abs=0.1)

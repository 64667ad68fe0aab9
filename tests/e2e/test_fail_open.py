"""The application down, hung or killed, the database down: the caller reaches a human, or hears a clear goodbye.

Each prints the seconds that the caller waited, from the last thing heard to the next.
"""

import pytest

from ivr import prompts
from ivr.model.incident import EndReason
from tests.e2e.stage import wait_until
from tests.e2e.world import COVERED, World

LONGEST_WAIT = 10.0
"""Seconds that a caller may wait (faults 1 to 5 in the trials)."""


def test_app_not_running(world: World) -> None:
    caller = world.caller()
    with world.stopped("serve"):
        world.presses_nine(caller)
        world.failsafe_connects(caller, LONGEST_WAIT)
        caller.hangs_up()


def test_app_hangs_at_the_first_step(world: World) -> None:
    """It takes the connection and never says a word."""
    caller = world.caller()
    with world.hung("serve"):
        world.presses_nine(caller)
        world.failsafe_connects(caller, LONGEST_WAIT)
        caller.hangs_up()


@pytest.mark.long
def test_app_hangs_at_a_later_step(world: World) -> None:
    caller = world.caller()
    world.agreed(caller)
    caller.hears("ask_account")
    with world.hung("serve"):
        world.failsafe_connects(caller, LONGEST_WAIT + prompts.seconds("ask_account"))
        assert caller.longest_silence() < LONGEST_WAIT
        caller.hangs_up()


@pytest.mark.long
def test_app_hangs_after_the_talk(world: World) -> None:
    """Accepted, so no failsafe phone: a clear goodbye. And the seconds in which the app hung are nobody's talk."""
    caller = world.caller()
    world.connected(caller, COVERED)
    with world.hung("serve"):
        longest = world.ann.offset()
        world.ann.hangs_up()
        with world.timed("hang-up → goodbye", at_most=LONGEST_WAIT):
            caller.hears("ended_goodbye", within=LONGEST_WAIT)
        caller.wait_hung_up()
        assert not world.failsafe.is_ringing
    world.wait_idle()
    assert world.report().summary.talked_seconds <= longest


@pytest.mark.long
def test_app_hangs_at_a_key_in_the_talk(world: World) -> None:
    """A known limit of Asterisk: the leg that pressed the key is ended. Nobody stays on a dead line, and the next call reaches a human."""
    caller = world.caller()
    world.connected(caller, COVERED)
    with world.hung("serve"):
        caller.presses("*7")
        with world.timed("hung key → the line is free again", at_most=LONGEST_WAIT):
            caller.wait_hung_up(within=LONGEST_WAIT)
        world.ann.hears("customer_line_lost")
        world.presses_nine(caller)
        world.failsafe_connects(caller, LONGEST_WAIT)
        caller.hangs_up()


@pytest.mark.long
def test_app_hangs_when_a_key_cuts_a_prompt(world: World) -> None:
    """What the prompt would still have lasted is no time to wait."""
    caller = world.caller()
    world.to_terms(caller)
    with world.hung("serve"):
        caller.presses("1")
        world.failsafe_connects(caller, LONGEST_WAIT + 1)
        caller.hangs_up()


def test_app_killed_before_the_accept(world: World) -> None:
    """While an engineer's phone rings: a failsafe phone takes over, and the record of it is written afterwards."""
    caller = world.caller()
    world.identified(caller, COVERED)
    world.ann.rings(within=15)
    caller.hears("connecting", within=15)
    world.kill("serve")
    world.failsafe_connects(caller, LONGEST_WAIT)
    world.ann.stops_ringing()
    caller.hangs_up()
    world.wait_idle()
    report = world.report()
    assert "failsafe" in world.kinds()
    assert report.summary.reason is EndReason.CALLER_STOPPED


def test_app_killed_while_bridged(world: World) -> None:
    """The talk goes on, no failsafe phone rings, the restarted app says goodbye, and the timeline is whole."""
    caller = world.caller()
    world.connected(caller, COVERED)
    world.kill("serve")
    world.talk_goes_on(caller, world.ann)
    world.wait_ready()
    world.engineer_ends(world.ann)
    caller.hears_sequence("you_talked", "less_than_a_minute", within=15)
    caller.hears("goodbye_resolved", within=20)
    caller.wait_hung_up()
    assert not world.failsafe.is_ringing
    report = world.report()
    assert world.kinds() == [
        "call_began", "consent", "category", "identified", "covered", "connecting", "offer_made", "offer_ended",
        "talking", "talk_began", "key", "ending_key", "talk_ended", "ended",
    ]  # fmt: skip
    assert report.summary.reason is EndReason.RESOLVED
    assert report.summary.talked_seconds > 3


@pytest.mark.long
def test_app_killed_while_bridged_and_the_engineer_hangs_up_at_once(world: World) -> None:
    """Nobody listens when the talk ends; the caller has music until the restarted app speaks."""
    caller = world.caller()
    world.connected(caller, COVERED)
    world.kill("serve")
    world.ann.hangs_up()
    with world.timed("hang-up → app speaks", at_most=LONGEST_WAIT):
        caller.hears("engineer_left", within=LONGEST_WAIT)
    assert not world.failsafe.is_ringing


def test_database_stopped_at_the_start_of_a_call(world: World) -> None:
    caller = world.caller()
    with world.database_stopped():
        world.presses_nine(caller)
        world.failsafe_connects(caller, LONGEST_WAIT)
        caller.hangs_up()
    wait_until(lambda: bool(world.incident_ids()), 20, "the call is not written down when the database is back")


@pytest.mark.long
def test_a_failsafe_voicemail_does_not_get_the_call(world: World) -> None:
    """The failsafe phone's holder must press 1, too; nobody does, three rounds, then a clear message."""
    caller = world.caller()
    world.failsafe.voicemail()
    with world.stopped("serve"):
        world.presses_nine(caller)
        caller.hears("failsafe_connecting")
        caller.hears("still_trying", within=40)
        caller.hangs_up()


def test_the_app_comes_back_while_the_failsafe_phones_are_busy(world: World) -> None:
    """After a round that reached nobody the caller has music, and then the script is asked again."""
    caller = world.caller()
    for phone in world.failsafe_phones:
        phone.is_busy()
    with world.stopped("serve"):
        world.presses_nine(caller)
        caller.hears("failsafe_connecting")
        caller.hears("still_trying", within=LONGEST_WAIT)
    caller.hears("disclosure", within=30)
    assert caller.longest_silence() < 10
    caller.hangs_up()


@pytest.mark.long
def test_nobody_at_the_failsafe_phones_is_said_so(world: World) -> None:
    caller = world.caller()
    for phone in world.failsafe_phones:
        phone.is_busy()
    with world.stopped("serve"):
        world.presses_nine(caller)
        caller.hears("failsafe_nobody", within=60)
        caller.wait_hung_up()


def test_second_serve_takes_over(world: World) -> None:
    caller = world.caller()
    with world.second_serve(), world.stopped("serve"):
        world.presses_nine(caller)
        with world.timed("9 → disclosure of the second serve", at_most=3.0):
            caller.hears("disclosure")
        caller.hangs_up()


def test_sigterm_lets_the_call_in_progress_finish(world: World) -> None:
    """New calls go to the second serve meanwhile."""
    caller, newcomer = world.caller(), world.caller("+15555550178")
    with world.second_serve():
        world.agreed(caller)
        caller.hears("ask_account")
        world.terminate("serve")
        world.presses_nine(newcomer)
        newcomer.hears("disclosure")
        caller.presses(COVERED.account + "#")
        caller.hears("ask_pin")
        caller.presses(COVERED.pin + "#")
        caller.hears("covered")
        caller.hangs_up()
        newcomer.hangs_up()
    world.wait_ready()

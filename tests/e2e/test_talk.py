"""The talk's time and its keys, by sound: warnings to both sides, the grace, who may press what, what is said at the end."""

import time

import pytest

from ivr import spoken
from ivr.embedded.handset import Handset
from ivr.model.incident import EndReason
from tests.e2e.money import FIFTEEN_MINUTES, changed, ivr, nothing_taken
from tests.e2e.world import COVERED, SIXTY_MINUTES, World, wait_until

TOLERANCE = 1.5
"""Seconds by which the meter and a test's own clock may differ."""


def leave(world: World, seconds: int) -> None:
    """The incident is allotted what was talked so far and so many seconds more."""
    number = world.wait_metered()
    world.sql(
        f"UPDATE incident SET seconds_left = {seconds} + (SELECT sum(extract(epoch FROM clock_timestamp() - began_at)) FROM talk"
        f" WHERE incident_id = {number}) WHERE id = {number}"
    )


def both_hear(prompt: str, one: Handset, other: Handset, within: float = 8.0) -> None:
    """Whatever was said into the talk, neither misses it. They listen without speaking, as people do."""
    one.falls_silent()
    other.falls_silent()
    one.hears(prompt, within)
    other.hears(prompt, within)


def said(world: World) -> list[object]:
    return [event.detail["prompt"] for event in world.report().events if event.kind == "time_warning"]


def test_both_sides_are_warned_and_the_time_ends_with_a_free_grace(world: World) -> None:
    """Five minutes, one minute, time is up: both hear each once, and the talk goes on. The grace is over when it is over,
    also while the caller asks how much time is left. The records count the grace, the caller does not hear of it.
    Two serves hear the talk; one of them speaks."""
    caller, ann = world.caller(), world.ann
    world.connected(caller, SIXTY_MINUTES)
    with world.second_serve():
        leave(world, 302)
        both_hear("five_minutes_left", caller, ann)
        world.talk_goes_on(caller, ann)
        leave(world, 62)
        both_hear("one_minute_left", caller, ann)
        world.talk_goes_on(caller, ann)
        leave(world, 1)
        both_hear("time_is_up", caller, ann)
        world.talk_goes_on(caller, ann)
    caller.presses("*7")
    ann.hears("talk_over", within=15)
    caller.hears_sequence("you_talked", "less_than_a_minute", within=15)
    caller.hears("no_charge", within=15)
    caller.hears("goodbye_time_expired", within=20)
    caller.wait_hung_up()
    assert said(world) == ["five_minutes_left", "one_minute_left", "time_is_up"]
    report = world.report()
    assert report.summary.reason is EndReason.TIME_EXPIRED
    over = report.summary.talked_seconds - (report.seconds_left or 0)
    grace, answering = world.settings.grace_seconds, world.settings.silence_seconds  # *7's answer is not cut off
    assert grace - TOLERANCE < over < grace + answering + TOLERANCE


@pytest.mark.long
def test_an_agreement_that_has_more_minutes_gives_them_without_a_word(world: World) -> None:
    """Ten of its sixty minutes were set aside. When they are over it gives ten more: nobody is warned, and Asterisk's limit is
    raised, so the talk goes on."""
    with changed(world, IVR_RESERVE_MINUTES="10"):
        caller, ann = world.caller(), world.ann
        world.connected(caller, SIXTY_MINUTES)
        leave(world, 4)
        number = world.incident_id()
        wait_until(lambda: (world.store.incident(number).seconds_left or 0) > 600, 10, "no more minutes were given")
        before = world.store.talked_seconds(number)
        over = world.settings.grace_seconds + 10
        wait_until(lambda: world.store.talked_seconds(number) > before + over, 2 * over, "the talk was over")
        world.talk_goes_on(caller, ann)
        assert said(world) == []
        caller.hangs_up()
        world.wait_suspended()


@pytest.mark.timeout(180)
@pytest.mark.long
def test_a_restarted_serve_warns_and_ends_and_the_grace_costs_nothing(world: World) -> None:
    """Fault 5: serve is killed in a talk; the next one says that a minute is left, and that time is up. Fifteen minutes were
    allotted, some seconds more are talked in the grace, fifteen are charged."""
    caller, ann = world.caller(), world.ann
    world.pays(caller, None, block="2")
    world.accepts(ann)
    world.talk_goes_on(caller, ann)
    number = world.wait_metered()
    world.sql(f"UPDATE talk SET started_monotonic = {time.monotonic() - 880} WHERE incident_id = {number}")
    world.sql(f"UPDATE incident SET seconds_left = 940 WHERE id = {number}")
    world.kill("serve")
    both_hear("one_minute_left", caller, ann, within=20)
    world.sql(f"UPDATE incident SET seconds_left = 900 WHERE id = {number}")
    both_hear("time_is_up", caller, ann, within=20)
    ann.hears("talk_over", within=15)
    caller.hears_sequence("you_talked", *spoken.minutes(15), within=15)
    caller.hears_sequence("card_charged", *spoken.money(FIFTEEN_MINUTES), within=15)
    caller.hears("goodbye_time_expired", within=20)
    caller.wait_hung_up()
    assert world.report().summary.talked_seconds > 901
    assert world.money()["captured"] == FIFTEEN_MINUTES
    assert not world.failsafe.is_ringing


@pytest.mark.long
def test_a_talk_ends_in_time_without_any_serve(world: World) -> None:
    """Fault 5, for good: Asterisk's own limit, grace included, ends it, with a goodbye from the dialplan."""
    caller, ann = world.caller(), world.ann
    world.connected(caller, SIXTY_MINUTES, seconds_left=12)
    with world.stopped("serve"):
        world.talk_goes_on(caller, ann)
        began = time.monotonic()
        ann.hears("talk_over", within=30)
        assert time.monotonic() - began < 12 + world.settings.grace_seconds + TOLERANCE
        caller.hears("ended_goodbye", within=20)
        caller.wait_hung_up()
    assert not world.failsafe.is_ringing


def test_the_engineer_makes_a_prepaid_call_free(world: World) -> None:
    """``*5`` and 1: noted, the talk goes on, the ending says so, the hold is released. Ten minutes would have cost the minimum."""
    caller, ann = world.caller(), world.ann
    world.pays(caller, None)
    world.accepts(ann)
    world.talk_goes_on(caller, ann)
    number = world.wait_metered()
    world.sql(f"UPDATE talk SET seconds = 600 WHERE incident_id = {number}")
    ann.presses("*5")
    ann.hears("confirm_no_charge")
    caller.hears_music()
    ann.presses("1")
    ann.hears("no_charge_noted")
    world.talk_goes_on(caller, ann)
    world.engineer_ends(ann)
    caller.hears_sequence("you_talked", *spoken.minutes(10), within=15)
    caller.hears("goodwill", within=15)
    caller.hears("goodbye_resolved", within=20)
    caller.wait_hung_up()
    assert not caller.has_heard("card_charged")
    nothing_taken(world)
    assert world.report().summary.reason is EndReason.RESOLVED
    assert world.kinds().count("no_charge") == 1


def test_a_stabilised_call_leaves_a_follow_up(world: World) -> None:
    """Said in the goodbye, listed for whoever goes on in office hours, and done once."""
    caller, ann = world.caller(), world.ann
    world.connected(caller, COVERED)
    world.engineer_ends(ann, EndReason.STABILISED)
    number = str(world.incident_id())
    caller.hears_sequence("incident_number", *spoken.digits(number), within=20)
    caller.hears("follow_up_created")
    caller.hears("goodbye_stabilised", within=20)
    caller.wait_hung_up()
    code, listed = ivr(world, "follow-up", "list")
    assert (code, [one["account"] for one in listed if str(one["incident_id"]) == number]) == (0, [COVERED.account])
    code, done = ivr(world, "follow-up", "done", number, "--by", "Dora", "--note", "router replaced")
    assert (code, done["done_by"], done["note"]) == (0, "Dora", "router replaced")
    assert number not in [str(one["incident_id"]) for one in ivr(world, "follow-up", "list")[1]]
    shown = ivr(world, "incident", "show", number)[1]
    assert shown["follow_up"]["done_by"] == "Dora"
    assert {"follow_up", "follow_up_done"} <= {event["kind"] for event in shown["events"]}


def test_every_key_from_the_wrong_side_does_nothing(world: World) -> None:
    """Fault 36: the caller presses every engineer's key, the engineer every caller's; they just hear each other, once the tones
    have been passed on, which takes Asterisk a third of a second each."""
    caller, ann = world.caller(), world.ann
    world.connected(caller, COVERED)
    for key in ("*1", "*2", "*3", "*4", "*5"):
        caller.presses(key)
    ann.presses("*7")
    assert caller.hears_voice_of(ann, within=40)
    assert ann.hears_voice_of(caller, within=40)
    assert world.kinds().count("key") == 0
    assert world.store.incident(world.incident_id()).no_charge is False


def test_the_meter_stops_when_the_engineers_line_drops(world: World) -> None:
    """Fault 23: what is waited for the engineer to come back is nobody's talk."""
    caller, ann = world.caller(), world.ann
    began = time.monotonic()
    world.connected(caller, COVERED)
    ann.drops()
    longest = time.monotonic() - began
    caller.hears("reconnecting")
    ann.rings(within=15)
    caller.hears_music()
    number = world.incident_id()
    wait_until(lambda: not world.store.talk_is_open(number), 5, "the meter goes on")
    talked = world.store.talked_seconds(number)
    ann.answers()
    ann.hears("whisper")
    ann.presses("1")
    world.talk_goes_on(caller, ann)
    assert 0 < talked < longest

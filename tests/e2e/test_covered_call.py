"""The call that everything else hangs on, and the ways through its questions. All by sound."""

import pytest

from ivr import spoken
from ivr.disclosure import price_sentence
from ivr.model.incident import Consent, Cover, EndReason
from tests.e2e.world import COVERED, SIXTY_MINUTES, World
from tests.long import and_long


def test_a_covered_customer_talks_to_an_engineer(world: World) -> None:
    """9, disclosure, consent, account and PIN, "covered", the engineer's 1, both hear each other, hang-up, goodbye, timeline."""
    caller, ann = world.caller(), world.ann
    caller.dials()
    caller.hears("main_menu")
    caller.presses("9")
    caller.hears("disclosure")
    caller.hears("disclosure_terms", within=15)
    caller.presses("1")
    caller.hears("ask_category")
    caller.presses("1")
    world.says_who(caller, COVERED)
    caller.hears("covered")
    world.listens(ann, within=10)
    ann.hears_sequence("whisper_account", *spoken.digits(COVERED.account))
    ann.presses("1")
    assert caller.hears_voice_of(ann)
    assert ann.hears_voice_of(caller)
    ann.hangs_up()
    caller.hears("engineer_left")
    caller.presses("2")
    caller.hears_sequence("you_talked", "less_than_a_minute", within=15)
    caller.hears("goodbye_caller_stopped", within=15)
    caller.wait_hung_up()

    report = world.report()
    assert report.summary.reason is EndReason.CALLER_STOPPED
    assert report.consent is Consent.GIVEN
    assert report.cover is Cover.AGREEMENT
    assert world.kinds() == [
        "call_began", "consent", "category", "identified", "covered", "connecting", "offer_made", "offer_ended",
        "talking", "talk_began", "talk_ended", "ended",
    ]  # fmt: skip
    assert 1 < report.summary.talked_seconds < 60


def test_the_incident_number_is_said_while_the_phone_rings(world: World) -> None:
    caller = world.caller()
    world.identified(caller, COVERED)
    caller.hears("covered")
    world.ann.rings()
    caller.hears_sequence("incident_number", *spoken.digits(str(world.incident_id())))


def test_two_refuses_and_nobody_is_rung(world: World) -> None:
    caller = world.caller()
    world.to_terms(caller)
    caller.presses("2")
    caller.hears("not_an_emergency")
    caller.wait_hung_up(within=30)
    assert world.report().summary.reason is EndReason.REFUSED
    assert world.rung() == []


@pytest.mark.long
def test_star_repeats_the_disclosure_from_its_price(world: World) -> None:
    caller = world.caller()
    world.to_terms(caller)
    caller.presses("*")
    caller.hears("disclosure")
    caller.hears("disclosure_terms", within=15)
    caller.presses("2")
    caller.hears("not_an_emergency")


@pytest.mark.long
def test_keys_before_the_price_has_ended_are_ignored(world: World) -> None:
    """A 2 pressed into the price would refuse or cut it; thrown away, the price is heard whole, and the 1 pressed into the terms counts."""
    caller = world.caller()
    caller.dials()
    caller.hears("main_menu")
    caller.presses("9")
    caller.hears("disclosure")
    caller.presses("2")
    caller.hears_sequence(*price_sentence(world.store.current_rate())[1:], within=15)
    caller.hears("disclosure_terms", within=15)
    caller.presses("1")
    caller.hears("ask_category")


def test_a_wrong_pin_then_the_right_one(world: World) -> None:
    caller = world.caller()
    world.agreed(caller)
    caller.hears("ask_account")
    caller.presses(COVERED.account + "#")
    caller.hears("ask_pin")
    caller.presses("0000#")
    caller.hears("pin_wrong")
    caller.presses(COVERED.pin + "#")
    caller.hears("covered")


@pytest.mark.long
def test_three_wrong_pins_reach_an_engineer_who_is_told(world: World) -> None:
    caller = world.caller()
    world.agreed(caller)
    caller.hears("ask_account")
    caller.presses(COVERED.account + "#")
    world.wrong_pins(caller)
    caller.hears("unverified_terms")
    world.listens(world.ann, within=25)
    world.ann.hears_sequence("whisper_claims", *spoken.digits(COVERED.account))
    world.ann.hears("whisper_locked")


@pytest.mark.long
def test_an_unknown_account_may_be_mended(world: World) -> None:
    caller = world.caller()
    world.agreed(caller)
    caller.hears("ask_account")
    caller.presses("99999#")
    caller.hears("account_unknown")
    caller.presses(COVERED.account + "#")
    caller.hears("ask_pin")


@pytest.mark.long
def test_minutes_left_are_spoken(world: World) -> None:
    caller = world.caller()
    world.identified(caller, SIXTY_MINUTES)
    caller.hears("covered")
    caller.hears_sequence("minutes_left_before", *spoken.minutes(60), "minutes_left_after")


def test_a_known_phone_is_offered_its_account(world: World) -> None:
    caller = world.caller(COVERED.phone)
    world.agreed(caller)
    world.recognised(caller, COVERED.pin)
    caller.hears("covered")


STEPS = ("main_menu", "disclosure", "disclosure_terms", "ask_category", "ask_account", "ask_pin", "covered", "connecting")


@pytest.mark.parametrize("prompt", and_long(STEPS, often=STEPS[5:6]))
def test_hanging_up_in_a_prompt_leaves_nobody_ringing(world: World, prompt: str) -> None:
    """Whenever the caller hangs up, the incident is ended as abandoned and no engineer is left with a ringing phone."""
    caller = world.caller()
    caller.dials()
    for heard, pressed in world.way(COVERED):
        caller.hears(heard, within=15)
        if heard == prompt:
            break
        caller.presses(pressed)
    caller.hangs_up()
    world.wait_idle()
    if prompt != "main_menu":
        assert world.report().summary.reason is EndReason.ABANDONED
    assert not world.ann.is_ringing

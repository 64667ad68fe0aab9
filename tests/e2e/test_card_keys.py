"""Keys as real phones and carriers send them while a card is keyed (bad inputs 6): nothing is lost, nothing counts twice."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from ivr import spoken
from ivr.embedded.phones import Caller
from ivr.embedded.raw_sip import RawCall
from tests.e2e.cards import GOOD
from tests.e2e.money import FIFTEEN_MINUTES, nothing_taken
from tests.e2e.world import World
from tests.long import and_long

CONFIRMED = ("confirm_hold", *spoken.money(FIFTEEN_MINUTES), "on_your", "brand_visa", "ending_in", *spoken.digits("4242"))


def is_approved(world: World, caller: Caller) -> None:
    """The good card is read back and confirmed, the bank says yes; the caller hangs up before anybody is reached."""
    caller.hears_sequence(*CONFIRMED, within=20)
    caller.hears("confirm_card", within=10)
    caller.presses("1")
    caller.hears("card_approved", within=15)
    caller.hangs_up()
    nothing_taken(world)


def test_slips_and_pauses_in_the_number_are_no_end_of_it(world: World) -> None:
    """``#`` at once, A to D in between, ``*`` to begin anew, a pause longer than a question's silence; then the field is whole."""
    caller = world.caller()
    world.to_card(caller, None)
    caller.presses("#")
    caller.hears("wrong_key")
    caller.hears("ask_card_number_plain")
    caller.presses("4111*")
    caller.hears("start_again")
    caller.presses("42A42B4242")
    caller.hears("go_on", within=10)
    caller.presses("C42424242D#")
    caller.hears("ask_expiry")
    caller.presses("12")
    caller.hears("go_on", within=10)
    caller.presses("*1239#")
    caller.hears("ask_code")
    caller.presses("9*123#")
    caller.hears("ask_zip")
    caller.presses("94102#")
    is_approved(world, caller)


def test_a_field_may_be_keyed_before_its_question_is_heard(world: World) -> None:
    """Who knows the way types on: the fields come one after the other, each up to its ``#``. Only the confirmation can't be typed ahead."""
    caller = world.caller()
    world.to_payment(caller, None)
    caller.presses(f"1{GOOD.number}#{GOOD.expiry}#{GOOD.code}#{GOOD.zip}#1")
    is_approved(world, caller)


PRESSES = ((0.04, 0.06, False), (0.06, 0.04, False), (0.12, 0.08, True))
"""How long a key is down and up, in seconds, and whether it comes by SIP INFO as well."""


@pytest.mark.parametrize("press", and_long(PRESSES, often=[]), ids=str)
def test_short_keys_and_doubled_keys_count_once(world: World, press: tuple[float, float, bool]) -> None:
    """Keys of 40 and 60 ms (Asterisk holds 80 for the least), and keys that a carrier sends by RFC 4733 and by SIP INFO: the same card."""
    seconds, pause, info = press
    with at_the_card(world) as call:
        for question, digits in (("ask_expiry", GOOD.number), ("ask_code", GOOD.expiry), ("ask_zip", GOOD.code)):
            call.presses(digits + "#", seconds=seconds, pause=pause, info=info)
            call.ears.prompt(question, 10)
        call.presses(GOOD.zip + "#", seconds=seconds, pause=pause, info=info)
        call.ears.sequence(CONFIRMED, 20)
        call.ears.prompt("confirm_card", 10)
        call.presses("1", seconds=seconds, info=info)
        call.ears.prompt("card_approved", 15)
    nothing_taken(world)


@contextmanager
def at_the_card(world: World) -> Iterator[RawCall]:
    """A guest whose phone sends keys as we like, up to the question for the card's number."""
    with world.network.raw_caller(b"<sip:+15555550176@127.0.0.1>") as call:
        assert call.dials() == 200
        for question, keys in (
            ("main_menu", "9"), ("disclosure", ""), ("disclosure_terms", "1"), ("ask_category", "1"), ("ask_account", "*"), ("prepay", "1"),
        ):  # fmt: skip
            call.ears.prompt(question, 15)
            call.presses(keys)
        call.ears.prompt("ask_card_number", 15)
        yield call

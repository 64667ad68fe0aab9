"""Callers without an agreement that covers them prepay by keypad, and are charged for what was used. All by sound."""

import pytest

from ivr import spoken
from ivr.model.incident import Cover, EndReason
from tests.e2e.cards import GOOD_AMEX, GOOD_MASTERCARD
from tests.e2e.money import FIFTEEN_MINUTES, SIXTY_MINUTES, THIRTY_MINUTES, nothing_taken
from tests.e2e.world import EXHAUSTED, LAPSED, World
from tests.long import and_long

LONGEST_SILENCE = 3.0


def test_a_lapsed_customer_pays_and_talks_to_an_engineer(world: World) -> None:
    """Price, card, confirmation, approval, the engineer's whisper, the talk, and what it came to: short talks are free."""
    caller = world.caller()
    world.to_payment(caller, LAPSED)
    caller.hears_sequence("block_for", *spoken.minutes(15), "block_at", *spoken.money(FIFTEEN_MINUTES), "block_press", "1", within=15)
    caller.presses("1")
    caller.hears("ask_card_number")
    caller.presses("4242424242424242#")
    caller.hears("ask_expiry")
    caller.presses("1239#")
    caller.hears("ask_code")
    caller.presses("123#")
    caller.hears("ask_zip")
    caller.presses("94102#")
    caller.hears_sequence(
        "confirm_hold", *spoken.money(FIFTEEN_MINUTES), "on_your", "brand_visa", "ending_in", *spoken.digits("4242"), within=20
    )
    caller.hears("confirm_card", within=10)
    caller.presses("1")
    caller.hears("card_approved")
    caller.hears_sequence("prepaid_before", *spoken.minutes(15))
    world.listens(world.ann)
    world.ann.hears_sequence("whisper_prepaid", *spoken.minutes(15), within=15)
    world.ann.presses("1")
    world.talk_goes_on(caller, world.ann)
    caller.presses("*7")
    caller.hears_sequence("time_left", *spoken.minutes(15))
    world.engineer_ends(world.ann)
    caller.hears_sequence("you_talked", "less_than_a_minute", within=15)
    caller.hears("nothing_charged", within=15)
    caller.hears("goodbye_resolved", within=20)
    caller.wait_hung_up()
    report = world.report()
    assert (report.cover, report.seconds_left) == (Cover.PREPAID, 900)
    assert report.summary.reason is EndReason.RESOLVED
    nothing_taken(world)


WAYS = {
    "exhausted, Mastercard, half an hour": (EXHAUSTED, GOOD_MASTERCARD, "2", 30, THIRTY_MINUTES, "brand_mastercard"),
    "guest, American Express, an hour": (None, GOOD_AMEX, "3", 60, SIXTY_MINUTES, "brand_amex"),
}


@pytest.mark.parametrize("way", and_long(WAYS, often=[]))
def test_others_pay_likewise(world: World, way: str) -> None:
    """Each block has its price, each brand its name; who prepaid is connected, and once the card is keyed never waits in silence."""
    customer, card, block, minutes, cents, brand = WAYS[way]
    caller = world.caller()
    world.to_payment(caller, customer)
    caller.presses(block)
    caller.hears("ask_card_number")
    world.keys_fields(caller, card)
    keyed = caller.offset()
    caller.hears_sequence("confirm_hold", *spoken.money(cents), "on_your", brand, "ending_in", *spoken.digits(card.number[-4:]), within=20)
    caller.hears("confirm_card", within=10)
    caller.presses("1")
    caller.hears("card_approved", within=15)
    world.listens(world.ann)
    world.ann.hears_sequence("whisper_prepaid", *spoken.minutes(minutes), within=15)
    world.ann.presses("1")
    world.talk_goes_on(caller, world.ann)
    assert caller.longest_silence(keyed) < LONGEST_SILENCE
    caller.hangs_up()
    world.wait_idle()
    assert world.report().seconds_left == minutes * 60
    nothing_taken(world, cents)

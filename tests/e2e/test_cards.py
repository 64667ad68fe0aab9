"""What is wrong with a keyed card is said field by field, each fault in its own words; then a good card works (bad inputs 7)."""

from collections.abc import Iterable

import pytest

from ivr.embedded.phones import Caller
from ivr.model.incident import Cover
from tests.e2e.cards import GOOD
from tests.e2e.money import nothing_taken
from tests.e2e.world import LAPSED, World

TWELVE_DIGITS, TWENTY_DIGITS = "424242424242", "42424242424242424242"
WRONG_CHECK_DIGIT = "4242424242424241"
UNKNOWN_BRAND = "9999999999999995"


def test_faults_in_each_field_and_then_a_good_card(world: World) -> None:
    """Two faults a field leave one try. Nothing of it goes to the bank but the good card."""
    caller = world.caller()
    world.to_card(caller, LAPSED)
    complains(caller, "ask_card_number", [(TWELVE_DIGITS, "card_number_short"), (WRONG_CHECK_DIGIT, "card_number_wrong")])
    caller.presses(GOOD.number + "#")
    caller.hears("ask_expiry")
    complains(caller, "ask_expiry", [("1339", "card_month_wrong"), ("0120", "card_expired")])
    caller.presses(GOOD.expiry + "#")
    caller.hears("ask_code")
    complains(caller, "ask_code", [("1234", "card_code_wrong_length"), ("12", "card_code_wrong_length")])
    caller.presses(GOOD.code + "#")
    caller.hears("ask_zip")
    complains(caller, "ask_zip", [("9410", "card_zip_wrong_length"), ("941025", "card_zip_wrong_length")])
    caller.presses(GOOD.zip + "#")
    caller.hears("confirm_card", within=20)
    caller.presses("1")
    caller.hears("card_approved", within=15)
    caller.hangs_up()
    world.wait_idle()
    assert world.kinds().count("card_tried") == 1
    nothing_taken(world)


@pytest.mark.long
def test_three_faults_in_a_field_are_a_case_for_the_policy(world: World) -> None:
    """Too long, of no known brand, and too long again: told so each time, then connected without paying, like who presses nothing."""
    caller = world.caller()
    world.to_card(caller, None)
    complains(caller, "ask_card_number", [(TWENTY_DIGITS, "card_number_long"), (UNKNOWN_BRAND, "card_brand_unknown")])
    caller.presses(TWENTY_DIGITS + "#")
    caller.hears("card_number_long")
    caller.hears("unpaid_terms")
    world.ann.rings(within=20)
    assert world.report().cover is Cover.UNPAID
    assert world.kinds().count("card_tried") == 0
    caller.hangs_up()
    world.wait_idle()
    nothing_taken(world, held=0)


@pytest.mark.long
def test_three_faults_in_the_code_are_a_case_for_the_policy(world: World) -> None:
    """American Express has four digits: three are as wrong there as four are on other cards."""
    caller = world.caller()
    world.to_card(caller, None)
    caller.presses("378282246310005#")
    caller.hears("ask_expiry")
    caller.presses("1239#")
    caller.hears("ask_code")
    complains(caller, "ask_code", [("123", "card_code_wrong_length"), ("12345", "card_code_wrong_length")])
    caller.presses("123#")
    caller.hears("card_code_wrong_length")
    caller.hears("unpaid_terms")
    caller.hangs_up()
    world.wait_idle()
    nothing_taken(world, held=0)


def complains(caller: Caller, question: str, faults: Iterable[tuple[str, str]]) -> None:
    """Each entry is complained about in its own words, and asked for again more plainly."""
    for digits, fault in faults:
        caller.presses(digits + "#")
        caller.hears(fault)
        caller.hears(f"{question}_plain")

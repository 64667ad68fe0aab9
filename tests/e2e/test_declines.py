"""Cards that the bank declines: each reason has a prompt of its own, and a good card then works. And an end of the trying."""

import pytest

from ivr.model.incident import EndReason
from tests.e2e.cards import DECLINING, GOOD, GOOD_MASTERCARD
from tests.e2e.money import changed, nothing_taken
from tests.e2e.world import LAPSED, World
from tests.long import and_long

PAIRS = [("declined", "insufficient_funds"), ("expired_card", "incorrect_code"), ("processing_error", "authentication_required")]


@pytest.mark.parametrize("reasons", and_long(PAIRS, often=PAIRS[:1]), ids=" ".join)
def test_each_decline_is_said_in_its_own_way_and_a_good_card_then_works(world: World, reasons: tuple[str, ...]) -> None:
    """Two declines and a good card in one call. One hold, and what was held on it is released when nobody talked."""
    caller = world.caller()
    world.to_card(caller, None)
    for reason in reasons:
        world.keys_in(caller, DECLINING[reason])
        caller.presses("1")
        caller.hears(f"decline_{reason}", within=15)
        caller.hears("another_card")
        caller.hears("ask_card_number")
    world.keys_in(caller, GOOD)
    caller.presses("1")
    caller.hears("card_approved", within=15)
    caller.hears("connecting", within=15)
    caller.hangs_up()
    world.wait_idle()
    declined = [event.detail["decline"] for event in world.report().events if event.kind == "card_declined"]
    assert declined == list(reasons)
    assert world.kinds().count("card_tried") == 3
    nothing_taken(world)


def test_three_bad_cards_end_the_payment(world: World) -> None:
    """Told why the last one failed, that no more can be tried, and that nothing was charged. Nobody is rung."""
    caller = world.caller()
    world.to_card(caller, LAPSED)
    for reason in ("declined", "declined", "insufficient_funds"):
        world.keys_in(caller, DECLINING[reason])
        caller.presses("1")
        caller.hears(f"decline_{reason}", within=15)
    caller.hears("too_many_cards")
    caller.hears("payment_failed")
    caller.wait_hung_up(within=25)
    assert world.report().summary.reason is EndReason.PAYMENT_FAILED
    assert world.rung() == []
    nothing_taken(world, held=0)


@pytest.mark.long
def test_the_days_limit_of_cards(world: World) -> None:
    """With a limit of one card, the second is not even asked for; nor is a card in the caller's next call."""
    caller = world.caller("+15555550179")
    with changed(world, IVR_CARDS_PER_DAY="1"):
        world.to_card(caller, None)
        world.keys_in(caller, DECLINING["declined"])
        caller.presses("1")
        caller.hears("decline_declined", within=15)
        caller.hears("too_many_cards")
        caller.hears("payment_failed")
        caller.wait_hung_up(within=25)
        again = world.caller(caller.number)
        world.to_payment(again, None)
        again.presses("1")
        again.hears("too_many_cards", within=10)
        again.hears("payment_failed")
        again.hangs_up()
        world.wait_idle()
    ended = world.store.incidents(limit=2)
    assert {incident.reason for incident in ended} == {EndReason.PAYMENT_FAILED}
    assert [hold.tries for incident in ended for hold in world.store.holds(incident.id)] == [0, 1]


@pytest.mark.long
def test_another_card_at_the_confirmation(world: World) -> None:
    """The first card never goes to the bank: its 2 asks for another number, and that one is held."""
    caller = world.caller()
    world.to_card(caller, None)
    world.keys_in(caller, DECLINING["declined"])
    caller.presses("2")
    caller.hears("ask_card_number")
    world.keys_in(caller, GOOD_MASTERCARD)
    caller.presses("1")
    caller.hears("card_approved", within=15)
    caller.hangs_up()
    world.wait_idle()
    assert [event.detail["last4"] for event in world.report().events if event.kind == "card_tried"] == ["8210"]
    nothing_taken(world)

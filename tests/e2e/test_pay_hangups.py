"""Whoever hangs up while paying, at whatever moment, is never charged, and what was held is released at once (fault 21)."""

import pytest

from ivr.model.incident import EndReason
from tests.e2e.cards import GOOD
from tests.e2e.money import intents, nothing_taken
from tests.e2e.world import LAPSED, World, wait_until
from tests.long import and_long

FIELDS = {
    "prepay": "1", "ask_card_number": GOOD.number + "#", "ask_expiry": GOOD.expiry + "#", "ask_code": GOOD.code + "#",
    "ask_zip": GOOD.zip + "#", "confirm_card": "1",
}  # fmt: skip
"""What is heard → what is pressed then, in the caller's order."""


@pytest.mark.parametrize("last", and_long(FIELDS, often=list(FIELDS)[1:2]))
def test_hanging_up_at_a_question(world: World, last: str) -> None:
    """In the middle of the answer where it has several keys. No card went out, so nothing was held."""
    caller = world.caller()
    world.agreed(caller)
    caller.hears("ask_account")
    caller.presses("*")
    for question, keys in FIELDS.items():
        caller.hears(question, within=20)
        caller.presses(keys[: len(keys) // 2] if question == last else keys)
        if question == last:
            break
    caller.hangs_up()
    world.wait_idle()
    assert world.report().summary.reason is EndReason.ABANDONED
    assert world.kinds().count("card_tried") == 0
    nothing_taken(world, held=0)


@pytest.mark.parametrize("fault", and_long(["delay", "delay_after"], often=["delay_after"]))
def test_hanging_up_while_the_bank_is_asked(world: World, fault: str) -> None:
    """The bank would say yes, or has said so, to a caller who is gone: released, and nobody is rung."""
    caller = world.caller()
    world.to_card(caller, LAPSED)
    world.keys_in(caller, GOOD)
    world.sandbox.faults(fault, "/v1/payment_intents/*/confirm", method="POST", seconds=3)
    caller.presses("1")
    caller.hears_music(within=3)
    caller.hangs_up()
    world.wait_idle()
    assert world.report().summary.reason is EndReason.ABANDONED
    assert world.money()["captured"] == 0
    assert world.rung() == []
    wait_until(lambda: answered(world), 10, "the bank's answer did not come")
    assert [(intent["status"], intent["amount_received"]) for intent in intents(world)] == [("canceled", 0)]


def answered(world: World) -> bool:
    """Whether the confirmation of this scenario's intent has got its answer."""
    [intent] = intents(world)
    asked = [request for request in world.sandbox.requests() if request["path"].endswith(f"{intent['id']}/confirm")]
    return bool(asked) and all(request["status"] is not None for request in asked)


@pytest.mark.parametrize("last", and_long(["card_approved", "connecting"], often=["connecting"]))
def test_hanging_up_between_the_hold_and_the_ringing(world: World, last: str) -> None:
    caller = world.caller()
    world.pays(caller, None)
    if last == "connecting":
        caller.hears("connecting", within=15)
    caller.hangs_up()
    world.wait_idle()
    assert world.report().summary.reason is EndReason.ABANDONED
    nothing_taken(world)


def test_hanging_up_while_a_phone_rings(world: World) -> None:
    """The phone stops ringing, and the hold is released."""
    caller = world.caller()
    world.pays(caller, None)
    world.ann.rings(within=20)
    caller.hears_music(within=20)
    caller.hangs_up()
    world.ann.stops_ringing()
    world.wait_idle()
    assert world.report().summary.reason is EndReason.ABANDONED
    nothing_taken(world)

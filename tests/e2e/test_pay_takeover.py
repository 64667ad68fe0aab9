"""The process that takes the payment is killed, and the node's second one goes on: nobody agrees, identifies or pays twice."""

import pytest

from ivr.model.incident import Cover, EndReason
from ivr.model.money import HoldStatus
from tests.e2e.cards import GOOD
from tests.e2e.money import FIFTEEN_MINUTES, nothing_taken
from tests.e2e.world import World


@pytest.mark.long
def test_killed_while_the_card_is_keyed_in(world: World) -> None:
    """The blocks are offered again, the card is keyed in anew; the first hold never had a card and is released."""
    caller = world.caller()
    with world.second_serve():
        world.to_card(caller, None)
        caller.presses(GOOD.number + "#")
        caller.hears("ask_expiry")
        world.kill("serve")
        caller.hears("prepay", within=15)
        world.pays_block(caller)
        world.ann.rings(within=20)
        caller.hangs_up()
        world.wait_idle()
    assert world.money() | {"held": FIFTEEN_MINUTES, "captured": 0, "released": FIFTEEN_MINUTES} == world.money()
    assert [hold.status for hold in world.report().holds] == [HoldStatus.RELEASED] * 2
    assert world.kinds().count("consent") == 1


def test_killed_after_the_bank_has_said_yes(world: World) -> None:
    """Its answer never came; the second process looks at Stripe, with music, and goes on to the engineers."""
    caller = world.caller()
    with world.second_serve():
        world.to_card(caller, None)
        world.keys_in(caller, GOOD)
        world.sandbox.faults("delay_after", "/v1/payment_intents/*/confirm", method="POST", seconds=4)
        caller.presses("1")
        caller.hears_music(within=3)
        world.kill("serve")
        caller.hears("connecting", within=15)
        world.accepts(world.ann)
        world.talk_goes_on(caller, world.ann)
        assert caller.longest_silence(since=caller.offset() - 12) < 4
        caller.hangs_up()
        world.wait_idle()
    assert world.money()["settled"]
    assert world.report().cover is Cover.PREPAID
    assert [hold.status for hold in world.report().holds] == [HoldStatus.RELEASED]
    assert world.kinds().count("card_tried") == 1


@pytest.mark.long
def test_a_hang_up_that_nobody_heard(world: World) -> None:
    """No serve ran at that moment: the next one sees that the caller is gone, and what was held is released."""
    caller = world.caller()
    world.pays(caller, None)
    with world.stopped("serve"):
        caller.hears("failsafe_connecting", within=15)
        caller.hangs_up()
    world.wait_idle()
    assert world.report().summary.reason is EndReason.ABANDONED
    nothing_taken(world)

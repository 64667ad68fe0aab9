"""Calls that cost nothing: nobody answers, or our own trunks are at fault."""

import pytest

from ivr import spoken
from ivr.embedded.cast import Customer
from ivr.model.incident import Cover, EndReason
from tests.e2e.money import nothing_taken
from tests.e2e.world import LAPSED_WITH_TRUNKS, WITH_TRUNKS, World, wait_until
from tests.long import and_long

RELEASED_WITHIN = 6.0
"""Seconds from the end of the incident to the release of what was held: less than the goodbye lasts, on a machine with ten stacks."""


def test_nobody_answers_and_the_hold_is_released_at_once(world: World) -> None:
    """The caller hears that nothing is charged, and the hold is gone while the goodbye is still being said."""
    caller = world.caller()
    for engineer in world.engineers:
        engineer.declines()
    world.pays(caller, None)
    caller.hears("no_engineer", within=60)
    caller.hears("nothing_due", within=15)
    caller.hears_sequence("incident_number", *spoken.digits(str(world.incident_id())))
    caller.hears("leave_message")
    caller.hangs_up()
    wait_until(lambda: "hold_released" in world.kinds(), 15.0, "the hold still stands")
    at = {event.kind: event.at for event in world.report().events}
    took = (at["hold_released"] - at["ended"]).total_seconds()
    print(f"end → released: {took * 1000:.0f} ms")
    assert took < RELEASED_WITHIN
    assert world.report().summary.reason is EndReason.NO_ENGINEER
    nothing_taken(world)


@pytest.mark.parametrize("customer", and_long([WITH_TRUNKS, LAPSED_WITH_TRUNKS], often=[]), ids=lambda customer: customer.name)
def test_our_own_trunks_are_down(world: World, customer: Customer) -> None:
    """Agreement or not: no card, no charge, and the engineer is told why."""
    caller = world.caller()
    world.identified(caller, customer)
    caller.hears("ask_trunks")
    caller.presses("1")
    caller.hears("trunks_free")
    world.listens(world.ann)
    world.ann.hears("whisper_trunks", within=15)
    world.ann.presses("1")
    world.talk_goes_on(caller, world.ann)
    world.ann.hangs_up()
    caller.hears("engineer_left", within=10)
    caller.presses("2")
    caller.hears("trunks_free", within=15)
    caller.hears("goodbye_caller_stopped", within=20)
    caller.wait_hung_up()
    assert not caller.has_heard("prepay")
    assert world.report().cover is Cover.TRUNKS
    assert "hold_opened" not in world.kinds()
    nothing_taken(world, held=0)

"""What a talk costs to the cent, at every corner of the tariff: prompt, records, Stripe and command line say the same.

The talks are real; most of their seconds are not (``talk_until``). Each lasts half a second longer than the seconds it is named after.
"""

import pytest

from ivr import spoken
from tests.e2e.money import THIRTY_MINUTES, intents, ivr, talk_until
from tests.e2e.world import World
from tests.long import and_long

CENTS = {20: 0, 29: 0, 31: 4059, 900: 4059, 901: 4330, 1795: THIRTY_MINUTES}
"""Whole seconds talked → cents, out of half an hour prepaid at 2.50 a minute, 15 minutes the least, 8.25 % tax.
What is talked when the half hour is over is grace: ``test_talk.py``."""


@pytest.mark.parametrize("seconds", and_long(CENTS, often=(901,)))
def test_a_talk_of_so_many_seconds(world: World, seconds: int) -> None:
    """Free below 30 s, the minimum from then on, each minute begun beyond it."""
    cents = CENTS[seconds]
    caller = world.caller()
    world.pays(caller, None, block="2")
    world.accepts(world.ann)
    talk_until(world, caller, world.ann, seconds + 0.5)
    caller.hears("engineer_left", within=10)
    caller.presses("2")
    caller.hears_sequence("you_talked", *spoken.minutes_of(seconds), within=15)
    if cents:
        caller.hears_sequence("card_charged", *spoken.money(cents), within=15)
    else:
        caller.hears("nothing_charged", within=15)
    caller.hears("goodbye_caller_stopped", within=20)
    caller.wait_hung_up()
    assert caller.has_heard("rest_released") == (0 < cents < THIRTY_MINUTES)

    money = world.money()
    assert seconds <= world.report().summary.talked_seconds < seconds + 1
    expected = {"held": THIRTY_MINUTES, "charge": cents, "captured": cents, "released": THIRTY_MINUTES - cents, "owed": 0}
    assert money | expected == money
    [intent] = intents(world)
    assert (intent["status"], intent["amount_received"]) == ("succeeded" if cents else "canceled", cents)
    assert ivr(world, "incident", "show", str(world.incident_id()))[1]["money"] == money
    assert ivr(world, "money", "audit") == (0, {"holds": len(world.store.all_holds()), "differences": []})

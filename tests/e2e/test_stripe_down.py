"""Stripe is away, says 500, or is slow: the policy decides, the caller hears so, and nobody waits in silence (faults 14 and 21)."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from ivr import spoken
from ivr.embedded.phones import Caller
from ivr.model.incident import Cover, EndReason
from tests.e2e.cards import GOOD
from tests.e2e.money import FIFTEEN_MINUTES, changed, intents, nothing_taken, talk_until
from tests.e2e.world import LAPSED, World, wait_until
from tests.long import and_long

CONFIRM = "/v1/payment_intents/*/confirm"
LONGEST_SILENCE = 3.0


def test_stripe_away_before_the_call(world: World) -> None:
    """As soon as that is sure no more is asked: told so and connected; what the talk came to is a debt for an administrator to see."""
    caller = world.caller()
    with world.stopped("stripe"):
        world.to_payment(caller, LAPSED)
        caller.presses("1")
        caller.hears("ask_card_number")
        caller.presses(GOOD.number + "#")
        caller.hears("ask_expiry")
        caller.hears("ask_expiry_plain", within=15)  # by now Stripe's seconds are over
        keyed = caller.offset()
        caller.presses(GOOD.expiry + "#")
        caller.hears("stripe_down_unpaid", within=5)
        world.listens(world.ann)
        world.ann.hears("whisper_unpaid", within=15)
        world.ann.presses("1")
        talk_until(world, caller, world.ann, 60.5)
        caller.hears("engineer_left", within=10)
        caller.presses("2")
        caller.hears("goodbye_caller_stopped", within=20)
        assert caller.longest_silence(keyed) < LONGEST_SILENCE
        caller.wait_hung_up()
    assert world.report().cover is Cover.UNPAID
    wait_until(lambda: bool(world.report().debt_cents), 20, "no debt was recorded")
    assert world.money() | {"owed": FIFTEEN_MINUTES, "held": 0, "captured": 0} == world.money()


@contextmanager
def gone(world: World) -> Iterator[None]:
    with world.stopped("stripe"):
        yield


@contextmanager
def saying_500(world: World) -> Iterator[None]:
    world.sandbox.faults("500", CONFIRM, method="POST", times=100)
    yield
    world.sandbox.clear_faults()


@pytest.mark.parametrize("trouble", and_long([gone, saying_500], often=[gone]))
def test_stripe_fails_when_the_card_goes_out(world: World, trouble: Callable[[World], AbstractContextManager[None]]) -> None:
    """After bounded retries, with music meanwhile, the caller is connected unpaid. Nothing stays held."""
    caller = world.caller()
    confirmed(world, caller)
    keyed = caller.offset()
    with trouble(world):
        caller.presses("1")
        caller.hears("stripe_down_unpaid", within=15)
        world.accepts(world.ann)
        world.talk_goes_on(caller, world.ann)
        assert caller.longest_silence(keyed) < LONGEST_SILENCE
        caller.hangs_up()
        world.wait_idle()
    assert world.report().cover is Cover.UNPAID
    nothing_taken(world, held=0)


@pytest.mark.long
def test_the_policy_refuse(world: World) -> None:
    """Told that cards can't be taken, that nothing was charged, and who to turn to; nobody is rung."""
    caller = world.caller()
    with changed(world, IVR_STRIPE_DOWN="refuse"):
        confirmed(world, caller)
        with gone(world):
            caller.presses("1")
            caller.hears("stripe_down_refused", within=15)
            caller.hears("payment_failed")
            caller.wait_hung_up(within=30)
    assert world.report().summary.reason is EndReason.PAYMENT_FAILED
    assert world.rung() == []
    nothing_taken(world, held=0)


@pytest.mark.long
def test_a_slow_bank(world: World) -> None:
    """Three seconds of music, then the approval; one hold, and the caller is never in silence."""
    caller = world.caller()
    confirmed(world, caller)
    keyed = caller.offset()
    world.sandbox.faults("delay", CONFIRM, method="POST", seconds=3)
    caller.presses("1")
    caller.hears_music(within=2)
    caller.hears("card_approved", within=6)
    caller.hears_sequence("prepaid_before", *spoken.minutes(15))
    caller.hears("connecting", within=10)
    assert caller.longest_silence(keyed) < LONGEST_SILENCE
    caller.hangs_up()
    world.wait_idle()
    assert len(intents(world)) == 1
    nothing_taken(world)


def confirmed(world: World, caller: Caller) -> None:
    """A guest, up to the question whether the card is right."""
    world.to_card(caller, None)
    world.keys_in(caller, GOOD)

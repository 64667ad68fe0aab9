"""Engineers who do everything but accept, lines that break, and keys pressed by the wrong side."""

from collections.abc import Callable

import pytest

from ivr.embedded.phones import Phone
from ivr.model.incident import EndReason
from ivr.model.offer import OfferEnd
from tests.e2e.world import COVERED, SIXTY_MINUTES, World
from tests.long import and_long

ENDING_KEYS = {"*1": EndReason.RESOLVED, "*2": EndReason.STABILISED, "*3": EndReason.CALLER_STOPPED}


def declines_at_the_whisper(ann: Phone) -> None:
    ann.answers()
    ann.hears("whisper")
    ann.presses("2")
    ann.hears("declined_thanks")


def presses_nothing(ann: Phone) -> None:
    ann.answers()
    ann.hears("whisper")


NOT_ACCEPTING: dict[Callable[[Phone], None], OfferEnd] = {
    Phone.declines: OfferEnd.DECLINED,
    declines_at_the_whisper: OfferEnd.DECLINED,
    Phone.is_busy: OfferEnd.BUSY,
    Phone.unreachable: OfferEnd.UNREACHABLE,
    Phone.lets_ring: OfferEnd.NO_ANSWER,
    Phone.voicemail: OfferEnd.NOT_ACCEPTED,
    presses_nothing: OfferEnd.TAKEN,  # still listening when the next one accepts
}


@pytest.mark.parametrize(
    "behaves",
    and_long(NOT_ACCEPTING, often=[declines_at_the_whisper, Phone.voicemail]),
    ids=lambda behaves: behaves.__name__,
)
def test_an_engineer_who_does_not_accept_is_followed_by_the_next(world: World, behaves: Callable[[Phone], None]) -> None:
    """Fault 22: busy, declined, rang out, unreachable, voicemail, silence: the next engineer is offered and gets the call."""
    caller = world.caller()
    world.identified(caller, COVERED)
    world.ann.rings(within=15)
    behaves(world.ann)
    world.accepts(world.ben, within=40)
    assert caller.hears_voice_of(world.ben)
    assert sorted(world.offers()) == sorted([NOT_ACCEPTING[behaves], OfferEnd.ACCEPTED])


def test_an_engineer_who_takes_long_may_still_accept_while_the_next_one_listens(world: World) -> None:
    """Fault 22. Nobody has taken the call until somebody presses 1; whoever is later hears so."""
    caller = world.caller()
    world.identified(caller, COVERED)
    world.listens(world.ann, within=15)
    world.listens(world.ben, within=30)
    world.ann.presses("1")
    world.ben.hears("taken")
    world.ben.wait_hung_up()
    assert caller.hears_voice_of(world.ann)
    assert not caller.hears_voice_of(world.ben, within=1)


def test_a_dropped_engineer_is_rung_again(world: World) -> None:
    """The caller hears so at once, and the two talk again: one incident, two talks."""
    caller = world.caller()
    world.connected(caller, COVERED)
    world.ann.drops()
    caller.hears("reconnecting")
    world.accepts(world.ann)
    assert caller.hears_voice_of(world.ann)
    assert world.ann.hears_voice_of(caller)
    caller.hangs_up()
    world.wait_idle()
    report = world.report()
    assert world.kinds().count("talk_began") == 2
    assert report.summary.reason is EndReason.CALLER_STOPPED


def test_the_caller_hangs_up_and_the_engineer_is_told(world: World) -> None:
    caller = world.caller()
    world.connected(caller, COVERED)
    caller.hangs_up()
    world.ann.hears("customer_line_lost")
    world.ann.wait_hung_up()


@pytest.mark.parametrize("key", and_long(ENDING_KEYS, often=["*1"]))
def test_the_engineers_ending_key_needs_one_more_key(world: World, key: str) -> None:
    reason = ENDING_KEYS[key]
    caller = world.caller()
    world.connected(caller, COVERED)
    world.ann.presses(key)
    world.ann.hears(f"confirm_{reason}")
    world.ann.presses("1")
    caller.hears_sequence("you_talked", "less_than_a_minute", within=15)
    caller.hears("no_charge", within=15)
    caller.hears(f"goodbye_{reason}", within=20)
    caller.wait_hung_up()
    assert world.report().summary.reason is reason


def test_the_caller_alone_hears_how_much_time_is_left(world: World) -> None:
    caller = world.caller()
    world.connected(caller, SIXTY_MINUTES)
    caller.presses("*7")
    caller.hears("time_left")
    assert not world.ann.has_heard("time_left")
    assert caller.hears_voice_of(world.ann)

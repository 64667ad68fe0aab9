"""The ladder: levels one after another or all at once, engineers who talk already, the failsafe phones behind everybody."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Barrier, Thread

from ivr.embedded.cast import FAILSAFE
from ivr.model.offer import OfferEnd
from tests.e2e.world import COVERED, SIXTY_MINUTES, World

EVERYBODY = """
UPDATE rota_level SET together = true WHERE number = 1;
INSERT INTO rota_override (level, engineer_id, from_at, until_at, reason)
SELECT 1, id, now() - interval '1 hour', now() + interval '1 hour', 'all at once' FROM engineer WHERE name IN ('Ann', 'Ben', 'Cleo');
"""
AS_BEFORE = "UPDATE rota_level SET together = false; UPDATE rota_override SET ended_at = now() WHERE reason = 'all at once';"


@contextmanager
def all_at_once(world: World) -> Iterator[None]:
    """Ann, Ben and Cleo are on the first level, and it rings together."""
    world.sql(EVERYBODY)
    try:
        yield
    finally:
        world.sql(AS_BEFORE)


def not_rung(world: World, incident: int) -> list[tuple[object, object]]:
    """Whom the timeline names as left out, and why."""
    return [(each.detail["engineer"], each.detail["why"]) for each in world.store.report(incident).events if each.kind == "not_rung"]


def test_all_ring_at_once_and_the_others_are_told_at_once(world: World) -> None:
    """Who listens hears "taken", who rings stops ringing. And whoever calls meanwhile reaches those who do not talk."""
    caller, another = world.caller(), world.caller(SIXTY_MINUTES.phone)
    with all_at_once(world):
        world.identified(caller, COVERED)
        world.listens(world.ann, within=15)
        world.listens(world.ben, within=15)
        world.cleo.rings(within=5)
        world.ben.presses("1")
        world.ann.hears("taken", within=5)
        world.ann.wait_hung_up()
        world.cleo.stops_ringing(within=5)
        assert caller.hears_voice_of(world.ben)
        assert sorted(world.offers()) == [OfferEnd.ACCEPTED, OfferEnd.TAKEN, OfferEnd.TAKEN]
        world.agreed(another)
        world.recognised(another, SIXTY_MINUTES.pin)
        world.cleo.rings(within=15)
        world.accepts(world.ann)
        world.cleo.stops_ringing(within=5)
        world.talk_goes_on(another, world.ann)
        world.talk_goes_on(caller, world.ben)
    newer, older = world.incident_ids()
    assert not_rung(world, newer) == [("Ben", "talking")]
    assert not_rung(world, older) == []


def test_two_press_one_at_the_same_moment(world: World) -> None:
    """Exactly one has the call, and the other one hears so."""
    caller = world.caller()
    with all_at_once(world):
        world.identified(caller, COVERED)
        world.listens(world.ann, within=15)
        world.listens(world.ben, within=15)
        start = Barrier(2)
        press = [Thread(target=lambda engineer=engineer: (start.wait(5), engineer.presses("1"))) for engineer in (world.ann, world.ben)]
        for thread in press:
            thread.start()
        for thread in press:
            thread.join(10)
        winner = world.ann if caller.hears_voice_of(world.ann, within=6) else world.ben
        loser = world.ben if winner is world.ann else world.ann
        loser.hears("taken")
        loser.wait_hung_up()
        world.talk_goes_on(caller, winner)
    assert sorted(world.offers()) == [OfferEnd.ACCEPTED, OfferEnd.TAKEN, OfferEnd.TAKEN]


def test_the_next_level_rings_and_an_engineer_who_talks_is_passed_over(world: World) -> None:
    """While Ann talks, the second call rings Ben at once, and hers not at all."""
    caller, another = world.caller(), world.caller("+15555550178")
    world.connected(caller, COVERED)
    rung = world.ann.rings_so_far
    world.identified(another, SIXTY_MINUTES)
    world.accepts(world.ben)
    world.talk_goes_on(another, world.ben)
    assert world.ann.rings_so_far == rung
    assert not_rung(world, world.incident_ids()[0]) == [("Ann", "talking")]


def test_behind_everybody_are_the_failsafe_phones(world: World) -> None:
    """Said to the caller; only their 1 connects, too; and who was cut off there is called back there, before everybody else."""
    caller, last = world.caller(), world.network.phone(FAILSAFE[1])
    for engineer in world.engineers:
        engineer.declines()
    world.failsafe.is_busy()
    world.identified(caller, COVERED)
    caller.hears("calling_backup", within=40)
    world.accepts(last)
    world.talk_goes_on(caller, last)
    expected = [OfferEnd.DECLINED] * 6 + [OfferEnd.BUSY, OfferEnd.ACCEPTED]
    assert world.offers() == expected
    last.drops()
    caller.hears("reconnecting")
    last.rings()
    last.answers()
    last.hears("whisper_again")
    last.presses("1")
    world.talk_goes_on(caller, last)
    assert world.offers() == [*expected, OfferEnd.ACCEPTED]
    assert world.report().summary.engineer == "failsafe phone 2"

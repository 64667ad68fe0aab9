"""Which talks are going on, from bridge events."""

import time

import pytest

from ivr.talking import Ages, LiveTalks, Talk

OFFER, CALLER, BRIDGE = "ess-offer-7", "1700000000.1", "bridge-1"


class Clock:
    """Monotonic seconds that stand still."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def enter(channel: str, bridge: str = BRIDGE) -> dict[str, str]:
    """A channel comes into a bridge."""
    return {"Event": "BridgeEnter", "Uniqueid": channel, "BridgeUniqueid": bridge}


def leave(channel: str, bridge: str = BRIDGE) -> dict[str, str]:
    """A channel leaves a bridge."""
    return {"Event": "BridgeLeave", "Uniqueid": channel, "BridgeUniqueid": bridge}


def talks_after(*steps: tuple[float, dict[str, str]]) -> tuple[LiveTalks, Clock]:
    """The talks after events at these seconds."""
    clock = Clock()
    talks = LiveTalks(clock)
    for at, event in steps:
        clock.now = at
        talks.hear(event)
    return talks, clock


def test_a_talk_is_the_time_that_both_are_in_the_bridge() -> None:
    """From the second one's coming to the first one's leaving, whoever that is."""
    for first, second, gone in ((OFFER, CALLER, OFFER), (CALLER, OFFER, OFFER), (OFFER, CALLER, CALLER)):
        talks, clock = talks_after((100.0, enter(first)), (103.0, enter(second)), (110.5, leave(gone)), (120.0, leave(OFFER)))
        assert [(talk.offer, talk.caller, talk.seconds(clock.now)) for talk in talks.all()] == [(OFFER, CALLER, 7.5)]


def test_an_engineer_alone_and_other_bridges_are_no_talk() -> None:
    """The failsafe's bridges have no offer; a second engineer is no caller."""
    talks, _ = talks_after((1.0, enter(OFFER)), (2.0, enter("1.2", "other")), (3.0, enter("1.3", "other")), (4.0, enter("ess-offer-8")))
    assert talks.all() == []


def test_joined_again_is_a_second_talk() -> None:
    """The pause between them is not counted."""
    talks, clock = talks_after((0, enter(OFFER)), (0, enter(CALLER)), (5, leave(CALLER)), (9, enter(CALLER)), (12, leave(OFFER)))
    assert [talk.seconds(clock.now) for talk in talks.all()] == [5, 3]


def test_events_that_come_twice_or_from_nowhere_change_nothing() -> None:
    """Nor do those without a channel."""
    talks, clock = talks_after(
        (0, leave(OFFER)), (0, enter(OFFER)), (1, enter(CALLER)), (2, enter(CALLER)), (4, leave(OFFER)), (9, leave(OFFER)), (9, {})
    )
    assert [talk.seconds(clock.now) for talk in talks.all()] == [3]


def test_after_a_gap_a_talk_goes_on_or_ended_at_its_checkpoint() -> None:
    """Both legs in its bridge: nothing is lost. Otherwise what was checkpointed counts, never more."""
    known = [Talk(OFFER, CALLER, BRIDGE, 50.0, id=1, saved=45.0), Talk("ess-offer-8", "1.8", "b8", 60.0, id=2, saved=30.0)]
    talks, clock = talks_after()
    talks.look()
    talks.compare({OFFER: BRIDGE, CALLER: BRIDGE, "ess-offer-8": "b8", "1.8": ""}, known)
    assert {talk.id: talk.seconds(clock.now) for talk in talks.all()} == {1: 50.0, 2: 30.0}
    clock.now = 110.0
    talks.hear(leave(CALLER))
    assert {talk.id: talk.over for talk in talks.all()} == {1: 60.0, 2: 30.0}


def test_a_talk_that_began_in_the_gap_begins_when_it_is_seen() -> None:
    """In the customer's favour."""
    talks, clock = talks_after()
    talks.compare({OFFER: BRIDGE, CALLER: BRIDGE, "1.9": ""}, [])
    clock.now = 104.0
    assert [talk.seconds(clock.now) for talk in talks.all()] == [4.0]


def test_comparing_again_doubles_nothing() -> None:
    """One's own talk is among the known ones too."""
    talks, _ = talks_after((0, enter(OFFER)), (0, enter(CALLER)))
    for _ in range(3):
        talks.look()
        talks.compare({OFFER: BRIDGE, CALLER: BRIDGE}, [Talk(OFFER, CALLER, BRIDGE, 0.0, id=1)])
    assert len(talks.all()) == 1


def test_who_moves_while_the_channels_are_listed() -> None:
    """The list is older than the events that came meanwhile."""
    talks, clock = talks_after((100, enter(OFFER)), (100, enter(CALLER)))
    talks.look()
    clock.now = 103.0
    talks.hear(leave(OFFER))
    talks.hear(enter("ess-offer-8", "b8"))
    talks.hear(enter("1.8", "b8"))
    talks.compare({OFFER: BRIDGE, CALLER: BRIDGE}, [])
    clock.now = 105.0
    assert [(talk.offer, talk.seconds(clock.now)) for talk in talks.all()] == [(OFFER, 3.0), ("ess-offer-8", 2.0)]


def test_an_event_that_waited_in_the_socket_counts_from_when_it_was_sent() -> None:
    """A process that was stopped for 25 s does not make a talk 25 s longer."""
    late = leave(CALLER) | {"Timestamp": f"{time.time() - 25:.6f}"}
    talks, clock = talks_after((0, enter(OFFER)), (0, enter(CALLER)), (30, late))
    assert [talk.seconds(clock.now) for talk in talks.all()] == [pytest.approx(5, abs=0.5)]


@pytest.mark.parametrize("stamp", ["", "soon", "99999999999"])
def test_a_date_that_makes_no_sense_is_no_age(stamp: str) -> None:
    assert Ages().of({"Timestamp": stamp}) == 0.0


@pytest.mark.parametrize("hour", [3600.0, -3600.0])
@pytest.mark.parametrize("stepped_at", [15.0, 29.999, 30.5])
def test_fault_25_a_wall_clock_that_jumps_an_hour_changes_no_talk(hour: float, stepped_at: float) -> None:
    """In the talk, and between the sending of its end and the reading; two events that waited count alike."""
    clock = Clock()
    wall = Clock()
    talks = LiveTalks(clock, Ages(wall, clock))

    def hear(event: dict[str, str], sent: float, read: float) -> None:
        clock.now = 100.0 + read
        wall.now = 1_700_000_000.0 + read + (hour if read >= stepped_at else 0.0)
        stamp = 1_700_000_000.0 + sent + (hour if sent >= stepped_at else 0.0)
        talks.hear(event | {"Timestamp": f"{stamp:.6f}"})

    hear(enter(OFFER), 0.0, 0.0)
    hear(enter(CALLER), 10.0, 10.0)
    hear(enter("1.9", "other"), 29.998, 31.0)
    hear(leave(CALLER), 30.0, 31.0)
    assert [talk.seconds(200.0) for talk in talks.all()] == [pytest.approx(20.5, abs=0.51)]


def test_fault_25_a_wait_counts_again_once_a_step_is_long_past() -> None:
    """What was stopped for 25 s an hour after a step is no longer talk either."""
    clock, wall = Clock(), Clock()
    ages = Ages(wall, clock)
    wall.now += 3600
    assert ages.of({"Timestamp": f"{wall.now:.6f}"}) == pytest.approx(0)
    clock.now += 3600
    wall.now += 3600
    assert ages.of({"Timestamp": f"{wall.now - 25:.6f}"}) == pytest.approx(25)

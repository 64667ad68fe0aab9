"""A carrier that refuses, says nothing or is gone: engineers and failsafe phones ring by the second one, with real SIP."""

import re
import time
from collections.abc import Iterator

import pytest

from ivr.embedded.ears import Library
from ivr.embedded.postgres import Postgres
from ivr.embedded.stack import Stack
from tests.e2e.carriers import ANSWERS, BAD_HOST, REFUSED, SILENCE, BadCarrier, route, shown
from tests.e2e.hygiene import Typed
from tests.e2e.running import FOLDER, PATIENCE, ports_of, running, scenario
from tests.e2e.world import COVERED, World, wait_until

SECOND_ROUTE = 10.0
"""Seconds more that the second route may take (fault 33 of the trials)."""


@pytest.fixture(scope="module")
def bad_carrier(place: int) -> Iterator[BadCarrier]:
    with BadCarrier(ports_of(place, slot=1).sip_port + 30).listening() as carrier:
        yield carrier


@pytest.fixture(scope="module")
def failing_world(place: int, library: Library, typed: Typed, bad_carrier: BadCarrier) -> Iterator[World]:
    """The first carrier takes no call; the second is the network, known by its address."""
    ports = ports_of(place, slot=1)
    settings = {
        "IVR_TRUNK_HOST": BAD_HOST, "IVR_TRUNK_PORT": str(bad_carrier.port), "IVR_TRUNK2_HOST": "127.0.0.1",
        "IVR_TRUNK2_PORT": str(ports.pstn_port), "IVR_TRUNK_OPTIONS_SECONDS": "2",
    }  # fmt: skip
    shared = Postgres(FOLDER / "postgres")
    with running(
        Stack(ports, FOLDER / f"failing{place}", {**PATIENCE, **settings}, postgres=shared, database=f"failing{place}"), library, typed
    ) as world:
        yield world


@pytest.fixture
def first_fails(failing_world: World, bad_carrier: BadCarrier) -> Iterator[World]:
    """A serve that knows nothing yet of its carriers."""
    if bad_carrier.known:
        failing_world.stack.restart("serve")
    bad_carrier.invite, bad_carrier.options, bad_carrier.invites, bad_carrier.known = REFUSED, ANSWERS, 0, True
    with scenario(failing_world):
        yield failing_world


def waited(carrier: BadCarrier) -> None:
    """The engineer rings now: not long after the first carrier was asked to ring them."""
    took = time.monotonic() - carrier.first_at
    print(f"first carrier called → engineer rings by the second: {took:.1f} s")
    assert took < SECOND_ROUTE


def test_a_carrier_that_refuses_is_passed_over(first_fails: World, bad_carrier: BadCarrier) -> None:
    """Congestion (503) at the first one: the same engineer rings by the second, at once, and the next engineer too."""
    caller = first_fails.caller()
    first_fails.identified(caller, COVERED)
    first_fails.ann.rings(within=20)
    waited(bad_carrier)
    first_fails.ann.declines()
    first_fails.accepts(first_fails.ben)
    first_fails.talk_goes_on(caller, first_fails.ben)
    assert route(first_fails) == "trunk2"
    assert bad_carrier.invites == 1, "a route that has just failed is tried last"


@pytest.mark.long
def test_a_carrier_that_says_nothing_is_passed_over(first_fails: World, bad_carrier: BadCarrier) -> None:
    """It answered a moment ago when it was asked, and does not answer the call."""
    bad_carrier.invite = SILENCE
    caller = first_fails.caller()
    first_fails.identified(caller, COVERED)
    first_fails.ann.rings(within=20)
    waited(bad_carrier)
    first_fails.ann.answers()
    first_fails.ann.hears("whisper")
    first_fails.ann.presses("1")
    first_fails.talk_goes_on(caller, first_fails.ann)
    assert bad_carrier.invites > 1, "it was sent the call, and sent it again"


@pytest.mark.long
def test_a_carrier_that_is_gone_is_not_even_tried(first_fails: World, bad_carrier: BadCarrier) -> None:
    """It has not answered when it was last asked."""
    bad_carrier.options = bad_carrier.invite = SILENCE
    wait_until(lambda: re.search("trunk-asked.*Unavail", shown(first_fails, "pjsip show contacts")) is not None, 15, "still there")
    caller = first_fails.caller()
    first_fails.connected(caller, COVERED)
    assert route(first_fails) == "trunk2"
    assert bad_carrier.invites == 0


@pytest.mark.long
def test_the_failsafe_phones_ring_by_the_second_route(first_fails: World, bad_carrier: BadCarrier) -> None:
    """Without any script: the dialplan alone."""
    caller = first_fails.caller()
    with first_fails.stopped("serve"):
        first_fails.presses_nine(caller)
        first_fails.failsafe_connects(caller, SECOND_ROUTE)
        caller.hangs_up()
    assert bad_carrier.invites == 1

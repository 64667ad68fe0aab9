"""Who an agreement pays for, and why it does not: minutes said, minutes reserved, and the way to a card. All by sound."""

import pytest

from ivr import spoken
from ivr.embedded.cast import Customer
from ivr.embedded.phones import Caller
from ivr.model.customer import NotCovered
from ivr.model.incident import Cover
from tests.e2e.world import EXHAUSTED, LAPSED, MONTHLY, OFFICE_HOURS, World
from tests.long import and_long

RESERVED = 7200
"""Seconds that one call reserves at once; the customer with minutes by the month has more."""
LONG = 600
"""Seconds that the calls of a scenario certainly don't last."""


def hears_minutes_left(caller: Caller, seconds: int) -> None:
    caller.hears("covered", within=15)
    caller.hears_sequence("minutes_left_before", *spoken.minutes_of(seconds), "minutes_left_after", within=15)


WHY = {EXHAUSTED: NotCovered.USED_UP, LAPSED: NotCovered.OVER, OFFICE_HOURS: NotCovered.WITHOUT_EMERGENCIES}


@pytest.mark.parametrize("customer", and_long(WHY, often=list(WHY)[:1]), ids=lambda customer: WHY[customer].value)
def test_why_an_agreement_does_not_pay_is_said_before_the_card(world: World, customer: Customer) -> None:
    """And after the card there is an engineer."""
    caller = world.caller()
    world.identified(caller, customer)
    caller.hears(WHY[customer], within=15)
    caller.hears("prepay", within=15)
    world.pays_block(caller)
    world.accepts(world.ann)
    world.talk_goes_on(caller, world.ann)
    assert world.report().cover is Cover.PREPAID
    assert world.report().agreement_seconds is None


def test_two_callers_of_one_agreement_at_once(world: World) -> None:
    """Fault 28: both are covered, each by minutes of its own, and together by no more than there are; a third is asked for a card.

    Afterwards they have taken what they talked, and the rest is there again.
    """
    first, second, third = world.caller(), world.caller(), world.caller()
    there = seconds_left(world)
    world.identified(first, MONTHLY)
    hears_minutes_left(first, there)
    world.accepts(world.ann)
    world.talk_goes_on(first, world.ann)
    world.identified(second, MONTHLY)
    hears_minutes_left(second, there - RESERVED)
    world.accepts(world.ben)
    world.talk_goes_on(second, world.ben)
    assert [world.store.incident(number).seconds_left for number in world.incident_ids()] == [there - RESERVED, RESERVED]
    world.identified(third, MONTHLY)
    third.hears(NotCovered.USED_UP, within=15)
    third.hears("prepay", within=15)
    for caller in (first, second, third):
        caller.hangs_up()
    world.wait_idle()
    used = [world.store.report(number).agreement_seconds or 0 for number in world.incident_ids()]
    assert seconds_left(world) == there - sum(used)
    assert sum(used) < LONG


def seconds_left(world: World) -> int:
    """Of this month."""
    customer = world.store.customer_by_account(MONTHLY.account)
    coverage = world.store.coverage(customer.id) if customer else None
    assert coverage is not None
    return coverage.seconds_left or 0

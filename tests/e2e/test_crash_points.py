"""The two most dangerous of the crash points; ``make trials`` dies at all of them."""

import pytest

from ivr.model.money import HoldStatus
from tests.e2e.world import World
from tests.trials.crash_points import run
from tests.trials.crashing import AFTER, Plan

CAPTURED, RELEASED = (HoldStatus.CAPTURED,), (HoldStatus.RELEASED,)


@pytest.mark.timeout(240)
@pytest.mark.parametrize(
    ("plan", "left"),
    [
        pytest.param(
            Plan("serve request POST /v1/payment_intents/ID/confirm", AFTER),
            RELEASED,
            id="held at Stripe, not in the records",
            marks=pytest.mark.long,
        ),
        pytest.param(
            Plan("worker request POST /v1/payment_intents/ID/capture", AFTER), CAPTURED, id="captured at Stripe, not in the records"
        ),
    ],
)
def test_a_kill_leaves_one_capture_or_one_release(crash_world: World, plan: Plan, left: tuple[HoldStatus, ...]) -> None:
    """Restarted and reconciled, the hold is captured once or released once, and ``ivr money audit`` finds nothing."""
    assert run(crash_world, plan, declines=False).holds == left

"""Fault 3: ``serve`` is killed in each step before the accept. The caller reaches a human, and no money stays behind."""

import pytest

from ivr.embedded.cast import LAPSED
from ivr.embedded.phones import Caller
from ivr.model.money import HoldStatus
from tests.e2e.cards import GOOD
from tests.e2e.running import scenario
from tests.e2e.world import World
from tests.trials.crash_points import money, sweep_early

WAY = (
    ("disclosure", ""), ("disclosure_terms", "1"), ("ask_category", "1"),
    ("ask_account", f"{LAPSED.account}#"), ("ask_pin", f"{LAPSED.pin}#"), ("prepay", "1"),
    ("ask_card_number", f"{GOOD.number}#"), ("ask_expiry", f"{GOOD.expiry}#"), ("ask_code", f"{GOOD.code}#"), ("ask_zip", f"{GOOD.zip}#"),
    ("confirm_card", "1"), ("card_approved", ""), ("connecting", ""),
)  # fmt: skip
"""What a paying caller hears, and presses then."""


@pytest.mark.timeout(240)
@pytest.mark.parametrize("step", [prompt for prompt, _ in WAY])
def test_killed_in_a_step(crash_world: World, step: str) -> None:
    """The failsafe phones ring within ten seconds; the restarted process, or the sweep, ends it, and what was held is released."""
    with scenario(crash_world):
        caller = crash_world.caller()
        crash_world.presses_nine(caller)
        _goes(caller, step)
        crash_world.kill("serve")
        crash_world.failsafe_connects(caller, 10.0)
        crash_world.wait_ready()
        caller.hangs_up()
        sweep_early(crash_world)
        crash_world.wait_idle()
        assert money(crash_world, "reconcile") == 0
        assert money(crash_world, "audit") == 0
        holds = crash_world.store.holds(crash_world.incident_id())
        assert {hold.status for hold in holds} <= {HoldStatus.RELEASED}
        assert bool(holds) == (step in [prompt for prompt, _ in WAY[6:]])


def _goes(caller: Caller, step: str) -> None:
    """As far as ``step``, without an answer there."""
    for prompt, keys in WAY:
        caller.hears(prompt, within=25)
        if prompt == step:
            return
        caller.presses(keys)

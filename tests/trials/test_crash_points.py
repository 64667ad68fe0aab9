"""Every boundary of the payment path is died at once, on either side of it. Each time exactly one capture or one release is left.

The boundaries are those that one recorded call crosses: none is listed by hand, so none can be forgotten.
"""

import fcntl
import json
import os
import time
from dataclasses import asdict

import pytest

from ivr.model.money import HoldStatus
from tests.e2e.running import FOLDER, scenario
from tests.e2e.world import World
from tests.trials.crash_points import NotReached, Outcome, recorded, run
from tests.trials.crashing import Plan, forget_plans

TRIES = 3
SHARES = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))


@pytest.mark.timeout(3 * 3600)
@pytest.mark.parametrize("share", range(SHARES))
def test_every_boundary_of_the_payment_path(crash_world: World, share: int, testrun_uid: str) -> None:
    """This share of them; the table is printed (``-rP``)."""
    began = time.monotonic()
    plans = _recorded_once(crash_world, testrun_uid)
    mine = plans[share::SHARES]
    print(f"{len(plans)} points, {len(mine)} of them here")
    found = {plan: _problem(crash_world, plan) for plan in mine}
    wrong = [f"{plan}: {problem}" for plan, problem in found.items() if problem]
    missed = [plan for plan, problem in found.items() if problem is None]
    minutes = (time.monotonic() - began) / 60
    print(f"{len(mine)} runs in {minutes:.0f} minutes, {len(wrong)} wrong, {len(missed)} not reached because the other process was first")
    assert not wrong, "\n".join(wrong)
    assert len(missed) <= len(mine) // 10 + 1, missed


def _recorded_once(world: World, run: str) -> list[Plan]:
    """What the first of the workers recorded; the others wait for it, because no two calls are quite alike."""
    found = FOLDER / f"crash-plans-{run}.json"
    with found.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not found.exists():
            with scenario(world):
                plans = recorded(world)
            found.write_text(json.dumps([asdict(plan) for plan in plans]))
    return [Plan(**plan) for plan in json.loads(found.read_text())]


def _problem(world: World, plan: Plan) -> str | None:
    """What is wrong after a run with this plan, "" when nothing is; None when the race for it was lost each time."""
    began = time.monotonic()
    for _ in range(TRIES):
        try:
            with scenario(world):
                outcome = run(world, plan, declines=_with_cards(plan))
                _check(outcome)
        except NotReached:
            forget_plans(world.stack.folder)
        except AssertionError as problem:
            _tell(f"{plan}: WRONG: {_first(problem)}")
            forget_plans(world.stack.folder)
            return _first(problem)
        else:
            _tell(f"{outcome} ({time.monotonic() - began:.0f} s)")
            return ""
    _tell(f"{plan}: not reached")
    return None


def _first(problem: BaseException) -> str:
    """What went wrong first: what is checked after a scenario may fail too, because of it."""
    while isinstance(problem.__context__, AssertionError):
        problem = problem.__context__
    return str(problem) or "an assertion failed"


def _tell(line: str) -> None:
    """Into the report, and at once into a file: the run takes long."""
    print(line)
    with (FOLDER / "crash-points.txt").open("a") as table:
        table.write(line + "\n")


def _with_cards(plan: Plan) -> bool:
    """Whether a card is declined first: where it makes a difference which card it is."""
    return plan.boundary.endswith(("card_declined", "try_card", "confirm"))


def _check(outcome: Outcome) -> None:
    """Nothing at all stands only where no row was written yet."""
    assert outcome.holds or str(outcome.plan) == "before serve query open_hold", outcome
    assert (outcome.captured > 0) == (outcome.holds == (HoldStatus.CAPTURED,)), outcome

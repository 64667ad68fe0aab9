"""A paying call that crosses every boundary of the payment path, and what is left when a process dies at one of them."""

import os
import re
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from typing import Final

import pytest

from ivr import sweep
from ivr.embedded.polling import wait_until
from ivr.model.money import HoldStatus
from ivr.node_jobs import live_channels, sweep_once
from ivr.records.queries import queries
from tests.e2e.world import World
from tests.trials import crashing
from tests.trials.crash_call import Crashed, PayingCall
from tests.trials.crashing import AFTER, BEFORE, RECORD, Plan, forget_plans

LAUNCHERS: Final = {name: (sys.executable, crashing.__file__, name) for name in ("serve", "worker")}
MONEY: Final = frozenset({"hold", "card_try", "incident", "offer", "debt", "refund", "talk"})
"""Tables on which it depends what is captured."""
_WRITES: Final = re.compile(rb"(?:INSERT INTO|UPDATE) (\w+)")
_ONCE: Final = ("request GET", "job look_at", "query talk_checkpoint")
"""What only looks, or is repeated as long as the talk lasts: its first time stands for all."""
_BY_THE_CLOCK: Final = frozenset({"worker query close_leftovers", "worker request GET /v1/payment_intents"})
"""What the worker does each minute, call or no call, and what changes no money."""
REACHED_SECONDS: Final = 10.0
HEARD_SECONDS: Final = 3.0


class NotReached(AssertionError):
    """The call was over and the boundary not crossed: which of two processes does a thing first is a race."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What stood in the end: each hold's last status and what was captured, in cents."""

    plan: Plan | None
    holds: tuple[HoldStatus, ...]
    captured: int

    def __str__(self) -> str:
        return f"{self.plan or 'no crash'}: {', '.join(self.holds) or 'no hold'}, captured {self.captured}"


def run(world: World, plan: Plan | None, *, declines: bool) -> Outcome:
    """One call with ``plan``; everything restarted, reconciled and audited. Raises ``AssertionError`` for what is wrong then."""
    call = PayingCall(world, plan)
    try:
        call.pays(declines)
        call.talks()
        call.ends()
        if plan is not None and not wait_until(lambda: plan.is_done(world.stack.folder), REACHED_SECONDS):
            raise NotReached(f"{plan} was not reached")
    except Crashed:
        call.goes_on()
    world.wait_ready()
    sweep_early(world)
    world.wait_idle()
    assert wait_until(lambda: money(world, "reconcile") == 0, 20), "`ivr money reconcile` can't settle it"
    assert money(world, "audit") == 0, "`ivr money audit` finds differences"
    holds = [hold for number in world.incident_ids() for hold in world.store.holds(number)]
    assert all(hold.status in (HoldStatus.CAPTURED, HoldStatus.RELEASED) for hold in holds), holds
    assert len(holds) <= 1, holds
    captured = sum(hold.capture_cents or 0 for hold in holds if hold.status is HoldStatus.CAPTURED)
    assert captured == sum(intent["amount_received"] for intent in call.intents()), call.intents()
    return Outcome(plan, tuple(hold.status for hold in holds), captured)


def sweep_early(world: World) -> None:
    """What the worker does after a quarter of an hour of silence: it ends an incident of whose caller's hang-up no serve heard."""
    wait_until(lambda: not world.network.legs_up(), 10)
    if not wait_until(lambda: not world.open_incidents(), HEARD_SECONDS):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sweep, "SILENCE", 0.0)
            sweep_once(world.store, live_channels(world.settings), window=0)


def money(world: World, command: str) -> int:
    """The exit code of ``ivr money COMMAND``, as an administrator runs it; prints what it said when it is not 0."""
    words = [sys.executable, "-m", "ivr", "money", command]
    done = subprocess.run(words, env={**os.environ, **world.stack.environment}, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode:
        print(done.stdout, done.stderr)
    return done.returncode


def recorded(world: World) -> list[Plan]:
    """Both sides of every boundary that one full call crossed, from the first row of its hold on."""
    forget_plans(world.stack.folder)  # of a run that was broken off
    record = world.stack.folder / RECORD
    record.write_text("")
    run(world, None, declines=True)
    crossed = record.read_text().splitlines()
    record.unlink()
    counts: Counter[str] = Counter()
    plans = []
    for boundary in crossed[crossed.index("serve query open_hold") :]:
        counts[boundary] += 1
        if _matters(boundary) and (counts[boundary] == 1 or not any(word in boundary for word in _ONCE)):
            plans += [Plan(boundary, side, counts[boundary]) for side in (BEFORE, AFTER)]
    return plans


def _matters(boundary: str) -> bool:
    """Requests, jobs, and queries that write where money depends on."""
    _, kind, name = boundary.split(" ", 2)
    if boundary in _BY_THE_CLOCK:
        return False
    if kind != "query":
        return True
    sql = queries()[name]
    return b"decide_charge" in sql or not MONEY.isdisjoint(table.decode() for table in _WRITES.findall(sql))

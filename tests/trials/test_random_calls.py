"""Two hundred emergency calls at random, up to six at once, while processes are killed and the database is cut.

What counts as what, decided by sound at the caller's phone and not by our own records:

- **Reached a human**: the voice of an engineer or of the holder of a failsafe phone was heard. They speak from the moment they pick up,
  but nobody hears them before their 1, so a voice at the caller's end is a bridge. How the talk then ends is theirs to decide.
- **Left a message**: the machine asked for one, the caller spoke, and heard that it is kept.
- **Hung up by own choice**: the dice said so beforehand, and until then the line was up.
- **Was let down**: everything else. The hotline hung up first, or neither a human nor the machine came within four minutes.
  A question that was not heard because of a fault is only noted: what counts is how the call ends.

Afterwards every incident has ended, every hold is captured or released, and the records agree with Stripe (``check_money``).
``IVR_TRIAL_CALLS``, ``IVR_TRIAL_SEED``: how many, and the dice; both are printed.
"""

import os
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final

import pytest

from ivr.audit import audit
from ivr.embedded.cast import FAILSAFE as FAILSAFE_PHONES
from ivr.embedded.polling import wait_until
from tests.e2e.hygiene import Typed
from tests.e2e.running import FOLDER, PATIENCE, all_sounds, ports_of, running, scenario
from tests.e2e.world import World
from tests.trials.humans import ENGINEER, FAILSAFE, Human
from tests.trials.random_caller import CHOICE, HUMAN, LET_DOWN, MESSAGE, Attempt, calls, planned

CALLS: Final = int(os.environ.get("IVR_TRIAL_CALLS", "200"))
SEED: Final = int(os.environ.get("IVR_TRIAL_SEED", "4"))
AT_ONCE: Final = 6
BATCH: Final = 25
"""Calls between two looks at the money."""
SETTINGS: Final = PATIENCE | {"IVR_CARDS_PER_DAY": "1000", "IVR_PIN_TRIES_PER_ACCOUNT": "1000", "IVR_FAILSAFE_SECONDS": "150"}
BETWEEN_FAULTS: Final = (25.0, 60.0)
"""Seconds; the database is away for two to six."""


@pytest.fixture(scope="module")
def busy_world(worker_id: str) -> Iterator[World]:
    """A stack of its own whose limits are for a day of calls."""
    from ivr.embedded.stack import Stack

    place = int(worker_id.removeprefix("gw")) if worker_id.startswith("gw") else 0
    stack = Stack(ports_of(place, slot=1), FOLDER / f"random{place}", SETTINGS)
    with Typed().listening() as typed, running(stack, all_sounds(place), typed) as world:
        yield world


@pytest.mark.timeout(3 * 3600)
def test_every_caller_reaches_a_human_leaves_a_message_or_chooses_to_hang_up(busy_world: World) -> None:
    """The table is printed (``-rP``)."""
    world, attempts, faults = (
        busy_world,
        [planned(number, random.Random(f"{SEED} plan {number}")) for number in range(CALLS)],
        Counter[str](),
    )
    phones = [*world.engineers, *(world.network.phone(number) for number in FAILSAFE_PHONES)]
    began = time.monotonic()
    for first in range(0, CALLS, BATCH):
        with scenario(world):
            humans = [
                Human(phone, ENGINEER if phone in world.engineers else FAILSAFE, random.Random(f"{SEED} {phone.number} {first}"))
                for phone in phones
            ]
            with troubled(world, random.Random(f"{SEED} faults {first}"), faults), ThreadPoolExecutor(AT_ONCE) as line:
                jobs = [
                    line.submit(calls, world, one, random.Random(f"{SEED} call {one.number}"), [phone.name for phone in phones])
                    for one in attempts[first : first + BATCH]
                ]
                for job, one in zip(jobs, attempts[first:], strict=False):
                    job.result()
                    _tell(f"{one.number}: {one.kind}, {one.wish}: {one.outcome} ({one.seconds:.0f} s) {'; '.join(one.notes)}")
            world.network.hang_up_all()
            wait_until(lambda: not world.open_incidents(), 120)
        for human in humans:
            faults.update({f"people: {did}": count for did, count in human.did.items()})
    print(f"seed {SEED}, {CALLS} calls in {(time.monotonic() - began) / 60:.0f} minutes, {AT_ONCE} at once\n{_table(attempts, faults)}")
    assert audit(world.store, world.gateway) == []
    assert not [one for one in attempts if one.outcome not in (HUMAN, MESSAGE, CHOICE)]


def _tell(line: str) -> None:
    """At once into a file: the trial takes long."""
    with (FOLDER / "random-calls.txt").open("a") as table:
        table.write(line + "\n")


@contextmanager
def troubled(world: World, dice: random.Random, faults: "Counter[str]") -> Iterator[None]:
    """Now and then ``serve`` or the worker is killed, or the database is cut for seconds; none of it any more afterwards."""
    over = threading.Event()

    def trouble() -> None:
        while not over.wait(dice.uniform(*BETWEEN_FAULTS)):
            fault = dice.choice(("serve killed", "worker killed", "database cut"))
            faults[fault] += 1
            if fault == "database cut":
                world.stack.postgres.cut(world.stack.database)
                over.wait(dice.uniform(2, 6))
                world.stack.postgres.mend(world.stack.database)
            else:
                world.kill(fault.split()[0])

    thread = threading.Thread(target=trouble, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(30)
        world.wait_ready()


def _table(attempts: Sequence[Attempt], faults: "Counter[str]") -> str:
    """Outcomes by kind of caller, what people and faults did, and everything about who was let down."""
    outcomes = (HUMAN, MESSAGE, CHOICE, LET_DOWN)
    lines = ["".join(f"{name:>24}" for name in ("", *outcomes, "all"))]
    for kind in [*sorted({one.kind for one in attempts}), "all"]:
        counts = Counter(one.outcome for one in attempts if kind in (one.kind, "all"))
        lines.append("".join(f"{cell:>24}" for cell in (kind, *(counts[outcome] for outcome in outcomes), counts.total())))
    lines += [f"{count:>6} {what}" for what, count in sorted(faults.items())]
    off_course = [one for one in attempts if one.notes]
    lines += [f"call {one.number}, {one.kind}, {one.wish}: {one.outcome}; {'; '.join(one.notes)}" for one in off_course]
    return "\n".join(lines)

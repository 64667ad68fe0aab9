"""What scenarios about money do behind the callers' backs: the clock of a talk, other settings, the command line."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from ivr.embedded.phones import Caller, Phone
from ivr.model.money import HoldStatus
from tests.e2e.world import World, wait_until

FIFTEEN_MINUTES: Final = 4059
"""Cents: 15 minutes at 2.50 and 8.25 % tax; likewise the other blocks."""
THIRTY_MINUTES: Final = 8119
SIXTY_MINUTES: Final = 16238

_RESTART_SECONDS: Final = 12.0
"""Within these ``serve`` is killed, started again, and meters again."""


def nothing_taken(world: World, held: int = FIFTEEN_MINUTES) -> None:
    """All that was held in this scenario is released, in the records and at Stripe. ``held`` is 0 when no card was held."""
    found = world.money()
    assert (found["held"], found["captured"], found["released"]) == (held, 0, held)
    assert {hold.status for hold in world.report().holds} <= {HoldStatus.RELEASED}
    assert not any(intent["amount_received"] or intent["amount_capturable"] for intent in intents(world))


def intents(world: World) -> list[dict[str, Any]]:
    """What Stripe knows of this scenario's incident, newest first."""
    number = str(world.incident_id())
    return [intent for intent in world.sandbox.intents() if intent["metadata"].get("incident") == number]


def talk_until(world: World, caller: Caller, engineer: Phone, seconds: float) -> None:
    """The engineer hangs up when the talk has lasted ``seconds``, most of which never were: the talk is made to have begun earlier.

    The meter goes on with open talks when ``serve`` starts again: it is killed for that, and the talk goes on meanwhile.
    """
    world.talk_goes_on(caller, engineer)
    number = world.wait_metered()
    hang_up = time.monotonic() + _RESTART_SECONDS
    world.sql(f"UPDATE talk SET started_monotonic = {hang_up - seconds} WHERE incident_id = {number} AND ended_at IS NULL")
    world.kill("serve")
    metered = seconds - _RESTART_SECONDS
    wait_until(lambda: world.store.talked_seconds(number) >= metered, _RESTART_SECONDS, "the meter does not go on")
    engineer.leg.ended.wait(max(0.0, hang_up - time.monotonic()))
    engineer.hangs_up()


@contextmanager
def changed(world: World, **settings: str) -> Iterator[None]:
    """``serve`` runs with other settings inside the block (``IVR_STRIPE_DOWN="refuse"``)."""
    given = world.stack.folder / ".env"
    given.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    try:
        world.stack.restart("serve")
        yield
    finally:
        given.unlink()
        world.stack.restart("serve")


def ivr(world: World, *arguments: str) -> tuple[int, Any]:
    """``ivr … --json`` as an administrator runs it: exit code and answer."""
    done = subprocess.run(
        [sys.executable, "-m", "ivr", *arguments, "--json"],
        env={**os.environ, **world.stack.environment}, cwd=world.stack.folder, capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)

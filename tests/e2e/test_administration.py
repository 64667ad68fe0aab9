"""What an administrator enters by the command line, as the next caller hears it."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from ivr import name_sounds, spoken
from ivr.embedded.cast import Customer
from ivr.model.incident import Cover, EndReason
from ivr.prompts.texts import ENGLISH, SOUNDS
from tests.e2e.world import STRANGER, World

ACCOUNT: Final = "7042"
PHONE: Final = "+15555550171"
SPOKEN_NAME: Final = "not_an_emergency"
"""A prompt whose sound stands for the customer's name: the speech engine is not part of these tests."""


def ivr(world: World, *arguments: str, typed: str = "") -> Any:
    """``ivr … --json`` with the stack's settings; what it says. Raises ``AssertionError`` with its words when it fails."""
    command = [sys.executable, "-m", "ivr", *arguments, "--json"]
    environment = {**os.environ, **world.stack.environment}
    done = subprocess.run(command, env=environment, input=typed, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def newcomer(world: World) -> Iterator[Customer]:
    """A customer with sixty minutes a month, entered a moment ago; gone when the test is over."""
    entered = ivr(world, "customer", "add", ACCOUNT, "--name", "Quayside Books", "--phone", "(555) 555-0171")
    ivr(
        world, "agreement", "add", ACCOUNT, "--first-day", "2026-01-01", "--last-day", "2150-12-31", "--zone", "America/New_York",
        "--minutes", "60", "--period", "month",
    )  # fmt: skip
    place = name_sounds.folder(world.settings)
    place.mkdir(exist_ok=True)
    shutil.copy(sound_of_prompt(world), place / f"{ACCOUNT}.wav")
    yield Customer(ACCOUNT, entered["name"], entered["pin"], entered["phones"][0], minutes=60)
    name_sounds.forget(world.settings, ACCOUNT)
    world.sql(
        f"""UPDATE customer SET account = '9' || id, closed_at = now() WHERE account = '{ACCOUNT}';
        DELETE FROM customer_phone WHERE phone = '{PHONE}'"""
    )


def sound_of_prompt(world: World) -> Path:
    """As these tests hear it: said faster, where there is such a recording."""
    faster = world.settings.recordings_folder / ENGLISH / f"{SPOKEN_NAME}.wav"
    return faster if faster.exists() else SOUNDS[ENGLISH] / f"{SPOKEN_NAME}.wav"


def test_a_customer_who_was_just_entered_is_covered_and_a_changed_pin_counts_at_once(world: World, newcomer: Customer) -> None:
    """The phone is known, the old PIN is wrong after the change, the new one fits, the month's minutes are said,
    and the engineer hears the customer's name."""
    assert newcomer.phone == PHONE
    ivr(world, "customer", "change", ACCOUNT, "--pin", "-", typed="914826\n")
    caller = world.caller(PHONE)
    world.agreed(caller)
    world.recognised(caller, newcomer.pin)
    caller.hears("pin_wrong")
    caller.presses("914826#")
    caller.hears("covered")
    caller.hears_sequence("minutes_left_before", *spoken.minutes(60), "minutes_left_after")
    world.listens(world.ann)
    world.ann.hears(SPOKEN_NAME, within=15)
    world.ann.presses("1")
    world.talk_goes_on(caller, world.ann)
    world.engineer_ends(world.ann)
    caller.hears("goodbye_resolved", within=20)
    caller.wait_hung_up()
    report = world.report()
    assert (report.summary.account, report.cover, report.summary.reason) == (ACCOUNT, Cover.AGREEMENT, EndReason.RESOLVED)


def test_a_blocked_phone_is_told_and_may_call_again_when_the_block_ends(world: World) -> None:
    """Nobody is rung; afterwards the disclosure is heard again."""
    ivr(world, "block", "add", STRANGER, "--reason", "dials in his sleep")
    try:
        caller = world.caller(STRANGER)
        world.presses_nine(caller)
        caller.hears("caller_blocked")
        caller.wait_hung_up(within=20)
        assert world.report().summary.reason is EndReason.REFUSED
        assert world.rung() == []
    finally:
        ivr(world, "block", "end", STRANGER)
    again = world.caller(STRANGER)
    world.presses_nine(again)
    again.hears("disclosure")

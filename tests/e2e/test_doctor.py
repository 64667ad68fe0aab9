"""``ivr doctor`` on the whole stack, with real parts."""

from collections.abc import Iterator

import pytest

from ivr.doctor import CHECKS, examine
from ivr.doctor_asterisk import command
from ivr.findings import Finding, State
from tests.e2e.world import World, wait_until

LEAK = "leak.log"


@pytest.fixture
def leaking(world: World) -> Iterator[None]:
    """Somebody has switched on what writes keys down."""
    command(world.settings, f"logger add channel {LEAK} notice,dtmf,verbose")
    yield
    command(world.settings, f"logger remove channel {LEAK}")


def found(world: World, part: str) -> list[Finding]:
    checks = {name: check for name, check in CHECKS.items() if name == part} or CHECKS
    return [one for one in examine(world.settings, checks) if one.part == part]


def test_a_stack_that_works_has_no_fault(world: World) -> None:
    """Each part was looked at, and the log channels too."""
    wait_until(lambda: found(world, "worker")[0].state is State.OK, 30, "the worker has not said that it lives")
    everything = examine(world.settings)
    assert [one for one in everything if one.state is State.FAULT] == []
    assert {one.part for one in everything if one.state is State.OK} >= {
        "database", "asterisk", "logs", "serve", "worker", "tls", "failsafe", "rota", "pages", "prompts", "rate", "stripe", "cards",
    }  # fmt: skip
    assert {one.part for one in everything if one.state is State.WARNING} <= {"routes", "clock", "backups"}


def test_a_carrier_that_answers_is_said_to_be_there(world: World) -> None:
    """As soon as Asterisk has asked it, which it does each half minute; that there is no second one is a warning."""
    wait_until(lambda: any("answers" in one.text for one in found(world, "routes")), 45, "the carrier is not there")
    assert [one.text.split(":")[0] for one in found(world, "routes") if one.state is State.WARNING] == ["there is one"]


def test_without_serve_doctor_says_what_callers_meet(world: World) -> None:
    with world.stopped("serve"):
        [serve] = found(world, "serve")
    assert (serve.state, "failsafe phones" in serve.text) == (State.FAULT, True)


@pytest.mark.usefixtures("leaking")
def test_a_log_channel_that_takes_digits_is_a_fault(world: World) -> None:
    """As Asterisk itself lists it, which cuts a long name short, with the levels."""
    [logs] = found(world, "logs")
    assert logs.state is State.FAULT
    assert "takes VERBOSE, DTMF" in logs.text
    assert "logger.conf" in logs.mend


def test_without_its_database_doctor_still_looks_at_the_rest(world: World) -> None:
    with world.database_stopped():
        everything = examine(world.settings)
    assert {one.part for one in everything if one.state is State.FAULT} == {"database", "worker", "rate", "rota", "pages"}
    assert {"asterisk", "logs", "prompts", "failsafe"} <= {one.part for one in everything if one.state is State.OK}

"""``ivr doctor`` on the whole stack, with real parts."""

from collections.abc import Iterator

import pytest

from ivr.doctor import examine
from ivr.doctor_asterisk import command
from ivr.findings import Finding, State
from tests.e2e.world import World

LEAK = "leak.log"


@pytest.fixture
def leaking(world: World) -> Iterator[None]:
    """Somebody has switched on what writes keys down."""
    command(world.settings, f"logger add channel {LEAK} notice,dtmf,verbose")
    yield
    command(world.settings, f"logger remove channel {LEAK}")


def found(world: World, part: str) -> list[Finding]:
    return [one for one in examine(world.settings) if one.part == part]


def test_a_stack_that_works_has_no_fault(world: World) -> None:
    """Each part was looked at, and the log channels too."""
    everything = examine(world.settings)
    assert [one for one in everything if one.state is State.FAULT] == []
    assert {one.part for one in everything if one.state is State.OK} == {
        "database", "asterisk", "logs", "prompts", "rate", "stripe", "rota", "pages", "failsafe",
    }  # fmt: skip


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
    assert {one.part for one in everything if one.state is State.FAULT} == {"database", "rate", "rota", "pages"}
    assert {"asterisk", "logs", "prompts", "failsafe"} <= {one.part for one in everything if one.state is State.OK}

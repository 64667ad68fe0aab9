"""Each test worker owns a stack, on one PostgreSQL server with a database of its own.

After every scenario its money is settled and agrees with Stripe's (:mod:`tests.e2e.invariants`), and no card that was keyed
stands anywhere (:mod:`tests.e2e.hygiene`): that is part of the ``world`` itself, so no test can forget it.

Ports: 400 a stack from 12000 on. Two runs at once need another first port: ``IVR_TEST_PORTS=26000`` for up to eight workers.
"""

from collections.abc import Iterator

import pytest

from ivr.embedded.ears import Library
from ivr.embedded.postgres import Postgres
from ivr.embedded.stack import Stack
from tests.e2e.hygiene import Typed
from tests.e2e.running import FOLDER, PATIENCE, all_sounds, ports_of, running, scenario, shared_stack
from tests.e2e.world import World
from tests.trials.crash_points import LAUNCHERS


def pytest_sessionfinish(session: pytest.Session) -> None:
    """The last process of a run stops the server that the workers shared. Who only lists the tests may do so beside a run."""
    if not hasattr(session.config, "workerinput") and not session.config.option.collectonly:
        Postgres(FOLDER / "postgres").stop()


@pytest.fixture(scope="session")
def place(worker_id: str) -> int:
    """This worker's number."""
    return int(worker_id.removeprefix("gw")) if worker_id.startswith("gw") else 0


@pytest.fixture(scope="session")
def library(place: int) -> Library:
    """Every sound that the hotline plays."""
    return all_sounds(place)


@pytest.fixture(scope="session")
def main_world(place: int, library: Library, typed: Typed) -> Iterator[World]:
    with running(shared_stack(place, "worker", slot=0), library, typed) as world:
        yield world


@pytest.fixture
def world(main_world: World) -> Iterator[World]:
    """The worker's stack, idle."""
    with scenario(main_world):
        yield main_world


@pytest.fixture
def other_world(place: int, library: Library, typed: Typed) -> Iterator[World]:
    """A second stack beside the worker's own, with a PostgreSQL server of its own."""
    stack = Stack(ports_of(place, slot=1), FOLDER / f"other{place}", PATIENCE)
    with running(stack, library, typed) as world, scenario(world):
        yield world


@pytest.fixture
def crash_world(place: int, library: Library, typed: Typed) -> Iterator[World]:
    """A stack whose serve and worker die where a plan says (:mod:`tests.trials.crashing`)."""
    stack = shared_stack(place, "crash", slot=1, launchers=LAUNCHERS)
    with running(stack, library, typed) as world, scenario(world):
        yield world


@pytest.fixture(scope="session", autouse=True)
def typed() -> Iterator[Typed]:
    """What is pressed on every phone, from the first test on."""
    with Typed().listening() as listening:
        yield listening

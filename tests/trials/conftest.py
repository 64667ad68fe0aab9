"""The trials have a stack for each test worker, beside those of the end-to-end tests."""

from collections.abc import Iterator

import pytest

from ivr.embedded.postgres import Postgres
from tests.e2e.hygiene import Typed
from tests.e2e.running import FOLDER, all_sounds, running, shared_stack
from tests.e2e.world import World
from tests.trials.crash_points import LAUNCHERS


def pytest_sessionfinish(session: pytest.Session) -> None:
    """The last process of a run stops the server that the workers shared. Who only lists the tests may do so beside a run."""
    if not hasattr(session.config, "workerinput") and not session.config.option.collectonly:
        Postgres(FOLDER / "postgres").stop()


@pytest.fixture(scope="session")
def crash_world(worker_id: str) -> Iterator[World]:
    """A stack whose serve and worker die where a plan says."""
    place = int(worker_id.removeprefix("gw")) if worker_id.startswith("gw") else 0
    stack = shared_stack(place, "crash", slot=0, launchers=LAUNCHERS)
    with Typed().listening() as typed, running(stack, all_sounds(place), typed) as world:
        yield world

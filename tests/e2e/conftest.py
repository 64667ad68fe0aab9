"""Each test worker owns a stack, on one PostgreSQL server with a database of its own.

Ports: a thousand a stack from 12000 on. Two runs at once need another first port and folder each: ``IVR_TEST_PORTS=30000``.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ivr.embedded import asterisk
from ivr.embedded.ears import Library
from ivr.embedded.ports import Ports
from ivr.embedded.postgres import Postgres
from ivr.embedded.pstn import Network
from ivr.embedded.stack import Stack
from ivr.prompts.texts import SOUNDS
from ivr.store import Store
from tests.e2e.world import World

FIRST_PORT = int(os.environ.get("IVR_TEST_PORTS", "12000"))
WIDTH, WORKERS = 1_000, 8
FOLDER = Path(__file__).parents[2] / "var" / "tests" / str(FIRST_PORT)
PATIENCE = {
    "IVR_KEY_SECONDS": "2.5", "IVR_DIGIT_SECONDS": "2", "IVR_RING_SECONDS": "8", "IVR_WHISPER_SECONDS": "12", "IVR_PROGRESS_SECONDS": "6",
    "IVR_DRAIN_SECONDS": "40",
}  # fmt: skip
"""Shorter than a caller's, so that silence is tested in seconds."""


def pytest_sessionfinish(session: pytest.Session) -> None:
    """The last process of a run stops the server that the workers shared."""
    if not hasattr(session.config, "workerinput"):
        Postgres(FOLDER / "postgres").stop()


@pytest.fixture(scope="session")
def place(worker_id: str) -> int:
    """This worker's number."""
    return int(worker_id.removeprefix("gw")) if worker_id.startswith("gw") else 0


@pytest.fixture(scope="session")
def library() -> Library:
    """Every sound that the hotline plays."""
    found = asterisk.find()
    assert found is not None, "no Asterisk; run 'make install'"
    return Library([SOUNDS], [found.music])


@pytest.fixture(scope="session")
def main_world(place: int, library: Library) -> Iterator[World]:
    stack = Stack(
        Ports.from_base(FIRST_PORT + WIDTH * place), FOLDER / f"worker{place}", PATIENCE,
        postgres=Postgres(FOLDER / "postgres"), database=f"worker{place}",
    )  # fmt: skip
    with _running(stack, library) as world:
        yield world


@pytest.fixture
def world(main_world: World) -> Iterator[World]:
    """The worker's stack, idle."""
    main_world.begin()
    yield main_world
    main_world.finish()


@pytest.fixture
def other_world(place: int, library: Library) -> Iterator[World]:
    """A second stack beside the worker's own, with a PostgreSQL server of its own."""
    stack = Stack(Ports.from_base(FIRST_PORT + WIDTH * (WORKERS + place)), FOLDER / f"other{place}", PATIENCE)
    with _running(stack, library) as world:
        world.begin()
        yield world
        world.finish()


@contextmanager
def _running(stack: Stack, library: Library) -> Iterator[World]:
    """The stack up, with its phones; down afterwards whatever happened."""
    try:
        stack.up()
        with Network(stack.pstn, library) as network, Store(stack.settings) as store:
            yield World(stack, network, store)
    finally:
        stack.down()

"""A stack that runs with its phones for tests, and what is true after every scenario on it."""

import fcntl
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from ivr.embedded import asterisk
from ivr.embedded.ears import Library
from ivr.embedded.ports import Ports
from ivr.embedded.postgres import Postgres
from ivr.embedded.pstn import Network
from ivr.embedded.stack import Stack
from ivr.prompts.texts import ENGLISH, SOUNDS
from ivr.store import Store
from tests.e2e.hygiene import Typed
from tests.e2e.invariants import check_money
from tests.e2e.tempo import lay_faster
from tests.e2e.traces import ManagerEvents, Traces
from tests.e2e.world import World

FIRST_PORT: Final = int(os.environ.get("IVR_TEST_PORTS", "12000"))
RTP_WIDTH: Final = 150
WIDTH: Final = 100 + 2 * RTP_WIDTH
WORKERS: Final = 16
"""At most. Two slots each end below 32768, where the system takes ports for itself."""
FOLDER: Final = Path(__file__).parents[2] / "var" / "tests" / str(FIRST_PORT)
PATIENCE: Final = {
    "IVR_KEY_SECONDS": "2.5", "IVR_DIGIT_SECONDS": "2", "IVR_RING_SECONDS": "8", "IVR_WHISPER_SECONDS": "12", "IVR_PROGRESS_SECONDS": "6",
    "IVR_DRAIN_SECONDS": "40", "IVR_GRACE_SECONDS": "6", "IVR_FAILSAFE_SECONDS": "30",
}  # fmt: skip
"""Shorter than a caller's, so that silence is tested in seconds."""
LOUDEST: Final = ("core set verbose 10", "core set debug 10", "agi set debug on", "manager set debug on")


def all_sounds(place: int) -> Library:
    """Every sound that the stacks of the test worker ``place`` play."""
    found = asterisk.find()
    assert found is not None, "no Asterisk; run 'make install'"
    return Library([SOUNDS[ENGLISH], lay_faster(FOLDER / f"sounds{place}")], [found.music])


def ports_of(place: int, slot: int) -> Ports:
    """One range of ports of a test worker; two stacks that run at once need two slots."""
    return Ports.from_base(FIRST_PORT + WIDTH * (WORKERS * slot + place), RTP_WIDTH)


def shared_stack(place: int, name: str, *, slot: int, launchers: Mapping[str, Sequence[str]] | None = None) -> Stack:
    """The stack ``name`` of the test worker ``place``, with a database on the server that all workers share.

    ``slot``: which of a worker's ranges of ports; two stacks that run at once need two.
    """
    database = f"{name}{place}"
    shared = Postgres(FOLDER / "postgres")
    return Stack(ports_of(place, slot), FOLDER / database, PATIENCE, postgres=shared, database=database, launchers=launchers)


@contextmanager
def scenario(world: World) -> Iterator[None]:
    """One scenario, and what must be true after every one, also after one that fails."""
    world.begin()
    try:
        yield
    finally:
        world.finish()
        check_money(world)
        world.check_traces()


@contextmanager
def running(stack: Stack, library: Library, typed: Typed) -> Iterator[World]:
    """The stack up, with its phones; down afterwards whatever happened."""
    lay_faster(stack.folder / "recordings" / ENGLISH)  # the settings of a stack are known when it is up
    try:
        with _alone():
            stack.up()
        _be_loud(stack)
        with Network(stack.pstn, library) as network, Store(stack.settings) as store, ManagerEvents(stack) as events:
            traces = Traces(stack, events)
            yield World(stack, network, store, lambda: traces.check(typed))
    finally:
        stack.down()


@contextmanager
def _alone() -> Iterator[None]:
    """One stack of a run starts at a time: a dozen at once take both processors for half a minute, and calls that go on are chopped."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "starting").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _be_loud(stack: Stack) -> None:
    """The hotline's Asterisk as talkative as its console can make it with the shipped configuration: debug 10, traces of AGI and AMI.

    None of it reaches a file or a console (tried): ``asterisk-conf/logger.conf`` has no channel for verbose, debug or dtmf, and only
    an administrator's ``logger add channel`` would make one. Verbosity is a console's own, and a console shows what a channel takes.
    """
    found = asterisk.find()
    assert found is not None
    for command in LOUDEST:
        words = [*found.command, "-C", str(stack.folder / "hotline/etc/asterisk.conf"), "-rx", command]
        subprocess.run(words, capture_output=True, check=True, timeout=10)

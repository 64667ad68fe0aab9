"""The composed hotline with its carrier. Needs a docker engine with the compose plugin, and root; run by ``make compose-trial``."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, cast

import pytest

from ivr.embedded import asterisk
from ivr.embedded.ears import Library
from ivr.embedded.ports import Ports
from ivr.embedded.pstn import Network
from ivr.embedded.stack import Stack
from ivr.embedded.stripe_sandbox import KEY, WEBHOOK_SECRET, running
from ivr.prompts.texts import SOUNDS
from ivr.store import Store
from tests.compose.carrier import carrier
from tests.compose.composed import PORTS, Composed
from tests.compose.reader import Reader
from tests.e2e.world import World

FOLDER: Final = Path(__file__).parents[2] / "var" / "compose"


@contextmanager
def called(stack: Composed | Reader, line: Ports) -> Iterator[World]:
    """A carrier, whose line leads to ``line.sip_port``; the world of one scenario on what is up."""
    found = asterisk.find()
    assert found is not None
    with (
        carrier(stack.folder / "carrier", line, stack.environment) as address,
        Network(address, Library([SOUNDS["en"]], [found.music])) as network,
        Store(stack.settings) as store,
    ):
        world = World(cast(Stack, stack), network, store)
        world.begin()
        yield world


@contextmanager
def played(composed: Composed, line: Ports) -> Iterator[World]:
    """It is up with its carrier, whose line leads to ``line.sip_port``, and its Stripe; the world of one scenario."""
    webhook = f"http://127.0.0.1:{PORTS.console_port}/stripe/webhook"
    shutil.rmtree(composed.folder / "stripe", ignore_errors=True)  # incidents are counted anew, so it must not remember those of before
    with running(composed.folder / "stripe", PORTS.stripe_port, KEY, WEBHOOK_SECRET, webhook):
        composed.up()
        with called(composed, line) as world:
            yield world


@pytest.fixture(scope="module")
def node() -> Iterator[tuple[Composed, World]]:
    """The default services: one node."""
    composed = Composed("ivr-trial", FOLDER / "node")
    try:
        with played(composed, PORTS) as world:
            yield composed, world
    finally:
        (FOLDER / "node.log").write_text(composed.logs())
        composed.down()

"""A fresh account and a gateway to it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ivr.embedded.stripe_sandbox import SandboxControl, running
from ivr.stripe_gateway import StripeGateway
from tests.integration.gateway.account import a_gateway


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[SandboxControl]:
    """A fresh account."""
    with running(tmp_path) as sandbox:
        yield sandbox


@pytest.fixture
def gateway(sandbox: SandboxControl) -> Iterator[StripeGateway]:
    """A gateway to it with the shipped deadlines."""
    gateway = a_gateway(sandbox.url)
    yield gateway
    gateway.close()

"""The sandbox as a program of the embedded stack: killed at any moment it goes on where it was."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import stripe

from ivr.embedded.layout import read_secrets
from ivr.embedded.polling import wait_until
from ivr.embedded.ports import Ports, free_port
from ivr.embedded.probes import http_answers
from ivr.embedded.stack import Stack
from ivr.embedded.stripe_sandbox import SandboxControl
from tests.integration.sandbox_client import GOOD, client_of, confirmed, created


@contextmanager
def program(folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], SandboxControl]]:
    """The sandbox in a process of its own, with the environment that the stack gives it; its output goes to a file."""
    port, secrets = free_port(), read_secrets(folder)
    own = {"IVR_STRIPE_PORT": str(port), "IVR_CONSOLE_PORT": "9", "IVR_STATE_FOLDER": str(folder)}
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "ivr.embedded.stripe_sandbox"], env={**os.environ, **secrets, **own}, stdout=log, stderr=log
        )
        try:
            assert wait_until(lambda: http_answers(port, "/_sandbox/ready"), 15)
            yield process, SandboxControl(f"http://127.0.0.1:{port}", secrets["IVR_STRIPE_KEY"])
        finally:
            process.kill()
            process.wait(10)


def test_a_killed_sandbox_forgets_nothing(tmp_path: Path) -> None:
    """What was answered stands, and the key still replays it; the log has no card number."""
    key = {"idempotency_key": "one"}
    with program(tmp_path) as (process, sandbox):
        client = client_of(sandbox)
        intent = created(client)
        assert confirmed(client, intent.id, options=key).status == "requires_capture"
        process.send_signal(signal.SIGKILL)
        process.wait(10)
    with program(tmp_path) as (_, sandbox):
        client = client_of(sandbox)
        assert client.v1.payment_intents.retrieve(intent.id).status == "requires_capture"
        assert confirmed(client, intent.id, options=key).id == intent.id
        with pytest.raises(stripe.InvalidRequestError):
            confirmed(client, intent.id)
    assert GOOD not in (tmp_path / "log").read_text()


def test_sigterm_ends_it(tmp_path: Path) -> None:
    """Promptly, as supervisord asks."""
    with program(tmp_path) as (process, _):
        process.terminate()
        assert process.wait(10) in (0, -signal.SIGTERM)


def test_the_stack_tells_its_programs_where_the_sandbox_is(tmp_path: Path) -> None:
    """Key and webhook secret look like Stripe's, are random and stay; the port lies with the stack's others."""
    secrets = read_secrets(tmp_path)
    assert secrets["IVR_STRIPE_KEY"].startswith("sk_test_")
    assert secrets["IVR_STRIPE_WEBHOOK_SECRET"].startswith("whsec_")
    assert len(secrets["IVR_STRIPE_KEY"]) > 40
    assert read_secrets(tmp_path) == secrets
    assert Ports().stripe_port == 12_111
    assert Ports.from_environment({"IVR_STRIPE_PORT": "31999"}).stripe_port == 31_999
    assert 31_000 <= Ports.from_base(31_000).stripe_port < 31_100
    assert Stack(Ports.from_base(31_000), tmp_path).stripe_url == f"http://127.0.0.1:{Ports.from_base(31_000).stripe_port}"

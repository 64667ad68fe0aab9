"""A sandbox within this process, for tests."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Thread

from ivr.embedded.stripe_sandbox.app import server
from ivr.embedded.stripe_sandbox.control import SandboxControl
from ivr.embedded.stripe_sandbox.database import Database
from ivr.embedded.stripe_sandbox.service import Service
from ivr.embedded.stripe_sandbox.webhooks import Webhooks

FILE = "stripe.sqlite"
KEY = "sk_test_sandbox0123456789"
WEBHOOK_SECRET = "whsec_sandbox0123456789"  # noqa: S105


def open_service(folder: Path, key: str, webhook_secret: str, webhook_url: str | None) -> Service:
    """The account whose state lies in ``folder``. For the thread that serves it."""
    return Service(Database(folder / FILE), key, partial(Webhooks, webhook_url, webhook_secret), webhook_url is not None)


@contextmanager
def running(
    folder: Path, port: int = 0, key: str = KEY, webhook_secret: str = WEBHOOK_SECRET, webhook_url: str | None = None
) -> Iterator[SandboxControl]:
    """Serves the sandbox on a thread until the end of the block; ``port`` 0 takes any free one."""
    servers = []

    def serve() -> None:
        made = server(open_service(folder, key, webhook_secret, webhook_url), port)
        servers.append(made)
        made.run()

    thread = Thread(target=serve, name="stripe-sandbox", daemon=True)
    thread.start()
    while not (servers and servers[0].started):
        if not thread.is_alive():
            raise OSError(f"the sandbox could not listen on port {port}")
        time.sleep(0.005)
    taken = servers[0].servers[0].sockets[0].getsockname()[1]
    try:
        yield SandboxControl(f"http://127.0.0.1:{taken}", key)
    finally:
        servers[0].should_exit = True
        thread.join(10)

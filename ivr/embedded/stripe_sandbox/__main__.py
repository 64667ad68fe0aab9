"""``python -m ivr.embedded.stripe_sandbox``: the embedded stack's Stripe. Reads ``IVR_…`` from the environment."""

import os
import resource
from pathlib import Path

from ivr.embedded.stripe_sandbox.app import server
from ivr.embedded.stripe_sandbox.running import open_service


def main() -> None:
    """Serves until SIGTERM."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # it sees card numbers too
    environment = os.environ
    webhook = f"http://127.0.0.1:{environment['IVR_CONSOLE_PORT']}/stripe/webhook"
    service = open_service(
        Path(environment["IVR_STATE_FOLDER"]) / "stripe", environment["IVR_STRIPE_KEY"], environment["IVR_STRIPE_WEBHOOK_SECRET"], webhook
    )
    server(service, int(environment["IVR_STRIPE_PORT"])).run()


if __name__ == "__main__":
    main()

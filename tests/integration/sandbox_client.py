"""The Stripe sandbox as the tests use it: through Stripe's own library."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import stripe

from ivr.embedded.stripe_sandbox import SandboxControl, running

GOOD = "4242424242424242"


def client_of(sandbox: SandboxControl, key: str | None = None) -> stripe.StripeClient:
    """Stripe's library pointed at the sandbox; it retries nothing by itself."""
    return stripe.StripeClient(key or sandbox.key, base_addresses={"api": sandbox.url}, max_network_retries=0)


@contextmanager
def served(folder: Path, **more: Any) -> Iterator[tuple[SandboxControl, stripe.StripeClient]]:
    """A sandbox with its state in ``folder``, and a client."""
    with running(folder, **more) as sandbox:
        yield sandbox, client_of(sandbox)


def data(number: str = GOOD, **card: Any) -> Any:
    """``payment_method_data`` of a card."""
    code = "1234" if number.startswith("37") else "123"
    details = {"number": number, "exp_month": 12, "exp_year": 2040, "cvc": code, **card}
    return {"type": "card", "card": details, "billing_details": {"address": {"postal_code": "94105"}}}


def created(client: stripe.StripeClient, cents: int = 10_800, **more: Any) -> stripe.PaymentIntent:
    """An intent as the gateway makes it: manual capture, no card."""
    given: Any = {"amount": cents, "currency": "usd", "capture_method": "manual", "allowed_payment_method_types": ["card"], **more}
    return client.v1.payment_intents.create(given)


def confirmed(client: stripe.StripeClient, intent: str, number: str = GOOD, **more: Any) -> stripe.PaymentIntent:
    """Confirms with a card, or raises what Stripe's library raises."""
    options = more.pop("options", None)
    given: Any = {"payment_method_data": data(number), **more}
    return client.v1.payment_intents.confirm(intent, given, options)


def held(client: stripe.StripeClient, cents: int = 10_800, **more: Any) -> stripe.PaymentIntent:
    """A hold."""
    return confirmed(client, created(client, cents, **more).id)


def asked(sandbox: SandboxControl, path: str, body: bytes | None = None) -> dict[str, Any]:
    """Stripe's own interface, without our gateway."""
    with urlopen(Request(sandbox.url + path, body, {"Authorization": f"Bearer {sandbox.key}"}), timeout=10) as answer:
        found: dict[str, Any] = json.load(answer)
        return found

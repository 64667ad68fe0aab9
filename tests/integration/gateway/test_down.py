"""A Stripe that is not there: every call is over by its deadline, and nothing was done."""

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import product
from time import monotonic

import pytest

from ivr.embedded.stripe_sandbox import SandboxControl
from ivr.errors import StripeUnavailable
from ivr.stripe_gateway import StripeGateway
from tests.integration.gateway.account import a_card, a_gateway, a_hold, held

Call = Callable[[StripeGateway, str, str], object]
CALLS: dict[str, Call] = {
    "create": lambda gateway, new, used: gateway.create(a_hold()),
    "confirm": lambda gateway, new, used: gateway.confirm(new, a_card(), key="k1"),
    "retrieve": lambda gateway, new, used: gateway.retrieve(new),
    "capture": lambda gateway, new, used: gateway.capture(used, 5_000, key="k2"),
    "cancel": lambda gateway, new, used: gateway.cancel(used, key="k3"),
    "refund": lambda gateway, new, used: gateway.refund(used, 5_000, key="k4"),
    "intents": lambda gateway, new, used: list(gateway.intents(datetime.now(UTC))),
}


@pytest.mark.parametrize(("call", "fault"), [*product(CALLS, ["500", "429", "cut_before"]), ("confirm", "delay"), ("intents", "delay")])
def test_a_stripe_that_stays_down_is_unavailable_in_time(sandbox: SandboxControl, call: str, fault: str) -> None:
    """Fault 14: retries are bounded by the deadline, by number as well, and nothing is done."""
    patient, impatient = a_gateway(sandbox.url), a_gateway(sandbox.url, stripe_seconds=0.8)
    new, used = patient.create(a_hold()).id, held(patient).id
    before = len(sandbox.requests())
    sandbox.faults(fault, "/v1/*", seconds=30.0, times=999)
    start = monotonic()
    with pytest.raises(StripeUnavailable):
        CALLS[call](impatient, new, used)
    assert monotonic() - start < 2
    assert len(sandbox.requests()) - before <= 15
    sandbox.clear_faults()
    impatient.close()
    patient.close()
    assert sorted(intent["status"] for intent in sandbox.intents()) == ["requires_capture", "requires_payment_method"]


def test_nobody_listens() -> None:
    """A closed port is unavailable within the deadline, and a name that does not exist as well."""
    for url in ("http://127.0.0.1:32999", "https://stripe.invalid"):
        gateway = a_gateway(url, stripe_seconds=0.6)
        start = monotonic()
        with pytest.raises(StripeUnavailable):
            gateway.create(a_hold())
        assert monotonic() - start < 2
        gateway.close()

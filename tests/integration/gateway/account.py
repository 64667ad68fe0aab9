"""A gateway, cards and holds for its tests, and what the sandbox's account then shows."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from ivr.card import Card
from ivr.config import Settings
from ivr.embedded.stripe_sandbox import KEY, WEBHOOK_SECRET, SandboxControl
from ivr.model.money import Hold, HoldStatus, Intent
from ivr.stripe_gateway import StripeGateway

NUMBER = "4242424242424242"
ANY_CONFIRM = "/v1/payment_intents/*/confirm"
FAULTS = ("500", "500_after", "429", "cut_before", "cut_after")


def a_gateway(url: str, **settings: object) -> StripeGateway:
    """A gateway to ``url``."""
    given = {"stripe_key": KEY, "stripe_webhook_secret": WEBHOOK_SECRET, "stripe_url": url} | settings
    return StripeGateway(
        Settings.model_validate({"database_url": "postgresql://nowhere/", "pin_pepper": "pepper", "ami_secret": "secret"} | given)
    )


def a_hold(cents: int = 15_000) -> Hold:
    """A new hold of its own."""
    return Hold(
        id=uuid4(), incident_id=7, minutes=30, amount_cents=cents, currency="USD", status=HoldStatus.NEW,
        intent_id=None, capture_cents=None, tries=0, card=None, created_at=datetime.now(UTC),
    )  # fmt: skip


def a_card(number: str = NUMBER, code: str = "917", *, year: int = 2031) -> Card:
    """A card that is good unless its number says otherwise."""
    return Card(number, 11, year, code, "02139")


def held(gateway: StripeGateway, hold: Hold | None = None) -> Intent:
    """An intent on which the amount is held."""
    created = gateway.create(hold or a_hold())
    return gateway.confirm(created.id, a_card(), key=f"{created.hold_id}-attempt-1")


def the_only(sandbox: SandboxControl) -> dict[str, Any]:
    """The account's one intent."""
    (intent,) = sandbox.intents()
    return intent


def sent(sandbox: SandboxControl, action: str) -> list[str]:
    """The keys of all requests whose path ends so."""
    return [request["key"] for request in sandbox.requests() if request["method"] == "POST" and request["path"].endswith(action)]

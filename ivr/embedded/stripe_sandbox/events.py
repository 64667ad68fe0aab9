"""Events: https://docs.stripe.com/api/events"""

from collections.abc import Mapping
from typing import Any

from ivr.embedded.stripe_sandbox.bank import Bank
from ivr.embedded.stripe_sandbox.errors import Document


def list_all(bank: Bank, given: Mapping[str, Any]) -> Document:
    """``GET /v1/events``, newest first."""
    return bank.page("event", "/v1/events", given, {"type": given["type"]} if "type" in given else {})


def retrieve(bank: Bank, given: Mapping[str, Any], key: str) -> Document:
    """``GET /v1/events/{id}``"""
    return bank.get("event", key, "id")

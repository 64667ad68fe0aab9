"""Charges, and what is given back of them: https://docs.stripe.com/refunds"""

from collections.abc import Mapping
from typing import Any

from ivr.embedded.stripe_sandbox import objects
from ivr.embedded.stripe_sandbox.bank import Bank
from ivr.embedded.stripe_sandbox.errors import Document, invalid, wrong_parameter


def retrieve_charge(bank: Bank, given: Mapping[str, Any], key: str) -> Document:
    """``GET /v1/charges/{id}``"""
    return bank.get("charge", key, "charge_id")


def create(bank: Bank, given: Mapping[str, Any]) -> Document:
    """``POST /v1/refunds``: in part or in whole, never more than was captured and not yet refunded."""
    charge = _charge(bank, given)
    left = charge["amount"] - charge["amount_refunded"]
    if charge["refunded"]:
        raise invalid(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    amount = given.get("amount", left)
    if amount < 1:
        raise wrong_parameter("This value must be greater than or equal to 1.", param="amount", code="parameter_invalid_integer")
    if amount > left:
        raise invalid(f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})", param="amount")
    made = bank.put(objects.refund(charge, amount, given, bank.now()), "refund.created")
    bank.put(_with(charge, made), "charge.refunded")
    return made


def given_back(bank: Bank, charge: Document, cents: int) -> Document:
    """The charge after ``cents`` of it were not captured: Stripe counts them as refunded, and lists a refund that nobody asked for.

    Seen in https://github.com/woocommerce/woocommerce-gateway-stripe/issues/1073 and https://github.com/solidusio/solidus_stripe/pull/268
    """
    return _with(charge, bank.put(objects.refund(charge, cents, {}, bank.now()))) if cents else charge


def _with(charge: Document, refund: Document) -> Document:
    refunded = charge["amount_refunded"] + refund["amount"]
    listed = {**charge["refunds"], "data": [refund, *charge["refunds"]["data"]]}
    return {**charge, "amount_refunded": refunded, "refunded": refunded == charge["amount"], "refunds": listed}


def retrieve(bank: Bank, given: Mapping[str, Any], key: str) -> Document:
    """``GET /v1/refunds/{id}``"""
    return bank.get("refund", key, "refund")


def list_all(bank: Bank, given: Mapping[str, Any]) -> Document:
    """``GET /v1/refunds``, newest first."""
    equal = {name: given[name] for name in ("payment_intent", "charge") if name in given}
    return bank.page("refund", "/v1/refunds", given, equal)


def _charge(bank: Bank, given: Mapping[str, Any]) -> Document:
    if ("charge" in given) == ("payment_intent" in given):
        raise wrong_parameter("One of the following params should be provided for this request: payment_intent or charge.", param="charge")
    key = given.get("charge")
    if key is None:
        intent = bank.get("payment_intent", given["payment_intent"], "payment_intent")
        key = intent["latest_charge"]
        if key is None or intent["status"] != "succeeded":
            raise invalid(f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund.", param="payment_intent")
    charge = bank.get("charge", key, "charge")
    if not charge["captured"]:
        raise invalid(f"Charge {charge['id']} has not been captured and cannot be refunded; cancel its PaymentIntent.", param="charge")
    return charge

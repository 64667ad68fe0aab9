"""PaymentIntents: https://docs.stripe.com/payments/paymentintents/lifecycle"""

from collections.abc import Mapping
from typing import Any, Final

from ivr.embedded.stripe_sandbox import confirmation, objects, payment_methods
from ivr.embedded.stripe_sandbox.bank import Bank
from ivr.embedded.stripe_sandbox.errors import Document, invalid, unexpected_state, wrong_parameter

MINIMUM: Final[Mapping[str, int]] = {
    **dict.fromkeys(("usd", "aud", "brl", "cad", "chf", "eur", "inr", "nzd", "sgd"), 50),
    **dict.fromkeys(("aed", "myr", "pln", "ron"), 200),
    **dict.fromkeys(("nok", "sek"), 300),
    "bgn": 100,
    "czk": 1500,
    "dkk": 250,
    "gbp": 30,
    "hkd": 400,
    "huf": 17500,
    "mxn": 1000,
    "thb": 1000,
}
"""The smallest charge in minor units: https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts"""
MAXIMUM: Final = 99_999_999
CANCELABLE: Final = ("requires_payment_method", "requires_capture", "requires_confirmation", "requires_action", "processing")
UPDATABLE: Final = ("requires_payment_method", "requires_confirmation", "requires_action")


def create(bank: Bank, given: Mapping[str, Any]) -> Document:
    """``POST /v1/payment_intents``, with ``confirm`` also its confirmation."""
    checked = {**given, "currency": given["currency"].lower()}
    _check_amount(checked["amount"], checked["currency"])
    _check_types(given)
    if "customer" in given:
        bank.get("customer", given["customer"], "customer")
    confirming = given.get("confirm", False)
    if not confirming:
        confirmation.refuse_confirmation_only(given)
    intent = bank.put(objects.payment_intent(checked, bank.now()), "payment_intent.created")
    if confirming:
        return confirmation.confirm_intent(bank, intent, given)
    return bank.put(_with_method(bank, intent, given))


def confirm(bank: Bank, given: Mapping[str, Any], key: str) -> Document:
    """``POST /v1/payment_intents/{id}/confirm``"""
    return confirmation.confirm_intent(bank, bank.get("payment_intent", key, "intent"), given)


def retrieve(bank: Bank, given: Mapping[str, Any], key: str) -> Document:
    """``GET /v1/payment_intents/{id}``"""
    return bank.get("payment_intent", key, "intent")


def list_all(bank: Bank, given: Mapping[str, Any]) -> Document:
    """``GET /v1/payment_intents``, newest first."""
    equal = {"customer": given["customer"]} if "customer" in given else {}
    return bank.page("payment_intent", "/v1/payment_intents", given, equal)


def update(bank: Bank, given: Mapping[str, Any], key: str) -> Document:
    """``POST /v1/payment_intents/{id}``: amount and card only before it is confirmed; metadata and description always."""
    intent = bank.get("payment_intent", key, "intent")
    harmless = {"metadata", "description", "receipt_email", "expand"}
    if intent["status"] not in UPDATABLE and (set(given) - harmless):
        raise unexpected_state(
            f"This PaymentIntent could not be updated because it has a status of {intent['status']}.", objects.shown(intent)
        )
    confirmation.refuse_confirmation_only(given)
    changes = {name: value for name, value in given.items() if name in intent and name not in ("metadata", "payment_method")}
    changes |= {"currency": given["currency"].lower()} if "currency" in given else {}
    changed = {**intent, **changes, "metadata": payment_methods.merged(intent["metadata"], given.get("metadata"))}
    changed["payment_method_options"] = intent["payment_method_options"]
    _check_amount(changed["amount"], changed["currency"])
    return bank.put(_with_method(bank, changed, given))


def capture(bank: Bank, given: Mapping[str, Any], key: str) -> Document:
    """``POST /v1/payment_intents/{id}/capture``: once, in whole or in part; the rest is freed."""
    intent = bank.get("payment_intent", key, "intent")
    if intent["status"] == "succeeded":
        raise unexpected_state("This PaymentIntent could not be captured because it has already been captured.", objects.shown(intent))
    if intent["status"] != "requires_capture":
        raise unexpected_state(
            f"This PaymentIntent could not be captured because it has a status of {intent['status']}. Only a PaymentIntent with one of the"
            " following statuses may be captured: requires_capture.",
            objects.shown(intent),
        )
    amount = given.get("amount_to_capture", intent["amount_capturable"])
    _check_capture(amount, intent)
    return confirmation.captured(bank, intent, amount, payment_methods.merged(intent["metadata"], given.get("metadata")))


def cancel(bank: Bank, given: Mapping[str, Any], key: str) -> Document:
    """``POST /v1/payment_intents/{id}/cancel``: whatever is held is given back."""
    intent = bank.get("payment_intent", key, "intent")
    if intent["status"] not in CANCELABLE:
        raise unexpected_state(
            f"You cannot cancel this PaymentIntent because it has a status of {intent['status']}. Only a PaymentIntent with one of the"
            f" following statuses may be canceled: {', '.join(CANCELABLE)}.",
            objects.shown(intent),
        )
    return confirmation.canceled(bank, intent, given.get("cancellation_reason"))


def expire(bank: Bank, key: str) -> Document:
    """The bank's time for the hold is over: what Stripe does after seven days."""
    intent = bank.get("payment_intent", key, "intent")
    if intent["status"] != "requires_capture":
        raise unexpected_state("Only a hold can expire.", objects.shown(intent))
    return confirmation.canceled(bank, intent, "automatic")


def _with_method(bank: Bank, intent: Document, given: Mapping[str, Any]) -> Document:
    method = confirmation.method_for(bank, intent, given)
    if method is None:
        return intent
    bank.put(method)
    return {**intent, "payment_method": method["id"], "status": "requires_confirmation"}


def _check_amount(amount: int, currency: str) -> None:
    if currency not in MINIMUM:
        raise wrong_parameter(
            f"Invalid currency: {currency[:10]}. Stripe currently supports these currencies: {', '.join(sorted(MINIMUM))}", param="currency"
        )
    if amount < 1:
        raise wrong_parameter("This value must be greater than or equal to 1.", param="amount", code="parameter_invalid_integer")
    if amount < MINIMUM[currency]:
        raise wrong_parameter(f"Amount must be at least {_spelled(MINIMUM[currency], currency)}", param="amount", code="amount_too_small")
    if amount > MAXIMUM:
        message = f"Amount must be no more than {_spelled(MAXIMUM, currency)}"
        raise wrong_parameter(message, param="amount", code="amount_too_large")


def _check_types(given: Mapping[str, Any]) -> None:
    """https://docs.stripe.com/changelog/dahlia/2026-07-29/allowed-payment-method-types-parameter"""
    types = given.get("allowed_payment_method_types", ["card"])
    if "allowed_payment_method_types" in given and "automatic_payment_methods" in given:
        raise wrong_parameter(
            "You may only specify one of these parameters: automatic_payment_methods, allowed_payment_method_types.",
            param="allowed_payment_method_types",
            code="parameters_exclusive",
        )
    if "card" not in types:
        raise wrong_parameter(
            "No payment method types enabled for the payment: this account takes cards.", param="allowed_payment_method_types"
        )


def _check_capture(amount: int, intent: Document) -> None:
    param = "amount_to_capture"
    if amount < 1:
        raise wrong_parameter("This value must be greater than or equal to 1.", param=param, code="parameter_invalid_integer")
    if amount > intent["amount_capturable"]:
        raise invalid(
            "The payment could not be captured because the requested capture amount is greater than the amount you can capture for this"
            " charge.",
            param=param,
            code="amount_too_large",
        )
    if amount < MINIMUM[intent["currency"]]:
        least = _spelled(MINIMUM[intent["currency"]], intent["currency"])
        raise invalid(f"Amount must be at least {least}", param=param, code="amount_too_small")


def _spelled(cents: int, currency: str) -> str:
    return f"{'$' if currency == 'usd' else ''}{cents / 100:,.2f} {currency}"

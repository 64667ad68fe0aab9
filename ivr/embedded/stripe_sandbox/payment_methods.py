"""Cards that can be charged, and the customers that they may be attached to."""

from collections.abc import Mapping
from typing import Any, Final

from ivr.embedded.stripe_sandbox import cards, objects
from ivr.embedded.stripe_sandbox.bank import Bank
from ivr.embedded.stripe_sandbox.errors import Document, card_error, invalid, wrong_parameter

_UNSAFE: Final = (
    "Sending credit card numbers directly to the Stripe API is generally unsafe. We suggest you use test tokens that map to the test card"
    " you are using, see https://stripe.com/docs/testing. To enable raw card data APIs in test mode, see"
    " https://support.stripe.com/questions/enabling-access-to-raw-card-data-apis."
)


def create(bank: Bank, given: Mapping[str, Any]) -> Document:
    """``POST /v1/payment_methods``"""
    return bank.put(from_data(bank, given, ""))


def from_data(bank: Bank, given: Mapping[str, Any], prefix: str) -> Document:
    """A PaymentMethod of raw card data, not yet kept. ``prefix`` names the parameter that held it. Raises ``ApiError``."""
    named = f"{prefix}[card]" if prefix else "card"
    if "card" not in given:
        raise wrong_parameter(f"Missing required param: {named}.", param=named, code="parameter_missing")
    for name in ("number", "exp_month", "exp_year"):
        if name not in given["card"]:
            raise wrong_parameter(f"Missing required param: {named}[{name}].", param=f"{named}[{name}]", code="parameter_missing")
    if bank.switch("raw_cards") != "true":
        raise invalid(_UNSAFE)
    return _made(bank, given)


def _made(bank: Bank, given: Mapping[str, Any]) -> Document:
    behaviour = cards.check(given["card"])
    number = given["card"]["number"]
    fingerprint = bank.fingerprint(number.encode())[:16]
    return objects.payment_method(given, brand=cards.brand(number), fingerprint=fingerprint, behaviour=behaviour, now=bank.now())


def find(bank: Bank, key: str, param: str) -> Document:
    """The PaymentMethod; for one of Stripe's ready test ids a new one. Raises ``ApiError``."""
    if key in cards.TOKENS:
        card = {"number": cards.TOKENS[key], "exp_month": 12, "exp_year": 2040, "cvc": "0000" if key.endswith("amex") else "000"}
        return _made(bank, {"card": card})
    return bank.get("payment_method", key, param)


def retrieve(bank: Bank, given: Mapping[str, Any], key: str) -> Document:
    """``GET /v1/payment_methods/{id}``"""
    return bank.get("payment_method", key, "payment_method_id")


def attach(bank: Bank, given: Mapping[str, Any], key: str) -> Document:
    """``POST /v1/payment_methods/{id}/attach``: the bank is asked, so most declined test numbers can't be attached."""
    method = find(bank, key, "payment_method_id")
    customer = bank.get("customer", given["customer"], "customer")
    if method["customer"] is not None:
        raise invalid("The payment method you provided has already been attached to a customer.")
    if method["_used"]:
        raise used_up()
    behaviour = method["_behaviour"]
    if behaviour not in (cards.APPROVED, cards.AUTHENTICATE, cards.ATTACHES_ONLY):
        refusal = cards.REFUSALS[behaviour]
        raise card_error(refusal.message, refusal.code, decline_code=refusal.decline_code)
    return bank.put({**method, "customer": customer["id"]}, "payment_method.attached")


def detach(bank: Bank, given: Mapping[str, Any], key: str) -> Document:
    """``POST /v1/payment_methods/{id}/detach``: it can never be used again."""
    method = bank.get("payment_method", key, "payment_method_id")
    if method["customer"] is None:
        raise invalid("The payment method you provided is not attached to a customer so detachment is impossible.")
    return bank.put({**method, "customer": None, "_used": True}, "payment_method.detached")


def used_up() -> Exception:
    """A PaymentMethod of no customer pays once."""
    return invalid(
        "The provided PaymentMethod was previously used with a PaymentIntent without Customer attachment, shared with a connected account"
        " without Customer attachment, or was detached from a Customer. It may not be used again. To use a PaymentMethod multiple times,"
        " you must attach it to a Customer first."
    )


def create_customer(bank: Bank, given: Mapping[str, Any]) -> Document:
    """``POST /v1/customers``"""
    return bank.put(objects.customer(given, bank.now()), "customer.created")


def retrieve_customer(bank: Bank, given: Mapping[str, Any], key: str) -> Document:
    """``GET /v1/customers/{id}``"""
    return bank.get("customer", key, "customer_id")


def update_customer(bank: Bank, given: Mapping[str, Any], key: str) -> Document:
    """``POST /v1/customers/{id}``"""
    found = bank.get("customer", key, "customer_id")
    changes = {name: value for name, value in given.items() if name not in ("metadata", "expand")}
    return bank.put({**found, **changes, "metadata": merged(found["metadata"], given.get("metadata"))}, "customer.updated")


def merged(old: Mapping[str, str], new: Mapping[str, str] | None) -> dict[str, str]:
    """Metadata: named keys change, an empty value takes one away, an empty text all."""
    if new is None:
        return dict(old)
    return {key: value for key, value in {**old, **new}.items() if value != ""} if new else {}

"""New objects with every field that Stripe's have (its public OpenAPI fixtures), in their first state."""

import secrets
import string
from collections.abc import Mapping
from typing import Any, Final

from ivr.embedded.stripe_sandbox.errors import Document

_LETTERS: Final = string.ascii_letters + string.digits
_ADDRESS: Final = ("city", "country", "line1", "line2", "postal_code", "state")
API_VERSION: Final = "2026-10-28.endive"


def new_id(prefix: str) -> str:
    """An id like Stripe's: ``pi_3…``."""
    return f"{prefix}_{''.join(secrets.choice(_LETTERS) for _ in range(24))}"


def billing(given: Mapping[str, Any]) -> Document:
    """Billing details; what was not given is null."""
    address = given.get("address") or {}
    plain = {name: given.get(name) for name in ("email", "name", "phone", "tax_id")}
    return {"address": {name: address.get(name) for name in _ADDRESS}, **plain}


def customer(given: Mapping[str, Any], now: int) -> Document:
    """https://docs.stripe.com/api/customers/object"""
    return {
        "id": new_id("cus"), "object": "customer", "created": now, "livemode": False,
        "address": {name: given["address"].get(name) for name in _ADDRESS} if given.get("address") else None,
        "balance": 0, "currency": None, "default_source": None, "delinquent": False, "description": given.get("description"),
        "discount": None, "email": given.get("email"), "invoice_prefix": secrets.token_hex(4).upper(),
        "invoice_settings": {"custom_fields": None, "default_payment_method": None, "footer": None, "rendering_options": None},
        "metadata": given.get("metadata", {}), "name": given.get("name"), "next_invoice_sequence": 1, "phone": given.get("phone"),
        "preferred_locales": [], "shipping": None, "tax_exempt": "none", "test_clock": None,
    }  # fmt: skip


def payment_method(given: Mapping[str, Any], *, brand: str, fingerprint: str, behaviour: str, now: int) -> Document:
    """https://docs.stripe.com/api/payment_methods/object. Of the card only what may be kept; ``_…`` is never shown."""
    card = given["card"]
    details = billing(given.get("billing_details", {}))
    year = card["exp_year"]
    return {
        "id": new_id("pm"), "object": "payment_method", "created": now, "livemode": False, "type": "card",
        "allow_redisplay": "unspecified", "billing_details": details, "customer": None, "customer_account": None,
        "metadata": given.get("metadata", {}),
        "card": {
            "brand": brand, "checks": _checks(card, details, behaviour), "country": "US", "display_brand": brand,
            "exp_month": card["exp_month"], "exp_year": year + 2000 if year < 100 else year,
            "fingerprint": fingerprint, "funding": "credit", "generated_from": None, "last4": card["number"][-4:],
            "networks": {"available": [brand], "preferred": None}, "regulated_status": "unregulated",
            "three_d_secure_usage": {"supported": True}, "wallet": None,
        },
        "_behaviour": behaviour, "_used": False,
    }  # fmt: skip


def _checks(card: Mapping[str, Any], details: Document, behaviour: str) -> Document:
    code = ("fail" if behaviour == "incorrect_cvc" else "pass") if card.get("cvc") else None
    address = details["address"]
    return {
        "address_line1_check": "pass" if address["line1"] else None,
        "address_postal_code_check": "pass" if address["postal_code"] else None,
        "cvc_check": code,
    }


def payment_intent(given: Mapping[str, Any], now: int) -> Document:
    """https://docs.stripe.com/api/payment_intents/object, unconfirmed."""
    key = new_id("pi")
    automatic = {"enabled": "allowed_payment_method_types" not in given, **given.get("automatic_payment_methods", {})}
    return {
        "id": key, "object": "payment_intent", "created": now, "livemode": False, "status": "requires_payment_method",
        "amount": given["amount"], "amount_capturable": 0, "amount_details": {"tip": {}}, "amount_received": 0, "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": {"allow_redirects": "always", **automatic} if automatic["enabled"] else None,
        "canceled_at": None, "cancellation_reason": None, "capture_method": given.get("capture_method", "automatic_async"),
        "client_secret": f"{key}_secret_{secrets.token_urlsafe(18)}", "confirmation_method": given.get("confirmation_method", "automatic"),
        "currency": given["currency"], "customer": given.get("customer"), "customer_account": None,
        "description": given.get("description"), "excluded_payment_method_types": None, "last_payment_error": None,
        "latest_charge": None, "managed_payments": None, "metadata": given.get("metadata", {}), "next_action": None, "on_behalf_of": None,
        "payment_method": None, "payment_method_configuration_details": None,
        "payment_method_options": {
            "card": {"installments": None, "mandate_options": None, "network": None, "request_three_d_secure": "automatic"}
        },
        "payment_method_types": ["card"], "processing": None,
        "receipt_email": given.get("receipt_email"), "review": None, "setup_future_usage": given.get("setup_future_usage"),
        "shipping": None, "source": None, "statement_descriptor": given.get("statement_descriptor"),
        "statement_descriptor_suffix": given.get("statement_descriptor_suffix"), "transfer_data": None, "transfer_group": None,
    }  # fmt: skip


def charge(intent: Document, method: Document, *, failure: Document | None, moto: bool, now: int) -> Document:
    """https://docs.stripe.com/api/charges/object: one try of a card, approved or not."""
    key, approved = new_id("ch"), failure is None
    return {
        "id": key, "object": "charge", "created": now, "livemode": False, "status": "succeeded" if approved else "failed",
        "amount": intent["amount"], "amount_captured": 0, "amount_refunded": 0, "application": None, "application_fee": None,
        "application_fee_amount": None, "balance_transaction": None, "billing_details": method["billing_details"],
        "calculated_statement_descriptor": "IVR SANDBOX", "captured": False, "currency": intent["currency"],
        "customer": intent["customer"], "description": intent["description"], "disputed": False, "failure_balance_transaction": None,
        "failure_code": failure["code"] if failure else None, "failure_message": failure["message"] if failure else None,
        "fraud_details": {}, "metadata": intent["metadata"], "on_behalf_of": None, "outcome": _outcome(failure),
        "paid": approved, "payment_intent": intent["id"], "payment_method": method["id"],
        "payment_method_details": {"type": "card", "card": _card_details(intent["amount"], method["card"], approved, moto)},
        "receipt_email": intent["receipt_email"], "receipt_number": None, "receipt_url": None, "refunded": False,
        "refunds": {"object": "list", "data": [], "has_more": False, "url": f"/v1/charges/{key}/refunds"},
        "review": None, "shipping": None, "source": None, "source_transfer": None,
        "statement_descriptor": intent["statement_descriptor"], "statement_descriptor_suffix": intent["statement_descriptor_suffix"],
        "transfer_data": None, "transfer_group": None,
    }  # fmt: skip


def _outcome(failure: Document | None) -> Document:
    declined = {
        "network_status": "declined_by_network", "reason": failure and failure.get("decline_code", failure["code"]),
        "seller_message": "The bank did not approve the charge.", "type": "issuer_declined",
    }  # fmt: skip
    approved = {"network_status": "approved_by_network", "reason": None, "seller_message": "Payment complete.", "type": "authorized"}
    return {"advice_code": None, "network_advice_code": None, "network_decline_code": None, **(declined if failure else approved)}


def _card_details(amount: int, card: Document, approved: bool, moto: bool) -> Document:
    copied = {name: card[name] for name in ("brand", "checks", "country", "exp_month", "exp_year", "fingerprint", "funding", "last4")}
    return {
        **copied, "amount_authorized": amount if approved else None, "authorization_code": None,
        "extended_authorization": {"status": "disabled"}, "incremental_authorization": {"status": "unavailable"}, "installments": None,
        "mandate": None, "multicapture": {"status": "unavailable"}, "network": card["brand"], "network_token": {"used": False},
        "network_transaction_id": None, "overcapture": {"maximum_amount_capturable": amount, "status": "unavailable"},
        "regulated_status": "unregulated", "three_d_secure": None, "transaction_link_id": None, "wallet": None,
        **({"moto": True} if moto else {}),
    }  # fmt: skip


def refund(of: Document, amount: int, given: Mapping[str, Any], now: int) -> Document:
    """https://docs.stripe.com/api/refunds/object"""
    return {
        "id": new_id("re"), "object": "refund", "created": now, "status": "succeeded", "amount": amount, "balance_transaction": None,
        "charge": of["id"], "currency": of["currency"], "customer": of["customer"], "customer_account": None,
        "destination_details": {"card": {"type": "refund"}, "type": "card"}, "metadata": given.get("metadata", {}),
        "payment_intent": of["payment_intent"], "payment_method": of["payment_method"], "reason": given.get("reason"),
        "receipt_number": None, "source_transfer_reversal": None, "transfer_reversal": None,
    }  # fmt: skip


def event(kind: str, about: Document, *, request: str | None, idempotency_key: str | None, pending: int, now: int) -> Document:
    """https://docs.stripe.com/api/events/object: the object as it was then."""
    return {
        "id": new_id("evt"), "object": "event", "api_version": API_VERSION, "created": now, "data": {"object": about}, "livemode": False,
        "pending_webhooks": pending, "request": {"id": request, "idempotency_key": idempotency_key}, "type": kind,
    }  # fmt: skip


def shown(document: Any) -> Any:
    """Without what the sandbox keeps for itself."""
    if isinstance(document, dict):
        return {name: shown(value) for name, value in document.items() if not name.startswith("_")}
    return [shown(value) for value in document] if isinstance(document, list) else document

"""What happens to a PaymentIntent and its charge: confirmed, declined, captured, canceled."""

from collections.abc import Mapping
from typing import Any, Final

from ivr.embedded.stripe_sandbox import cards, objects, payment_methods, refunds
from ivr.embedded.stripe_sandbox.bank import Bank
from ivr.embedded.stripe_sandbox.errors import ApiError, Document, card_error, invalid, unexpected_state, wrong_parameter

CONFIRMABLE: Final = ("requires_payment_method", "requires_confirmation", "requires_action")
MOTO: Final = "payment_method_options[card][moto]"


def confirm_intent(bank: Bank, intent: Document, given: Mapping[str, Any]) -> Document:
    """Sends the card to the bank. Raises ``ApiError``: 402 when it is declined; the intent then waits for another card."""
    if intent["status"] not in CONFIRMABLE:
        raise unexpected_state(_not_confirmable(intent["status"]), objects.shown(intent))
    _check_return_url(intent, given)
    moto = _moto(bank, given)
    method = method_for(bank, intent, given) or _own_method(bank, intent)
    chosen = {name: given[name] for name in ("receipt_email", "setup_future_usage", "capture_method") if name in given}
    intent = {**intent, **chosen, "payment_method": method["id"], "next_action": None}
    behaviour = method["_behaviour"]
    if behaviour == cards.AUTHENTICATE and moto:
        behaviour = cards.APPROVED  # out of scope of authentication
    if behaviour == cards.AUTHENTICATE and not (given.get("error_on_requires_action") or given.get("off_session")):
        bank.put(method)
        return _authentication(bank, intent, given.get("return_url"))
    if behaviour != cards.APPROVED:
        raise _declined(bank, intent, method, behaviour)
    return _approved(bank, intent, method, moto)


def method_for(bank: Bank, intent: Document, given: Mapping[str, Any]) -> Document | None:
    """The card that the parameters name, not yet kept; None when they name none. Raises ``ApiError`` for one that can't pay this."""
    if "payment_method_data" in given:
        return payment_methods.from_data(bank, given["payment_method_data"], "payment_method_data")
    if "payment_method" not in given:
        return None
    method = payment_methods.find(bank, given["payment_method"], "payment_method")
    _check_owner(method, intent)
    return method


def refuse_confirmation_only(given: Mapping[str, Any]) -> None:
    """``moto`` is a matter of the confirmation alone."""
    if "moto" in given.get("payment_method_options", {}).get("card", {}):
        raise wrong_parameter(f"{MOTO} can only be provided during confirmation.", param=MOTO)


def captured(bank: Bank, intent: Document, amount: int, metadata: Mapping[str, str]) -> Document:
    """Takes ``amount``; the rest is free again, for which Stripe writes a refund of its own."""
    charge = bank.get("charge", intent["latest_charge"], "charge")
    bank.put(
        refunds.given_back(bank, {**charge, "captured": True, "amount_captured": amount}, charge["amount"] - amount), "charge.captured"
    )
    taken = {"amount_capturable": 0, "amount_received": amount, "status": "succeeded", "metadata": dict(metadata)}
    return bank.put({**intent, **taken}, "payment_intent.succeeded")


def canceled(bank: Bank, intent: Document, reason: str | None) -> Document:
    """Ends the intent; an uncaptured charge counts as refunded."""
    if intent["status"] == "requires_capture":
        charge = bank.get("charge", intent["latest_charge"], "charge")
        event = "charge.expired" if reason == "automatic" else "charge.refunded"
        bank.put(refunds.given_back(bank, charge, charge["amount"]), event)
    ended = {"status": "canceled", "canceled_at": bank.now(), "cancellation_reason": reason, "amount_capturable": 0, "next_action": None}
    return bank.put({**intent, **ended}, "payment_intent.canceled")


def _approved(bank: Bank, intent: Document, method: Document, moto: bool) -> Document:
    bank.put({**method, "_used": method["customer"] is None})
    charge = objects.charge(intent, method, failure=None, moto=moto, now=bank.now())
    intent = {**intent, "latest_charge": charge["id"], "last_payment_error": None}
    if intent["capture_method"] == "manual":
        bank.put(charge, "charge.succeeded")
        held = {"status": "requires_capture", "amount_capturable": intent["amount"]}
        return bank.put({**intent, **held}, "payment_intent.amount_capturable_updated")
    bank.put({**charge, "captured": True, "amount_captured": intent["amount"]}, "charge.succeeded")
    return bank.put({**intent, "status": "succeeded", "amount_received": intent["amount"]}, "payment_intent.succeeded")


def _declined(bank: Bank, intent: Document, method: Document, behaviour: str) -> ApiError:
    refusal = cards.REFUSALS[behaviour]
    failure = {"code": refusal.code, "message": refusal.message, "decline_code": refusal.decline_code}
    failure = {name: value for name, value in failure.items() if value is not None}
    bank.put(method)
    charge = bank.put(objects.charge(intent, method, failure=failure, moto=False, now=bank.now()), "charge.failed")
    more = {"charge": charge["id"], "payment_method": objects.shown(method)}
    error = card_error(refusal.message, refusal.code, decline_code=refusal.decline_code, **more)
    back = {"status": "requires_payment_method", "payment_method": None, "latest_charge": charge["id"]}
    intent = bank.put({**intent, **back, "last_payment_error": dict(error.body["error"])}, "payment_intent.payment_failed")
    error.body["error"]["payment_intent"] = objects.shown(intent)
    return error


def _authentication(bank: Bank, intent: Document, return_url: str | None) -> Document:
    url = f"https://hooks.stripe.com/3d_secure_2/hosted?payment_intent={intent['id']}"
    redirect = {"type": "redirect_to_url", "redirect_to_url": {"return_url": return_url, "url": url}}
    sdk = {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect", "stripe_js": url}}
    asked = {"status": "requires_action", "next_action": redirect if return_url else sdk}
    return bank.put({**intent, **asked}, "payment_intent.requires_action")


def _check_return_url(intent: Document, given: Mapping[str, Any]) -> None:
    """https://docs.stripe.com/payments/dashboard-payment-methods: what may redirect needs to know where to."""
    automatic = intent["automatic_payment_methods"]
    if automatic and automatic["allow_redirects"] == "always" and "return_url" not in given:
        raise wrong_parameter(
            "This PaymentIntent is configured to accept payment methods enabled in your Dashboard. Because some of these payment methods"
            " might redirect your customer off of your page, you must provide a `return_url`. If you don't want to accept redirect-based"
            " payment methods, set `automatic_payment_methods[enabled]` to `true` and `automatic_payment_methods[allow_redirects]` to"
            " `never` when creating Setup Intents and Payment Intents.",
            param="return_url",
        )


def _moto(bank: Bank, given: Mapping[str, Any]) -> bool:
    card = given.get("payment_method_options", {}).get("card", {})
    if "moto" in card and bank.switch("moto") != "true":
        raise wrong_parameter(f"Received unknown parameter: {MOTO}", param=MOTO, code="parameter_unknown")
    return bool(card.get("moto", False))


def _own_method(bank: Bank, intent: Document) -> Document:
    if intent["payment_method"] is None:
        raise unexpected_state(
            "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update the PaymentIntent with a"
            " payment method and then confirm it again, or confirm it again directly with a payment method.",
            objects.shown(intent),
        )
    method = bank.get("payment_method", intent["payment_method"], "payment_method")
    _check_owner(method, intent)
    return method


def _check_owner(method: Document, intent: Document) -> None:
    if method["customer"] is None and method["_used"]:
        raise payment_methods.used_up()
    if method["customer"] is not None and method["customer"] != intent["customer"]:
        raise invalid(
            f"The PaymentMethod {method['id']} belongs to a Customer. Please include the Customer in the `customer` parameter on the"
            " PaymentIntent.",
            param="payment_method",
        )


def _not_confirmable(status: str) -> str:
    if status == "succeeded":
        return "You cannot confirm this PaymentIntent because it has already succeeded after being previously confirmed."
    allowed = "requires_confirmation, requires_action"
    return (
        f"You cannot confirm this PaymentIntent because it has a status of {status}. Only a PaymentIntent with one of the following"
        f" statuses may be confirmed: {allowed}."
    )

"""Which URL is answered by what, with which parameters. A test holds the parameters against those of Stripe's own library."""

import re
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from ivr.embedded.stripe_sandbox import events, intents, payment_methods, refunds
from ivr.embedded.stripe_sandbox.bank import Bank
from ivr.embedded.stripe_sandbox.errors import Document, wrong_parameter
from ivr.embedded.stripe_sandbox.parameters import ADDRESS, EXPAND, METHOD, PAGE, Spec, boolean, integer, metadata, one_of, text, texts


class Endpoint(NamedTuple):
    """``name`` is what Stripe's library calls its parameters: ``PaymentIntentCreateParams``."""

    method: str
    pattern: re.Pattern[str]
    name: str
    spec: Spec
    act: Callable[..., Document]
    required: tuple[str, ...] = ()


_OPTIONS: Final[Spec] = {"card": {"moto": boolean}}
_CAPTURE: Final = one_of("automatic", "automatic_async", "manual")
_USAGE: Final = one_of("on_session", "off_session")
_CONFIRM: Final[Spec] = {
    "payment_method": text, "payment_method_data": METHOD, "payment_method_options": _OPTIONS, "off_session": boolean,
    "error_on_requires_action": boolean, "return_url": text, "receipt_email": text, "setup_future_usage": _USAGE,
    "capture_method": _CAPTURE, **EXPAND,
}  # fmt: skip
_CHANGE: Final[Spec] = {
    "amount": integer, "currency": text, "customer": text, "description": text, "metadata": metadata, "payment_method": text,
    "payment_method_data": METHOD, "payment_method_options": _OPTIONS, "allowed_payment_method_types": texts, "receipt_email": text,
    "setup_future_usage": _USAGE, "capture_method": _CAPTURE, "statement_descriptor": text, "statement_descriptor_suffix": text, **EXPAND,
}  # fmt: skip
_CREATE: Final[Spec] = {
    **_CHANGE, **_CONFIRM, "confirm": boolean, "confirmation_method": one_of("automatic", "manual"),
    "automatic_payment_methods": {"enabled": boolean, "allow_redirects": one_of("always", "never")},
}  # fmt: skip
_CANCEL: Final[Spec] = {"cancellation_reason": one_of("abandoned", "duplicate", "fraudulent", "requested_by_customer"), **EXPAND}
_CUSTOMER: Final[Spec] = {
    **dict.fromkeys(("name", "email", "phone", "description"), text), "address": ADDRESS, "metadata": metadata, **EXPAND,
}  # fmt: skip
_REFUND: Final[Spec] = {
    "payment_intent": text, "charge": text, "amount": integer, "metadata": metadata,
    "reason": one_of("duplicate", "fraudulent", "requested_by_customer"), **EXPAND,
}  # fmt: skip


def _endpoint(method: str, path: str, name: str, spec: Spec, act: Callable[..., Document], *required: str) -> Endpoint:
    return Endpoint(method, re.compile("/v1/" + path.replace("{}", r"([A-Za-z0-9_]+)")), name, spec, act, required)


ENDPOINTS: Final = (
    _endpoint("POST", "payment_intents", "PaymentIntentCreateParams", _CREATE, intents.create, "amount", "currency"),
    _endpoint("GET", "payment_intents", "PaymentIntentListParams", {**PAGE, "customer": text}, intents.list_all),
    _endpoint("GET", "payment_intents/{}", "PaymentIntentRetrieveParams", EXPAND, intents.retrieve),
    _endpoint("POST", "payment_intents/{}", "PaymentIntentUpdateParams", _CHANGE, intents.update),
    _endpoint("POST", "payment_intents/{}/confirm", "PaymentIntentConfirmParams", _CONFIRM, intents.confirm),
    _endpoint(
        *("POST", "payment_intents/{}/capture", "PaymentIntentCaptureParams"),
        {"amount_to_capture": integer, "metadata": metadata, **EXPAND},
        intents.capture,
    ),
    _endpoint("POST", "payment_intents/{}/cancel", "PaymentIntentCancelParams", _CANCEL, intents.cancel),
    _endpoint("POST", "customers", "CustomerCreateParams", _CUSTOMER, payment_methods.create_customer),
    _endpoint("GET", "customers/{}", "CustomerRetrieveParams", EXPAND, payment_methods.retrieve_customer),
    _endpoint("POST", "customers/{}", "CustomerUpdateParams", _CUSTOMER, payment_methods.update_customer),
    _endpoint("POST", "payment_methods", "PaymentMethodCreateParams", {**METHOD, **EXPAND}, payment_methods.create, "type"),
    _endpoint("GET", "payment_methods/{}", "PaymentMethodRetrieveParams", EXPAND, payment_methods.retrieve),
    _endpoint(
        "POST", "payment_methods/{}/attach", "PaymentMethodAttachParams", {"customer": text, **EXPAND}, payment_methods.attach, "customer"
    ),
    _endpoint("POST", "payment_methods/{}/detach", "PaymentMethodDetachParams", EXPAND, payment_methods.detach),
    _endpoint("GET", "charges/{}", "ChargeRetrieveParams", EXPAND, refunds.retrieve_charge),
    _endpoint("POST", "refunds", "RefundCreateParams", _REFUND, refunds.create),
    _endpoint("GET", "refunds", "RefundListParams", {**PAGE, "payment_intent": text, "charge": text}, refunds.list_all),
    _endpoint("GET", "refunds/{}", "RefundRetrieveParams", EXPAND, refunds.retrieve),
    _endpoint("GET", "events", "EventListParams", {**PAGE, "type": text}, events.list_all),
    _endpoint("GET", "events/{}", "EventRetrieveParams", EXPAND, events.retrieve),
)
_EXPANDABLE: Final = {
    "payment_intent": {"latest_charge": "charge", "payment_method": "payment_method", "customer": "customer"},
    "charge": {"payment_intent": "payment_intent", "customer": "customer"},
    "refund": {"payment_intent": "payment_intent", "charge": "charge"},
    "payment_method": {"customer": "customer"},
}


def find(method: str, path: str) -> tuple[Endpoint, tuple[str, ...]] | None:
    """The endpoint of a URL and the ids in it; None when there is none."""
    for endpoint in ENDPOINTS:
        if endpoint.method == method and (match := endpoint.pattern.fullmatch(path)):
            return endpoint, match.groups()
    return None


def expanded(bank: Bank, document: Document, paths: list[str]) -> Document:
    """The object with ids replaced by what they stand for: https://docs.stripe.com/api/expanding_objects. Raises ``ApiError``."""
    for path in paths:
        document = _expand(bank, document, path.split("."), path)
    return document


def _expand(bank: Bank, document: Document, names: list[str], whole: str) -> Document:
    name, rest = names[0], names[1:]
    if document["object"] == "list" and name == "data" and rest:
        return {**document, "data": [_expand(bank, one, rest, whole) for one in document["data"]]}
    kind = _EXPANDABLE.get(document["object"], {}).get(name)
    if kind is None:
        raise wrong_parameter(f"This property cannot be expanded ({whole}).", param="expand")
    value: Any = document[name]
    if value is None:
        return document
    inner = value if isinstance(value, dict) else bank.get(kind, value, name)
    return {**document, name: _expand(bank, inner, rest, whole) if rest else inner}

"""What an endpoint accepts, and of which type: everything else is Stripe's "Received unknown parameter"."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from ivr.embedded.stripe_sandbox.errors import wrong_parameter

Reader = Callable[[Any, str], Any]
Spec = Mapping[str, Any]
"""Names to readers, or to the ``Spec`` of a hash."""
MOST_METADATA: Final = 50
REMOVED: Final = {"payment_method_types": "payment_method_types is no longer supported. Use allowed_payment_method_types instead."}
"""https://docs.stripe.com/changelog/endive/2026-09-30/removes-the-payment-method-types-parameter-from-payment-intents-and-setup-intents"""


def read(form: Any, spec: Spec, prefix: str = "", required: tuple[str, ...] = ()) -> dict[str, Any]:
    """The typed parameters. Raises ``ApiError`` for unknown, missing or badly typed ones; names in its text, never values of cards."""
    if not isinstance(form, dict):
        raise wrong_parameter("Invalid hash", param=prefix)
    names = {name: f"{prefix}[{name}]" if prefix else name for name in (*form, *required)}
    if removed := next((name for name in form if name in REMOVED and name not in spec), None):
        raise wrong_parameter(REMOVED[removed], param=names[removed], code=f"{removed}_no_longer_supported")
    if unknown := next((name for name in form if name not in spec), None):
        raise wrong_parameter(f"Received unknown parameter: {names[unknown]}", param=names[unknown], code="parameter_unknown")
    if missing := next((name for name in required if form.get(name, "") == ""), None):
        raise wrong_parameter(f"Missing required param: {names[missing]}.", param=names[missing], code="parameter_missing")
    return {name: _value(value, spec[name], names[name]) for name, value in form.items()}


def _value(value: Any, reader: Reader | Spec, name: str) -> Any:
    return read(value, reader, name) if isinstance(reader, Mapping) else reader(value, name)


def text(value: Any, name: str) -> str:
    """A string of at most 5000 characters."""
    if not isinstance(value, str) or len(value) > 5000:
        raise wrong_parameter("Invalid string", param=name)
    return value


def integer(value: Any, name: str) -> int:
    """A whole number, sign allowed."""
    digits = text(value, name).removeprefix("-")
    if not digits.isascii() or not digits.isdecimal() or len(digits) > 30:
        raise wrong_parameter("Invalid integer", param=name, code="parameter_invalid_integer")
    return int(value)


def boolean(value: Any, name: str) -> bool:
    """``true`` or ``false``."""
    if value not in ("true", "false"):
        raise wrong_parameter("Invalid boolean", param=name)
    return bool(value == "true")


def one_of(*words: str) -> Reader:
    """One of Stripe's words."""

    def word(value: Any, name: str) -> str:
        if value not in words:
            raise wrong_parameter(f"Invalid {name}: must be one of {', '.join(words)}", param=name)
        return str(value)

    return word


def texts(value: Any, name: str) -> list[str]:
    """A list of strings."""
    if not isinstance(value, list):
        raise wrong_parameter("Invalid array", param=name)
    return [text(one, name) for one in value]


def metadata(value: Any, name: str) -> dict[str, str]:
    """Up to 50 keys of 40 characters with values of 500; an empty text empties all of it."""
    pairs = {} if value == "" else value
    if not isinstance(pairs, dict) or len(pairs) > MOST_METADATA:
        raise wrong_parameter("Invalid metadata", param=name)
    if any(len(key) > 40 or len(text(one, f"{name}[{key}]")) > 500 for key, one in pairs.items()):
        raise wrong_parameter("Metadata keys can have up to 40 characters, values up to 500", param=name)
    return dict(pairs)


def moment(value: Any, name: str) -> dict[str, int]:
    """Unix seconds, or a hash of ``gt``, ``gte``, ``lt``, ``lte``."""
    if isinstance(value, dict):
        return read(value, dict.fromkeys(("gt", "gte", "lt", "lte"), integer), name)
    exactly = integer(value, name)
    return {"gte": exactly, "lte": exactly}


EXPAND: Final[Spec] = {"expand": texts}
PAGE: Final[Spec] = {"limit": integer, "starting_after": text, "ending_before": text, "created": moment, **EXPAND}
ADDRESS: Final[Spec] = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"), text)
BILLING: Final[Spec] = {"address": ADDRESS, "email": text, "name": text, "phone": text}
CARD: Final[Spec] = {"number": text, "exp_month": integer, "exp_year": integer, "cvc": text}
METHOD: Final[Spec] = {"type": one_of("card"), "card": CARD, "billing_details": BILLING, "metadata": metadata}

"""Stripe's answers to what goes wrong: https://docs.stripe.com/api/errors and https://docs.stripe.com/error-codes."""

from typing import Any, Final

Document = dict[str, Any]
DOCUMENTS: Final = "https://docs.stripe.com/error-codes/"


class ApiError(Exception):
    """An answer other than 200. ``saved``: execution had begun, so the idempotency key remembers it."""

    def __init__(self, status: int, kind: str, message: str, *, saved: bool = True, **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.saved = saved
        error = {"type": kind, "message": message, **{name: value for name, value in more.items() if value is not None}}
        if code := error.get("code"):
            error["doc_url"] = DOCUMENTS + str(code).replace("_", "-")
        self.body: Document = {"error": error}


def invalid(message: str, *, param: str | None = None, code: str | None = None, saved: bool = True, **more: Any) -> ApiError:
    """400: the request makes no sense."""
    return ApiError(400, "invalid_request_error", message, param=param, code=code, saved=saved, **more)


def wrong_parameter(message: str, *, param: str, code: str | None = None) -> ApiError:
    """400 found before anything was executed: never remembered under the idempotency key."""
    return invalid(message, param=param, code=code, saved=False)


def missing_object(noun: str, key: str, param: str) -> ApiError:
    """404, or 400 where the object was only referred to; Stripe calls both ``resource_missing``."""
    status = 404 if param in ("id", "intent", "customer_id", "refund", "charge_id", "payment_method_id") else 400
    named = {"payment_method_id": "payment_method", "customer_id": "id", "charge_id": "id"}.get(param, param)
    return ApiError(status, "invalid_request_error", f"No such {noun}: '{key}'", param=named, code="resource_missing")


def card_error(message: str, code: str, *, param: str | None = None, decline_code: str | None = None, **more: Any) -> ApiError:
    """402: the card, not the request, is at fault."""
    return ApiError(402, "card_error", message, code=code, param=param, decline_code=decline_code, **more)


def unexpected_state(message: str, intent: Document) -> ApiError:
    """400: the PaymentIntent's status does not allow this."""
    return invalid(message, code="payment_intent_unexpected_state", payment_intent=intent)


def no_key() -> ApiError:
    """401 without any key."""
    return ApiError(401, "invalid_request_error", "You did not provide an API key.", saved=False)


def wrong_key(key: str) -> ApiError:
    """401 with another key than the account's; as Stripe does, only its end is shown."""
    shown = "*" * max(0, len(key) - 4) + key[-4:] if len(key) > 12 else "*" * len(key)
    return ApiError(401, "invalid_request_error", f"Invalid API Key provided: {shown}", saved=False)


def unknown_url(method: str, path: str) -> ApiError:
    """404 for what is no endpoint."""
    return ApiError(404, "invalid_request_error", f"Unrecognized request URL ({method}: {path}).", saved=False)


def too_many_requests() -> ApiError:
    """429."""
    message = "Request rate limit exceeded. Learn more about rate limits here https://docs.stripe.com/rate-limits."
    return ApiError(429, "invalid_request_error", message, code="rate_limit", saved=False)


def broken() -> ApiError:
    """500."""
    return ApiError(500, "api_error", "An unknown error occurred")


def key_in_use(key: str) -> ApiError:
    """409: the first request with this key has not ended. https://docs.stripe.com/error-low-level"""
    message = f"There is currently another in-progress request using this Idempotency Key: {key}"
    return ApiError(409, "idempotency_error", message, code="idempotency_key_in_use", saved=False)


def key_of_another_request(key: str, first: str, path: str) -> ApiError:
    """400: the key was first used with another body or for another endpoint."""
    where = f"for the same endpoint they were first used for ('{path}' vs '{first}')"
    what = "with the same parameters they were first used with" if first == path else where
    message = f"Keys for idempotent requests can only be used {what}. Try using a key other than '{key}' if you meant another request."
    return ApiError(400, "idempotency_error", message, saved=False)

"""``POST /stripe/webhook``: Stripe says when to look ("Money rules", rule 5). Nothing in a body is believed but that."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response

from ivr.errors import ForgedWebhook, SetupError, Unavailable
from ivr.store import Store
from ivr.stripe_gateway import StripeGateway

log = logging.getLogger(__name__)

LARGEST: Final = 64 * 1024
"""Bytes; Stripe's events are a few thousand."""
_PATIENCE: Final = 32 * 1024 * 1024
"""Bytes of a longer body that are read and thrown away, because who is cut off while sending does not hear the answer."""
_BODY_SECONDS: Final = 10.0

Endpoint = Callable[[Request], Awaitable[Response]]


def stripe_webhook(store: Store, gateway: StripeGateway) -> Endpoint:
    """The route. 200: heard, and the worker will look. 400: not from Stripe. 503: could not be written down, so Stripe repeats it."""

    async def endpoint(request: Request) -> Response:
        body = await _body(request)
        if body is None:
            return _answer(400, "too long, or never sent")
        try:
            await run_in_threadpool(_hear, store, gateway, body, request.headers.get("stripe-signature", ""))
        except ForgedWebhook as forged:
            log.warning("a webhook was refused: %s", forged)
            return _answer(400, "not signed by Stripe")
        except (Unavailable, SetupError) as away:
            log.error("a webhook could not be taken: %s", away)
            return _answer(503, "try again")
        return _answer(200, "heard")

    return endpoint


def _hear(store: Store, gateway: StripeGateway, body: bytes, signature: str) -> None:
    """Queue the look before the event is written down: whatever fails between the two, Stripe repeats it, and looking twice is harmless."""
    event_id, kind, intent_id = gateway.event(body, signature)
    if intent_id is not None:
        store.defer("look_at", intent_id=intent_id)
    store.hear_webhook(event_id, kind, intent_id)


async def _body(request: Request) -> bytes | None:
    """The body; None when it is longer than allowed or does not arrive. No more than what is allowed is ever kept."""
    kept, length = bytearray(), 0
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            async for piece in request.stream():
                length += len(piece)
                if length > _PATIENCE:
                    return None
                if length <= LARGEST:
                    kept += piece
    except (TimeoutError, ClientDisconnect):
        return None
    return bytes(kept) if length <= LARGEST else None


def _answer(status: int, text: str) -> Response:
    return PlainTextResponse(text, status, headers={"Connection": "close"} if status == 400 else None)

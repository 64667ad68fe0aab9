"""``ivr console``: the ASGI app."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ivr.config import Settings
from ivr.console.health import readiness
from ivr.console.webhook import stripe_webhook
from ivr.store import Store
from ivr.stripe_gateway import StripeGateway


def create_app(settings: Settings) -> Starlette:
    """The console over these settings. Starts also while the database or Asterisk is away."""
    store, gateway = Store(settings), StripeGateway(settings)

    async def alive(request: Request) -> Response:
        """This process answers; says nothing about the others."""
        return JSONResponse({"alive": True})

    async def ready(request: Request) -> Response:
        """200 when this node can take an emergency, else 503; the body says which part cannot."""
        found = await readiness(settings, store)
        return JSONResponse(found, status_code=200 if found["ready"] else 503)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        yield
        gateway.close()
        store.close()

    webhook = Route("/stripe/webhook", stripe_webhook(store, gateway), methods=["POST"])
    return Starlette(routes=[Route("/healthz", alive), Route("/ready", ready), webhook], lifespan=lifespan)


def main(settings: Settings) -> None:
    """Serve the console on this machine until SIGTERM."""
    uvicorn.run(create_app(settings), host=settings.agi_host, port=settings.console_port, log_config=None, access_log=False)

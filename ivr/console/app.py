"""``ivr console``: the ASGI app."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ivr import metrics
from ivr.config import Settings
from ivr.console.readiness import readiness
from ivr.console.webhook import stripe_webhook
from ivr.figures import CachedFigures
from ivr.health import Health, Status
from ivr.metrics_of_records import register
from ivr.store import Store
from ivr.stripe_gateway import StripeGateway


def create_app(settings: Settings) -> Starlette:
    """The console over these settings. Starts also while the database or Asterisk is away."""
    store, gateway = Store(settings), StripeGateway(settings)
    health = Health(settings, store, gateway)

    async def alive(request: Request) -> Response:
        """This process answers; says nothing about the others."""
        return JSONResponse({"alive": True})

    async def ready(request: Request) -> Response:
        """200 when this node can take an emergency, else 503; the body says which part cannot."""
        found = await readiness(settings, store)
        return JSONResponse(found, status_code=200 if found["ready"] else 503)

    async def healthy(request: Request) -> Response:
        """503 only when a call could not be answered here; degraded is 200 with the reasons."""
        report = await run_in_threadpool(health.look)
        return JSONResponse(report.as_data(), status_code=503 if report.status is Status.DOWN else 200)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        yield
        health.close()
        gateway.close()
        store.close()

    webhook = Route("/stripe/webhook", stripe_webhook(store, gateway), methods=["POST"])
    routes = [Route("/health", healthy), Route("/healthz", alive), Route("/ready", ready), webhook]
    app = Starlette(routes=routes, lifespan=lifespan)
    app.state.figures, app.state.health = CachedFigures(store.overview), health
    return app


def main(settings: Settings) -> None:
    """Serve the console on this machine until SIGTERM."""
    app = create_app(settings)
    register(app.state.figures, app.state.health)
    metrics.listen(settings, settings.metrics_console_port, "IVR_METRICS_CONSOLE_PORT")
    uvicorn.run(app, host=settings.agi_host, port=settings.console_port, log_config=None, access_log=False)

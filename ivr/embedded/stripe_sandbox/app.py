"""The sandbox as an ASGI app, and the server that can cut a connection."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from uvicorn.protocols.http.h11_impl import H11Protocol

from ivr.embedded.stripe_sandbox import errors, intents
from ivr.embedded.stripe_sandbox.bank import SWITCHES
from ivr.embedded.stripe_sandbox.objects import shown
from ivr.embedded.stripe_sandbox.service import Cut, Service
from ivr.embedded.stripe_sandbox.webhooks import MODES

METHODS = ("GET", "POST", "DELETE", "PUT", "PATCH")
_open: dict[tuple[str, int], asyncio.Transport] = {}


class CuttableProtocol(H11Protocol):
    """Remembers the connection of each client, so that a fault can close it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn declares it
        """A client has connected."""
        super().connection_made(transport)
        _open[transport.get_extra_info("peername")[:2]] = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone."""
        _open.pop(self.transport.get_extra_info("peername", ("", 0))[:2], None)
        super().connection_lost(exc)


def create_app(service: Service) -> Starlette:
    """``/v1`` as Stripe's, ``/_sandbox`` as this package's docstring says."""

    async def stripe(request: Request) -> Response:
        try:
            reply = await service.answer(request)
        except Cut:
            return await _cut(request)
        return Response(reply.body, reply.status, reply.headers, "application/json")

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        service.deliver_pending()
        yield
        await service.webhooks.stop()
        service.database.close()

    control = [Route(f"/_sandbox/{name}", _asked(act, service), methods=[method]) for method, name, act in CONTROLS]
    routes = [*control, Route("/{rest:path}", stripe, methods=list(METHODS))]
    return Starlette(routes=routes, lifespan=lifespan, exception_handlers={Exception: _broken})


async def _cut(request: Request) -> Response:
    """Closes the TCP connection; the answer made here reaches nobody."""
    address = request.client or ("", 0)
    if transport := _open.get((address[0], address[1])):
        transport.abort()
    while (await request.receive())["type"] != "http.disconnect":
        pass
    return Response()


async def _broken(request: Request, problem: Exception) -> Response:
    return JSONResponse(errors.broken().body, 500)


async def add_fault(service: Service, request: Request) -> Any:
    """``POST /_sandbox/faults``"""
    service.faults.add(await request.json())
    return {}


async def clear_faults(service: Service, request: Request) -> Any:
    """``DELETE /_sandbox/faults``"""
    service.faults.clear()
    return {}


async def requests(service: Service, request: Request) -> Any:
    """``GET /_sandbox/requests``"""
    return {"requests": [asdict(seen) for seen in service.seen]}


async def expire(service: Service, request: Request) -> Any:
    """``POST /_sandbox/expire/{pi}``"""
    bank = service.bank()
    with service.database.transaction():
        expired = intents.expire(bank, request.path_params["key"])
    service.publish(bank)
    return shown(expired)


async def account(service: Service, request: Request) -> Any:
    """``POST /_sandbox/account``: turns switches; says how all stand."""
    given = await request.json() if await request.body() else {}
    bank = service.bank()
    changes = {name: _switch(name, value) for name, value in given.items()}
    with service.database.transaction():
        for name, value in changes.items():
            service.database.change_setting(name, value)
        stand = {name: bank.switch(name) for name in SWITCHES}
    service.publish(bank)
    return {name: json.loads(value) if name != "webhooks" else value for name, value in stand.items()}


async def ready(service: Service, request: Request) -> Any:
    """``GET /_sandbox/ready``"""
    return {"ready": True}


Act = Callable[[Service, Request], Awaitable[Any]]
CONTROLS: tuple[tuple[str, str, Act], ...] = (
    ("POST", "faults", add_fault),
    ("DELETE", "faults", clear_faults),
    ("GET", "requests", requests),
    ("POST", "expire/{key}", expire),
    ("POST", "account", account),
    ("GET", "ready", ready),
)


def _switch(name: str, value: Any) -> str:
    wanted = type(json.loads(SWITCHES[name])) if name in ("moto", "raw_cards") else str if name == "webhooks" else float
    if name not in SWITCHES or (name == "webhooks" and value not in MODES) or (wanted is bool and not isinstance(value, bool)):
        raise ValueError(f"{name} can't be {value!r}")
    return value if name == "webhooks" else json.dumps(wanted(value))


def _asked(act: Act, service: Service) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        try:
            return JSONResponse(await act(service, request))
        except errors.ApiError as error:
            return JSONResponse(error.body, error.status)
        except (ValueError, KeyError, TypeError) as problem:
            return JSONResponse({"error": {"message": str(problem)}}, 400)

    return answer


def server(service: Service, port: int) -> uvicorn.Server:
    """On the loopback only. Its log has no requests: what is sent here may be card numbers."""
    quiet: dict[str, Any] = {"log_level": "warning", "access_log": False, "timeout_graceful_shutdown": 2, "ws": "none", "backlog": 512}
    return uvicorn.Server(uvicorn.Config(create_app(service), host="127.0.0.1", port=port, http=CuttableProtocol, **quiet))

"""One request from its arrival to its answer: key, faults, idempotency, execution."""

import base64
import binascii
import hmac
import json
import secrets
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request

from ivr.embedded.stripe_sandbox import endpoints, errors
from ivr.embedded.stripe_sandbox.bank import Bank
from ivr.embedded.stripe_sandbox.database import Database
from ivr.embedded.stripe_sandbox.errors import ApiError, Document
from ivr.embedded.stripe_sandbox.execution import Execution, Reply
from ivr.embedded.stripe_sandbox.faults import Faults
from ivr.embedded.stripe_sandbox.objects import shown
from ivr.embedded.stripe_sandbox.webhooks import Webhooks

LONGEST_KEY: Final = 255


class Cut(Exception):
    """The connection is to be closed without an answer."""


@dataclass
class Seen:
    """A request as it may be remembered: never its body."""

    method: str
    path: str
    key: str | None
    status: int | None = None


class Service:
    """All of one account. Everything between two ``await`` is one step: that, not locks, keeps requests apart."""

    def __init__(self, database: Database, key: str, webhooks: Callable[[Callable[[Document], None]], Webhooks], has_webhook: bool) -> None:
        self.database = database
        self.faults = Faults()
        self.seen: deque[Seen] = deque(maxlen=20_000)
        self._key = key
        self._has_webhook = has_webhook
        self._running: set[str] = set()
        self.webhooks = webhooks(self._delivered)

    def bank(self, request_id: str | None = None, idempotency_key: str | None = None) -> Bank:
        """The account's state for one request."""
        return Bank(self.database, self._has_webhook, request_id, idempotency_key)

    def publish(self, bank: Bank) -> None:
        """Sends the webhooks of what a committed transaction did."""
        self.webhooks.send(shown(bank.new_events), bank.switch("webhooks"))

    def deliver_pending(self) -> None:
        """Tries again what a stopped sandbox had not delivered."""
        self.webhooks.send(self.database.pending_events() if self._has_webhook else [], self.bank().switch("webhooks"))

    async def answer(self, request: Request) -> Reply:
        """The answer to a request under ``/v1``. Raises ``Cut``."""
        path, key = request.url.path, request.headers.get("idempotency-key") if request.method == "POST" else None
        seen = Seen(request.method, path, key)
        self.seen.append(seen)
        request_id = f"req_{secrets.token_hex(7)}"
        try:
            reply = await self._answer(request, path, key, request_id)
        except ApiError as error:
            reply = Reply(error.status, json.dumps(error.body, indent=2))
        seen.status = reply.status
        reply.headers |= {"request-id": request_id, **({"idempotency-key": key} if key else {})}
        if version := request.headers.get("stripe-version"):
            reply.headers["stripe-version"] = version
        return reply

    async def _answer(self, request: Request, path: str, key: str | None, request_id: str) -> Reply:
        self._check_key(request.headers.get("authorization", ""))
        found = endpoints.find(request.method, path)
        if found is None:
            raise errors.unknown_url(request.method, path)
        body = await request.body()
        fault = self.faults.take(request.method, path)
        if fault and fault.kind == "429":
            raise errors.too_many_requests()
        if fault and fault.kind == "cut_before":
            raise Cut
        form = body.decode(errors="replace") if request.method == "POST" else request.url.query
        bank = self.bank(request_id, key)
        run = Execution(self.database, bank, self.publish, found[0], found[1], form, path, key, fault)
        reply = await self._once(run, body) if key else await run.finish()
        if fault and fault.kind == "cut_after":
            raise Cut
        return reply

    async def _once(self, run: Execution, body: bytes) -> Reply:
        """https://docs.stripe.com/api/idempotent_requests"""
        key = run.key or ""
        if len(key) > LONGEST_KEY:
            raise errors.invalid("Idempotency keys can have up to 255 characters.", saved=False)
        run.fingerprint = self.bank().fingerprint(run.path.encode() + b"\0" + body)
        if before := self.database.answer(key):
            if before.fingerprint != run.fingerprint:
                raise errors.key_of_another_request(key, before.path, run.path)
            return Reply(before.status, before.body, {"Idempotent-Replayed": "true"})
        if key in self._running:
            raise errors.key_in_use(key)
        self._running.add(key)
        try:
            return await run.finish()
        finally:
            self._running.discard(key)

    def _check_key(self, header: str) -> None:
        scheme, _, given = header.partition(" ")
        if scheme.lower() == "basic":
            try:
                given = base64.b64decode(given, validate=True).decode(errors="replace").partition(":")[0]
            except (binascii.Error, ValueError):
                given = ""
        if not given.strip():
            raise errors.no_key()
        if not hmac.compare_digest(given.strip().encode(), self._key.encode()):
            raise errors.wrong_key(given.strip())

    def _delivered(self, event: Document) -> None:
        with self.database.transaction():
            self.database.put({**event, "pending_webhooks": 0})

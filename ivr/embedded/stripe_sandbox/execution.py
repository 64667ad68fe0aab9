"""The execution of an endpoint: what it changes and what its idempotency key remembers are one transaction."""

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ivr.embedded.stripe_sandbox import endpoints, errors, parameters
from ivr.embedded.stripe_sandbox.bank import Bank
from ivr.embedded.stripe_sandbox.database import Answer, Database
from ivr.embedded.stripe_sandbox.endpoints import Endpoint
from ivr.embedded.stripe_sandbox.errors import ApiError
from ivr.embedded.stripe_sandbox.faults import Fault
from ivr.embedded.stripe_sandbox.forms import read_form
from ivr.embedded.stripe_sandbox.objects import shown


@dataclass
class Reply:
    """What goes back."""

    status: int
    body: str
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Execution:
    """One execution of an endpoint."""

    database: Database
    bank: Bank
    publish: Callable[[Bank], None]
    endpoint: Endpoint
    keys: tuple[str, ...]
    form: str
    path: str
    key: str | None
    fault: Fault | None
    fingerprint: str = ""

    async def finish(self) -> Reply:
        """Waits as told, executes, commits, waits as told."""
        kind, seconds = (self.fault.kind, self.fault.seconds) if self.fault else ("", 0.0)
        before = seconds if kind == "delay" else 0.0
        if self.path.endswith("/confirm"):
            before += float(self.bank.switch("confirm_seconds"))
        if before:
            await asyncio.sleep(before)
        reply = self._executed(kind)
        if kind == "delay_after":
            await asyncio.sleep(seconds)
        return reply

    def _executed(self, kind: str) -> Reply:
        """State and idempotency record in one transaction."""
        broken = json.dumps(errors.broken().body, indent=2)
        with self.database.transaction():
            if kind == "500":
                reply, saved = Reply(500, broken), True
            else:
                reply, saved = self._act()
                reply = Reply(500, broken) if kind == "500_after" else reply
            if saved and self.key:
                self.database.remember(self.key, Answer(self.path, self.fingerprint, reply.status, reply.body), time.time())
        self.publish(self.bank)
        return reply

    def _act(self) -> tuple[Reply, bool]:
        """Runs the endpoint; of a failed one only what a declined card leaves behind stays. Also whether the key remembers the answer."""
        try:
            with self.database.savepoint(_leaves_traces):
                given = parameters.read(read_form(self.form), self.endpoint.spec, required=self.endpoint.required)
                done = self.endpoint.act(self.bank, given, *self.keys)
                body: Any = endpoints.expanded(self.bank, done, given.get("expand", []))
            return Reply(200, json.dumps(shown(body), indent=2)), True
        except ApiError as error:
            if not _leaves_traces(error):
                self.bank.new_events.clear()
            return Reply(error.status, json.dumps(error.body, indent=2)), error.saved


def _leaves_traces(problem: BaseException) -> bool:
    """A declined card changes the intent; every other error changes nothing."""
    return isinstance(problem, ApiError) and problem.status == 402

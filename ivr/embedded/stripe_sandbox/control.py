"""What a test or a trial asks of a sandbox beside Stripe's own API, over HTTP."""

import json
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

SECONDS = 10.0


class SandboxControl:
    """A sandbox at ``url``, in this process or another. ``key`` is the account's, for ``intents``."""

    def __init__(self, url: str, key: str = "") -> None:
        self.url = url
        self.key = key

    def faults(self, kind: str, path: str = "*", *, method: str = "*", seconds: float = 0.0, times: int = 1) -> None:
        """Strikes the next ``times`` requests that fit; see the package's docstring for the kinds."""
        self._ask("POST", "/_sandbox/faults", {"kind": kind, "path": path, "method": method, "seconds": seconds, "times": times})

    def clear_faults(self) -> None:
        """No request is struck any more."""
        self._ask("DELETE", "/_sandbox/faults")

    def requests(self) -> list[dict[str, Any]]:
        """All requests since the start, oldest first: ``method``, ``path``, ``key``, ``status`` (null: not answered)."""
        found: list[dict[str, Any]] = self._ask("GET", "/_sandbox/requests")["requests"]
        return found

    def expire(self, intent_id: str) -> dict[str, Any]:
        """The hold lapses, as after Stripe's seven days."""
        return self._ask("POST", f"/_sandbox/expire/{intent_id}")

    def account(self, **switches: Any) -> dict[str, Any]:
        """``moto``, ``raw_cards``, ``confirm_seconds``, ``webhooks`` (deliver, hold, repeat, shuffle); how all of them stand."""
        return self._ask("POST", "/_sandbox/account", switches)

    def intents(self) -> list[dict[str, Any]]:
        """Every PaymentIntent, newest first."""
        found: list[dict[str, Any]] = []
        more = True
        while more:
            after = f"&starting_after={found[-1]['id']}" if found else ""
            page = self._ask("GET", f"/v1/payment_intents?limit=100{after}")
            found += page["data"]
            more = page["has_more"]
        return found

    def _ask(self, method: str, path: str, given: dict[str, Any] | None = None) -> dict[str, Any]:
        """Raises ``ValueError`` with the sandbox's words when it refuses, ``OSError`` when it is not there."""
        link = HTTPConnection(urlsplit(self.url).netloc, timeout=SECONDS)
        try:
            link.request(method, path, json.dumps(given) if given is not None else None, {"Authorization": f"Bearer {self.key}"})
            answer = link.getresponse()
            body: dict[str, Any] = json.loads(answer.read())
        finally:
            link.close()
        if answer.status != 200:
            raise ValueError(body["error"]["message"])
        return body

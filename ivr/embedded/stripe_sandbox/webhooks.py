"""Events as signed POSTs to the console: https://docs.stripe.com/webhooks"""

import asyncio
import hashlib
import hmac
import http.client
import json
import logging
import random
import time
from collections.abc import Callable, Sequence
from typing import Final
from urllib.parse import urlsplit

from ivr.embedded.stripe_sandbox.errors import Document

PAUSES: Final = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds before each try. Stripe goes on for three days; a test has no three days."""
DEADLINE: Final = 5.0
MODES: Final = ("deliver", "hold", "repeat", "shuffle")
_log = logging.getLogger(__name__)


def signature(secret: str, payload: bytes, moment: int) -> str:
    """The ``Stripe-Signature`` header: https://docs.stripe.com/webhooks#verify-manually"""
    signed = hmac.new(secret.encode(), f"{moment}.".encode() + payload, hashlib.sha256).hexdigest()
    return f"t={moment},v1={signed}"


class Webhooks:
    """Delivers in tasks of the event loop, so that no request waits for the receiver. ``delivered`` hears of each success."""

    def __init__(self, url: str | None, secret: str, delivered: Callable[[Document], None]) -> None:
        self._url = url
        self._secret = secret
        self._delivered = delivered
        self._tasks: set[asyncio.Task[None]] = set()
        self._held: list[Document] = []

    def send(self, events: Sequence[Document], mode: str) -> None:
        """``hold`` keeps them back until another mode is set; ``repeat`` sends each twice; ``shuffle`` in any order."""
        if self._url is None:
            return
        if mode == "hold":
            self._held += events
            return
        waiting = [*self._held, *events] * (2 if mode == "repeat" else 1)
        self._held = []
        if mode == "shuffle":
            random.shuffle(waiting)
        if waiting:
            self._start(waiting)

    async def stop(self) -> None:
        """Gives up what is not delivered; the next start tries it again."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _start(self, events: Sequence[Document]) -> None:
        task = asyncio.create_task(self._deliver(events))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self, events: Sequence[Document]) -> None:
        await asyncio.gather(*(self._deliver_one(event) for event in events))

    async def _deliver_one(self, event: Document) -> None:
        for pause in PAUSES:
            await asyncio.sleep(pause)
            if await asyncio.to_thread(self._post, event):
                self._delivered(event)
                return
        _log.warning("webhook %s %s was not taken", event["id"], event["type"])

    def _post(self, event: Document) -> bool:
        """Whether the receiver took it: any 2xx."""
        address = urlsplit(self._url or "")
        payload = json.dumps(event, indent=2).encode()
        signed = signature(self._secret, payload, int(time.time()))
        headers = {"Content-Type": "application/json; charset=utf-8", "Stripe-Signature": signed}
        link = http.client.HTTPConnection(address.hostname or "", address.port or 80, timeout=DEADLINE)
        try:
            link.request("POST", address.path or "/", payload, headers)
            return 200 <= link.getresponse().status < 300
        except (OSError, http.client.HTTPException):
            return False
        finally:
            link.close()

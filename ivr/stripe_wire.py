"""HTTP to Stripe: connections kept open and shared by all threads, every request over by its deadline."""

from collections.abc import Mapping
from contextvars import copy_context
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic
from typing import Final

from urllib3 import BaseHTTPResponse, PoolManager, Timeout
from urllib3.exceptions import HTTPError

from ivr import metrics
from ivr.stripe_retry import Deadline

Answer = tuple[bytes, int, Mapping[str, str]]
"""Body, status and headers."""

CONNECT_SECONDS: Final = 2.0
READ_SECONDS: Final = 4.0
KEPT_OPEN: Final = 64
"""Connections that are kept for the next request; more are opened when more callers pay at once."""


class NoAnswer(Exception):
    """No answer came over: not connected, cut, or too late. What was asked may have happened all the same."""


class Wire:
    """Sends requests. No redirects, cookies, proxies or .netrc: what is sent goes where it was sent, or nowhere."""

    def __init__(self, authorities: str) -> None:
        """``authorities`` is the file of certificates that the other side's TLS is checked against."""
        self._connections = PoolManager(num_pools=4, maxsize=KEPT_OPEN, retries=False, ca_certs=authorities)

    def send(self, method: str, url: str, headers: Mapping[str, str], body: str | None, deadline: Deadline) -> Answer:
        """The answer, whatever its status. Raises NoAnswer, by the deadline even if names don't resolve or bytes only drip in.

        So the request has a thread of its own, which is left behind then: no timeout of a socket covers those two.
        """
        began = monotonic()
        came: SimpleQueue[BaseHTTPResponse | str] = SimpleQueue()
        exchange = lambda: came.put(self._exchange(method, url, headers, body, deadline))  # noqa: E731
        Thread(target=copy_context().run, args=(exchange,), name="stripe", daemon=True).start()
        try:
            answer = came.get(timeout=deadline.left())
        except Empty:
            answer = "no answer in time"
        metrics.stripe_request(method, url, monotonic() - began, None if isinstance(answer, str) else answer.status)
        if isinstance(answer, str):
            raise NoAnswer(answer)
        return answer.data, answer.status, answer.headers

    def close(self) -> None:
        """Give all connections up."""
        self._connections.clear()

    def _exchange(self, method: str, url: str, headers: Mapping[str, str], body: str | None, deadline: Deadline) -> BaseHTTPResponse | str:
        """The answer, or in words why there is none: an exception would carry ``body`` in its frames."""
        left = deadline.left()
        if not left:
            return "no time left"
        limits = Timeout(connect=min(CONNECT_SECONDS, left), read=min(READ_SECONDS, left))
        sent = body.encode() if body is not None else None
        try:
            return self._connections.request(method, url, headers=headers, body=sent, timeout=limits, redirect=False)
        except (HTTPError, OSError) as failure:
            return type(failure).__name__

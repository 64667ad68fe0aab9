"""Servers that are no Stripe: whatever they answer, the call is over by its deadline with one of our errors."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread
from time import monotonic, sleep
from typing import NoReturn

import pytest
import stripe

from ivr.embedded.stripe_sandbox import SandboxControl
from ivr.errors import StripeUnavailable
from ivr.stripe_gateway import API_VERSION
from tests.integration.gateway.account import a_card, a_gateway, a_hold

Serve = Callable[[socket.socket], None]
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def answer(head: bytes, body: bytes) -> Serve:
    """Answers each request with ``body``."""

    def serve(client: socket.socket) -> None:
        while came := client.recv(65536):
            if b" HTTP/1.1\r\n" in came:  # a body may come by itself
                client.sendall(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)

    return serve


def silence(client: socket.socket) -> None:
    """Takes the request and says nothing."""
    while client.recv(65536):
        pass


def drip(client: socket.socket) -> None:
    """An answer that never ends, a byte at a time, faster than any single read would time out."""
    client.recv(65536)
    client.sendall(OK + b"Content-Length: 100000\r\n\r\n")
    while True:
        client.sendall(b" ")
        sleep(0.02)


def drip_headers(client: socket.socket) -> None:
    """The same before the body begins."""
    client.recv(65536)
    client.sendall(OK)
    while True:
        client.sendall(b"X-More: 1\r\n")
        sleep(0.02)


@contextmanager
def listening(serve: Serve) -> Iterator[str]:
    """A server that does ``serve`` with each connection; its URL."""
    server = socket.create_server(("127.0.0.1", 0))

    def one(client: socket.socket) -> None:
        with client, suppress(OSError):
            serve(client)

    def accept() -> None:
        with suppress(OSError):
            while True:
                Thread(target=one, args=(server.accept()[0],), daemon=True).start()

    Thread(target=accept, daemon=True).start()
    yield f"http://127.0.0.1:{server.getsockname()[1]}"
    server.shutdown(socket.SHUT_RDWR)
    server.close()


STRANGE: dict[str, Serve] = {
    "an empty answer": answer(OK, b""),
    "HTML": answer(OK, b"<html>hotel Wi-Fi</html>"),
    "a list": answer(OK, b"[]"),
    "a word": answer(OK, b'"ok"'),
    "an object of nothing": answer(OK, b"{}"),
    "an intent without status": answer(OK, b'{"object": "payment_intent", "id": "pi_1", "amount": 1}'),
    "an unknown status": answer(
        OK,
        b'{"object": "payment_intent", "id": "pi_1", "status": "odd", "amount": 1, "amount_received": 0, "currency": "usd", "created": 1}',
    ),
    "invalid UTF-8": answer(OK, b"\xff\xfe"),
    "half of an answer": lambda client: client.sendall(OK + b'Content-Length: 100\r\n\r\n{"id"'),
    "no HTTP": lambda client: client.sendall(b"SSH-2.0-OpenSSH\r\n\r\n"),
    "a bad gateway": answer(b"HTTP/1.1 502 Bad Gateway\r\n", b"<html>"),
    "an error that is a list": answer(b"HTTP/1.1 500 Oh\r\n", b"[1]"),
    "an error that is a word": answer(b"HTTP/1.1 503 Oh\r\n", b'{"error": "odd"}'),
    "a body that drips": drip,
    "headers that drip": drip_headers,
    "silence": silence,
}


@pytest.mark.parametrize("name", STRANGE)
def test_what_is_no_answer_of_stripes_is_unavailable_in_time(name: str) -> None:
    """Also where each single read is fast enough."""
    with listening(STRANGE[name]) as url:
        gateway = a_gateway(url, stripe_seconds=0.6)
        start = monotonic()
        with pytest.raises(StripeUnavailable):
            gateway.confirm("pi_1", a_card(), key="attempt")
        assert monotonic() - start < 2
        gateway.close()


def test_a_redirect_is_not_followed(sandbox: SandboxControl) -> None:
    """The card goes where it was sent, or nowhere."""
    away = f"HTTP/1.1 307 Away\r\nLocation: {sandbox.url}/v1/payment_intents/pi_1/confirm\r\n".encode()
    before = len(sandbox.requests())
    with listening(answer(away, b"")) as url:
        gateway = a_gateway(url, stripe_seconds=0.4)
        with pytest.raises(StripeUnavailable):
            gateway.confirm("pi_1", a_card(), key="attempt")
        gateway.close()
    assert len(sandbox.requests()) == before


def test_names_that_are_not_resolved_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A resolver may take far longer than any timeout of a connection: the caller does not wait for it."""
    resolving = Event()

    def slow(*_: object, **__: object) -> NoReturn:
        resolving.wait(5)
        raise socket.gaierror("slow")

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    gateway = a_gateway("https://stripe.invalid", stripe_seconds=0.5)
    start = monotonic()
    with pytest.raises(StripeUnavailable):
        gateway.create(a_hold())
    assert monotonic() - start < 2
    resolving.set()
    gateway.close()


def test_environment_names_no_proxy(sandbox: SandboxControl, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor does a .netrc replace the key."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:32998")
    gateway = a_gateway(sandbox.url)
    assert gateway.create(a_hold()).amount_cents == 15_000
    gateway.close()


def test_every_request_names_its_version_and_no_measurements() -> None:
    """The library's version of the API, and no telemetry header, also on the second request."""
    heads: list[str] = []

    def serve(client: socket.socket) -> None:
        while came := client.recv(65536).decode().lower():
            if " http/1.1\r\n" not in came:
                continue  # a body
            heads.append(came)
            client.sendall(b"HTTP/1.1 502 Oh\r\nRequest-Id: req_1\r\nContent-Length: 2\r\n\r\n{}")

    with listening(serve) as url:
        gateway = a_gateway(url, stripe_seconds=0.5)
        with pytest.raises(StripeUnavailable):
            gateway.create(a_hold())
        gateway.close()
    assert {head.split(" ")[0] for head in heads} == {"post", "get"}
    assert all(f"stripe-version: {API_VERSION}" in head for head in heads)
    assert not any("telemetry" in head for head in heads)
    assert stripe._api_version._ApiVersion.CURRENT == API_VERSION

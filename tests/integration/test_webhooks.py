"""Stripe's webhooks, posted to the real console: genuine ones are heard once, everything else changes nothing."""

import asyncio
import hashlib
import hmac
import http.client
import json
import socket
import threading
import time
import tracemalloc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

import pytest
import uvicorn

from ivr import worker
from ivr.config import Settings
from ivr.console import webhook
from ivr.console.app import create_app
from ivr.embedded.stripe_sandbox import WEBHOOK_SECRET, SandboxControl, running
from ivr.model.money import HoldStatus
from ivr.settlement import settle
from ivr.store import Store
from ivr.stripe_gateway import StripeGateway
from tests.integration.cast import kinds
from tests.integration.conftest import Sql
from tests.integration.paying import card, consented, opened, prepaid, talked
from tests.integration.postgres_server import PostgresServer

PATH = "/stripe/webhook"


@contextmanager
def served(settings: Settings) -> Iterator[int]:
    """The console on its real server; its port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        web = uvicorn.Server(uvicorn.Config(create_app(settings), log_level="warning"))
        thread = threading.Thread(target=web.run, kwargs={"sockets": [listener]})
        thread.start()
        while not web.started:
            sleep(0.005)
        try:
            yield listener.getsockname()[1]
        finally:
            web.should_exit = True
            thread.join(10)


@pytest.fixture
def port(paying: Settings) -> Iterator[int]:
    """The console of this test."""
    with served(paying) as port:
        yield port


def event(intent_id: str | None, event_id: str = "evt_1", kind: str = "payment_intent.canceled") -> bytes:
    """An event as Stripe writes it, as far as anybody reads it."""
    about = {"id": intent_id, "object": "payment_intent"} if intent_id else {"id": "cus_1", "object": "customer"}
    return json.dumps({"id": event_id, "object": "event", "type": kind, "data": {"object": about}}).encode()


def signature(body: bytes, *, secret: str = WEBHOOK_SECRET, age: float = 0.0) -> str:
    """``Stripe-Signature`` as documented: docs.stripe.com/webhooks, "Verify webhook signatures manually"."""
    moment = int(time.time() - age)
    signed = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={signed}"


def post(port: int, body: bytes | Iterable[bytes], signed: str | None = None) -> int:
    """The status of the answer. Signed as Stripe would, unless ``signed`` is given."""
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=15)
    if signed is None:
        signed = signature(body) if isinstance(body, bytes) else "t=1,v1=none"
    try:
        link.request("POST", PATH, body, {"Stripe-Signature": signed, "Content-Type": "application/json"})
        with link.getresponse() as answer:
            answer.read()
            return answer.status
    finally:
        link.close()


def heard(sql: Sql) -> tuple[int, int]:
    """Events written down, and looks that wait for the worker."""
    [(events,)] = sql("SELECT count(*) FROM webhook_event")
    [(looks,)] = sql("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'ivr:look_at'")
    return events, looks


def work(paying: Settings) -> None:
    """The worker does what is due."""
    asyncio.run(worker.work(paying, wait=False))


def test_a_genuine_one_makes_the_worker_look(
    store: Store, gateway: StripeGateway, paying: Settings, sandbox: SandboxControl, port: int, sql: Sql
) -> None:
    """The hold lapsed: the console only queues, the worker asks Stripe and writes the row."""
    hold = prepaid(store, gateway)
    sandbox.expire(hold.intent_id or "")
    assert post(port, event(hold.intent_id)) == 200
    assert heard(sql) == (1, 1)
    assert store.hold(hold.id).status is HoldStatus.HELD
    work(paying)
    assert store.hold(hold.id).status is HoldStatus.EXPIRED


def test_what_a_body_says_is_not_believed(store: Store, gateway: StripeGateway, paying: Settings, port: int) -> None:
    """ "Canceled", says a genuine event; Stripe itself says that the amount is held, and that counts."""
    hold = prepaid(store, gateway)
    assert post(port, event(hold.intent_id)) == 200
    work(paying)
    assert store.hold(hold.id).status is HoldStatus.HELD


def test_a_repeated_one_has_no_second_effect(store: Store, gateway: StripeGateway, paying: Settings, port: int, sql: Sql) -> None:
    """Fault 18: answered 200 each time, written down once, the block's minutes given once."""
    hold = opened(store, gateway, consented(store).id)
    store.try_card(hold.id, 1, brand="visa", last4="4242")
    gateway.confirm(hold.intent_id or "", card(), key=f"{hold.id}-attempt-1")
    for _ in range(3):
        assert post(port, event(hold.intent_id)) == 200
    assert heard(sql) == (1, 1)
    work(paying)
    assert post(port, event(hold.intent_id)) == 200
    work(paying)
    assert store.hold(hold.id).status is HoldStatus.HELD
    assert store.incident(hold.incident_id).seconds_left == 1800
    assert kinds(store, hold.incident_id).count("hold_held") == 1


def test_old_news_changes_nothing(store: Store, gateway: StripeGateway, paying: Settings, port: int) -> None:
    """Fault 18: every event of the payment's life once more, in the wrong order, after it was captured."""
    hold = prepaid(store, gateway)
    talked(store, hold.incident_id, 1000.0)
    settle(store, gateway, hold.incident_id)
    before = kinds(store, hold.incident_id)
    for number, kind in enumerate(("succeeded", "payment_failed", "amount_capturable_updated", "created")):
        assert post(port, event(hold.intent_id, f"evt_{number}", f"payment_intent.{kind}")) == 200
        work(paying)
    assert kinds(store, hold.incident_id) == before
    assert store.hold(hold.id).status is HoldStatus.CAPTURED


@pytest.mark.parametrize("intent_id", ["pi_not_written_yet", None, "pi_\x00", "x" * 5000])
def test_one_about_what_no_row_names_is_heard_and_harmless(paying: Settings, port: int, sql: Sql, intent_id: str | None) -> None:
    """Fault 18: it may come before our own commit, or be about something else in the account."""
    assert post(port, event(intent_id)) == 200
    work(paying)
    assert heard(sql) == (1, 0)


@pytest.mark.parametrize(
    "sign",
    [
        lambda body: signature(body, secret="whsec_another"),
        lambda body: signature(body + b" "),
        lambda body: signature(body, age=301),
        lambda body: signature(body, age=86_400),
        lambda body: signature(body).replace("v1=", "v0="),
        lambda body: "",
        lambda body: "t=now,v1=",
        lambda body: "=" * 8000,
        lambda body: "\xe4\xf6\xfc",
    ],
    ids=["other secret", "other body", "five minutes old", "a day old", "old scheme", "none", "no time", "long", "not ASCII"],
)  # fmt: skip
def test_a_forged_one_changes_nothing(store: Store, gateway: StripeGateway, port: int, sql: Sql, sign: object) -> None:
    """Fault 19: 400, no row, no job."""
    hold = prepaid(store, gateway)
    body = event(hold.intent_id)
    assert callable(sign)
    assert post(port, body, sign(body)) == 400
    assert heard(sql) == (0, 0)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"null", b"[]", b"7", b'"evt"', b"{}", b'{"id": 1, "type": 2, "data": 3}', b"\xff\xfe", b"[" * 60_000], ids=repr
)
def test_one_that_is_no_event_changes_nothing(port: int, sql: Sql, body: bytes) -> None:
    """Fault 19: signed with our secret, and still nothing that Stripe would say."""
    assert post(port, body) == 400
    assert heard(sql) == (0, 0)


def test_ten_megabytes_are_refused_and_never_in_memory(port: int, sql: Sql) -> None:
    """Fault 19: whether the length is announced or not; the next one is heard."""
    piece = b" " * 65_536
    tracemalloc.start()
    try:
        assert post(port, iter([piece] * 160)) == 400
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 3_000_000
    assert post(port, b" " * 10_000_000) == 400
    assert heard(sql) == (0, 0)
    assert post(port, event(None)) == 200


def test_one_just_within_the_limit_is_heard(port: int, sql: Sql) -> None:
    """64 KiB and not a byte more."""
    small = event("pi_1")
    assert post(port, small + b" " * (webhook.LARGEST - len(small))) == 200
    assert post(port, small + b" " * (webhook.LARGEST - len(small) + 1)) == 400
    assert heard(sql) == (1, 1)


def test_a_body_that_never_comes_is_given_up(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that is held open in mid-body costs a bounded time."""
    monkeypatch.setattr(webhook, "_BODY_SECONDS", 0.3)
    with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
        line.sendall(f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{{".encode())
        assert line.recv(100).startswith(b"HTTP/1.1 400")


def test_while_the_database_is_away_stripe_is_told_to_repeat_it(paying: Settings, server: PostgresServer, sql: Sql) -> None:
    """503, and nothing is lost: the repetition is heard. What was answered 503 may have queued a look too, which is harmless."""
    with served(paying.model_copy(update={"database_seconds": 0.3})) as port:
        server.freeze()
        try:
            assert post(port, event("pi_1")) == 503
        finally:
            server.thaw()
        until = monotonic() + 20
        while (status := post(port, event("pi_1"))) != 200 and monotonic() < until:
            assert status == 503
            sleep(0.05)
    events, looks = heard(sql)
    assert events == 1
    assert looks in (1, 2)


def test_without_a_secret_nothing_is_believed(paying: Settings, sql: Sql) -> None:
    """503, so that Stripe repeats it until the secret is set."""
    with served(paying.model_copy(update={"stripe_webhook_secret": None})) as port:
        assert post(port, event("pi_1")) == 503
    assert heard(sql) == (0, 0)


def test_only_a_post_is_taken(port: int) -> None:
    """A browser finds nothing there."""
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    link.request("GET", PATH)
    with link.getresponse() as answer:
        answer.read()
        assert answer.status == 405
    link.close()


def test_the_sandboxs_own_webhooks_are_heard(paying: Settings, store: Store, sql: Sql, tmp_path: Path) -> None:
    """From the change at Stripe over its signed delivery and the worker to the row."""
    other = tmp_path / "other"
    other.mkdir()
    with served(paying) as port, running(other, webhook_url=f"http://127.0.0.1:{port}{PATH}") as stripe:
        given = paying.model_copy(update={"stripe_url": stripe.url})
        gateway = StripeGateway(given)
        hold = prepaid(store, gateway)
        stripe.expire(hold.intent_id or "")
        until = monotonic() + 10
        while not sql("SELECT 1 FROM webhook_event WHERE kind = 'payment_intent.canceled'") and monotonic() < until:
            sleep(0.02)
        work(given)
        gateway.close()
    assert store.hold(hold.id).status is HoldStatus.EXPIRED

"""The sandbox's webhooks are signed as Stripe's, repeated until they are taken, and can be held back, doubled and shuffled."""

import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import stripe

from ivr.embedded.stripe_sandbox import WEBHOOK_SECRET
from tests.integration.sandbox_client import created, held, served


class Receiver:
    """What stands where the console would: keeps what it verified, refuses the first ``refusals``."""

    def __init__(self) -> None:
        self.events: list[stripe.Event] = []
        self.forged = 0
        self.refusals = 0
        self.attempts = 0

    def take(self, payload: bytes, signature: str) -> int:
        self.attempts += 1
        if self.attempts <= self.refusals:
            return 500
        try:
            self.events.append(stripe.Webhook.construct_event(payload, signature, WEBHOOK_SECRET))
        except (ValueError, stripe.SignatureVerificationError):
            self.forged += 1
            return 400
        return 200

    def kinds(self) -> list[str]:
        return [event.type for event in self.events]

    def wait(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 10
        while not condition():
            assert time.monotonic() < deadline, self.kinds()
            time.sleep(0.01)


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
def url(receiver: Receiver) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            payload = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(receiver.take(payload, self.headers["Stripe-Signature"]))
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/stripe/webhook"
        server.shutdown()


def test_each_change_arrives_signed(tmp_path: Path, receiver: Receiver, url: str) -> None:
    """With the object as it was then; the event itself can be retrieved."""
    with served(tmp_path, webhook_url=url) as (_, client):
        intent = held(client)
        client.v1.payment_intents.capture(intent.id)
        receiver.wait(lambda: "payment_intent.succeeded" in receiver.kinds() and len(receiver.events) == 5)
        assert set(receiver.kinds()) == {
            *("payment_intent.created", "charge.succeeded", "payment_intent.amount_capturable_updated", "charge.captured"),
            "payment_intent.succeeded",
        }
        first = next(event for event in receiver.events if event.type == "payment_intent.created")
        assert (first.data.object["id"], first.data.object["status"]) == (intent.id, "requires_payment_method")
        receiver.wait(lambda: client.v1.events.retrieve(first.id).pending_webhooks == 0)
        assert client.v1.events.retrieve(first.id).data.object == first.data.object
        assert receiver.forged == 0


def test_a_wrong_secret_is_found_out(tmp_path: Path, receiver: Receiver, url: str) -> None:
    """The signature depends on the secret: otherwise the receiver's check would prove nothing."""
    with served(tmp_path, webhook_url=url, webhook_secret="whsec_other") as (_, client):
        created(client)
        receiver.wait(lambda: receiver.forged > 0)
        assert receiver.events == []


def test_what_is_refused_comes_again(tmp_path: Path, receiver: Receiver, url: str) -> None:
    """Until it is taken, and then no more."""
    receiver.refusals = 2
    with served(tmp_path, webhook_url=url) as (_, client):
        created(client)
        receiver.wait(lambda: len(receiver.events) == 1)
        assert receiver.attempts == 3


def test_what_was_not_delivered_comes_after_a_restart(tmp_path: Path, receiver: Receiver, url: str) -> None:
    """A stopped sandbox forgets no event."""
    receiver.refusals = 1
    with served(tmp_path, webhook_url=url) as (_, client):
        intent = created(client)
        receiver.wait(lambda: receiver.attempts == 1)
    with served(tmp_path, webhook_url=url):
        receiver.wait(lambda: [event.data.object["id"] for event in receiver.events] == [intent.id])


def test_held_back_then_shuffled_and_doubled(tmp_path: Path, receiver: Receiver, url: str) -> None:
    """Nothing while they are held; then all of them; each twice when that is asked."""
    with served(tmp_path, webhook_url=url) as (sandbox, client):
        sandbox.account(webhooks="hold")
        intent = held(client)
        assert len(client.v1.events.list().data) == 3
        assert receiver.events == []
        sandbox.account(webhooks="shuffle")
        receiver.wait(lambda: len(receiver.events) == 3)
        sandbox.account(webhooks="repeat")
        client.v1.payment_intents.cancel(intent.id)
        receiver.wait(lambda: receiver.kinds().count("payment_intent.canceled") == 2)
        ids = [event.id for event in receiver.events if event.type == "payment_intent.canceled"]
        assert ids[0] == ids[1]


def test_nobody_waits_for_the_receiver(tmp_path: Path) -> None:
    """Requests are answered while nobody takes the webhooks."""
    with served(tmp_path, webhook_url="http://127.0.0.1:9/stripe/webhook") as (_, client):
        began = time.monotonic()
        for _ in range(20):
            created(client)
        assert time.monotonic() - began < 5
        assert client.v1.events.list({"limit": 1}).data[0].pending_webhooks == 1

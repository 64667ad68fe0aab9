"""Webhooks: the sandbox's are believed; forged, late, huge and broken ones are not (fault 19)."""

import hmac
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from threading import Thread
from time import time

import pytest

from ivr.embedded.stripe_sandbox import WEBHOOK_SECRET, running
from ivr.errors import ForgedWebhook, SetupError
from ivr.stripe_gateway import StripeGateway
from tests.integration.gateway.account import a_gateway, held

ABOUT = {"object": "payment_intent", "id": "pi_1"}
EVENT = {"id": "evt_1", "object": "event", "type": "payment_intent.succeeded", "data": {"object": ABOUT}}


@pytest.fixture(scope="module")
def gateway() -> StripeGateway:
    """A gateway that needs no network."""
    return a_gateway("http://127.0.0.1:32997")


def signed(payload: bytes, *, secret: str = WEBHOOK_SECRET, at: float | None = None) -> str:
    """The header as Stripe's documentation makes it (docs.stripe.com/webhooks, "Verify manually")."""
    stamp = int(time() if at is None else at)
    return f"t={stamp},v1={hmac.new(secret.encode(), b'%d.' % stamp + payload, 'sha256').hexdigest()}"


def event(about: object = None, **changed: object) -> bytes:
    """An event about ``about``."""
    return json.dumps(EVENT | ({"data": {"object": about}} if about is not None else {}) | changed).encode()


@pytest.mark.parametrize(
    ("payload", "intent_id"),
    [
        (event(), "pi_1"),
        (event({"object": "charge", "id": "ch_1", "payment_intent": "pi_2"}), "pi_2"),
        (event({"object": "refund", "id": "re_1", "payment_intent": None}), None),
        (event({"object": "payout", "id": "po_1"}), None),
        (event({"object": "charge", "payment_intent": {"id": "pi_3"}}), None),
    ],
)
def test_a_genuine_webhook_says_what_it_is_about(gateway: StripeGateway, payload: bytes, intent_id: str | None) -> None:
    """The event's id, its kind, and the intent of a charge or refund as well."""
    assert gateway.event(payload, signed(payload)) == ("evt_1", "payment_intent.succeeded", intent_id)


def test_one_of_several_signatures_is_enough(gateway: StripeGateway) -> None:
    """While a secret is being replaced, Stripe signs with both."""
    assert gateway.event(event(), signed(event()).replace(",", ",v1=00,v0=11,"))[0] == "evt_1"


@pytest.mark.parametrize("age", [0, 299, -200])
def test_a_webhook_may_be_five_minutes_old(gateway: StripeGateway, age: int) -> None:
    """As Stripe's library has it."""
    assert gateway.event(event(), signed(event(), at=time() - age))[0] == "evt_1"


@pytest.mark.parametrize("age", [302, 3600, 10**9])
def test_an_old_webhook_is_refused(gateway: StripeGateway, age: int) -> None:
    """A replay, though its signature is right."""
    with pytest.raises(ForgedWebhook):
        gateway.event(event(), signed(event(), at=time() - age))


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "t=1",
        "v1=00",
        "t=,v1=",
        "nonsense",
        "t=x,v1=00",
        "=" * 1000,
        "t=" + "9" * 10_000 + ",v1=00",
        "t=99999999999999999999999999,v1=00",
        "t=1700000000,v1=\u00e9\u4e2d",
        "\x00",
        signed(event(), secret="whsec_other"),
        signed(event()).replace("v1=", "v0="),
        signed(event() + b" "),
    ],
    ids=range(14),
)
def test_a_forged_webhook_is_refused(gateway: StripeGateway, signature: str) -> None:
    """No signature, a broken one, another's, another text's."""
    with pytest.raises(ForgedWebhook):
        gateway.event(event(), signature)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"evt_1"',
        b"7",
        b"{}",
        b"\xff\xfe",
        b"[" * 200_000,
        event(id=None),
        event(id=""),
        event(type=7),
        event(data=None),
        event(data={}),
        event(data={"object": "pi_1"}),
        event({"object": "payment_intent"}),
    ],
    ids=lambda payload: repr(payload[:20]),
)
def test_a_signed_text_that_is_no_event_is_refused(gateway: StripeGateway, payload: bytes) -> None:
    """Wrong JSON, not an object, not an event, too deep: never another error than ours."""
    with pytest.raises(ForgedWebhook):
        gateway.event(payload, signed(payload))


def test_ten_megabytes_are_refused(gateway: StripeGateway) -> None:
    """Refused by their length, though signed and well-formed."""
    payload = event(padding="x" * 10_000_000)
    signature = signed(payload)
    with pytest.raises(ForgedWebhook, match="larger"):
        gateway.event(payload, signature)


def test_without_its_secret_nothing_is_believed() -> None:
    """And the text says what to set."""
    with pytest.raises(SetupError, match="IVR_STRIPE_WEBHOOK_SECRET"):
        a_gateway("", stripe_webhook_secret=None).event(event(), signed(event(), secret=""))
    with pytest.raises(ForgedWebhook):
        a_gateway("", stripe_webhook_secret="").event(event(), signed(event(), secret=""))


def test_the_sandboxs_own_webhooks_are_genuine(tmp_path: Path) -> None:
    """As delivered over HTTP: each is about the intent, none is refused."""
    heard: Queue[tuple[bytes, str]] = Queue()

    class Ear(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.put((self.rfile.read(int(self.headers["Content-Length"])), self.headers["Stripe-Signature"]))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing on the terminal."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Ear) as ear:
        Thread(target=ear.serve_forever, daemon=True).start()
        with running(tmp_path, webhook_url=f"http://127.0.0.1:{ear.server_port}/stripe/webhook") as sandbox:
            gateway = a_gateway(sandbox.url)
            intent = held(gateway)
            gateway.capture(intent.id, 5_000, key="capture")
            kinds = set()
            while "payment_intent.succeeded" not in kinds:
                _, kind, about = gateway.event(*heard.get(timeout=10))
                assert about == intent.id
                kinds.add(kind)
            gateway.close()
        ear.shutdown()
    assert "payment_intent.amount_capturable_updated" in kinds

"""Idempotency keys and faults on demand: what a network, a bad day at Stripe, or a repeated request does."""

import base64
import json
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

import pytest
import stripe

from ivr.embedded.stripe_sandbox import SandboxControl
from tests.integration.sandbox_client import GOOD, client_of, confirmed, created, data, held, served

CREATE = {"amount": 1000, "currency": "usd"}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxControl]:
    with served(tmp_path_factory.mktemp("stripe")) as (sandbox, _):
        yield sandbox


@pytest.fixture
def sandbox(shared: SandboxControl) -> Iterator[SandboxControl]:
    yield shared
    shared.clear_faults()
    shared.account(confirm_seconds=0)


@pytest.fixture
def client(sandbox: SandboxControl) -> stripe.StripeClient:
    return client_of(sandbox)


@pytest.fixture
def key() -> str:
    return str(uuid4())


def post(sandbox: SandboxControl, path: str, form: Any, key: str | None = None) -> tuple[int, dict[str, str], dict[str, Any]]:
    """One request without any library: status, headers, body. Raises ``OSError`` or ``HTTPException`` for a cut one."""
    link = HTTPConnection(urlsplit(sandbox.url).netloc, timeout=10)
    basic = base64.b64encode(f"{sandbox.key}:".encode()).decode()
    headers = {"Authorization": f"Basic {basic}", "Content-Type": "application/x-www-form-urlencoded"}
    try:
        link.request("POST", path, urlencode(form), {**headers, **({"Idempotency-Key": key} if key else {})})
        answer = link.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, json.loads(answer.read())
    finally:
        link.close()


def count(sandbox: SandboxControl) -> int:
    return len(sandbox.intents())


def test_the_same_request_again_is_answered_alike(sandbox: SandboxControl, key: str) -> None:
    """Made once; the second answer says that it is a replay. Basic auth works as Bearer does."""
    before = count(sandbox)
    first = post(sandbox, "/v1/payment_intents", CREATE, key)
    second = post(sandbox, "/v1/payment_intents", CREATE, key)
    assert first[0] == 200
    assert first[2] == second[2]
    assert "idempotent-replayed" not in first[1]
    assert second[1]["idempotent-replayed"] == "true"
    assert first[1]["request-id"] != second[1]["request-id"]
    assert count(sandbox) == before + 1


def test_the_key_of_another_request(client: stripe.StripeClient, key: str) -> None:
    """Another body, or another endpoint, is refused; nothing happens."""
    intent = created(client)
    confirmed(client, intent.id, options={"idempotency_key": key})
    with pytest.raises(stripe.IdempotencyError, match="with the same parameters"):
        confirmed(client, intent.id, "5555555555554444", options={"idempotency_key": key})
    with pytest.raises(stripe.IdempotencyError, match="for the same endpoint"):
        client.v1.payment_intents.cancel(intent.id, {}, {"idempotency_key": key})
    assert client.v1.payment_intents.retrieve(intent.id).status == "requires_capture"


def test_a_decline_is_replayed(client: stripe.StripeClient, key: str) -> None:
    """The card is not tried a second time."""
    intent = created(client)
    for _ in range(2):
        with pytest.raises(stripe.CardError) as caught:
            confirmed(client, intent.id, "4000000000009995", options={"idempotency_key": key})
    assert (caught.value.headers or {})["idempotent-replayed"] == "true"
    failed = [one for one in client.v1.events.list({"type": "charge.failed"}).data if one.data.object["payment_intent"] == intent.id]
    assert len(failed) == 1


@pytest.mark.parametrize(("kind", "made"), [("500", 0), ("500_after", 1)])
def test_a_500_is_replayed(sandbox: SandboxControl, key: str, kind: str, made: int) -> None:
    """Whether or not it was done; a new key is executed anew."""
    before = count(sandbox)
    sandbox.faults(kind, "/v1/payment_intents", method="POST")
    first, second = (post(sandbox, "/v1/payment_intents", CREATE, key) for _ in range(2))
    assert (first[0], first[2]["error"]["type"]) == (500, "api_error")
    assert (second[0], second[2], second[1]["idempotent-replayed"]) == (500, first[2], "true")
    assert count(sandbox) == before + made
    assert post(sandbox, "/v1/payment_intents", CREATE, key + "-again")[0] == 200


def test_what_was_never_executed_is_not_remembered(sandbox: SandboxControl, client: stripe.StripeClient, key: str) -> None:
    """400 of a wrong parameter, 401 and 429 leave the key free."""
    assert post(sandbox, "/v1/payment_intents", {**CREATE, "amount": 1}, key)[0] == 400
    with pytest.raises(stripe.AuthenticationError):
        client_of(sandbox, "sk_test_wrong").v1.payment_intents.create({"amount": 1000, "currency": "usd"}, {"idempotency_key": key})
    sandbox.faults("429")
    with pytest.raises(stripe.RateLimitError):
        client.v1.payment_intents.create({"amount": 1000, "currency": "usd"}, {"idempotency_key": key})
    assert post(sandbox, "/v1/payment_intents", CREATE, key)[0] == 200


def test_a_refusal_after_execution_began_is_remembered(client: stripe.StripeClient, key: str) -> None:
    """The capture of no hold stays refused under its key, also once there is a hold."""
    intent = created(client)
    for _ in range(2):
        with pytest.raises(stripe.InvalidRequestError) as caught:
            client.v1.payment_intents.capture(intent.id, {}, {"idempotency_key": key})
        assert caught.value.code == "payment_intent_unexpected_state"
        if client.v1.payment_intents.retrieve(intent.id).status != "requires_capture":
            confirmed(client, intent.id)
    assert client.v1.payment_intents.capture(intent.id, {}, {"idempotency_key": key + "-again"}).status == "succeeded"


def test_two_at_once_with_one_key(sandbox: SandboxControl, key: str) -> None:
    """The second is told that the first still runs; afterwards it gets the first one's answer."""
    before = count(sandbox)
    sandbox.faults("delay", "/v1/payment_intents", method="POST", seconds=0.5)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: post(sandbox, "/v1/payment_intents", CREATE, key), range(4)))
    assert sorted(answer[0] for answer in answers) == [200, 409, 409, 409]
    busy = next(answer[2]["error"] for answer in answers if answer[0] == 409)
    assert busy["code"] == "idempotency_key_in_use"
    assert post(sandbox, "/v1/payment_intents", CREATE, key)[0] == 200
    assert count(sandbox) == before + 1


def test_a_key_that_is_too_long(sandbox: SandboxControl) -> None:
    """255 characters are the most."""
    assert post(sandbox, "/v1/payment_intents", CREATE, "k" * 255)[0] == 200
    assert post(sandbox, "/v1/payment_intents", CREATE, "k" * 256)[0] == 400


@pytest.mark.parametrize(("kind", "status"), [("cut_before", "requires_payment_method"), ("cut_after", "requires_capture")])
def test_a_cut_connection(sandbox: SandboxControl, client: stripe.StripeClient, key: str, kind: str, status: str) -> None:
    """No answer at all; before or after it was done; the same key then leads to one hold in either case."""
    intent = created(client)
    sandbox.faults(kind, "/v1/payment_intents/*/confirm")
    with pytest.raises(stripe.APIConnectionError):
        confirmed(client, intent.id, options={"idempotency_key": key})
    assert client.v1.payment_intents.retrieve(intent.id).status == status
    assert confirmed(client, intent.id, options={"idempotency_key": key}).status == "requires_capture"
    asked = [one for one in sandbox.requests() if one["key"] == key]
    assert [one["status"] for one in asked] == [None, 200]


@pytest.mark.parametrize("kind", ["cut_before", "cut_after"])
def test_a_cut_connection_carries_no_byte(sandbox: SandboxControl, kind: str) -> None:
    """Closed, not answered with an error page; other connections live on."""
    sandbox.faults(kind, "/v1/events")
    address = urlsplit(sandbox.url)
    with socket.create_connection((address.hostname or "", address.port or 0), 5) as link:
        link.sendall(f"GET /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {sandbox.key}\r\n\r\n".encode())
        with suppress(ConnectionResetError):
            assert link.recv(1000) == b""
    assert client_of(sandbox).v1.events.list().data


@pytest.mark.parametrize(("kind", "early"), [("delay", "requires_payment_method"), ("delay_after", "requires_capture")])
def test_a_delay_before_or_after_the_commit(sandbox: SandboxControl, client: stripe.StripeClient, kind: str, early: str) -> None:
    """What a caller's timeout sees differs by it."""
    intent = created(client)
    sandbox.faults(kind, "*/confirm", seconds=0.6)
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(confirmed, client, intent.id)
        while not any(one["path"].endswith(f"{intent.id}/confirm") for one in sandbox.requests()):
            time.sleep(0.01)
        assert client_of(sandbox).v1.payment_intents.retrieve(intent.id).status == early
        assert slow.result().status == "requires_capture"


def test_a_client_that_gives_up_does_not_stop_the_execution(sandbox: SandboxControl, client: stripe.StripeClient, key: str) -> None:
    """Stripe goes on; the same key later finds the hold."""
    intent = created(client)
    sandbox.faults("delay", "*/confirm", seconds=0.3)
    impatient = HTTPConnection(urlsplit(sandbox.url).netloc, timeout=0.05)
    body = urlencode({"payment_method": "pm_card_visa"})
    headers = {"Authorization": f"Bearer {sandbox.key}", "Idempotency-Key": key}
    impatient.request("POST", f"/v1/payment_intents/{intent.id}/confirm", body, headers)
    with pytest.raises(TimeoutError):
        impatient.getresponse()
    impatient.close()
    deadline = time.monotonic() + 5
    while client.v1.payment_intents.retrieve(intent.id).status != "requires_capture":
        assert time.monotonic() < deadline
        time.sleep(0.02)
    status, headers, found = post(sandbox, f"/v1/payment_intents/{intent.id}/confirm", {"payment_method": "pm_card_visa"}, key)
    assert (status, headers["idempotent-replayed"], found["status"]) == (200, "true", "requires_capture")


def test_faults_strike_as_often_as_told_and_only_where_told(sandbox: SandboxControl, client: stripe.StripeClient) -> None:
    """Two of the three; other paths and methods are spared; none after they are cleared."""
    sandbox.faults("429", "/v1/customers", method="POST", times=2)
    client.v1.events.list()
    for _ in range(2):
        with pytest.raises(stripe.RateLimitError):
            client.v1.customers.create()
    client.v1.customers.create()
    sandbox.faults("429", times=9)
    sandbox.clear_faults()
    client.v1.customers.create()


@pytest.mark.parametrize("wrong", [{"kind": "nonsense"}, {"kind": "429", "times": 0}, {"kind": "delay", "seconds": -1}])
def test_a_fault_that_makes_no_sense(sandbox: SandboxControl, wrong: dict[str, Any]) -> None:
    """Refused, so that no trial tests nothing."""
    with pytest.raises(ValueError, match="kind must be"):
        sandbox.faults(**wrong)
    with pytest.raises(ValueError, match="nonsense"):
        sandbox.account(nonsense=True)


def test_fifty_at_once_wait_together(sandbox: SandboxControl, client: stripe.StripeClient) -> None:
    """The bank's time passes for all of them at once, not for one after the other."""
    intents = [created(client).id for _ in range(50)]
    sandbox.account(confirm_seconds=0.5)
    began = time.monotonic()
    with ThreadPoolExecutor(50) as pool:
        answers = list(
            pool.map(lambda intent: post(sandbox, f"/v1/payment_intents/{intent}/confirm", {"payment_method": "pm_card_visa"}), intents)
        )
    assert {(answer[0], answer[2]["status"]) for answer in answers} == {(200, "requires_capture")}
    assert 0.5 <= time.monotonic() - began < 5


def test_state_and_keys_outlive_a_restart_and_hold_no_card(tmp_path: Path, key: str) -> None:
    """The same folder is the same account; no file of it holds a number that was sent, nor a code."""
    numbers = (GOOD, "4000000000009995", "4242424242424241", "4111111111111111")
    with served(tmp_path) as (sandbox, client):
        sandbox.account(moto=True)
        intent = created(client)
        for number in numbers[1:]:
            with pytest.raises(stripe.CardError):
                confirmed(client, intent.id, number, options={"idempotency_key": f"{key}-{number[-4:]}"})
        client.v1.payment_methods.create(data(cvc="987"))
        held_before = confirmed(client, intent.id, options={"idempotency_key": key}).to_dict()
        kept = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    with served(tmp_path) as (sandbox, client):
        assert sandbox.account()["moto"] is True
        assert confirmed(client, intent.id, options={"idempotency_key": key}).to_dict() == held_before
        assert client.v1.payment_intents.capture(intent.id).amount_received == 10_800
        assert held(client).status == "requires_capture"
        kept += b"".join(file.read_bytes() for file in tmp_path.iterdir())
    kept += b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert intent.id.encode() in kept
    assert [number for number in (*numbers, "987") if number.encode() in kept and number != "987"] == []
    assert b'"987"' not in kept
    assert b"cvc=987" not in kept
    assert (tmp_path / "stripe.sqlite").stat().st_mode & 0o077 == 0


def test_requests_are_listed_without_bodies(sandbox: SandboxControl, client: stripe.StripeClient, key: str) -> None:
    """Method, path, key and status are all that is known of a request."""
    confirmed(client, created(client).id, options={"idempotency_key": key})
    last = sandbox.requests()[-1]
    assert set(last) == {"method", "path", "key", "status"}
    assert (last["method"], last["key"], last["status"]) == ("POST", key, 200)

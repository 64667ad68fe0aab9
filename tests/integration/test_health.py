"""Degraded is not down: ``/health`` says 503 only where a caller would not be answered, and why, when something is wrong."""

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from functools import partial
from time import monotonic

import pytest
from pydantic import SecretStr

from ivr import health, health_parts
from ivr.config import Settings
from ivr.embedded.polling import wait_until
from ivr.errors import StoreUnavailable
from ivr.health import Health, Part, Report, Status
from ivr.model.money import Intent
from ivr.store import Store
from ivr.stripe_gateway import StripeGateway
from tests.integration.conftest import Sql
from tests.integration.postgres_server import PostgresServer
from tests.integration.test_console import GREETING, console, listening
from tests.integration.test_server import serving

SHIPPED = health.LONGEST
HUMANS = ("+15555550191",)


@contextmanager
def stopped_serve() -> Iterator[int]:
    """A port whose process was stopped: the system takes connections, nobody closes them."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@contextmanager
def serve() -> Iterator[int]:
    """A real one."""
    with serving({"call": lambda _: None}) as (server, _):
        yield server._settings.agi_port


@pytest.fixture
def whole(settings: Settings, sql: Sql, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """A node with all its parts, on a machine that may be very busy."""
    monkeypatch.setattr(health, "LONGEST", 15.0)
    monkeypatch.setattr(health_parts, "SERVE_SECONDS", 3.0)
    monkeypatch.setattr(health_parts, "SLOW_SECONDS", 4.0)
    sql("INSERT INTO procrastinate_workers DEFAULT VALUES")
    with ExitStack() as stack:
        first, second, ami = stack.enter_context(serve()), stack.enter_context(serve()), stack.enter_context(listening(GREETING))
        yield settings.model_copy(
            update={
                "agi_port": first, "agi_second_port": second, "ami_port": ami, "ami_seconds": 3.0,
                "database_seconds": 5.0,
                "failsafe_phones": HUMANS,
            }
        )  # fmt: skip


def answers(store: Store) -> bool:
    """Whether the records do."""
    try:
        store.ping()
    except StoreUnavailable:
        return False
    return True


def look(given: Settings) -> Report:
    """How this node says it is."""
    with Store(given) as store:
        assert wait_until(partial(answers, store), 20.0)  # connected
        gateway = StripeGateway(given)
        found = Health(given, store, gateway)
        try:
            return found.look()
        finally:
            found.close()
            gateway.close()


def test_all_is_well(whole: Settings) -> None:
    """And every part is named."""
    report = look(whole)
    assert (report.status, report.reasons) == (Status.OK, [])
    assert list(report.parts) == ["asterisk", "serve", "records", "worker", "stripe"]


def test_without_asterisk_it_is_down(whole: Settings) -> None:
    """Nobody takes the call."""
    report = look(whole.model_copy(update={"ami_port": 1}))
    assert report.status is Status.DOWN
    assert [reason.partition(":")[0] for reason in report.reasons] == ["asterisk"]


def test_one_of_two_serves_is_enough(whole: Settings) -> None:
    """Gone, or stopped with its port still open; a node that has but one says nothing of another."""
    with stopped_serve() as port:
        for gone in (1, port):
            report = look(whole.model_copy(update={"agi_second_port": gone}))
            assert report.status is Status.DEGRADED
            assert f"port {gone}" in report.reasons[0]
    assert look(whole.model_copy(update={"agi_second_port": 1, "serves": 1})).status is Status.OK


@pytest.mark.parametrize(("phones", "status"), [(HUMANS, Status.DEGRADED), ((), Status.DOWN)])
def test_without_any_serve_the_failsafe_phones_decide(whole: Settings, phones: tuple[str, ...], status: Status) -> None:
    """Asterisk alone rings them."""
    assert look(whole.model_copy(update={"agi_port": 1, "agi_second_port": 1, "failsafe_phones": phones})).status is status


@pytest.mark.parametrize(("phones", "status"), [(HUMANS, Status.DEGRADED), ((), Status.DOWN)])
def test_without_records_the_failsafe_phones_decide(
    whole: Settings, server: PostgresServer, monkeypatch: pytest.MonkeyPatch, phones: tuple[str, ...], status: Status
) -> None:
    """A frozen PostgreSQL holds nothing up: the answer comes in time, and names the other parts as they are."""
    monkeypatch.setattr(health, "LONGEST", SHIPPED)
    given = whole.model_copy(update={"failsafe_phones": phones, "database_seconds": 1.5})
    with Store(given) as store:
        assert wait_until(partial(answers, store), 20.0)
        gateway = StripeGateway(given)
        found = Health(given, store, gateway)
        server.freeze()
        began = monotonic()
        try:
            report = found.look()
        finally:
            server.thaw()
            found.close()
            gateway.close()
    assert monotonic() - began < SHIPPED + 0.5
    assert report.status is status
    assert {name for name, part in report.parts.items() if part.status is Status.OK} == {"asterisk", "serve", "stripe"}


def test_slow_records_are_said_to_be_slow(whole: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anybody is lost to the failsafe."""
    monkeypatch.setattr(health_parts, "SLOW_SECONDS", 0.0)
    report = look(whole)
    assert report.status is Status.DEGRADED
    assert "s to answer: callers wait" in report.parts["records"].detail


def test_a_worker_that_is_gone_or_late(whole: Settings, sql: Sql) -> None:
    """Callers are served; nothing is settled."""
    sql("SELECT procrastinate_defer_jobs_v1(ARRAY[ROW('default', 'ivr:settle', 0, NULL, NULL, '{}', now() - interval '5 min')"
        "::procrastinate_job_to_defer_v1])")  # fmt: skip
    report = look(whole)
    assert report.status is Status.DEGRADED
    assert re.fullmatch(r"worker: jobs wait: 1, the latest for 3\d\d s", report.reasons[0])
    sql("DELETE FROM procrastinate_workers")
    assert "no worker is alive" in look(whole).parts["worker"].detail


def test_stripe_that_is_away_is_no_reason_to_send_callers_elsewhere(whole: Settings) -> None:
    """Also when it is never heard of."""
    with stopped_serve() as silent:
        for port in (1, silent):
            keyed = {"stripe_key": SecretStr("sk_test_x"), "stripe_url": f"http://127.0.0.1:{port}", "stripe_seconds": 0.5}
            report = look(whole.model_copy(update=keyed))
            assert (report.status, report.reasons[0].partition(":")[0]) == (Status.DEGRADED, "stripe")
            assert "IVR_STRIPE_DOWN" in report.reasons[0]


def test_stripe_is_asked_once_a_minute(paying: Settings, gateway: StripeGateway, monkeypatch: pytest.MonkeyPatch) -> None:
    """However often the health is asked for: each look is a request of the account's."""
    asked: list[object] = []
    intents = gateway.intents

    def noted(since: datetime) -> Iterator[Intent]:
        asked.append(since)
        return intents(since)

    monkeypatch.setattr(gateway, "intents", noted)
    watch = health_parts.StripeWatch(paying, gateway)
    assert [watch.part().status for _ in range(3)] == [Status.OK] * 3
    assert len(asked) == 1


def test_a_part_that_hangs_or_breaks_hides_no_other(whole: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "LONGEST", 4.0)
    hang = threading.Event()

    def hangs(_: Settings) -> Part:
        hang.wait(20)
        return Part(Status.OK, "")

    def breaks(_: Store) -> Part:
        raise ZeroDivisionError

    monkeypatch.setattr(health_parts, "asterisk", hangs)
    monkeypatch.setattr(health_parts, "worker", breaks)
    try:
        report = look(whole)
    finally:
        hang.set()
    assert report.parts["asterisk"] == Part(Status.DEGRADED, "could not be looked at in time")
    assert report.parts["worker"] == Part(Status.DEGRADED, "the look itself failed: ZeroDivisionError")
    assert report.parts["serve"].status is Status.OK


@pytest.mark.parametrize(("phones", "code", "word"), [(HUMANS, 200, "degraded"), ((), 503, "down")])
def test_over_http(whole: Settings, phones: tuple[str, ...], code: int, word: str) -> None:
    """What a load balancer sees."""
    broken = whole.model_copy(update={"agi_port": 1, "agi_second_port": 1, "failsafe_phones": phones})
    with console(broken, whole.ami_port) as client:
        status, answer = client.ask("/health")
    assert (status, answer["status"]) == (code, word)
    assert "no serve answers" in answer["reasons"][0]
    assert answer["parts"]["asterisk"] == {"status": "ok", "detail": "answers"}

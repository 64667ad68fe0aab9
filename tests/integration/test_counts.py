"""What the processes count while they work, and what their lines in the log are about: a real server, a real worker."""

import asyncio
import logging
import socket
from collections.abc import Callable
from threading import Event
from typing import Any

import pytest
from prometheus_client import REGISTRY

from ivr import logs, settlement, worker
from ivr.config import Settings
from ivr.embedded.polling import wait_until
from ivr.errors import CallerGone, StripeRefused
from ivr.phone import Phone
from ivr.store import Store
from ivr.stripe_gateway import StripeGateway
from tests.integration.paying import consented, opened
from tests.integration.test_server import is_closed, serving


def count(name: str, **labels: str) -> Callable[[], float]:
    """How much a count has grown since now."""
    before = REGISTRY.get_sample_value(name, labels) or 0.0
    return lambda: (REGISTRY.get_sample_value(name, labels) or 0.0) - before


@pytest.mark.parametrize(("error", "end"), [(None, "done"), (CallerGone(), "hung_up"), (ValueError("x"), "failed")])
def test_each_end_of_a_script_is_counted(error: Exception | None, end: str) -> None:
    """By the script's name."""

    def script(_: Phone) -> None:
        if error:
            raise error

    counted = {each: count("ivr_agi_scripts_total", script="key", end=each) for each in ("done", "hung_up", "failed")}
    with serving({"key": script}) as (_, connect):
        assert is_closed(connect().sends_environment(agi_network_script="key"))
        assert wait_until(lambda: sum(grown() for grown in counted.values()) > 0, 5.0)
    assert {each: grown() for each, grown in counted.items()} == {each: float(each == end) for each in counted}


def test_names_that_are_none_make_no_series_of_their_own() -> None:
    """Whatever connects can't fill the memory."""
    unknown, closed = count("ivr_agi_scripts_total", script="?", end="unknown"), count("ivr_agi_scripts_total", script="?", end="hung_up")
    with serving({"call": lambda _: None}) as (_, connect):
        assert is_closed(connect().sends_environment(agi_network_script="x1"))
        leaves = connect()
        leaves.connection.shutdown(socket.SHUT_WR)
        assert is_closed(leaves)
        assert wait_until(lambda: (unknown(), closed()) == (1, 1), 5.0)


def test_connections_over_the_limit_are_counted() -> None:
    refused, hold = count("ivr_agi_scripts_total", script="?", end="refused"), Event()

    def script(_: Phone) -> None:
        hold.wait(20)

    with serving({"call": script}, agi_connections=1) as (server, connect):
        connect().sends_environment()
        assert wait_until(lambda: server.running == 1, 5.0)
        assert is_closed(connect())
        hold.set()
    assert refused() == 1


def test_the_setup_of_a_call_and_prompts_that_are_missing() -> None:
    """The time until the first sound, of calls alone."""
    setups, missing = count("ivr_call_setup_seconds_count"), count("ivr_prompts_missing_total")

    def script(phone: Phone) -> None:
        phone.play("goodbye")
        phone.play("goodbye")
        phone.unheard.add("goodbye")

    with serving({"call": script, "key": script}) as (_, connect):
        for name in ("call", "key"):
            call = connect()
            call.answers["STREAM FILE"] = "200 result=0 endpos=800"
            assert call.answering().sends_environment(agi_network_script=name).closed.wait(5)
        assert wait_until(lambda: missing() == 2, 5.0)
    assert setups() == 1


def test_a_script_s_lines_name_its_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also the line of its failure."""
    seen: list[dict[str, Any]] = []

    def note(record: logging.LogRecord) -> bool:
        seen.append(dict(logs.ids()))
        return True

    monkeypatch.setattr(logging.getLogger("ivr.server"), "filters", [note])

    def script(_: Phone) -> None:
        logs.bind(incident=1001)
        raise ValueError

    with serving({"key": script}) as (server, connect):
        assert is_closed(connect().sends_environment(agi_network_script="key", agi_uniqueid="17.1"))
        assert server.drain(2)
    assert seen == [{"script": "key", "call": "17.1", "incident": 1001}]


def test_requests_to_stripe_are_timed(gateway: StripeGateway, store: Store) -> None:
    """Whoever sends them."""
    created = count("ivr_stripe_request_seconds_count", operation="POST payment_intents")
    opened(store, gateway, consented(store).id)
    assert created() == 1


@pytest.mark.parametrize("fails", [False, True])
def test_a_job_s_lines_name_it_and_it_is_counted(
    settings: Settings, store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, fails: bool
) -> None:
    """In the thread that does the work."""
    caplog.set_level(logging.CRITICAL)
    seen: list[dict[str, Any]] = []

    def settle(*_: object) -> None:
        seen.append(dict(logs.ids()))
        if fails:
            raise StripeRefused("no")

    monkeypatch.setattr(settlement, "settle", settle)
    counted = count("ivr_jobs_run_total", task="settle", end="failed" if fails else "done")
    number = consented(store).id
    store.defer("settle", incident_id=number)
    asyncio.run(worker.work(settings, wait=False))
    assert [(one["task"], one["incident"]) for one in seen] == [("settle", number)]
    assert isinstance(seen[0]["job"], int)
    assert counted() == 1

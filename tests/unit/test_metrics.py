"""What a process counts, and that no call ever suffers for it."""

import logging
import re
import shutil
import socket
import subprocess
from pathlib import Path
from urllib.request import urlopen

import pytest
import yaml
from prometheus_client import REGISTRY, CollectorRegistry

from ivr import metrics, metrics_of_records
from ivr.config import Settings
from ivr.embedded.ports import Ports, free_port, variable
from ivr.model.incident import EndReason

PROJECT = Path(__file__).parents[2]


@pytest.fixture
def settings() -> Settings:
    return Settings.model_validate({"database_url": "postgresql://nobody@127.0.0.1/none", "pin_pepper": "x", "ami_secret": "y"})


def value(name: str, **labels: str) -> float:
    """A count as Prometheus reads it; 0 when it has never been counted."""
    return REGISTRY.get_sample_value(name, labels) or 0.0


@pytest.mark.parametrize(
    ("method", "url", "operation"),
    [
        ("POST", "https://api.stripe.com/v1/payment_intents", "POST payment_intents"),
        ("POST", "https://api.stripe.com/v1/payment_intents/pi_3Nx/confirm", "POST payment_intents/confirm"),
        ("GET", "http://127.0.0.1:12111/v1/payment_intents/pi_3Nx?expand=x", "GET payment_intents"),
        ("GET", "https://api.stripe.com/v1/refunds?payment_intent=pi_3Nx", "GET refunds"),
    ],
)
def test_a_request_to_stripe_is_named_without_its_ids(method: str, url: str, operation: str) -> None:
    """Each id would be a series of its own for ever."""
    assert metrics.operation_of(method, url) == operation


@pytest.mark.parametrize(
    ("status", "kind"),
    [(200, None), (402, None), (400, "4xx"), (401, "4xx"), (429, "429"), (500, "5xx"), (503, "5xx"), (None, "no_answer")],
)
def test_what_counts_as_an_error_of_stripe(status: int | None, kind: str | None) -> None:
    """A declined card is an answer."""
    operation = f"GET test{status}"
    metrics.stripe_request("GET", f"https://api.stripe.com/v1/test{status}", 0.2, status)
    counted = {each: value("ivr_stripe_errors_total", operation=operation, kind=each) for each in ("no_answer", "429", "4xx", "5xx")}
    assert counted == {each: float(each == kind) for each in counted}
    assert value("ivr_stripe_request_seconds_count", operation=operation) == 1


def test_the_metrics_are_read_on_their_port(settings: Settings) -> None:
    """As Prometheus reads them."""
    port = free_port()
    metrics.listen(settings, port, "IVR_METRICS_PORT")
    with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        assert b"ivr_agi_scripts_total" in answer.read()


def test_a_port_that_is_taken_costs_the_metrics_alone(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    """The process goes on and says which setting moves them."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        metrics.listen(settings, other.getsockname()[1], "IVR_METRICS_PORT")
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    assert "IVR_METRICS_PORT" in caplog.text


def test_no_port_is_none(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """0."""
    monkeypatch.setattr(metrics, "start_http_server", lambda *_, **__: pytest.fail("listens"))
    metrics.listen(settings, 0, "IVR_METRICS_PORT")


def test_two_stacks_and_two_serves_have_ports_of_their_own() -> None:
    """Also the metrics'."""
    ports = [getattr(stack, name) for stack in (Ports.from_base(30_000), Ports.from_base(31_000)) for name in Ports.__dataclass_fields__]
    assert len(set(ports)) == len(ports)
    assert variable("metrics_worker_port") == "IVR_METRICS_WORKER_PORT"


def test_the_stack_s_ports_are_the_settings_own(settings: Settings) -> None:
    """A program that is started by hand beside the stack listens where the documents say."""
    for name in ("metrics_port", "metrics_worker_port", "metrics_console_port"):
        assert getattr(Ports(), name) == getattr(settings, name)


def of_serve() -> CollectorRegistry:
    """What only ``serve`` tells."""
    registry = CollectorRegistry()
    metrics.watch(connected=lambda: False, talks=lambda: 2, running=lambda: 3, registry=registry)
    return registry


def test_only_a_serve_says_that_the_manager_is_away() -> None:
    """A worker that said so would wake somebody up every night."""
    names = ("ivr_manager_connected", "ivr_talks", "ivr_agi_scripts_running")
    assert [of_serve().get_sample_value(name) for name in names] == [0, 2, 3]
    assert [REGISTRY.get_sample_value(name) for name in names] == [None] * 3


def alerts() -> list[dict[str, object]]:
    """The rules that are shipped."""
    read = yaml.safe_load((PROJECT / "monitoring/alerts.yml").read_text())
    return [rule for group in read["groups"] for rule in group["rules"]]


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool (Debian's package prometheus) is not installed")
def test_prometheus_takes_the_rules() -> None:
    """By its own checker."""
    done = subprocess.run(
        ["promtool", "check", "rules", str(PROJECT / "monitoring/alerts.yml")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_is_about_metrics_that_there_are() -> None:
    """A renamed metric would silence its alert for ever."""
    ours = {family.name for family in (*REGISTRY.collect(), *of_serve().collect()) if family.name.startswith("ivr_")}
    ours |= {name for table in (metrics_of_records.COUNTERS, metrics_of_records.GAUGES) for name, _, _ in table.values()}
    ours |= {"ivr_records_up", "ivr_part_ok", "ivr_down", "ivr_seconds_to_engineer"}
    named = {name for rule in alerts() for name in re.findall(r"\bivr_\w+", str(rule["expr"]))}
    assert {re.sub("_(total|bucket|count|sum)$", "", name) for name in named} <= ours


def test_every_alert_says_what_to_do_and_where_to_read() -> None:
    """The page exists and has that heading."""
    for rule in alerts():
        words = rule["annotations"]
        assert isinstance(words, dict)
        assert {"summary", "do", "read"} == set(words), rule["alert"]
        page, _, heading = words["read"].partition("#")
        headings = re.findall(r"^#+ (.+)$", (PROJECT / page).read_text(), re.MULTILINE)
        assert heading in {re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in headings}, words["read"]


def test_reasons_in_alerts_are_reasons() -> None:
    """Of the endings of an incident."""
    told = {word for rule in alerts() for word in re.findall(r'reason="(\w+)"', str(rule["expr"])) if "ended" in str(rule["expr"])}
    assert told
    assert told <= set(EndReason)

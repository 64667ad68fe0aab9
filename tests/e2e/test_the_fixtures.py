"""What is checked after every scenario is found when it is planted: cards that were keyed, and money that is wrong.

Each card here is one that no caller keys, so that what is planted is not found again after other scenarios.
"""

import secrets
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing

import psycopg
import pytest

from ivr import holds
from ivr.embedded import asterisk
from ivr.embedded.polling import wait_until
from ivr.switchboard import ManagerLink
from tests.e2e.hygiene import Typed
from tests.e2e.invariants import check_money
from tests.e2e.traces import ManagerEvents, Traces
from tests.e2e.world import World

# hygiene


@pytest.fixture
def number() -> str:
    """A card's number that was never used before."""
    digits = "4" + "".join(secrets.choice("123456789") for _ in range(14))
    return next(digits + check for check in "0123456789" if _is_card(digits + check))


@pytest.fixture
def look(world: World, number: str) -> Iterator[Callable[[], None]]:
    """The look after a scenario in which this number was keyed."""
    typed = Typed()
    typed.press("caller", f"{number}#")
    with ManagerEvents(world.stack) as events:
        traces = Traces(world.stack, events)
        traces.check(typed)
        yield lambda: traces.check(typed)


def test_a_card_in_a_log_is_found(world: World, number: str, look: Callable[[], None]) -> None:
    look()
    with world.stack.log("serve").open("a") as log:
        log.write(f"2026-11-23 INFO the caller said {number[:4]} {number[4:]}\n")
    with pytest.raises(AssertionError, match=r"serve\.log: in digits"):
        look()
    look()  # told once, for the scenario that did it


def test_a_card_in_asterisks_log_is_found_digit_by_digit(world: World, number: str, look: Callable[[], None]) -> None:
    with (world.stack.folder / "hotline/log/messages.log").open("a") as log:
        log.writelines(
            f"[06:00:0{place % 10}] DTMF[7][C-1] channel.c: DTMF end '{key}' received on PJSIP/x\n" for place, key in enumerate(number)
        )
    with pytest.raises(AssertionError, match=r"messages\.log: one digit a line"):
        look()


def test_a_card_in_any_file_of_the_stack_is_found(world: World, number: str, look: Callable[[], None]) -> None:
    file = world.stack.folder / "core.1"
    file.write_bytes(b"\x00\xff\x7fELF" + number.encode() + b"\x00")
    try:
        with pytest.raises(AssertionError, match=r"core\.1: in digits"):
            look()
    finally:
        file.unlink()


def test_a_card_in_asterisks_own_database_is_found(world: World, number: str, look: Callable[[], None]) -> None:
    _console(world, f"database put planted card {number}")
    _console(world, "database del planted card")
    with pytest.raises(AssertionError, match="astdb"):
        _in_time(look)


def test_a_card_in_a_table_is_found(world: World, number: str, look: Callable[[], None]) -> None:
    """Also in a row that is gone again."""
    world.sql(f"INSERT INTO webhook_event (id, kind) VALUES ('evt_{number}', 'x'); DELETE FROM webhook_event WHERE kind = 'x'")
    with pytest.raises(AssertionError, match="table webhook_event"):
        look()


def test_a_card_in_a_jobs_arguments_is_found(world: World, number: str, look: Callable[[], None]) -> None:
    """The worker deletes what is done; it is found all the same."""
    world.store.defer("look_at", intent_id=f"pi_{number}")
    waiting = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'ivr:look_at'"
    with psycopg.connect(str(world.settings.database_url), autocommit=True) as link:
        assert wait_until(lambda: link.execute(waiting).fetchone() == (0,), 10)
    with pytest.raises(AssertionError, match="table procrastinate_jobs"):
        look()


def test_a_card_in_the_sandbox_is_found(world: World, number: str, look: Callable[[], None]) -> None:
    """Also what is gone from its tables and still stands in its file."""
    with closing(sqlite3.connect(world.stack.folder / "stripe/stripe.sqlite", timeout=5, isolation_level=None)) as link:
        link.execute("INSERT INTO setting (name, value) VALUES ('planted', ?)", (number,))
        link.execute("DELETE FROM setting WHERE name = 'planted'")
    with pytest.raises(AssertionError, match=r"stripe\.sqlite"):
        look()


def test_a_card_in_an_event_of_the_manager_is_found(world: World, number: str, look: Callable[[], None]) -> None:
    """As the hotline's own user may hear it: the dialplan's UserEvent, among thousands of others."""
    settings = world.settings
    link = ManagerLink("127.0.0.1", settings.ami_port, settings.ami_user, settings.ami_secret.get_secret_value(), deadline=5.0)
    link.start()
    assert link.wait_connected(5)
    where = {"Channel": "Local/s@main-menu/n", "Application": "UserEvent", "Data": f"Planted,Card: {number}", "Async": "true"}
    assert link.action("Originate", **where)["Response"] == "Success"
    with pytest.raises(AssertionError, match="events of Asterisk's manager"):
        _in_time(look)
    link.stop()


def test_the_check_is_quick(world: World) -> None:
    """So that it can stand behind every test."""
    world.check_traces()
    began = time.monotonic()
    check_money(world)
    world.check_traces()
    assert time.monotonic() - began < 0.3


# money


def test_an_unsettled_hold_is_found(world: World) -> None:
    caller = world.caller()
    world.agreed(caller)
    caller.hears("ask_account")
    holds.open_hold(world.store, world.gateway, world.incident_id(), minutes=15, rate=world.store.current_rate())
    with pytest.raises(AssertionError, match=r"is open; hold .* is created: neither captured nor released"):
        check_money(world, within=0)
    caller.hangs_up()


def test_a_payment_that_differs_from_its_row_is_found(world: World) -> None:
    """Cancelled at Stripe behind the hotline's back."""
    caller = world.caller()
    world.agreed(caller)
    caller.hears("ask_account")
    hold = holds.open_hold(world.store, world.gateway, world.incident_id(), minutes=15, rate=world.store.current_rate())
    assert hold.intent_id
    world.gateway.cancel(hold.intent_id, key=f"planted {hold.intent_id}")
    with pytest.raises(AssertionError, match="the records and Stripe differ"):
        check_money(world, within=0)
    caller.hangs_up()


def _is_card(digits: str) -> bool:
    typed = Typed()
    typed.press("caller", f"9{digits}")
    return digits in typed.secrets


def _console(world: World, command: str) -> None:
    """Asterisk's own console, as an administrator uses it."""
    found = asterisk.find()
    assert found is not None
    words = [*found.command, "-C", str(world.stack.folder / "hotline/etc/asterisk.conf"), "-rx", command]
    subprocess.run(words, capture_output=True, check=True, timeout=10)


def _in_time(look: Callable[[], None], seconds: float = 5.0) -> None:
    """What Asterisk writes or tells a moment later."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        look()
        time.sleep(0.05)

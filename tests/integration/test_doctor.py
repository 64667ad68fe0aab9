"""``ivr doctor``: each thing that can be wrong is found, with how to mend it, and none hides another."""

import json
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from time import monotonic

import pytest
from pydantic import SecretStr

from ivr import prompts
from ivr.config import Settings
from ivr.doctor import CHECKS, examine
from ivr.doctor_asterisk import leaking_channels
from ivr.embedded.stripe_sandbox import SandboxControl
from ivr.errors import SwitchboardDown
from ivr.findings import Finding, State, ok
from ivr.store import Store
from tests.integration.administering import ivr, own_process
from tests.integration.conftest import Sql
from tests.integration.fake_asterisk import FakeManager
from tests.integration.postgres_server import PostgresServer

GOOD_LOGS = """Channel                             Type     Formatter  Status    Configuration
-------                             ----     ---------  ------    -------------
/var/log/asterisk/messages.log      File     default    Enabled    - NOTICE WARNING ERROR
/var/log/asterisk/full              File     default    Disabled   - DEBUG VERBOSE DTMF"""

CONTACTS = """
  Contact:  <Aor/ContactUri..............................> <Hash....> <Status> <RTT(ms)..>
==========================================================================================

  Contact:  trunk-asked/sip:192.0.2.7:5061;transport=tls   36fa7a3975 Avail         1.862
  Contact:  trunk/sip:192.0.2.7:5061;transport=tls         36fa7a3975 NonQual        -nan
  Contact:  trunk2-asked/sip:198.51.100.7:5060             12b8bf90ba Avail        10.412
  Contact:  trunk2/sip:198.51.100.7:5060                   12b8bf90ba NonQual        -nan
  Contact:  phone-15555550191/sip:phone-15555550191@203.0. 3ff3d40455 Avail        31.010

Objects found: 5
"""
REGISTRATIONS = """
 <Registration/ServerURI..............................>  <Auth....................>  <Status.......>
==========================================================================================

 trunk/sip:192.0.2.7:5061;transport=tls                  trunk                       Registered        (exp. 285s)

Objects found: 1
"""


@pytest.fixture
def manager() -> Iterator[FakeManager]:
    """An Asterisk whose logs and lines are as they should be."""
    with FakeManager() as manager:
        shows(manager)
        yield manager


def shows(manager: FakeManager, logs: str = GOOD_LOGS, contacts: str = CONTACTS, registrations: str = REGISTRATIONS) -> None:
    """What Asterisk prints."""
    outputs = {"logger show channels": logs, "pjsip show contacts": contacts, "pjsip show registrations": registrations}

    def answer(action: dict[str, str]) -> list[dict[str, str]]:
        lines = "".join(f"Output: {line}\r\n" for line in outputs[action["Command"]].splitlines())
        manager.raw(f"Response: Success\r\nActionID: {action['ActionID']}\r\nMessage: Command output follows\r\n{lines}\r\n".encode())
        return []

    manager.replies["Command"] = answer  # type: ignore[assignment]


@pytest.fixture
def serve_port() -> Iterator[int]:
    """Where a serve listens."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


@pytest.fixture
def whole(paying: Settings, manager: FakeManager, serve_port: int, sql: Sql, tmp_path: Path) -> Settings:
    """Settings with which nothing is wrong."""
    (tmp_path / "backups").mkdir()
    (tmp_path / "backups" / "ivr.dump").write_text("a backup")
    sql("SELECT procrastinate_register_worker_v1()")
    changes = {
        "ami_port": manager.port, "ami_seconds": 2.0, "failsafe_phones": ("+15555550191",), "agi_port": serve_port,
        "doctor_secret": SecretStr("d"), "backup_folder": tmp_path / "backups", "trunk_host": "192.0.2.7", "trunk_port": 5061,
        "trunk2_host": "198.51.100.7", "trunk_user": "vendor", "phone_logins": {"+15555550191": SecretStr("p")},
    }  # fmt: skip
    return paying.model_copy(update=changes)


def faults(found: list[Finding]) -> dict[str, str]:
    return {one.part: one.text for one in found if one.state is State.FAULT}


def warnings(found: list[Finding]) -> dict[str, str]:
    return {one.part: one.text for one in found if one.state is State.WARNING}


def test_nothing_is_wrong(whole: Settings) -> None:
    found = examine(whole)
    assert faults(found) == {}
    assert {one.part for one in found if one.state is State.OK} >= {
        "database",
        "asterisk",
        "logs",
        "prompts",
        "rate",
        "stripe",
        "rota",
        "failsafe",
        "serve",
        "worker",
        "routes",
        "phones",
        "backups",
    }


def test_every_fault_is_told_with_its_mending(whole: Settings, sandbox: SandboxControl, sql: Sql, manager: FakeManager) -> None:
    """All at once: none keeps another from being found."""
    sql("DELETE FROM _yoyo_migration WHERE migration_id = '0011-rota'")
    sql("UPDATE engineer SET active = false")
    shows(manager, GOOD_LOGS.replace("NOTICE", "DTMF"))
    changes = {"failsafe_phones": (), "stripe_key": type(whole.ami_secret)("sk_test_wrong")}
    found = examine(whole.model_copy(update=changes))
    assert set(faults(found)) == {"database", "logs", "stripe", "rota", "failsafe"}
    assert "0011-rota" in faults(found)["database"]
    assert "messages.log takes DTMF" in faults(found)["logs"]
    assert all(one.mend for one in found if one.state is not State.OK)


def test_what_is_away_is_said_so(whole: Settings) -> None:
    """Asterisk, database, Stripe: each within its deadline, and the rest is looked at."""
    nowhere = {
        "database_url": "postgresql://postgres@127.0.0.1:1/x",
        "ami_port": 1,
        "stripe_url": "http://127.0.0.1:1",
        "stripe_seconds": 1.0,
    }
    began = monotonic()
    found = examine(whole.model_copy(update=nowhere))
    assert monotonic() - began < 15
    assert set(faults(found)) == {"database", "asterisk", "worker", "rate", "stripe", "rota", "pages"}
    assert "can't be looked at" in warnings(found)["routes"]
    assert {"prompts", "failsafe"} <= {one.part for one in found if one.state is State.OK}


def test_a_refused_login_is_a_fault_and_refused_commands_a_warning(whole: Settings, manager: FakeManager) -> None:
    manager.replies["Login"] = lambda action: [
        {"Response": "Error" if action["Username"].endswith("-doctor") else "Success", "Message": "no"}
    ]
    found = examine(whole)
    assert faults(found) == {}
    assert "ivr-doctor" in warnings(found)["logs"]
    manager.replies["Login"] = lambda _: [{"Response": "Error", "Message": "Authentication failed"}]
    assert "refused the login" in faults(examine(whole))["asterisk"]


def test_a_bare_database_is_told_to_be_migrated(whole: Settings, server: PostgresServer) -> None:
    bare = whole.model_copy(update={"database_url": server.create("bare_doctor")})
    assert "ivr migrate" in faults(examine(bare))["database"]


def test_a_missing_prompt_and_a_recording_that_cannot_be_read(whole: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fault 32: doctor says which."""
    own = whole.model_copy(update={"state_folder": tmp_path})
    (own.recordings_folder / "en").mkdir(parents=True)
    (own.recordings_folder / "en" / "covered.wav").write_text("no sound")
    (own.recordings_folder / "en" / "coverd.wav").write_text("no prompt")
    monkeypatch.setattr(prompts, "NAMES", prompts.NAMES | {"never_made"})
    found = examine(own, {"prompts": CHECKS["prompts"]})
    prompts.use_overrides(None)
    assert "never_made" in faults(found)["prompts"]
    assert [one.text for one in found if one.state is State.WARNING] == [
        "the recording coverd.wav is no prompt's",
        "the recording covered.wav can't be read",
    ]


@pytest.mark.parametrize(("change", "state"), [("currency = 'EUR'", State.FAULT), ("price_cents = 77777", State.WARNING)])
def test_a_rate_that_cannot_be_told_or_not_in_time(whole: Settings, sql: Sql, change: str, state: State) -> None:
    """There are no words for euros; a long price takes more than 25 s."""
    sql(f"UPDATE rate SET {change}")
    [found] = examine(whole, {"rate": CHECKS["rate"]})
    assert (found.state, "ivr rate add" in found.mend) == (state, True)


def test_no_rate_at_all(whole: Settings, sql: Sql) -> None:
    sql("DELETE FROM rate")
    assert "No rate is valid now" in faults(examine(whole, {"rate": CHECKS["rate"]}))["rate"]


def test_failsafe_phones_that_are_never_dialled(whole: Settings) -> None:
    premium = whole.model_copy(update={"failsafe_phones": ("+19005550100", "+15555550191")})
    assert "premium-rate" in faults(examine(premium, {"failsafe": CHECKS["failsafe"]}))["failsafe"]


def test_a_check_that_hangs_or_breaks_never_stops_the_others(whole: Settings) -> None:
    """Within the deadline; in the order of the checks."""
    stuck = Event()

    def hangs(_: Settings) -> list[Finding]:
        stuck.wait(60)
        return []

    def breaks(_: Settings) -> list[Finding]:
        raise ZeroDivisionError("sk_live_secret")

    def refuses(_: Settings) -> list[Finding]:
        raise SwitchboardDown("gone")

    began = monotonic()
    found = examine(whole, {"a": hangs, "b": breaks, "c": refuses, "d": lambda _: [ok("d", "fine")]}, seconds=0.5)
    stuck.set()
    assert monotonic() - began < 5
    assert [(one.part, one.state) for one in found] == [("a", "fault"), ("b", "fault"), ("c", "fault"), ("d", "ok")]
    assert "sk_live_secret" not in str(found)


@pytest.mark.parametrize(
    ("gone", "state", "said"),
    [
        (("trunk2-asked",), State.WARNING, "trunk2 (198.51.100.7:5060) does not answer"),
        (("trunk-asked", "trunk2-asked"), State.FAULT, "trunk (192.0.2.7:5061) does not answer"),
    ],
)
def test_a_carrier_that_does_not_answer(whole: Settings, manager: FakeManager, gone: tuple[str, ...], state: State, said: str) -> None:
    """A warning while there is another, a fault when none is left."""
    lines = [line.replace(" Avail ", " Unavail ") if any(f" {name}/" in line for name in gone) else line for line in CONTACTS.splitlines()]
    shows(manager, contacts="\n".join(lines))
    found = examine(whole, {"routes": CHECKS["routes"]})
    first = next(one for one in found if one.part == "routes" and one.state is not State.OK)
    assert (first.state, said in first.text) == (state, True)


def test_a_registration_that_is_refused(whole: Settings, manager: FakeManager) -> None:
    """Wrong password; the other route still works."""
    shows(manager, registrations=REGISTRATIONS.replace("Registered  ", "Rejected    "))
    [wrong] = [one for one in examine(whole, {"routes": CHECKS["routes"]}) if one.state is not State.OK]
    assert (wrong.state, "Rejected" in wrong.text, "IVR_TRUNK_USER" in wrong.mend) == (State.WARNING, True, True)


def test_one_route_alone_an_asterisk_of_other_settings_and_a_phone_that_is_off(whole: Settings, manager: FakeManager) -> None:
    alone = whole.model_copy(update={"trunk2_host": ""})
    shows(manager, contacts="No objects found.")
    found = examine(alone, {"routes": CHECKS["routes"]})
    assert "Asterisk has no trunk" in faults(found)["routes"]
    assert "there is one" in warnings(found)["routes"]
    assert "+15555550191 is not registered" in warnings(found)["phones"]


def test_a_worker_that_is_gone_or_late(whole: Settings, sql: Sql) -> None:
    check = {"worker": CHECKS["worker"]}
    sql("SELECT procrastinate_defer_jobs_v1(ARRAY[ROW('default', 'x', 0, NULL, NULL, '{}', NULL)::procrastinate_job_to_defer_v1])")
    assert [one.state for one in examine(whole, check)] == [State.OK]
    sql("UPDATE procrastinate_events SET at = at - interval '3 minutes'")
    assert "1 jobs are over two minutes late" in warnings(examine(whole, check))["worker"]
    sql("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '90 seconds'")
    assert "heard 90 s ago" in faults(examine(whole, check))["worker"]
    sql("DELETE FROM procrastinate_workers")
    assert "none runs" in faults(examine(whole, check))["worker"]


def test_a_serve_that_does_not_listen(whole: Settings) -> None:
    assert "nobody listens" in faults(examine(whole.model_copy(update={"agi_port": 1}), {"serve": CHECKS["serve"]}))["serve"]


def test_backups_that_are_old_or_none(whole: Settings, tmp_path: Path) -> None:
    """An empty file is no backup."""
    check = {"backups": CHECKS["backups"]}
    dump, yesterday = tmp_path / "backups" / "ivr.dump", time.time() - 27 * 3600
    os.utime(dump, (yesterday, yesterday))
    assert "27 h old" in faults(examine(whole, check))["backups"]
    dump.write_text("")
    assert "there is none" in faults(examine(whole, check))["backups"]
    assert "nobody says" in warnings(examine(whole.model_copy(update={"backup_folder": None}), check))["backups"]


def test_keypad_cards_on_an_open_line(whole: Settings) -> None:
    """Each line must be encrypted, or the warning names it; the sandbox is nobody's bank."""
    real = whole.model_copy(update={"keypad_cards": True, "stripe_url": "", "trunk_encrypted": True})
    assert "trunk2" in warnings(list(CHECKS["cards"](real)))["cards"]
    for fine in ({"trunk2_encrypted": True}, {"keypad_cards": False}, {"stripe_url": "http://127.0.0.1:1"}):
        assert [one.state for one in CHECKS["cards"](real.model_copy(update=fine))] == [State.OK]


@pytest.mark.parametrize(
    ("output", "leaking"),
    [
        (GOOD_LOGS, {}),
        ("full File default Enabled - DTMF VERBOSE NOTICE", {"full": ["DTMF", "VERBOSE"]}),
        ("Console Console default Enabled - * ", {"Console": ["*"]}),
        ("x File default Disabled - DEBUG", {}),
        ("", {}),
    ],
)
def test_log_channels_that_take_digits(output: str, leaking: dict[str, list[str]]) -> None:
    """Enabled ones alone."""
    assert leaking_channels(output) == leaking


def test_the_command_is_for_people_and_programs(whole: Settings, store: Store) -> None:
    """A line for each finding, what to do under it; exit code 1 on a fault; JSON alike. Missing settings are faults too."""
    assert store.levels()
    variables = {
        "IVR_AMI_PORT": str(whole.ami_port), "IVR_AGI_PORT": str(whole.agi_port),
        "IVR_FAILSAFE_PHONES": "+15555550191", "IVR_STRIPE_URL": whole.stripe_url,
        "IVR_STRIPE_KEY": whole.stripe_key.get_secret_value() if whole.stripe_key else "",
    }  # fmt: skip
    shown = own_process(whole, "doctor", **variables)
    assert shown.returncode == 0, shown.stdout
    assert "ok       database  answers, and is up to date" in shown.stdout
    assert "warning  stripe" in shown.stdout
    broken = ivr(whole, "doctor", "--json", **(variables | {"IVR_FAILSAFE_PHONES": ""}))
    assert broken.returncode == 1
    assert [one["part"] for one in json.loads(broken.stdout) if one["state"] == "fault"] == ["failsafe"]
    bare = ivr(None, "doctor", "--json")
    assert bare.returncode == 1
    assert {one["text"].split(":")[0] for one in json.loads(bare.stdout)} >= {"IVR_DATABASE_URL", "IVR_PIN_PEPPER", "IVR_AMI_SECRET"}

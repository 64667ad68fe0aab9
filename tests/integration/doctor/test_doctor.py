"""``ivr doctor``: each thing that can be wrong is found, with how to mend it, and none hides another."""

import json
import re
from pathlib import Path
from threading import Event
from time import monotonic

import pytest

from ivr import prompts
from ivr.config import Settings
from ivr.doctor import CHECKS, examine
from ivr.embedded.stripe_sandbox import SandboxControl
from ivr.errors import SwitchboardDown
from ivr.findings import Finding, State, ok
from ivr.store import Store
from tests.integration.administering import ivr, own_process
from tests.integration.conftest import Sql
from tests.integration.doctor.healthy import GOOD_LOGS, faults, shows, warnings
from tests.integration.fake_asterisk import FakeManager
from tests.integration.postgres_server import PostgresServer


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
        "console",
        "routes",
        "phones",
        "disk",
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


def test_a_database_that_refuses_says_why(whole: Settings) -> None:
    """A wrong password is no PostgreSQL that is down; the password itself is never told."""
    wrong = re.sub(r"//[^@]*@", "//nobody:Wr0ngPass@", str(whole.database_url))
    found = examine(whole.model_copy(update={"database_url": wrong}))
    assert 'authentication failed for user "nobody"' in faults(found)["database"]
    assert {one.mend for one in found if one.part in ("worker", "rota", "rate")} == {"See “database”."}
    assert "Wr0ngPass" not in str(found)


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


def test_the_command_is_for_people_and_programs(whole: Settings, store: Store, tmp_path: Path) -> None:
    """A line for each finding, what to do under it; exit code 1 on a fault; JSON alike. Missing settings are faults too."""
    assert store.levels()
    variables = {
        "IVR_AMI_PORT": str(whole.ami_port), "IVR_AGI_PORT": str(whole.agi_port),
        "IVR_FAILSAFE_PHONES": "+15555550191", "IVR_STRIPE_URL": whole.stripe_url, "IVR_STATE_FOLDER": str(tmp_path),
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

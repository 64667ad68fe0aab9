"""What doctor finds on the machine: processes, disk, backups."""

import os
import shutil
import socket
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from ivr.config import Settings
from ivr.doctor import CHECKS, State, examine
from tests.integration.conftest import Sql
from tests.integration.doctor.healthy import faults, warnings


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


def test_a_serve_that_is_gone_or_hangs(whole: Settings) -> None:
    """A warning while there is the other one, a fault when none is left. One that takes connections and does nothing is none."""
    check = {"serve": CHECKS["serve"]}
    with socket.create_server(("127.0.0.1", 0)) as hangs:
        one = whole.model_copy(update={"agi_port": hangs.getsockname()[1]})
        assert "the other serve takes every call" in warnings(examine(one, check))["serve"]
        assert "failsafe phones" in faults(examine(one.model_copy(update={"agi_second_port": 1}), check))["serve"]
    assert "failsafe phones" in faults(examine(whole.model_copy(update={"agi_port": 1, "serves": 1}), check))["serve"]


def test_a_console_that_does_not_answer(whole: Settings) -> None:
    """Nobody there, and somebody who is no console."""
    check = {"console": CHECKS["console"]}
    assert "webhooks" in warnings(examine(whole.model_copy(update={"console_port": 1}), check))["console"]
    assert "webhooks" in warnings(examine(whole.model_copy(update={"console_port": whole.agi_port}), check))["console"]


@pytest.mark.parametrize(("free", "state"), [(2_000_000_000, State.OK), (900_000_000, State.WARNING), (90_000_000, State.FAULT)])
def test_a_disk_that_runs_full(whole: Settings, monkeypatch: pytest.MonkeyPatch, free: int, state: State) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    [found] = examine(whole, {"disk": CHECKS["disk"]})
    assert (found.state, f"{free / 1e9:.1f} GB" in found.text, found.mend != "") == (state, True, state is not State.OK)


def test_a_folder_that_cannot_be_written(whole: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root may write everywhere but on a file system that is read-only, so what the system says is put in its mouth."""
    missing = whole.model_copy(update={"state_folder": tmp_path / "not" / "yet"})
    assert [one.state for one in examine(missing, {"disk": CHECKS["disk"]})] == [State.OK]
    monkeypatch.setattr(os, "access", lambda place, mode: place != tmp_path)
    assert f"{tmp_path} can't be written" in faults(examine(missing, {"disk": CHECKS["disk"]}))["disk"]


def test_backups_that_are_old_or_none(whole: Settings, tmp_path: Path) -> None:
    """An empty file is no backup, and neither is one that is being made."""
    check = {"backups": CHECKS["backups"]}
    dump, yesterday = tmp_path / "backups" / "ivr.dump", time.time() - 27 * 3600
    os.utime(dump, (yesterday, yesterday))
    assert "27 h old" in faults(examine(whole, check))["backups"]
    dump.write_text("")
    (dump.parent / ".unfinished").write_text("half a backup")
    assert "there is none" in faults(examine(whole, check))["backups"]
    assert "does not exist here" in faults(examine(whole.model_copy(update={"backup_folder": tmp_path / "none"}), check))["backups"]
    assert "nobody says" in warnings(examine(whole.model_copy(update={"backup_folder": None}), check))["backups"]

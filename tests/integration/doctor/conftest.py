"""A hotline with which nothing is wrong."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from ivr.config import Settings
from tests.integration.conftest import Sql
from tests.integration.doctor.healthy import Console, Serve, listening, shows
from tests.integration.fake_asterisk import FakeManager


@pytest.fixture
def manager() -> Iterator[FakeManager]:
    """An Asterisk whose logs and lines are as they should be."""
    with FakeManager() as manager:
        shows(manager)
        yield manager


@pytest.fixture
def ports() -> Iterator[dict[str, int]]:
    """Where both serves and the console listen."""
    with listening(Serve) as first, listening(Serve) as second, listening(Console) as console:
        yield {"agi_port": first, "agi_second_port": second, "console_port": console}


@pytest.fixture
def whole(paying: Settings, manager: FakeManager, ports: dict[str, int], sql: Sql, tmp_path: Path) -> Settings:
    """Settings with which nothing is wrong."""
    (tmp_path / "backups").mkdir()
    (tmp_path / "backups" / "ivr.dump").write_text("a backup")
    sql("SELECT procrastinate_register_worker_v1()")
    changes = {
        "ami_port": manager.port, "ami_seconds": 2.0, "failsafe_phones": ("+15555550191",), **ports,
        "doctor_secret": SecretStr("d"), "backup_folder": tmp_path / "backups", "trunk_host": "192.0.2.7", "trunk_port": 5061,
        "trunk2_host": "198.51.100.7", "trunk_user": "vendor", "phone_logins": {"+15555550191": SecretStr("p")},
    }  # fmt: skip
    return paying.model_copy(update=changes)

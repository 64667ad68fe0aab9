"""How the tests run the commands of administration."""

import json
import os
from dataclasses import dataclass
from typing import Any, Final
from unittest.mock import patch

from typer.testing import CliRunner

from ivr import config
from ivr.__main__ import app
from ivr.config import Settings

AGREEMENT: Final = ("--first-day", "2026-01-01", "--last-day", "2199-12-30", "--zone", "America/New_York", "--minutes", "60")
RATE: Final = ("--cents", "275", "--minimum", "15", "--tax", "8.25", "--yes")


@dataclass(frozen=True)
class Said:
    """What a command answered."""

    returncode: int
    stdout: str
    stderr: str


def run(settings: Settings, *arguments: str, typed: str = "", actor: str = "") -> Said:
    """``ivr …`` in this process, which is quick, with these settings and none of the tester's; ``typed`` is its standard input."""
    mine = {name: value for name, value in os.environ.items() if not name.startswith("IVR_")}
    mine |= {"IVR_DATABASE_URL": str(settings.database_url), "IVR_PIN_PEPPER": settings.pin_pepper.get_secret_value()}
    mine |= {"IVR_AMI_SECRET": "s", "IVR_ACTOR": actor, "IVR_STATE_FOLDER": "/nonexistent"}
    config.settings.cache_clear()
    with patch.dict(os.environ, mine, clear=True):
        done = CliRunner().invoke(app, arguments, input=typed)
    config.settings.cache_clear()
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Said(done.exit_code, done.stdout, done.stderr)


def data(settings: Settings, *arguments: str) -> Any:
    """What it says with ``--json``."""
    done = run(settings, *arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def words(text: str) -> str:
    """A usage error without its frame."""
    return " ".join(text.replace("│", " ").split())

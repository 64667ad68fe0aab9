"""How the tests run the command line."""

import json
import os
import subprocess
import sys
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

from typer.testing import CliRunner

from ivr import config
from ivr.__main__ import app
from ivr.config import Settings

ROOT: Final = Path(__file__).parents[2]
AGREEMENT: Final = ("--first-day", "2026-01-01", "--last-day", "2199-12-30", "--zone", "America/New_York", "--minutes", "60")
RATE: Final = ("--cents", "275", "--minimum", "15", "--tax", "8.25", "--yes")
LAYER: Final = (
    "rota", "add-layer", "primary", "--engineer", "Ann", "--engineer", "ben", "--zone", "America/New_York", "--from", "2026-01-01",
)  # fmt: skip


@dataclass(frozen=True)
class Said:
    """What a command answered."""

    returncode: int
    stdout: str
    stderr: str


def environment(settings: Settings | None, **variables: str) -> dict[str, str]:
    """The tester's environment with these settings in place of theirs."""
    mine = {name: value for name, value in os.environ.items() if not name.startswith("IVR_")}
    if settings is not None:
        mine |= {"IVR_DATABASE_URL": str(settings.database_url), "IVR_PIN_PEPPER": settings.pin_pepper.get_secret_value()}
        mine |= {"IVR_AMI_SECRET": "s", "IVR_STATE_FOLDER": "/nonexistent"}
    return mine | variables


def ivr(settings: Settings | None, *arguments: str, typed: str = "", **variables: str) -> Said:
    """``ivr …`` in this process, which is quick, where no ``.env`` lies; ``typed`` is its standard input."""
    config.settings.cache_clear()
    with patch.dict(os.environ, environment(settings, **variables), clear=True), chdir("/"):
        done = CliRunner().invoke(app, arguments, input=typed)
    config.settings.cache_clear()
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Said(done.exit_code, done.stdout, done.stderr)


def own_process(settings: Settings | None, *arguments: str, **variables: str) -> Said:
    """``ivr …`` in a process of its own: a second each, so only for what a process alone can show."""
    mine = environment(settings, **variables) | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-m", "ivr", *arguments], env=mine, cwd="/", capture_output=True, text=True, timeout=60, check=False
    )
    return Said(done.returncode, done.stdout, done.stderr)


def data(settings: Settings, *arguments: str) -> Any:
    """What it says with ``--json``."""
    done = ivr(settings, *arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def words(text: str) -> str:
    """A usage error without its frame."""
    return " ".join(text.replace("│", " ").split())

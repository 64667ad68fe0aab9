"""Runs a documented command as a reader would, in ``make shell``, and compares what it prints with what the page says."""

import os
import re
import shlex
import subprocess
from collections.abc import Mapping
from contextlib import chdir
from dataclasses import dataclass, fields
from datetime import date, timedelta
from pathlib import Path
from typing import Final
from unittest.mock import patch

from typer.testing import CliRunner

from ivr import config
from ivr.__main__ import app
from ivr.embedded.ports import Ports
from tests.docs.pages import ROOT, Command

WRITTEN: Final = date(2026, 11, 23)
"""The day on which the pages' examples play. When they are run, their dates move with the calendar, by whole weeks."""
PROCESSES: Final = ("ivr serve", "ivr worker", "ivr console")
"""What runs until it is stopped: its ``--help`` is asked for instead."""
_DATE: Final = re.compile(r"\b20\d\d-\d\d-\d\d\b")
_VARIABLE: Final = (
    (r"^ *\d+\.\d +(?=\d\d:\d\d:\d\d )", "SECOND "),
    (r"\b((Mon|Tue|Wed|Thu|Fri|Sat|Sun) )?20\d\d-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d+)?)?)?( ?[A-Z]{3,4}\b|\+00:00|[+-]\d\d:\d\d)?", "DATE"),
    (r"\b\d\d:\d\d:\d\d(\.\d+)?\b", "CLOCK"),
    (r"127\.0\.0\.1:\d+", "127.0.0.1:PORT"),
    (r"\b(pi|re|req)_\w+", "ID"),
    (r"\b[0-9a-f]{8}-[0-9a-f-]{27}\b", "UUID"),
    (r"\S*/(?=messages/)", ""),
    (r"\bPIN is \d+", "PIN is N"),
    (r"\b\d+ sounds", "N sounds"),
    (r"told in [\d.]+ s", "told in N s"),
)
"""What differs each time: the seconds of a timeline, dates, clocks, ports, ids, the place of the folder, a PIN that was made.
And what the prompts' next wording changes."""


@dataclass(frozen=True, slots=True)
class Shell:
    """Where the commands of one page run: a folder with ``var`` in it, an environment, and the ports of the stack behind them."""

    folder: Path
    environment: Mapping[str, str]
    ports: Ports

    def run(self, line: str, changed: Mapping[str, str]) -> tuple[int, str]:
        """The exit status and what was printed, standard error included. A setting that is ``changed`` to nothing is not there."""
        words = shlex.split(line)
        if words[0] == "make":
            return _process(["make", "--dry-run", *words[1:]], ROOT, os.environ)
        environment = {name: value for name, value in {**self.environment, **changed}.items() if value}
        if line.startswith(PROCESSES):
            words.append("--help")
        if words[0] == "ivr" and not re.search(r"[|<>;$]", line):
            return _ours(words[1:], self.folder, environment)
        return _process(["bash", "-c", self._here(moved(line))], self.folder, environment)

    def _here(self, line: str) -> str:
        """With the stack's ports for the contract's."""
        theirs = {getattr(Ports(), field.name): getattr(self.ports, field.name) for field in fields(Ports)}
        return re.sub(r"(?<=127\.0\.0\.1:)\d+", lambda found: str(theirs.get(int(found[0]), found[0])), line)


def moved(line: str) -> str:
    """The line with its dates as far from today as they were from :data:`WRITTEN`."""
    weeks = timedelta(days=(date.today() - WRITTEN).days // 7 * 7)
    return _DATE.sub(lambda found: str(date.fromisoformat(found[0]) + weeks), line)


def difference(command: Command, printed: str) -> str:
    """What is printed, when it is not what the page says; else "". ``…`` stands for anything, on a line of its own for any lines."""
    if command.prints is None:
        return ""
    said = [_plain(line) for line in command.prints]
    pattern = "".join(r"(.*\n)*?" if line == "…" else re.escape(line).replace("…", ".*") + r"\n" for line in said if line)
    shown = "".join(f"{line}\n" for line in map(_plain, printed.splitlines()) if line)
    return "" if re.fullmatch(pattern, shown) else printed


def _plain(line: str) -> str:
    """Without what differs each time, and with one blank for many."""
    for pattern, name in _VARIABLE:
        line = re.sub(pattern, name, line)
    return " ".join(line.split())


def _ours(arguments: list[str], folder: Path, environment: Mapping[str, str]) -> tuple[int, str]:
    """``ivr …`` in this process, which is quick."""
    config.settings.cache_clear()
    with patch.dict(os.environ, environment, clear=True), chdir(folder):
        done = CliRunner().invoke(app, [moved(word) for word in arguments])
    config.settings.cache_clear()
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.output


def _process(command: list[str], folder: Path, environment: Mapping[str, str]) -> tuple[int, str]:
    done = subprocess.run(
        command, cwd=folder, env=dict(environment), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120, check=False
    )
    return done.returncode, done.stdout

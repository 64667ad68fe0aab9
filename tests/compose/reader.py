"""Somebody who follows docs/compose.md on a machine with a docker engine: a fresh clone, an ``.env`` of their own, a root shell.

The clone has what is committed here, as a reader's would.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from dotenv import dotenv_values

from ivr.config import Settings
from ivr.embedded.given_settings import settings_from
from ivr.embedded.stripe_sandbox import KEY
from tests.compose.composed import PORTS, PROJECT
from tests.docs.pages import Command

NAME: Final = "ivr-page"
SECONDS: Final = 900.0
"""What one command may take: the first one builds all images."""
SAID: Final[Mapping[str, str]] = {"rk_live_…": KEY}
"""What stands on the page for something of the reader's own."""
MAY_FAIL: Final = "ivr doctor"
"""It ends with 1 where it finds a fault."""
_COMMITS: Final = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.com", "commit", "--quiet")


class Reader:
    """Has what a ``World`` asks of a stack, once the page's commands have brought it up."""

    def __init__(self, folder: Path) -> None:
        """``folder``: of the clones and of where they come from; what is in there goes."""
        shutil.rmtree(folder, ignore_errors=True)
        self.ports = PORTS
        self.folder = folder
        self._origin = _published(folder / "origin")
        self._path = f"{_sudo(folder / 'tools')}:{os.environ['PATH']}"
        self.clones("machine")

    def clones(self, name: str) -> None:
        """Into a folder of this name, in which the commands run from now on."""
        self.place = self.folder / name
        _git(self.folder, "clone", "--quiet", str(self._origin), str(self.place))

    def publishes(self, file: str) -> None:
        """The project's next version has one more file."""
        (self._origin / file).write_text('"""The next version."""\n')
        _git(self._origin, "add", file)
        _git(self._origin, *_COMMITS, "--message", "The next version")

    def follows(self, commands: Iterable[Command]) -> list[str]:
        """One command after the other; what each has printed. Raises AssertionError for the first that fails."""
        return [self._runs(command.line) for command in commands]

    def sets(self, settings: Mapping[str, str]) -> None:
        """Each has its line in ``.env``, with or without a ``#`` before it. Raises AssertionError for one that has none."""
        file = self.place / ".env"
        text = file.read_text()
        for name, value in settings.items():
            text, lines = re.subn(rf"^(# )?{name}=.*$", f"{name}={value}", text, flags=re.M)
            assert lines == 1, f"{name} has {lines} lines in .env"
        file.write_text(text)

    def services(self) -> dict[str, str]:
        """How those are that run: ``healthy``, or "" where nobody asks."""
        shown = self.shell("docker compose ps --format '{{.Service}}={{.Health}}'")
        return dict(line.split("=") for line in shown.split())

    def inside(self, service: str, script: str) -> str:
        """What a shell in the container of a service prints. Raises AssertionError when it fails."""
        return self.shell(f"docker compose exec --no-TTY {service} sh -c '{script}'")

    def shell(self, line: str) -> str:
        """What a command of the reader's own prints. Raises AssertionError when it fails."""
        status, printed = self._shell(line, self.place)
        assert status == 0, f"{line} ends with {status}: {printed}"
        return printed

    def loses_everything(self) -> None:
        """Containers, volumes and what they hold; the images stay."""
        status, printed = self._shell(f"docker compose --project-name {NAME} down --volumes --timeout 5", Path("/"))
        assert status == 0, printed

    def logs(self) -> str:
        """What all containers have said."""
        return self._shell(f"docker compose --project-name {NAME} logs --no-color", Path("/"))[1]

    @property
    def settings(self) -> Settings:
        """What the containers read."""
        return settings_from(self.environment)

    @property
    def environment(self) -> dict[str, str]:
        """The settings with the secrets, as environment variables."""
        written = {name: value for name, value in dotenv_values(self.place / ".env").items() if value}
        secrets = {file.name.upper(): file.read_text() for file in (self.place / "secrets").glob("ivr_*")}
        return {**written, **secrets, "IVR_STATE_FOLDER": str(self.folder)}

    @property
    def stripe_url(self) -> str:
        """Where the Stripe sandbox listens."""
        return self.environment["IVR_STRIPE_URL"]

    def _runs(self, line: str) -> str:
        for placeholder, own in SAID.items():
            line = line.replace(placeholder, own)
        status, printed = self._shell(line, self.place)
        assert status in ((0, 1) if line.endswith(MAY_FAIL) else (0,)), f"{line} ends with {status}: {printed}"
        return printed

    def _shell(self, line: str, folder: Path) -> tuple[int, str]:
        """None of the tester's settings, but for how images are built here."""
        mine = {name: value for name, value in os.environ.items() if not name.startswith("IVR_") or name.startswith("IVR_BUILD_")}
        environment = {**mine, "PATH": self._path, "COMPOSE_PROJECT_NAME": NAME}
        done = subprocess.run(
            ["bash", "-c", line], cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, timeout=SECONDS, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout


def _published(folder: Path) -> Path:
    """A repository with a branch that a clone can pull from, whatever is checked out here."""
    folder.mkdir(parents=True)
    _git(folder, "init", "--quiet", "--initial-branch", "main")
    _git(folder, "pull", "--quiet", str(PROJECT), "HEAD")
    return folder


def _sudo(folder: Path) -> Path:
    """A folder for the path: with a ``sudo`` that just runs, where there is none; the trial runs as root."""
    folder.mkdir()
    if shutil.which("sudo") is None:
        file = folder / "sudo"
        file.write_text('#!/bin/sh\nexec "$@"\n')
        file.chmod(0o755)
    return folder


def _git(folder: Path, *words: str) -> None:
    done = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"git {' '.join(words)}: {done.stderr}"

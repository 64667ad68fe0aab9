"""The compose file, brought up for real with settings and ports of its own, beside whatever else runs on the machine."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Final

from ivr.config import Settings
from ivr.embedded import cast
from ivr.embedded.given_settings import settings_from
from ivr.embedded.ports import Ports, variable
from ivr.embedded.stripe_sandbox import KEY, WEBHOOK_SECRET

PROJECT: Final = Path(__file__).parents[2]
FIRST_PORT: Final = int(os.environ.get("IVR_TEST_PORTS", "28000"))
RTP_WIDTH: Final = 150
PORTS: Final = Ports.from_base(FIRST_PORT, RTP_WIDTH)
POSTGRES_PORT: Final = FIRST_PORT + 20
SECRETS: Final = {"ivr_stripe_key": KEY, "ivr_stripe_webhook_secret": WEBHOOK_SECRET}
READER: Final = 5060
"""The user of the images."""
UP_SECONDS: Final = 600.0
PROXY_PORT: Final = FIRST_PORT + 21
B: Final = {
    "IVR_B_SIP_PORT": FIRST_PORT + 30, "IVR_B_AGI_PORT": FIRST_PORT + 31, "IVR_B_AGI_SECOND_PORT": FIRST_PORT + 32,
    "IVR_B_AMI_PORT": FIRST_PORT + 33, "IVR_B_CONSOLE_PORT": FIRST_PORT + 34, "IVR_B_RTP_START": FIRST_PORT + 400,
    "IVR_B_RTP_END": FIRST_PORT + 549,
}  # fmt: skip
"""The second node of the profile ``scale``."""
_OUTSIDE: Final = ("pstn_ami", "pstn_audio", "pstn_rtp", "stripe", "mailbox")
"""Ports of the embedded stack that no container has."""


class Composed:
    """One project of compose. ``more``: settings beside the usual ones. Has what a ``World`` asks of a stack."""

    def __init__(self, name: str, folder: Path, more: dict[str, str] | None = None, *, profiles: Sequence[str] = ()) -> None:
        self.ports = PORTS
        self.folder = folder
        self._name = name
        self._profiles = [word for profile in profiles for word in ("--profile", profile)]
        self._given = {**usual(), **(more or {})}

    def compose(self, *words: str, seconds: float = UP_SECONDS) -> str:
        """``docker compose …`` on this project; what it printed. Raises AssertionError with it when it fails."""
        command = ["docker", "compose", "--project-name", self._name, "--env-file", str(self._env_file), *self._profiles, *words]
        done = subprocess.run(
            command, cwd=PROJECT, env={**os.environ, **self._where}, capture_output=True, text=True, timeout=seconds, check=False
        )
        assert done.returncode == 0, f"{' '.join(words)}: {done.stdout}{done.stderr}"
        return done.stdout

    def up(self) -> None:
        """Everything runs and is healthy, and the cast is in the records."""
        self._write_settings()
        self.compose("up", "--detach", "--build", "--wait")
        url = str(self.settings.database_url)
        cast.load_cast(url, self.settings.pin_pepper)

    def down(self) -> None:
        """Nothing of it is left, its data neither."""
        self.compose("down", "--volumes", "--timeout", "5")
        shutil.rmtree(self.folder / "secrets")

    def services(self) -> list[str]:
        """Those that run now."""
        return self.compose("ps", "--services", "--status", "running").split()

    def inside(self, service: str, script: str) -> str:
        """What a shell in the container of a service prints. Raises AssertionError when it fails."""
        return self.compose("exec", "--no-TTY", service, "sh", "-c", script, seconds=30)

    def tried(self, service: str, script: str) -> int:
        """Its exit status. Raises AssertionError when there is no shell to be had."""
        return int(self.inside(service, f"{{ {script}; }} >/dev/null 2>&1; echo $?").split()[-1])

    def logs(self) -> str:
        """What all containers have said."""
        return self.compose("logs", "--no-color")

    @cached_property
    def settings(self) -> Settings:
        """What the containers read. Once it is up."""
        return settings_from(self.environment)

    @property
    def environment(self) -> dict[str, str]:
        """The settings with the secrets, as environment variables."""
        secrets = {file.name.upper(): file.read_text() for file in (self.folder / "secrets").glob("ivr_*")}
        return {**self._given, **secrets, "IVR_STATE_FOLDER": str(self.folder)}

    @property
    def stripe_url(self) -> str:
        """Where the Stripe sandbox listens."""
        return self._given["IVR_STRIPE_URL"]

    @property
    def _env_file(self) -> Path:
        return self.folder / "trial.env"

    @property
    def _where(self) -> dict[str, str]:
        return {"IVR_ENV_FILE": str(self._env_file), "IVR_SECRETS": str(self.folder / "secrets")}

    def _write_settings(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._env_file.write_text("".join(f"{name}={value}\n" for name, value in self._given.items()))
        made = [str(PROJECT / "docker/make-secrets.sh"), str(POSTGRES_PORT)]
        subprocess.run(made, cwd=self.folder, check=True, capture_output=True)
        for name, value in SECRETS.items():
            file = self.folder / "secrets" / name
            file.write_text(value)
            os.chown(file, READER, READER)


def usual() -> dict[str, str]:
    """The settings of a trial: its ports, the cast's phones, Stripe's sandbox, and less patience than production has."""
    ports = {variable(name): str(getattr(PORTS, name)) for name in Ports.__dataclass_fields__ if not name.startswith(_OUTSIDE)}
    return {
        **ports,
        "IVR_NODE": "a",
        "IVR_POSTGRES_PORT": str(POSTGRES_PORT),
        "IVR_FAILSAFE_PHONES": ",".join(cast.FAILSAFE),
        "IVR_STRIPE_URL": f"http://127.0.0.1:{PORTS.stripe_port}",
        "IVR_KEYPAD_CARDS": "true",
        "IVR_RING_SECONDS": "8",
        "IVR_DRAIN_SECONDS": "20",
        "IVR_DRAIN_GRACE": "25s",
        "IVR_LONGEST_CALL": "10m",
    }

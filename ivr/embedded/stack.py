"""The whole hotline on one machine: ``Stack(ports, folder)`` is behind ``make up``, the demo and the tests. Several run side by side."""

import os
import signal as signals
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from ivr.config import Settings
from ivr.embedded import asterisk, carrier, cast, probes
from ivr.embedded.given_settings import settings_from
from ivr.embedded.layout import read_secrets, write_configuration
from ivr.embedded.polling import wait_until
from ivr.embedded.ports import Ports, variable
from ivr.embedded.postgres import Postgres
from ivr.embedded.supervise import Program, Supervisor
from ivr.errors import SetupError
from ivr.migrate import migrate

if TYPE_CHECKING:
    from ivr.embedded.pstn import PstnAddress

READY_SECONDS = 90.0
CODE = ("ivr", "dialplan", "asterisk-conf")


class Stack:
    """Programs: hotline-asterisk, pstn-asterisk, stripe, mailbox, serve, worker, console; on request serve2, the second ``serve``.

    ``overrides`` are more settings (``{"IVR_KEY_SECONDS": "2"}``). Several stacks may share a ``postgres``, each with its ``database``.
    ``launchers`` replaces the command of a program (``{"serve": [...]}``), for the trials; ``SetupError`` for a name that is none.
    Everything raises ``SetupError`` when the machine is not fit, in a sentence that says the way out.
    """

    def __init__(
        self,
        ports: Ports,
        folder: Path,
        overrides: Mapping[str, str] | None = None,
        *,
        postgres: Postgres | None = None,
        database: str = "ivr",
        launchers: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self.ports = ports
        self.folder = folder.absolute()
        self.database = database
        self.postgres = postgres or Postgres(self.folder / "postgres")
        self._owns_postgres = postgres is None
        self._overrides = dict(overrides or {})
        self._launchers = dict(launchers or {})
        self._supervisor = Supervisor(self.folder)
        self._version = _newest_code()

    def up(self, report: Callable[[str, float], None] = lambda what, seconds: None) -> None:
        """Starts what does not run yet and returns when all of it answers. ``report`` hears of each stage and its seconds."""
        found = asterisk.find()
        if found is None:
            raise SetupError("Asterisk is not there yet; run 'make install'.")
        self.folder.mkdir(parents=True, exist_ok=True)
        with _timed(report, "PostgreSQL"):
            self.postgres.ensure_running()
        with _timed(report, "records: migrations and cast"):
            migrate(self._database_url)
            cast.load_cast(self._database_url, self.settings.pin_pepper)
            cast.give_mailboxes(self._database_url, self.mailbox_url)
        with _timed(report, "Asterisk, Stripe sandbox, mailbox, serve, worker, console"):
            self._start(found)
            self._wait_ready(*self._probes())

    def down(self) -> None:
        """Ends every process of the stack, also after its supervisord was killed."""
        self._supervisor.shut_down()
        if self._owns_postgres:
            self.postgres.stop()

    def restart(self, name: str) -> None:
        """Stops the program, starts it, and waits until it answers."""
        self.stop_program(name)
        self.start_program(name)

    def stop_program(self, name: str) -> None:
        """Stops the program as ``SIGTERM`` does; it stays stopped."""
        self._supervisor.stop(name)

    def start_program(self, name: str) -> None:
        """Starts the program and waits until it answers."""
        self._supervisor.start(name)
        self._wait_ready(name)

    def wait_ready(self) -> None:
        """Waits until everything answers that is to run always, also what is just being started again. Raises ``SetupError``."""
        for name, probe in self._probes().items():
            self._expect(name, wait_until(probe, READY_SECONDS))

    def pid(self, name: str) -> int:
        """The program's process id; 0 when it does not run."""
        return self._supervisor.pid(name)

    def signal(self, name: str, number: signals.Signals) -> None:
        """Sends the program a signal; a killed one is started again by itself. Raises ``ProcessLookupError`` when it does not run."""
        pid = self.pid(name)
        if not pid:
            raise ProcessLookupError(f"{name} does not run")
        os.kill(pid, number)

    def is_ready(self, name: str) -> bool:
        """Whether the program answers now."""
        return self._probes(True)[name]()

    def log(self, name: str) -> Path:
        """The program's log file."""
        return self._supervisor.log(name)

    @cached_property
    def settings(self) -> Settings:
        """What the stack's processes read. Only once PostgreSQL runs."""
        return settings_from(self.environment)

    @cached_property
    def environment(self) -> dict[str, str]:
        """The same as environment variables."""
        ports = {variable(name): str(getattr(self.ports, name)) for name in Ports.__dataclass_fields__}
        return {
            **{name: value for name, value in read_secrets(self.folder).items() if name.startswith("IVR_")},
            **ports,
            "IVR_STATE_FOLDER": str(self.folder),
            "IVR_DATABASE_URL": self._database_url,
            "IVR_FAILSAFE_PHONES": ",".join(cast.FAILSAFE),
            "IVR_MENU_DESTINATIONS": ",".join(f"{key}={phone}" for key, phone in cast.MENU.items()),
            "IVR_DRAIN_SECONDS": "5",
            "IVR_LOG_FORMAT": "text",
            "IVR_SERVES": "1",
            "IVR_STRIPE_URL": self.stripe_url,
            "IVR_KEYPAD_CARDS": "true",
            "IVR_NOTIFY_URLS": f"{cast.paging(self.mailbox_url)}/everybody",
            **self._overrides,
        }

    @property
    def stripe_url(self) -> str:
        """Where the Stripe sandbox listens."""
        return f"http://127.0.0.1:{self.ports.stripe_port}"

    @property
    def mailbox_url(self) -> str:
        """Where pages to people arrive and can be read."""
        return f"http://127.0.0.1:{self.ports.mailbox_port}"

    @property
    def pstn(self) -> "PstnAddress":
        """How to reach the stack's telephone network."""
        from ivr.embedded.pstn import PstnAddress  # numpy: half a second that starting a stack need not wait for

        secret = read_secrets(self.folder)["PSTN_AMI_SECRET"]
        did = self.settings.did.removeprefix("+")
        return PstnAddress(
            self.ports.pstn_ami_port, secret, self.ports.pstn_audio_port, self.ports.sip_port, did, carrier.line(self.settings)
        )

    @property
    def softphone_password(self) -> str:
        """With which a person registers a softphone at the pstn."""
        return read_secrets(self.folder)["SOFTPHONE_PASSWORD"]

    @cached_property
    def _database_url(self) -> str:
        return self.postgres.database(self.database)

    def _start(self, found: asterisk.Asterisk) -> None:
        softphones = (*(customer.phone for customer in cast.CUSTOMERS), *(engineer.phone for engineer in cast.ENGINEERS), *cast.FAILSAFE)
        programs = self._programs(found)
        if not self._supervisor.is_current(programs, self.environment, self._version):
            self._supervisor.shut_down()
            self.ports.check_free()
        write_configuration(self.folder, found, self.settings, self.ports, softphones)
        self._supervisor.ensure_running(programs, self.environment, self._version)

    def _programs(self, found: asterisk.Asterisk) -> list[Program]:
        programs = self._usual_programs(found)
        if unknown := set(self._launchers) - {program.name for program in programs}:
            raise SetupError(f"The stack has no program {', '.join(sorted(unknown))}; launch one that it has.")
        return [replace(program, command=self._launchers.get(program.name, program.command)) for program in programs]

    def _usual_programs(self, found: asterisk.Asterisk) -> list[Program]:
        ivr = (sys.executable, "-m", "ivr")
        drain = int(self.settings.drain_seconds) + 5
        second = {"IVR_AGI_PORT": str(self.ports.agi_second_port), "IVR_METRICS_PORT": str(self.ports.metrics_second_port)}
        return [
            Program("hotline-asterisk", (*found.command, "-f", "-C", str(self.folder / "hotline/etc/asterisk.conf"))),
            Program("pstn-asterisk", (*found.command, "-f", "-C", str(self.folder / "pstn/etc/asterisk.conf"))),
            Program("stripe", (sys.executable, "-m", "ivr.embedded.stripe_sandbox")),
            Program("mailbox", (sys.executable, "-m", "ivr.embedded.mailbox")),
            Program("serve", (*ivr, "serve"), stop_seconds=drain),
            Program("serve2", (*ivr, "serve"), autostart=False, stop_seconds=drain, environment=second),
            Program("worker", (*ivr, "worker")),
            Program("console", (*ivr, "console")),
        ]

    def _probes(self, on_request: bool = False) -> dict[str, Callable[[], bool]]:
        ports = self.ports
        always: dict[str, Callable[[], bool]] = {
            "hotline-asterisk": lambda: probes.ami_answers(ports.ami_port) and probes.sip_answers(ports.sip_port),
            "pstn-asterisk": lambda: probes.ami_answers(ports.pstn_ami_port) and probes.sip_answers(ports.pstn_port),
            "stripe": lambda: probes.http_answers(ports.stripe_port, "/_sandbox/ready"),
            "mailbox": lambda: probes.http_answers(ports.mailbox_port, "/"),
            "serve": lambda: probes.tcp_answers(ports.agi_port),
            "worker": lambda: self._supervisor.state("worker") == "RUNNING",
            "console": lambda: probes.http_answers(ports.console_port, "/ready"),
        }
        return {**always, "serve2": lambda: probes.tcp_answers(ports.agi_second_port)} if on_request else always

    def _wait_ready(self, *names: str) -> None:
        """Raises ``SetupError`` with the end of its log for a program that ends, or does not answer in time."""
        pids = {name: self.pid(name) for name in names}
        for name in names:
            probe = self._probes(True)[name]
            wait_until(partial(self._settled, name, probe, pids[name]), READY_SECONDS)
            self._expect(name, probe())

    def _expect(self, name: str, answers: bool) -> None:
        if not answers:
            log = self.log(name)
            raise SetupError(f"{name} does not answer; {log} ends: {_last_line(log)!r}. Mend that, then run this again.")

    def _settled(self, name: str, probe: Callable[[], bool], pid: int) -> bool:
        """It answers, or it has ended (and supervisord starts another)."""
        return probe() or self.pid(name) != pid


@contextmanager
def _timed(report: Callable[[str, float], None], what: str) -> Iterator[None]:
    began = time.monotonic()
    yield
    report(what, time.monotonic() - began)


def _newest_code() -> str:
    """Changes when a file of the hotline does, so that ``make up`` never leaves old code running."""
    files = (file for part in CODE for file in (asterisk.PROJECT / part).rglob("*"))
    return str(max(file.stat().st_mtime_ns for file in files if file.suffix in (".py", ".sql", ".conf", ".toml", ".json")))


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines() if log.exists() else []
    return lines[-1] if lines else ""

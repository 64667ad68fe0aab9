"""A PostgreSQL server of our own, from the binaries that a wheel carries. Loopback, passwords, nothing installed.

PostgreSQL refuses to run as root, so root runs it as ``nobody``. Where ``nobody`` can't reach the project (below ``/root``, say),
the server's files live below ``/var/lib/ivr-embedded`` instead: no permission of any existing folder is ever changed.
"""

import fcntl
import json
import os
import pwd
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from ivr.embedded import postgres_place as place
from ivr.embedded.ports import free_port
from ivr.errors import SetupError

USER = "ivr"
INITDB = ("--username=postgres", "--auth=scram-sha-256", "--locale=C.UTF-8", "--encoding=UTF8", "--no-sync")
SETTINGS = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 300
shared_buffers = 32MB
"""


@dataclass(frozen=True, slots=True)
class _Access:
    """``password`` is the server's owner's; ``user_password`` that of the databases' user."""

    port: int
    password: str
    user_password: str


class Postgres:
    """One server for any number of databases. Every method may be called at any time, by any process, in any order."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()
        self._access_file = self._folder / "access.json"
        self._nobody = pwd.getpwnam("nobody") if os.geteuid() == 0 else None

    def ensure_running(self) -> None:
        """Starts the server, made if need be. Raises ``SetupError``."""
        with self._alone():
            if self._data.exists() and not self._access_file.exists():
                self._abandon()
            if not self._data.exists():
                self._create()
            if not self._is_running():
                self._start()

    def database(self, name: str) -> str:
        """The URL of the database, made if need be. Its user may do everything in it and nothing else."""
        with self._alone():
            if self._sql(f"SELECT FROM pg_database WHERE datname = '{name}'") == "(0 rows)":
                self._sql(f"CREATE DATABASE {name} OWNER {USER}")
        access = self._access()
        return f"postgresql://{USER}:{access.user_password}@127.0.0.1:{access.port}/{name}"

    def cut(self, name: str) -> None:
        """For tests: this database refuses everybody from now on, as if its server were down; the other databases go on."""
        self._sql(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        self._sql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")  # noqa: S608

    def mend(self, name: str) -> None:
        """Undoes :meth:`cut`."""
        self._sql(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")

    def drop(self, name: str) -> None:
        """For tests: the database and everything in it is gone."""
        self._sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def stop(self) -> None:
        """Stops the server if it runs. Connections are cut, nothing committed is lost."""
        if self._is_running():
            self._pg_ctl("stop", "-m", "fast")

    def destroy(self) -> None:
        """For tests: stops the server and deletes it with all its databases."""
        self.stop()
        shutil.rmtree(self._data.parent, ignore_errors=True)
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def _data(self) -> Path:
        return place.data_folder(self._folder, self._nobody is not None)

    @property
    def _programs(self) -> Path:
        return place.programs(self._nobody is not None)

    def _abandon(self) -> None:
        """The state folder was deleted, and with it the only passwords to data that lie elsewhere: nobody can ever read them again."""
        self.stop()
        shutil.rmtree(self._data)

    def _create(self) -> None:
        """``initdb`` in a folder that gets its name when it is whole."""
        password = secrets.token_urlsafe(24)
        unfinished = self._data.with_name("unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True, mode=0o700)
        self._give(unfinished)
        with self._handed_over(password) as file:
            self._run(self._programs / "initdb", "-D", str(unfinished), *INITDB, f"--pwfile={file}")
        with (unfinished / "postgresql.conf").open("a") as configuration:
            configuration.write(SETTINGS)
        self._remember(_Access(free_port(), password, secrets.token_urlsafe(24)))
        unfinished.rename(self._data)

    def _start(self) -> None:
        """On the port of last time if that is free, else on another."""
        try:
            self._start_on(self._access().port)
        except SetupError:
            self._remember(replace(self._access(), port=free_port()))
            self._start_on(self._access().port)
        self._sql(f"DO $$BEGIN CREATE ROLE {USER} LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END$$")
        self._sql(f"ALTER ROLE {USER} PASSWORD '{self._access().user_password}'")

    def _start_on(self, port: int) -> None:
        self._pg_ctl("start", "-t", "30", "-l", str(self._data / "server.log"), "-o", f"-p {port}")

    def _is_running(self) -> bool:
        return self._data.exists() and self._call([str(self._programs / "pg_ctl"), "status", "-D", str(self._data)]).returncode == 0

    def _sql(self, statement: str) -> str:
        """Runs one statement as the server's owner; its answer's last line."""
        address = ["-h", "127.0.0.1", "-p", str(self._access().port), "-U", "postgres", "-d", "postgres"]
        said = self._run(self._programs / "psql", "-X", "-v", "ON_ERROR_STOP=1", *address, given=statement + ";\n")
        return said.strip().rpartition("\n")[2]

    def _pg_ctl(self, *arguments: str) -> None:
        self._run(self._programs / "pg_ctl", *arguments, "-w", "-D", str(self._data))

    def _run(self, program: Path, *arguments: str, given: str = "") -> str:
        done = self._call([str(program), *arguments], given)
        if done.returncode:
            said = (done.stderr or done.stdout).strip().splitlines()
            raise SetupError(
                f"PostgreSQL's {program.name} failed ({said[0] if said else 'it did not say why'}); its log is {self._data}/server.log. "
                "Free some disk or memory, then run this again."
            )
        return done.stdout

    def _call(self, command: list[str], given: str = "") -> subprocess.CompletedProcess[str]:
        """``start`` leaves a server that would hold our pipes open, so it gets none."""
        owner = self._nobody
        output = subprocess.DEVNULL if "start" in command else subprocess.PIPE
        password = self._access().password if self._access_file.exists() else ""
        return subprocess.run(
            command, input=given or None, stdin=None if given else subprocess.DEVNULL, text=True, check=False, cwd="/",
            stdout=output, stderr=output, env={"LC_ALL": "C.UTF-8", "PATH": os.environ.get("PATH", ""), "PGPASSWORD": password},
            user=owner.pw_uid if owner else None, group=owner.pw_gid if owner else None, extra_groups=[] if owner else None,
        )  # fmt: skip

    def _access(self) -> _Access:
        return _Access(**json.loads(self._access_file.read_text()))

    def _remember(self, access: _Access) -> None:
        unfinished = self._access_file.with_suffix(".unfinished")
        unfinished.touch(mode=0o600)
        unfinished.write_text(json.dumps(asdict(access)))
        unfinished.rename(self._access_file)

    def _give(self, path: Path) -> None:
        if self._nobody:
            os.chown(path, self._nobody.pw_uid, self._nobody.pw_gid)

    @contextmanager
    def _handed_over(self, secret: str) -> Iterator[Path]:
        """A file that only the server's user can read, for as long as it is needed."""
        file = self._data.with_name("handed-over")
        file.unlink(missing_ok=True)
        file.touch(mode=0o600)
        try:
            file.write_text(secret)
            self._give(file)
            yield file
        finally:
            file.unlink()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One process at a time makes or starts things; the lock ends with its holder."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

"""Keeps a stack's processes running: supervisord with a configuration, a socket and logs of its own.

Every process carries the stack's folder in its environment, so that what a killed supervisord left behind can be found and ended.
"""

import hashlib
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

from ivr.embedded import unix_rpc
from ivr.embedded.polling import wait_until
from ivr.errors import SetupError

MARK: Final = "IVR_STACK"
"""The variable by which a stack knows its processes."""
LONGEST_SOCKET_PATH = 100  # the system allows 107, and supervisord adds its own process id while it binds
STOP_SECONDS = 20.0
RUNNING = "RUNNING"


@dataclass(frozen=True, slots=True)
class Program:
    """One process to keep running. ``stop_seconds``: how long it may take after SIGTERM."""

    name: str
    command: Sequence[str]
    autostart: bool = True
    stop_seconds: int = 10
    environment: Mapping[str, str] | None = None


class Supervisor:
    """One supervisord and its programs. Names are those of ``programs``; an unknown one raises ``xmlrpc.client.Fault``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._configuration = folder / "supervisord.conf"
        self._fingerprint = folder / "supervisord.fingerprint"
        self._socket = _socket_path(folder)

    def is_current(self, programs: Sequence[Program], environment: Mapping[str, str], version: str) -> bool:
        """Whether it runs with just these programs, this environment and this ``version`` of the code."""
        wanted = self._fingerprint_of(programs, environment, version)
        return self.is_running and self._fingerprint.exists() and self._fingerprint.read_text() == wanted

    def ensure_running(self, programs: Sequence[Program], environment: Mapping[str, str], version: str) -> None:
        """Starts everything that should run. What is not current is ended and started anew."""
        if self.is_current(programs, environment, version):
            for program in programs:
                if program.autostart:
                    self.start(program.name)
            return
        self.shut_down()
        _write(self._configuration, self._render(programs))
        self._launch(environment)
        _write(self._fingerprint, self._fingerprint_of(programs, environment, version))

    @property
    def is_running(self) -> bool:
        """Whether our supervisord answers."""
        try:
            return bool(self._call("supervisor.getPID"))
        except OSError:
            return False

    def shut_down(self) -> None:
        """Ends every process of the stack, also those that a killed supervisord left behind."""
        if self.is_running:
            self._call("supervisor.stopAllProcesses")
            self._call("supervisor.shutdown")
            wait_until(lambda: not list(self._ours()), STOP_SECONDS)
        self._end_leftovers()
        self._socket.unlink(missing_ok=True)

    def start(self, name: str) -> None:
        """Starts a program if it does not run."""
        if self.state(name) != RUNNING:
            self._call("supervisor.startProcess", name, False)

    def stop(self, name: str) -> None:
        """Stops a program if it runs, and waits until it has ended."""
        if self.pid(name):
            self._call("supervisor.stopProcess", name)

    def pid(self, name: str) -> int:
        """The program's process id; 0 when it does not run."""
        return cast(int, self._info(name)["pid"])

    def state(self, name: str) -> str:
        """supervisord's word: RUNNING, STARTING, BACKOFF, FATAL, STOPPED, …"""
        return cast(str, self._info(name)["statename"])

    def log(self, name: str) -> Path:
        """Where the program's output goes."""
        return self._folder / "log" / f"{name}.log"

    def _info(self, name: str) -> dict[str, object]:
        return cast(dict[str, object], self._call("supervisor.getProcessInfo", name))

    def _call(self, method: str, *arguments: object) -> object:
        return unix_rpc.call(self._socket, method, *arguments)

    def _fingerprint_of(self, programs: Sequence[Program], environment: Mapping[str, str], version: str) -> str:
        return hashlib.sha256(repr((self._render(programs), sorted(environment.items()), version)).encode()).hexdigest()

    def _launch(self, environment: Mapping[str, str]) -> None:
        (self._folder / "log").mkdir(exist_ok=True)
        command = [sys.executable, "-W", "ignore", "-m", "supervisor.supervisord", "-c", str(self._configuration)]
        clean = {name: value for name, value in os.environ.items() if not name.startswith("IVR_")}
        done = subprocess.run(
            command, env={**clean, **environment, MARK: str(self._folder)}, cwd=self._folder, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise SetupError(f"supervisord did not start ({(done.stderr or done.stdout).strip()}); mend that and run this again.")
        if not wait_until(lambda: self.is_running, STOP_SECONDS):
            raise SetupError(f"supervisord does not answer; see {self.log('supervisord')}, then run this again.")

    def _render(self, programs: Sequence[Program]) -> str:
        head = f"""[unix_http_server]
file = {_literal(self._socket)}
chmod = 0600

[supervisord]
logfile = {_literal(self.log("supervisord"))}
logfile_maxbytes = 10MB
pidfile = {_literal(self._folder / "supervisord.pid")}
silent = true

[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
"""
        return "\n".join([head, *map(self._render_program, programs)])

    def _render_program(self, program: Program) -> str:
        extra = ",".join(f'{name}="{_literal(value)}"' for name, value in (program.environment or {}).items())
        return f"""[program:{program.name}]
command = {_literal(" ".join(map(_quoted, program.command)))}
directory = {_literal(self._folder)}
environment = {extra}
autostart = {program.autostart}
autorestart = true
startsecs = 1
startretries = 5
stopwaitsecs = {program.stop_seconds}
stopasgroup = true
killasgroup = true
redirect_stderr = true
stdout_logfile = {_literal(self.log(program.name))}
stdout_logfile_maxbytes = 10MB
stdout_logfile_backups = 2
"""

    def _ours(self) -> Iterator[int]:
        """Process ids that carry this stack's mark."""
        mark = f"{MARK}={self._folder}".encode()
        for entry in Path("/proc").iterdir():
            if entry.name.isdecimal() and int(entry.name) != os.getpid() and mark in _environment(entry):
                yield int(entry.name)

    def _end_leftovers(self) -> None:
        for number in (signal.SIGTERM, signal.SIGKILL):
            for pid in self._ours():
                _signal(pid, number)
            if wait_until(lambda: not list(self._ours()), 5.0):
                return
        raise SetupError(f"Processes {list(self._ours())} can't be ended; end them by hand.")


def _socket_path(folder: Path) -> Path:
    """In the stack's folder, or, where that is too long for a socket, in a folder of ours among the temporary files."""
    path = folder / "supervisor.sock"
    if len(str(path)) <= LONGEST_SOCKET_PATH:
        return path
    short = Path(tempfile.gettempdir()) / f"ivr-{os.geteuid()}"
    short.mkdir(mode=0o700, exist_ok=True)
    if short.is_symlink() or short.stat().st_uid != os.geteuid() or short.stat().st_mode & 0o077:
        raise SetupError(f"{short} is not only yours, so the stack's socket can't be there; remove it or use a shorter IVR_STATE_FOLDER.")
    return short / f"{hashlib.sha256(str(folder).encode()).hexdigest()[:12]}.sock"


def _environment(process: Path) -> list[bytes]:
    try:
        return (process / "environ").read_bytes().split(b"\0")
    except OSError:  # it has just ended, or is somebody else's
        return []


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _write(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text)


def _quoted(word: str) -> str:
    return f'"{word}"' if " " in word else word


def _literal(value: object) -> str:
    """supervisord's configuration expands ``%``."""
    return str(value).replace("%", "%%")

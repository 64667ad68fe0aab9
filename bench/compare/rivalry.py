"""The rivals, running: a second Asterisk with the hotline's own configuration but for the dialplan, and the two FastAGI servers."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psycopg

from bench.rivals import covered, words
from ivr import asterisk_conf, pins
from ivr.embedded import probes
from ivr.embedded.asterisk import PROJECT, Asterisk
from ivr.embedded.cast import ANN, COVERED
from ivr.embedded.polling import wait_until
from ivr.embedded.stack import Stack
from ivr.errors import SetupError

DATABASE: Final = "rivals"
READY_SECONDS: Final = 30.0
ENGINEER_KEYS: Final = "rival_resolved#rival_stabilised#rival_caller_stopped#rival_verified#rival_no_charge"


@dataclass(frozen=True, slots=True)
class Ports:
    """The rivals' own."""

    sip: int
    ami: int
    panoramisk: int
    threads: int
    rtp_start: int
    rtp_end: int


@dataclass(frozen=True, slots=True)
class Rivals:
    """Process ids, and ways to ask what became of the calls."""

    asterisk: int
    panoramisk: int
    threads: int
    database_url: str
    sip_port: int
    command: tuple[str, ...]
    """Asterisk's command line client."""

    def finished(self) -> int:
        """Calls that a Python rival has brought to the goodbye of a resolved emergency."""
        with psycopg.connect(self.database_url) as records:
            row = records.execute("SELECT count(*) FROM rival_call WHERE reason = 'resolved'").fetchone()
        return int(row[0]) if row else 0

    def natively_finished(self) -> int:
        """The same of the native dialplan."""
        return sum(line.endswith("resolved") for line in map(str.strip, self.ask("database show rival_done").splitlines()))

    def ask(self, command: str) -> str:
        """One command of Asterisk's console."""
        return subprocess.run([*self.command, "-rx", command], capture_output=True, text=True, check=True).stdout


@contextmanager
def running(stack: Stack, found: Asterisk, ports: Ports, engineer_port: int) -> Iterator[Rivals]:
    """All of them, beside a stack that is up. Raises SetupError when one does not start."""
    folder = stack.folder / "rivals"
    for part in ("lib", "spool", "log"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    url = _records(stack)
    _configure(stack, found, ports, folder)
    environment = {**os.environ, covered.DATABASE: url, covered.ENGINEER: ANN.phone, "PYTHONPATH": str(PROJECT)}
    etc = folder / "etc/asterisk.conf"
    with ExitStack() as programs:
        log = programs.enter_context((folder / "log/programs.log").open("wb"))

        def start(*command: str) -> int:
            return programs.enter_context(_program([*command], environment, log.fileno()))

        asterisk = start(*found.command, "-f", "-C", str(etc))
        panoramisk = start(sys.executable, "-m", "bench.rivals.panoramisk_server", str(ports.panoramisk))
        threads = start(sys.executable, "-m", "bench.rivals.thread_server", str(ports.threads))
        _await(ports, folder)
        rivals = Rivals(asterisk, panoramisk, threads, url, ports.sip, (*found.command, "-C", str(etc)))
        rivals.ask(f"database put rival_pin {COVERED.account} {COVERED.pin}")
        yield rivals


def _await(ports: Ports, folder: Path) -> None:
    servers = (ports.panoramisk, ports.threads)
    if not wait_until(lambda: probes.sip_answers(ports.sip) and all(map(_listens, servers)), READY_SECONDS):
        raise SetupError(f"The rivals do not all answer; see {folder / 'log'}, then run this again.")


def _listens(port: int) -> bool:
    """Without connecting: panoramisk 1.4 spins for ever on a connection that ends before its first words (seen)."""
    rows = [row.split() for row in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return any(row[1].endswith(f":{port:04X}") and row[3] == "0A" for row in rows)


def _records(stack: Stack) -> str:
    """The rivals' database, with the one customer who calls. The PIN's hash is as the hotline's, its pepper aside."""
    url = stack.postgres.database(DATABASE)
    with psycopg.connect(url) as records:
        records.execute(covered.TABLES)
        records.execute(
            "INSERT INTO rival_customer VALUES (%s, %s, true) ON CONFLICT (account) DO UPDATE SET pin_hash = EXCLUDED.pin_hash",
            (COVERED.account, pins._hasher.hash(COVERED.pin)),
        )
    return url


def _configure(stack: Stack, found: Asterisk, ports: Ports, folder: Path) -> None:
    settings = stack.settings.model_copy(
        update={"sip_port": ports.sip, "ami_port": ports.ami, "rtp_start": ports.rtp_start, "rtp_end": ports.rtp_end}
    )
    own = asterisk_conf.hotline_values(settings)
    values = {
        **own,
        "asterisk_modules": str(found.modules), "asterisk_music": str(found.music), "asterisk_data": str(stack.folder / "asterisk"),
        "hotline_folder": str(folder), "engineer": ANN.phone, "process_program": str(_process_program(folder)),
        "panoramisk_port": str(ports.panoramisk), "threads_port": str(ports.threads), "ring_seconds": str(words.RING_SECONDS),
    }  # fmt: skip
    said = {
        "price": words.PRICE, "terms": words.TERMS, "category": words.CATEGORY, "account": words.ACCOUNT, "pin": words.PIN,
        "covered": words.COVERED, "whisper": words.WHISPER, "confirm": words.CONFIRM, "goodbye": words.GOODBYE,
    }  # fmt: skip
    lines = {name: words.joined(sounds) for name, sounds in said.items()}
    lines |= {**asterisk_conf.hotline_blocks(settings, own), "engineer_keys": ENGINEER_KEYS}
    sources = (PROJECT / "asterisk-conf", PROJECT / "dialplan", PROJECT / "bench/rivals/conf")
    asterisk_conf.render_folder(sources, folder / "etc", values, lines)


def _process_program(folder: Path) -> Path:
    """What Asterisk starts for each call: the rival's module, by this Python without a shell between."""
    program = folder / "process_per_call"
    program.write_text(f"#!{sys.executable}\nimport runpy\nrunpy.run_module('bench.rivals.process_per_call', run_name='__main__')\n")
    program.chmod(0o755)
    return program


@contextmanager
def _program(command: list[str], environment: dict[str, str], log: int) -> Iterator[int]:
    """Its process id; ended whatever happens."""
    with subprocess.Popen(command, env=environment, cwd=PROJECT, stdin=subprocess.DEVNULL, stdout=log, stderr=log) as process:
        try:
            yield process.pid
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()

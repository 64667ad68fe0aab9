"""SIPp as the carrier: callers at a steady pace on one side, the engineer's phone on the other. Every run is bounded."""

import csv
import string
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.compare import rtp
from ivr.embedded.polling import wait_until
from ivr.errors import SetupError

HERE: Final = Path(__file__).parent
MEDIA: Final = 6
"""The phones' sound comes from, and goes to, SIPp's media port and so many (``m=`` in the scenarios)."""
CALLER_MEDIA, ENGINEER_MEDIA = 10, 20
"""SIPp's own media ports, above its first port."""
MOST: Final = 3000
_GOODBYE_SECONDS: Final = 5.0


class _Template(string.Template):
    delimiter = "@"
    pattern = r"@(?:\{(?P<braced>[a-z]+)\}|(?P<named>(?!))|(?P<escaped>(?!))|(?P<invalid>(?!)))"  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class Manner:
    """How the phones behave. Keys: seconds after the answer, and the key."""

    caller_keys: Sequence[tuple[float, str]]
    caller_seconds: float
    engineer_keys: Sequence[tuple[float, str]]
    engineer_seconds: float
    ring_seconds: float = 0.5
    hangs_up_after: float | None = None  # the caller; None: waits for the other side


@dataclass(frozen=True, slots=True)
class Result:
    """Calls that both ends' SIPp took for good, and when (wall clock) each caller was answered and each engineer's INVITE came."""

    calls: int
    callers: int
    engineers: int
    answered: tuple[float, ...]
    invited: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """Where to call and where to be called. ``first_port``: SIPp takes it, the engineer's and their media above. ``hang_up`` ends
    every call of the Asterisk that is called."""

    sip_port: int
    user: str
    engineer_port: int
    first_port: int
    hang_up: Callable[[], object]


@dataclass(frozen=True, slots=True)
class Running:
    """SIPp at work."""

    programs: dict[str, subprocess.Popen[bytes]]
    scratch: Path
    calls: int
    until: float
    hang_up: Callable[[], object]

    def wait(self) -> Result:
        """Until every call is over, at the latest at the end of the time."""
        self._ended("caller", max(1.0, self.until - time.monotonic()))
        if not self._ended("engineer", 2.0):
            self.hang_up_all()
        return Result(self.calls, self._good("caller"), self._good("engineer"), self._times("caller"), self._times("engineer"))

    def hang_up_all(self) -> None:
        """While both phones are still there to hear it: a BYE that arrives in the next run would be taken for a call of it."""
        self.hang_up()
        for name, process in self.programs.items():
            if not self._ended(name, _GOODBYE_SECONDS):
                process.terminate()
                process.wait(10)

    def _ended(self, name: str, within: float) -> bool:
        try:
            self.programs[name].wait(within)
        except subprocess.TimeoutExpired:
            return False
        return True

    def _good(self, name: str) -> int:
        file = self.scratch / f"{name}.csv"
        rows = list(csv.DictReader(file.read_text().splitlines(), delimiter=";")) if file.exists() else []
        return int(rows[-1]["SuccessfulCall(C)"]) if rows else 0

    def _times(self, name: str) -> tuple[float, ...]:
        file = self.scratch / f"{name}.log"
        lines = [line.split() for line in file.read_text().splitlines()] if file.exists() else []
        return tuple(float(line[0]) + float(line[1]) / 1e6 for line in lines if len(line) == 2)


@contextmanager
def calling(line: Line, manner: Manner, *, calls: int, a_second: float, scratch: Path, longest: float) -> Iterator[Running]:
    """So many calls at this pace; ``longest``: seconds of one call at most. Raises SetupError when SIPp does not start."""
    scratch.mkdir(parents=True, exist_ok=True)
    for old in scratch.iterdir():
        old.unlink()
    _write(scratch, manner, calls)
    until = time.monotonic() + calls / a_second + longest
    with ExitStack() as stack:
        engineer = stack.enter_context(_sipp("engineer", [*_engineer(line, calls)], scratch))
        if not wait_until(lambda: _listens(line.engineer_port), 5.0):
            raise SetupError(f"SIPp does not listen: {(scratch / 'engineer.screen').read_text(errors='replace')[-300:]}")
        caller = stack.enter_context(_sipp("caller", [*_caller(line, calls, a_second)], scratch))
        yield Running({"caller": caller, "engineer": engineer}, scratch, calls, until, line.hang_up)


def media_ports(line: Line) -> tuple[int, int]:
    """From which the caller's and the engineer's sound comes."""
    return line.first_port + CALLER_MEDIA + MEDIA, line.first_port + ENGINEER_MEDIA + MEDIA


def _write(scratch: Path, manner: Manner, calls: int) -> None:
    rtp.write(scratch / "caller.pcap", manner.caller_seconds, manner.caller_keys)
    rtp.write(scratch / "engineer.pcap", manner.engineer_seconds, manner.engineer_keys)
    ending = (HERE / ("waits_for_bye.xml" if manner.hangs_up_after is None else "hangs_up.xml")).read_text()
    talk = _Template(ending).safe_substitute(talk=round((manner.hangs_up_after or 0) * 1000))
    for name in ("caller", "engineer"):
        values = {"capture": str(scratch / f"{name}.pcap"), "ending": talk, "ring": str(round(manner.ring_seconds * 1000))}
        (scratch / f"{name}.xml").write_text(_Template((HERE / f"{name}.xml").read_text()).substitute(values))
    first = int(time.time() * 10)  # nobody calls twice: who does is asked whether they want to go back to their engineer
    numbers = "".join(f"555{(first + number) % 10_000_000:07}\n" for number in range(calls))
    (scratch / "callers.csv").write_text("SEQUENTIAL\n" + numbers)


def _common(name: str, port: int, media: int) -> list[str]:
    return [
        "-sf", f"{name}.xml", "-i", "127.0.0.1", "-p", str(port), "-mi", "127.0.0.1", "-mp", str(media), "-nostdin",
        "-trace_stat", "-stf", f"{name}.csv", "-fd", "1", "-trace_logs", "-log_file", f"{name}.log",
        "-trace_err", "-error_file", f"{name}.err", "-l", str(MOST), "-recv_timeout", "180000",
    ]  # fmt: skip


def _caller(line: Line, calls: int, a_second: float) -> list[str]:
    pace = ["-r", str(round(a_second)), "-rp", "1000"] if a_second >= 1 else ["-r", "1", "-rp", str(round(1000 / a_second))]
    target = [f"127.0.0.1:{line.sip_port}", "-s", line.user, "-inf", "callers.csv", "-m", str(calls)]
    return [*target, *pace, *_common("caller", line.first_port, line.first_port + CALLER_MEDIA)]


def _engineer(line: Line, calls: int) -> list[str]:
    return ["-m", str(calls), *_common("engineer", line.engineer_port, line.first_port + ENGINEER_MEDIA)]


@contextmanager
def _sipp(name: str, arguments: list[str], scratch: Path) -> Iterator[subprocess.Popen[bytes]]:
    """SIPp, ended whatever happens."""
    with ExitStack() as stack:
        screen = stack.enter_context((scratch / f"{name}.screen").open("wb"))
        process = stack.enter_context(subprocess.Popen(["sipp", *arguments], stdout=screen, stderr=screen, cwd=scratch))
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def _listens(port: int) -> bool:
    """Whether somebody holds this UDP port."""
    wanted = f":{port:04X}"
    return any(row.split()[1].endswith(wanted) for row in Path("/proc/net/udp").read_text().splitlines()[1:])

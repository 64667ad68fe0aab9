"""Many callers at once in the disclosure, by SIPp on the loopback. Bounded in calls and seconds: it stops by itself."""

import csv
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from bench.measures import Measure
from ivr.embedded.stack import Stack
from ivr.errors import SetupError
from ivr.store import Store

SCENARIO: Final = Path(__file__).with_name("disclosure.xml")
DIGIT: Final = Path("/usr/share/sip-tester/dtmf_2833_9.pcap")
CALLS_A_SECOND: Final = 25
"""All are in the disclosure together: a call lasts 14 s."""
TIME_LIMIT: Final = 60
LOCAL_PORT: Final = 23900
MEDIA_PORT: Final = 23910


def measure(stack: Stack, callers: int) -> list[Measure]:
    """SIP failures of so many callers at once, and how many of them did not get into the disclosure. Raises SetupError without SIPp."""
    if shutil.which("sipp") is None or not DIGIT.exists():
        raise SetupError("SIPp is not installed; install Debian's package sip-tester and run this again.")
    with Store(stack.settings) as store, TemporaryDirectory() as scratch:
        before = _newest(store)
        failed, succeeded = _run(stack, callers, Path(scratch))
        begun = _newest(store) - before
    how = f"{succeeded} calls of {callers} went from INVITE to BYE"
    return [
        Measure("SIP failures, callers at once in the disclosure", failed + callers - failed - succeeded, "calls", 0, how),
        Measure("callers whom no script served", callers - begun, "calls", 0, f"{begun} incidents were opened"),
    ]


def _run(stack: Stack, callers: int, scratch: Path) -> tuple[int, int]:
    """Failed and successful calls."""
    with _sipp(_command(stack, callers, scratch), scratch) as sipp:
        sipp.wait(TIME_LIMIT + 30)
    if not (scratch / "calls.csv").exists():
        raise SetupError(f"SIPp did not start: {(scratch / 'screen').read_text(errors='replace').strip()[-300:]}")
    rows = list(csv.DictReader((scratch / "calls.csv").read_text().splitlines(), delimiter=";"))
    return int(rows[-1]["FailedCall(C)"]), int(rows[-1]["SuccessfulCall(C)"])


def _command(stack: Stack, callers: int, scratch: Path) -> list[str]:
    settings = stack.settings
    return [
        "sipp", f"{settings.sip_host}:{settings.sip_port}", "-sf", str(SCENARIO), "-s", settings.did.removeprefix("+"),
        "-i", "127.0.0.1", "-p", str(LOCAL_PORT), "-mi", "127.0.0.1", "-mp", str(MEDIA_PORT),
        "-m", str(callers), "-l", str(callers), "-r", str(CALLS_A_SECOND), "-timeout", str(TIME_LIMIT), "-nostdin",
        "-trace_stat", "-stf", str(scratch / "calls.csv"), "-fd", "1",
    ]  # fmt: skip


@contextmanager
def _sipp(command: list[str], scratch: Path) -> Iterator[subprocess.Popen[bytes]]:
    """SIPp, ended whatever happens."""
    with (scratch / "screen").open("wb") as screen, subprocess.Popen(command, stdout=screen, stderr=screen, cwd=scratch) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def _newest(store: Store) -> int:
    return max((each.id for each in store.incidents(limit=1)), default=0)

"""``ivr serve`` or ``ivr worker`` as a program that kills itself (SIGKILL) right before or after one boundary.

Run as ``python crashing.py serve`` in a stack's environment (``Stack(launchers=…)``). The plan stands in the stack's folder and is
removed before the kill, so that the process that is started instead lives. While a record is asked for, every boundary that is
crossed is written into it, each as ``PROGRAM KIND NAME``: a query of the records, a request to Stripe, a job.
"""

import json
import os
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Final
from urllib.parse import urlsplit

PLAN: Final = "crash-plan.json"
RECORD: Final = "crash-record.txt"
BEFORE, AFTER = "before", "after"


@dataclass(frozen=True, slots=True)
class Plan:
    """Where to die: at the ``hit``-th crossing of ``boundary`` since the plan was made, ``before`` or ``after`` it."""

    boundary: str
    side: str
    hit: int = 1

    def __str__(self) -> str:
        return f"{self.side} {self.boundary}" + (f" ({self.hit}.)" if self.hit > 1 else "")

    def lay(self, folder: Path) -> None:
        """From now on it holds for the stack in ``folder``."""
        unfinished = folder / f"{PLAN}.unfinished"
        unfinished.write_text(json.dumps(asdict(self)))
        unfinished.rename(folder / PLAN)

    def hits(self, program: str) -> bool:
        """Whether it is this program that dies."""
        return self.boundary.startswith(f"{program} ")

    def is_done(self, folder: Path) -> bool:
        """Whether somebody died of it."""
        return not (folder / PLAN).exists()


def forget_plans(folder: Path) -> None:
    """Nobody is to die in the stack there any more."""
    (folder / PLAN).unlink(missing_ok=True)


class Boundaries:
    """Those that this process crosses, from any thread."""

    def __init__(self, program: str, folder: Path) -> None:
        self._program = program
        self._plan, self._record = folder / PLAN, folder / RECORD
        self._lock = Lock()
        self._made: object = None
        self._crossed: Counter[tuple[str, str]] = Counter()

    @contextmanager
    def crossing(self, kind: str, name: str) -> Iterator[None]:
        """What is done inside the block is what is done at the boundary. One that fails has no after."""
        boundary = f"{self._program} {kind} {name}"
        self._side(boundary, BEFORE)
        yield
        self._side(boundary, AFTER)

    def _side(self, boundary: str, side: str) -> None:
        with self._lock:
            if side == BEFORE and self._record.exists():
                with self._record.open("a") as record:
                    record.write(boundary + "\n")
            plan = self._read()
            if plan is None:
                return
            self._crossed[boundary, side] += 1
            if (plan.boundary, plan.side) == (boundary, side) and self._crossed[boundary, side] == plan.hit:
                self._plan.unlink()
                os.kill(os.getpid(), signal.SIGKILL)

    def _read(self) -> Plan | None:
        """The plan; the count begins anew with each."""
        try:
            made: object = (self._plan.stat().st_ino, self._plan.stat().st_mtime_ns)
            plan = Plan(**json.loads(self._plan.read_text()))
        except FileNotFoundError:
            made, plan = None, None
        if made != self._made:
            self._made = made
            self._crossed.clear()
        return plan


def _watch_queries(boundaries: Boundaries) -> None:
    from ivr.records.database import Database

    rows = Database.rows

    def watched(self: Database, name: str, /, **values: object) -> list[dict[str, Any]]:
        with boundaries.crossing("query", name):
            return rows(self, name, **values)

    Database.rows = watched  # type: ignore[method-assign]


def _watch_requests(boundaries: Boundaries) -> None:
    from ivr.stripe_retry import Deadline
    from ivr.stripe_wire import Answer, Wire

    send = Wire.send

    def watched(self: Wire, method: str, url: str, headers: Mapping[str, str], body: str | None, deadline: Deadline) -> Answer:
        with boundaries.crossing("request", f"{method} {_shape(url)}"):
            return send(self, method, url, headers, body, deadline)

    Wire.send = watched  # type: ignore[method-assign]


def _shape(url: str) -> str:
    """The path with ``ID`` for what differs from payment to payment."""
    return "/".join("ID" if part.startswith("pi_") else part for part in urlsplit(url).path.split("/"))


def _watch_jobs(boundaries: Boundaries) -> None:
    from ivr import jobs

    for name in ("settle", "look_at"):
        task = jobs.queue.tasks[f"ivr:{name}"]
        task.func = _watched_job(boundaries, name, task.func)


def _watched_job(boundaries: Boundaries, name: str, work: Callable[..., None]) -> Callable[..., None]:
    def watched(*given: Any, **named: Any) -> None:
        with boundaries.crossing("job", name):
            work(*given, **named)

    return watched


def main(program: str) -> None:
    """Runs ``ivr PROGRAM`` with its boundaries watched."""
    boundaries = Boundaries(program, Path(os.environ["IVR_STATE_FOLDER"]))
    _watch_queries(boundaries)
    _watch_requests(boundaries)
    _watch_jobs(boundaries)
    from ivr.__main__ import app

    app([program])


if __name__ == "__main__":
    main(sys.argv[1])

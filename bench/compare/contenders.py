"""Who is compared: each with its number to call, its programs by kind, and how to see that a call was served in full."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psycopg

from bench.compare.cpu import Spent, spent
from bench.compare.rivalry import Rivals
from ivr.embedded.stack import Stack

NATIVE: Final = "native dialplan, AstDB"
OURS: Final = "the hotline"
PROCESS: Final = "pyst2, a process a call"
PANORAMISK: Final = "panoramisk, asyncio"
THREADS: Final = "threads, a connection a call"


@dataclass(frozen=True, slots=True)
class Contender:
    """``programs``: processor time so far by kind. ``finished``: calls brought to the goodbye of a resolved emergency, ever.

    ``ask`` gives its Asterisk's console a command.
    """

    name: str
    sip_port: int
    user: str
    programs: Callable[[], Mapping[str, float]]
    finished: Callable[[], int]
    ask: Callable[[str], str]


def contenders(stack: Stack, rivals: Rivals, console: Callable[[str], str]) -> list[Contender]:
    """All five, the floor first. ``console``: the hotline's Asterisk's."""
    postmaster = postmaster_pid(stack)

    def rival(name: str, user: str, app: Callable[[Spent], float], finished: Callable[[], int]) -> Contender:
        def programs() -> Mapping[str, float]:
            asterisk = spent(rivals.asterisk)
            return {"Asterisk": asterisk.own, "application": app(asterisk), "PostgreSQL": spent(postmaster).total}

        return Contender(name, rivals.sip_port, user, programs, finished, rivals.ask)

    def ours() -> Mapping[str, float]:
        others = sum(spent(stack.pid(name)).total for name in ("worker", "console"))
        serve, asterisk = spent(stack.pid("serve")).total, spent(stack.pid("hotline-asterisk")).total
        return {"Asterisk": asterisk, "application": serve, "PostgreSQL": spent(postmaster).total, "worker, console": others}

    return [
        rival(NATIVE, "native", lambda asterisk: 0.0, rivals.natively_finished),
        Contender(OURS, stack.ports.sip_port, stack.settings.did.removeprefix("+"), ours, lambda: _resolved(stack), console),
        rival(PROCESS, "process", lambda asterisk: asterisk.children, rivals.finished),
        rival(PANORAMISK, "panoramisk", lambda asterisk: spent(rivals.panoramisk).total, rivals.finished),
        rival(THREADS, "threads", lambda asterisk: spent(rivals.threads).total, rivals.finished),
    ]


def postmaster_pid(stack: Stack) -> int:
    """PostgreSQL's first process, whose children are all the others."""
    with psycopg.connect(str(stack.settings.database_url)) as records:
        row = records.execute("SELECT pg_backend_pid()").fetchone()
        assert row is not None
        return int(Path(f"/proc/{row[0]}/stat").read_text().rpartition(")")[2].split()[1])


def _resolved(stack: Stack) -> int:
    with psycopg.connect(str(stack.settings.database_url)) as records:
        row = records.execute("SELECT count(*) FROM incident WHERE reason = 'resolved'").fetchone()
    return int(row[0]) if row else 0

"""Many talks at once with sound both ways: the hotline's metered bridges against bare ``Dial`` with the same keys."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from bench.compare import covered_call
from bench.compare.calls import Bench
from bench.compare.contenders import OURS, Contender
from bench.compare.load import Line, Manner, calling, media_ports
from ivr.embedded.asterisk import PROJECT
from ivr.embedded.polling import wait_until
from ivr.errors import SetupError

BARE: Final = "bare Dial, same keys"
SECONDS: Final = 30.0
"""Of the talks that are measured, all of them at once."""
A_SECOND: Final = 4
SETTLED: Final = 3.0
_LEGS: Final = 2


@dataclass(frozen=True, slots=True)
class Bridges:
    """``cpu``: percent of a core a bridge, by kind of program. ``missing``: packets that did not arrive, of ``expected``, at
    either phone (by sequence number) and ``lost`` at Asterisk (by its own RTP statistics)."""

    contender: str
    bridges: int
    asked: int
    cpu: Mapping[str, float]
    expected: int
    missing: int
    lost: int


Ask = Callable[[str], str]
"""One command of an Asterisk's console."""


def measure(bench: Bench, contender: Contender, bridges: int, *, seconds: float = SECONDS, a_second: float = A_SECOND) -> Bridges:
    """Bring up so many talks, measure while all of them go on, hang up. Raises SetupError when nobody talks."""
    ready = (covered_call.last_key(bench.ease) + covered_call.RING + covered_call.WHISPERED * bench.ease) if contender.name == OURS else 2.0
    lasts = bridges / a_second + ready + seconds + 20.0 * bench.ease
    manner = _manner(contender, bench.ease, lasts)
    line = bench.line(contender)
    scratch = bench.scratch / "bridges"
    with ears(line) as hear, calling(line, manner, calls=bridges, a_second=a_second, scratch=scratch, longest=lasts + 30) as running:
        try:
            wait_until(lambda: _talks(contender.ask) >= bridges, bridges / a_second + ready + 10.0 * bench.ease)
            time.sleep(SETTLED)  # the last keys and first packets belong to the beginning
            if not _talks(contender.ask):
                raise SetupError(f"None of {bridges} calls to {contender.name} came to a talk.")
            return _measured(contender, bridges, seconds, hear)
        finally:
            running.hang_up_all()


def _measured(contender: Contender, asked: int, seconds: float, hear: Callable[[], list[dict[str, int]]]) -> Bridges:
    talks = _talks(contender.ask)
    lost_before = _lost(contender.ask)
    hear()
    before, began = contender.programs(), time.monotonic()
    time.sleep(seconds)  # the span that is measured
    passed, after, heard = time.monotonic() - began, contender.programs(), hear()
    cpu = {kind: (after[kind] - before[kind]) / passed / talks * 100 for kind in after}
    expected = sum(each["came"] + each["missing"] for each in heard)
    return Bridges(contender.name, talks, asked, cpu, expected, sum(each["missing"] for each in heard), _lost(contender.ask) - lost_before)


def _manner(contender: Contender, ease: float, lasts: float) -> Manner:
    """The hotline's phones go through the call; nobody has to press a key for a bare ``Dial``."""
    if contender.name != OURS:
        return Manner((), lasts, (), lasts, 0.5, lasts)
    covered = covered_call.manner(ease)
    return Manner(covered.caller_keys, lasts, covered.engineer_keys[:1], lasts, covered.ring_seconds, lasts)


@contextmanager
def ears(line: Line) -> Iterator[Callable[[], list[dict[str, int]]]]:
    """The phones' ears (``sink.py``); called, they tell what they heard since the last time: the caller's, then the engineer's."""
    command = [sys.executable, "-m", "bench.compare.sink", *map(str, media_ports(line))]
    with subprocess.Popen(command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as sink:
        assert sink.stdin is not None
        assert sink.stdout is not None
        asking, answers = sink.stdin, sink.stdout

        def hear() -> list[dict[str, int]]:
            asking.write("\n")
            asking.flush()
            heard: list[dict[str, int]] = json.loads(answers.readline())
            return heard

        try:
            yield hear
        finally:
            asking.close()
            sink.wait(10)


def _talks(ask: Ask) -> int:
    """Bridges with both legs in them."""
    rows = [line.split() for line in ask("bridge show all").splitlines()[1:]]
    return sum(str(_LEGS) in row[1:] for row in rows)


def _lost(ask: Ask) -> int:
    """Packets that Asterisk missed from the phones, over all channels that there are."""
    rows: Sequence[Sequence[str]] = [line.split() for line in ask("pjsip show channelstats").splitlines()]
    return sum(_lost_in(row) for row in rows)


def _lost_in(row: Sequence[str]) -> int:
    """The receive side's lost packets in a channel's line: bridge, channel, up time, codec, count, lost, percent, jitter, …"""
    times = [place for place, word in enumerate(row) if word.count(":") == 2]
    if not times or len(row) < times[0] + 4 or not row[times[0] + 3].isdigit():
        return 0
    return int(row[times[0] + 3])

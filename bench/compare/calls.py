"""Covered calls at a steady pace, contender after contender in each round: processor time of a call, and how soon the engineer is rung."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from bench.compare import covered_call
from bench.compare.contenders import Contender
from bench.compare.load import Line, Manner, Result, calling, media_ports
from bench.compare.sink import deaf

HANG_UP: Final = "channel request hangup all"
PACE: Final = 0.25
"""Calls a second: with the seconds of ``covered_call.py`` no engineer is needed while another call's talk goes on, so the first on the
rota takes every call."""
IDLE_SECONDS: Final = 60.0
"""Long enough for what comes once a minute."""


@dataclass(frozen=True, slots=True)
class Round:
    """What one contender's calls of one round took. ``cpu``: milliseconds a call by kind of program; ``invited``: ms from 9 to INVITE."""

    contender: str
    calls: int
    served: int
    cpu: Mapping[str, float]
    invited: Sequence[float]


@dataclass(frozen=True, slots=True)
class Bench:
    """Where calls come from and go to, and how much time a caller is given."""

    engineer_port: int
    first_port: int
    scratch: Path
    ease: float

    def line(self, contender: Contender) -> Line:
        return Line(contender.sip_port, contender.user, self.engineer_port, self.first_port, partial(contender.ask, HANG_UP))


def idle_shares(everybody: Sequence[Contender], seconds: float) -> dict[str, dict[str, float]]:
    """What each contender's programs take of a core when nobody calls, by kind."""
    before = {each.name: each.programs() for each in everybody}
    began = time.monotonic()
    time.sleep(seconds)  # the span that is measured
    passed = time.monotonic() - began
    return {each.name: {kind: (now - before[each.name][kind]) / passed for kind, now in each.programs().items()} for each in everybody}


def warm_up(bench: Bench, everybody: Sequence[Contender]) -> None:
    """One call each that does not count: what is loaded and connected only then is no part of a call."""
    for each in everybody:
        _run(bench, each, covered_call.manner(bench.ease), 1, 1.0)


def one_round(bench: Bench, contender: Contender, calls: int, idle: Mapping[str, float], a_second: float = PACE) -> Round:
    """So many calls at this pace, and what they took beyond what is taken when nobody calls."""
    manner = covered_call.manner(bench.ease)
    before, done, began = contender.programs(), contender.finished(), time.monotonic()
    result = _run(bench, contender, manner, calls, a_second)
    passed, after = time.monotonic() - began, contender.programs()
    cpu = {kind: (after[kind] - before[kind] - idle[kind] * passed) / calls * 1000 for kind in after}
    served = min(result.callers, result.engineers, contender.finished() - done)
    return Round(contender.name, calls, served, cpu, _delays(result, bench.ease))


def rounds(
    bench: Bench,
    everybody: Sequence[Contender],
    idle: Mapping[str, Mapping[str, float]],
    *,
    count: int,
    calls: int,
    say: Callable[[str], None],
) -> list[Round]:
    """All contenders in each round, each time another one first."""
    found = []
    for number in range(count):
        turn = number % len(everybody)
        for each in (*everybody[turn:], *everybody[:turn]):
            found.append(one_round(bench, each, calls, idle[each.name]))
            cpu = ", ".join(f"{kind} {ms:.1f} ms" for kind, ms in found[-1].cpu.items())
            say(f"round {number + 1}, {each.name}: {found[-1].served} of {calls} calls served in full; a call took {cpu}")
    return found


def _run(bench: Bench, contender: Contender, manner: Manner, calls: int, a_second: float) -> Result:
    scratch = bench.scratch / contender.user
    longest = covered_call.LONGEST * bench.ease
    line = bench.line(contender)
    with deaf(*media_ports(line)), calling(line, manner, calls=calls, a_second=a_second, scratch=scratch, longest=longest) as running:
        return running.wait()


def _delays(result: Result, ease: float) -> list[float]:
    """Milliseconds from the end of each 9 to the engineer's INVITE. The calls are in order when none has failed."""
    if len(result.answered) != len(result.invited):
        return []
    pairs = zip(sorted(result.answered), sorted(result.invited), strict=True)
    return [(invited - answered - covered_call.nine(ease)) * 1000 for answered, invited in pairs]

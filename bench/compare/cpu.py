"""Processor time of a program and of everything that it starts, to the nanosecond for what lives, to 10 ms for what has ended."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from bench.process import cpu_seconds


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds of processor time: the program's own, and that of its children, the ended ones too."""

    own: float
    children: float

    def __sub__(self, earlier: Self) -> "Spent":
        return Spent(self.own - earlier.own, self.children - earlier.children)

    @property
    def total(self) -> float:
        return self.own + self.children


def spent(pid: int) -> Spent:
    """So far. Ended children count where their parent has waited for them (``times(2)``, ``tms_cutime``)."""
    children = _ended_children(pid) + sum(_living(child) for child in _children(pid))
    return Spent(cpu_seconds(pid), children)


def _living(pid: int) -> float:
    try:
        return spent(pid).total
    except (OSError, IndexError):  # it has just ended; its parent has its time now
        return 0.0


def _ended_children(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")  # cutime, cstime: fields 16 and 17 of proc(5)


def _children(pid: int) -> Iterator[int]:
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            yield from map(int, (task / "children").read_text().split())
        except OSError:  # the thread has just ended
            continue

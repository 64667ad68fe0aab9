"""One measured number beside what it should be, and the table of all of them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rich.table import Table

DIGITS: Final = 3


@dataclass(frozen=True, slots=True)
class Measure:
    """``value`` should be at most ``limit``; ``detail`` says how it came about."""

    what: str
    value: float
    unit: str
    limit: float
    detail: str

    @property
    def is_met(self) -> bool:
        return self.value <= self.limit


def p95(values: Sequence[float]) -> float:
    """The 95th percentile by nearest rank: of 20 values the second largest. Raises ValueError when there are none."""
    if not values:
        raise ValueError("nothing was measured")
    return sorted(values)[math.ceil(0.95 * len(values)) - 1]


def latency(what: str, seconds: Sequence[float], limit_ms: float) -> Measure:
    """The 95th percentile of some seconds, in milliseconds."""
    ms = [each * 1000 for each in seconds]
    detail = f"p95 of {len(ms)}; median {sorted(ms)[len(ms) // 2]:.0f}, worst {max(ms):.0f}"
    return Measure(what, p95(ms), "ms", limit_ms, detail)


def table(measures: Sequence[Measure]) -> Table:
    """What ``python -m bench`` prints."""
    result = Table("what", "measured", "at most", "", "how")
    for each in measures:
        met = "[green]met[/]" if each.is_met else "[red]missed[/]"
        result.add_row(each.what, f"{each.value:.{DIGITS}g} {each.unit}", f"{each.limit:g} {each.unit}", met, each.detail)
    return result

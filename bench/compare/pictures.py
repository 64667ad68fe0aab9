"""The two pictures of ``docs/benchmark.md``. The only importer of matplotlib."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import matplotlib as mpl
from matplotlib.figure import Figure

SIZE: Final = (8.0, 3.2)
mpl.rcParams["svg.hashsalt"] = "benchmark"  # the same results give the same file


def calls(cpu: Mapping[str, Mapping[str, float]], file: Path) -> None:
    """Milliseconds of a covered call by kind of program, a bar for each contender."""
    figure = Figure(SIZE, layout="constrained")
    axes = figure.add_subplot()
    names = list(cpu)
    left = [0.0] * len(names)
    for kind in ("Asterisk", "application", "PostgreSQL", "worker, console"):
        widths = [max(0.0, cpu[name].get(kind, 0.0)) for name in names]
        axes.barh(names, widths, left=left, label=kind)
        left = [start + width for start, width in zip(left, widths, strict=True)]
    axes.invert_yaxis()
    axes.set_xlabel("processor time of a covered call, ms")
    axes.legend(frameon=False, fontsize="small")
    _save(figure, file)


def talks(shares: Mapping[str, Mapping[int, float]], file: Path) -> None:
    """Percent of a core a bridge over the number of bridges at once."""
    figure = Figure(SIZE, layout="constrained")
    axes = figure.add_subplot()
    for name, by in shares.items():
        axes.plot(list(by), list(by.values()), marker="o", label=name)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("talks at once")
    axes.set_ylabel("a talk, % of a core")
    axes.legend(frameon=False, fontsize="small")
    _save(figure, file)


def _save(figure: Figure, file: Path) -> None:
    figure.savefig(file, format="svg", metadata={"Date": None})

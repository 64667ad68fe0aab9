"""``python -m bench``: a stack of its own, every measurement, one table. ``python -m bench compare``: the hotline against its rivals.

Exits 1 when something could not be measured, not when it is slow.
"""

import argparse
import sys
import time
from pathlib import Path
from typing import Final

from rich.console import Console

from bench import call_speed, paying_crowd, paying_speed, sipp_disclosure
from bench.compare import run as compare
from bench.measures import Measure, table
from bench.process import resident_megabytes
from ivr.embedded import asterisk
from ivr.embedded.ears import Library
from ivr.embedded.ports import Ports
from ivr.embedded.pstn import Network
from ivr.embedded.stack import Stack
from ivr.errors import SetupError
from ivr.prompts.texts import ENGLISH, SOUNDS

FOLDER: Final = Path(__file__).parents[1] / "var" / "bench"
FIRST_PORT: Final = 23_000
WIDTH: Final = 150
"""Characters of a line when the table goes into a file."""


def main() -> None:
    """The command line."""
    if sys.argv[1:2] == ["compare"]:
        compare.main(sys.argv[2:])
        return
    options = _options()
    console = Console(soft_wrap=True, width=None if sys.stdout.isatty() else WIDTH)
    stack = Stack(Ports.from_base(FIRST_PORT), options.folder, {"IVR_CARDS_PER_DAY": "1000000"})
    try:
        measures = _measure(stack, options, console)
    except (SetupError, AssertionError) as problem:
        sys.exit(f"✗ {problem}")
    finally:
        stack.down()
    console.print(table(measures))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description="What a call costs and how fast it is.")
    parser.add_argument("--calls", type=int, default=20, help="calls into the disclosure")
    parser.add_argument("--covered", type=int, default=10, help="how many of them are covered calls in full")
    parser.add_argument("--paying", type=int, default=3, help="paying calls for each of the bank's delays, three cards each")
    parser.add_argument("--paying-at-once", type=int, default=50, help="paying calls at once")
    parser.add_argument("--at-once", type=int, default=100, help="callers at once in the disclosure")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="the stack's state")
    return parser.parse_args()


def _measure(stack: Stack, options: argparse.Namespace, console: Console) -> list[Measure]:
    measures = [_later_start(stack, console)]
    measures.append(Measure("serve's memory, idle", resident_megabytes(stack.pid("serve")), "MB", 150, "VmRSS after the start"))
    found = asterisk.find()
    with Network(stack.pstn, Library([SOUNDS[ENGLISH]], [found.music] if found else [])) as network:
        measures += call_speed.measure(stack, network, calls=options.calls, covered=options.covered, say=console.print)
        measures += paying_speed.measure(stack, network, calls=options.paying, say=console.print)
        measures += paying_crowd.measure(stack, network, options.paying_at_once, console.print)
    return measures + sipp_disclosure.measure(stack, options.at_once)


def _later_start(stack: Stack, console: Console) -> Measure:
    """The second start: what the first one had to make is there."""
    stack.up()
    stack.down()
    stages: list[tuple[str, float]] = []
    began = time.monotonic()
    stack.up(lambda what, seconds: stages.append((what, seconds)))
    seconds = time.monotonic() - began
    console.print(f"started in {seconds:.1f} s")
    return Measure("a later start", seconds, "s", 15, ", ".join(f"{what} {took:.1f} s" for what, took in stages))


if __name__ == "__main__":
    main()

"""How many covered calls a second each contender serves without a failure: the rate rises until one fails, contender after contender."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import psycopg

from bench.compare.calls import Bench, Round, one_round
from bench.compare.contenders import Contender
from ivr.embedded.stack import Stack

RATES: Final = (1, 2, 3, 4, 6, 8, 10, 12, 15, 18, 22, 26)
SECONDS: Final = 40
"""Of new calls at each rate: longer than a call, so that as many end as begin."""


@dataclass(frozen=True, slots=True)
class Best:
    """The highest rate (calls a second) at which every call was served in full, and the first at which one was not."""

    contender: str
    rate: int
    failed_at: int | None
    failed: str
    at_best: Round | None


def measure(
    bench: Bench,
    everybody: Sequence[Contender],
    idle: Mapping[str, Mapping[str, float]],
    rates: Sequence[int],
    seconds: int,
    say: Callable[[str], None],
) -> list[Best]:
    """Interleaved by rate: all contenders that are left get the same one before the next is tried."""
    best = {each.name: Best(each.name, 0, None, "", None) for each in everybody}
    left = list(everybody)
    for rate in rates:
        for each in list(left):
            tried = one_round(bench, each, rate * seconds, idle[each.name], rate)
            say(f"{rate} calls a second, {each.name}: {tried.served} of {tried.calls} served in full")
            if tried.served == tried.calls:
                best[each.name] = Best(each.name, rate, None, "", tried)
                continue
            known = best[each.name]
            best[each.name] = Best(each.name, known.rate, rate, f"{tried.calls - tried.served} of {tried.calls}", known.at_best)
            left.remove(each)
    return list(best.values())


def failsafe_phones_only(stack: Stack) -> None:
    """No engineer is left on the rota: three can't take hundreds of talks, the failsafe phones can (an offer to one runs the same code)."""
    with psycopg.connect(str(stack.settings.database_url)) as records:
        records.execute("UPDATE engineer SET active = false")
        records.execute("DELETE FROM rota_layer")  # an empty rota is no fault that each call would log


def engineers_on_call(stack: Stack) -> None:
    """Before the start: the cast of an earlier run is back; their layers return with the start."""
    with psycopg.connect(stack.postgres.database(stack.database)) as records:
        if records.execute("SELECT to_regclass('engineer')").fetchone() != (None,):
            records.execute("UPDATE engineer SET active = true")

"""Who is offered an incident, in what order. Pure: no I/O."""

from collections.abc import Iterator, Sequence

from ivr.model import Rung


def climb(ladder: Sequence[Rung], rounds: int, first_engineer: int | None = None) -> Iterator[Rung]:
    """The rungs in the order of their offers: the whole ladder ``rounds`` times.

    ``first_engineer`` (an engineer's id) is offered once ahead of everybody: who was cut off in the talk is called back first.
    """
    yield from (rung for rung in ladder if rung.engineer_id == first_engineer)
    for _ in range(rounds):
        yield from ladder

"""The order in which phones are rung for one caller. Pure: no I/O."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ivr.model.offer import FailsafePhone, Offer, Rung
from ivr.model.rota import Level
from ivr.phone_numbers import may_be_dialled


@dataclass(frozen=True, slots=True)
class Step:
    """Phones that ring at the same time; the next step begins when none of them rings any more."""

    phones: tuple[Rung | FailsafePhone, ...]
    seconds: int | None = None  # of ringing; None: as the settings say
    paged: tuple[int, ...] = ()  # engineers of the level that begins with this step
    repeated: tuple[Rung, ...] = ()  # of that level: a phone that stands on it once more


def steps(
    levels: Sequence[Level], rounds: int, failsafe: Sequence[str] = (), lost: Offer | None = None, *, prefixes: Sequence[str] = ("+",)
) -> Iterator[Step]:
    """Who was lost in the talk first, then the ladder so many times, then the failsafe phones one after another.

    ``lost``: the offer whose engineer had the incident before; all of that engineer's phones are tried, the one last used first.
    On a level each phone rings once, whoever it belongs to. What may not be dialled (``prefixes``: allowed beginnings) is left out.
    """
    yield from _alone(_phones_of(levels, lost), prefixes)
    for _ in range(rounds):
        for level in levels:
            yield from _level(level)
    yield from _alone(failsafe_phones(failsafe), prefixes)


def failsafe_phones(numbers: Sequence[str]) -> list[FailsafePhone]:
    """The failsafe phones as the timeline calls them."""
    return [FailsafePhone(f"failsafe phone {place}", number) for place, number in enumerate(numbers, 1)]


def _alone(phones: Iterable[Rung | FailsafePhone], prefixes: Sequence[str]) -> Iterator[Step]:
    return (Step((phone,)) for phone in phones if may_be_dialled(phone.phone, prefixes, phone.name))


def _phones_of(levels: Sequence[Level], lost: Offer | None) -> Iterator[Rung | FailsafePhone]:
    if lost is None:
        return
    if lost.engineer_id is None:
        yield FailsafePhone(lost.engineer_name, lost.phone)
        return
    last = Rung(lost.engineer_id, lost.engineer_name, lost.phone)
    others = [rung for level in levels for rung in level.rungs if rung.engineer_id == lost.engineer_id]
    yield from {rung.phone: rung for rung in (last, *others)}.values()


def _level(level: Level) -> Iterator[Step]:
    rungs: dict[str, Rung] = {}
    repeated = tuple(rung for rung in level.rungs if rungs.setdefault(rung.phone, rung) is not rung)
    groups = [tuple(rungs.values())] if level.together else [(rung,) for rung in rungs.values()]
    paged = tuple({rung.engineer_id for rung in level.rungs})
    for place, group in enumerate(filter(None, groups)):
        yield Step(group, level.ring_seconds) if place else Step(group, level.ring_seconds, paged, repeated)

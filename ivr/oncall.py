"""Who is offered an incident, in what order. Pure: no I/O.

A level's engineers are those of the overrides that run, else one of each layer in force. Without any layer at all, and whenever nobody
at all is on call, every active engineer is a level, by position: a mistake in the rota must not leave a caller without a human.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby, pairwise
from typing import Final
from zoneinfo import ZoneInfo

from ivr.model.offer import Rung
from ivr.model.rota import Engineer, Gap, HandOver, Layer, Level, LevelRule, Override, Rota

__all__ = ["Level", "gaps", "in_turn", "is_over", "levels", "next_hand_over", "nobody_on_call", "on_duty", "overlaps", "turn"]

_DAY: Final = timedelta(days=1)
_WEEK: Final = 7


def levels(rota: Rota, at: datetime) -> list[Level]:
    """The ladder at this moment: levels by number, without those on which nobody can be rung."""
    if not rota.layers:
        return _everybody(rota, at)
    found = [_level(rota, number, on_duty(rota, number, at)) for number in _numbers(rota)]
    return [level for level in found if level.rungs] or _everybody(rota, at)


def on_duty(rota: Rota, number: int, at: datetime) -> list[Engineer]:
    """Who is on call on one level, each once. An override whose engineer can't be rung counts for nothing."""
    chosen = [_able(rota).get(one.engineer_id) for one in _running(rota, number, at)]
    if not any(chosen):
        layers = sorted((layer for layer in rota.layers if layer.level == number), key=lambda layer: layer.id)
        chosen = [in_turn(rota, layer, at) for layer in layers]
    return _once(engineer for engineer in chosen if engineer)


def nobody_on_call(rota: Rota, at: datetime) -> bool:
    """There is a rota, and it names nobody who can be rung at this moment."""
    return bool(rota.layers) and not any(on_duty(rota, number, at) for number in _numbers(rota))


def in_turn(rota: Rota, layer: Layer, at: datetime) -> Engineer | None:
    """The layer's engineer. Who can't be rung is stood in for by the next who can; None: nobody can, or the layer is not in force."""
    number = turn(layer, at)
    if number is None:
        return None
    able, size = _able(rota), len(layer.members)
    order = (layer.members[(number + step) % size] for step in range(size))
    return next((able[member] for member in order if member in able), None)


def turn(layer: Layer, at: datetime) -> int | None:
    """How many hand-overs there were since the layer's first (0 also before it); None when the layer is not in force.

    Counted in days of the layer's own calendar, so that no change of the clocks shifts or doubles a turn. A hand-over time that a change
    skips happens as long after the change as it would have without it (02:30 at 03:30); one that comes twice happens the first time
    (RFC 5545, 3.3.5, "FORM #3").
    """
    if not _starts(layer) <= at < _ends(layer):
        return None
    day = at.astimezone(layer.zone).date() + _DAY
    while _instant(layer.zone, day, layer.at) > at:
        day -= _DAY
    if layer.hand_over is HandOver.DAILY:
        return max(0, (day - layer.valid_from).days)
    return max(0, (_last(layer, day) - _last(layer, layer.valid_from)).days // _WEEK)


def next_hand_over(layer: Layer, at: datetime) -> datetime | None:
    """When the next engineer's turn begins; None when the layer is not in force, or ends before."""
    now = turn(layer, at)
    if now is None:
        return None
    days, before = (1, layer.valid_from) if layer.hand_over is HandOver.DAILY else (_WEEK, _last(layer, layer.valid_from))
    instant = _instant(layer.zone, before + timedelta(days=days * (now + 1)), layer.at)
    return instant if instant < _ends(layer) else None


def gaps(rota: Rota, since: datetime, until: datetime) -> list[Gap]:
    """When nobody on a level could be rung, to the second; level by level, without those that were ended.

    Were all of them ended, it is when nobody is on call at all.

    Nothing is sampled: only where a layer or an override begins or ends can anything change, because a layer with one member who can be
    rung always has somebody.
    """
    if not rota.layers:
        return [] if _able(rota) or since >= until else [Gap(None, since, until)]
    edges = sorted({since, until, *(edge for edge in _edges(rota) if since < edge < until)})
    found = []
    ended = {rule.number for rule in rota.levels if rule.ended}
    wanted: list[int | None] = [number for number in _numbers(rota) if number not in ended]
    for level in wanted or [None]:
        numbers = _numbers(rota) if level is None else [level]
        empty = ((one, two, not any(on_duty(rota, number, one) for number in numbers)) for one, two in pairwise(edges))
        for is_empty, spans in groupby(empty, key=lambda span: span[2]):
            if is_empty:
                pieces = list(spans)
                found.append(Gap(level, pieces[0][0], pieces[-1][1]))
    return found


def overlaps(layer: Layer, since: datetime, until: datetime) -> bool:
    """Whether the layer is in force at some moment from ``since`` to ``until``."""
    return _starts(layer) < until and _ends(layer) > since


def is_over(layer: Layer, at: datetime) -> bool:
    """Whether the layer will never be in force again; one that ends when it begins never is."""
    return _ends(layer) <= at or _ends(layer) <= _starts(layer)


def _everybody(rota: Rota, at: datetime) -> list[Level]:
    """Each engineer a level, by position; overrides count here too."""
    everybody = sorted(_able(rota).values(), key=lambda engineer: (engineer.position, engineer.id))
    able = _able(rota)
    found = []
    for number, engineer in enumerate(everybody, 1):
        chosen = _once(able[one.engineer_id] for one in _running(rota, number, at) if one.engineer_id in able)
        found.append(_level(rota, number, chosen or [engineer]))
    return found


def _level(rota: Rota, number: int, engineers: Iterable[Engineer]) -> Level:
    rule = next((rule for rule in rota.levels if rule.number == number), LevelRule(number))
    rungs = tuple(Rung(engineer.id, engineer.name, phone) for engineer in engineers for phone in engineer.phones)
    return Level(number, rungs, rule.together, rule.ring_seconds)


def _running(rota: Rota, number: int, at: datetime) -> list[Override]:
    found = [one for one in rota.overrides if one.level == number and one.since <= at < one.until]
    return sorted(found, key=lambda one: (one.since, one.id))


def _numbers(rota: Rota) -> list[int]:
    return sorted({rule.number for rule in rota.levels} | {layer.level for layer in rota.layers} | {one.level for one in rota.overrides})


def _able(rota: Rota) -> dict[int, Engineer]:
    return {engineer.id: engineer for engineer in rota.engineers if engineer.can_be_rung}


def _once(engineers: Iterable[Engineer]) -> list[Engineer]:
    return list({engineer.id: engineer for engineer in engineers}.values())


def _edges(rota: Rota) -> Iterator[datetime]:
    for layer in rota.layers:
        yield _starts(layer)
        yield _ends(layer)
    for one in rota.overrides:
        yield one.since
        yield one.until


def _starts(layer: Layer) -> datetime:
    return _instant(layer.zone, layer.valid_from, time.min)


def _ends(layer: Layer) -> datetime:
    return _instant(layer.zone, layer.valid_until, time.min) if layer.valid_until else datetime.max.replace(tzinfo=UTC)


def _last(layer: Layer, day: date) -> date:
    """The layer's weekday on or before ``day``."""
    return day - timedelta(days=(day.isoweekday() - (layer.weekday or 1)) % _WEEK)


def _instant(zone: ZoneInfo, day: date, at: time) -> datetime:
    """A local time as an instant. ``fold=0`` is the first of two, and for one that is skipped the offset before the change."""
    return datetime.combine(day, at, zone).astimezone(UTC)

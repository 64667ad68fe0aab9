"""``ivr rota add-layer``, ``change-layer``, ``end-layer``: engineers who take turns."""

from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Annotated, Final
from zoneinfo import ZoneInfo

import typer

from ivr.administration import hand_overs, moments
from ivr.administration.hand_overs import Rhythm
from ivr.cli.engineer import serving
from ivr.cli.options import a_name, reads
from ivr.cli.shared import AsJson, print_json, records, refuse
from ivr.model.rota import HandOver, Layer

if TYPE_CHECKING:
    from ivr.store import Store

_DAILY: Final = Rhythm(HandOver.DAILY, None)
Named = Annotated[str, typer.Argument(metavar="LAYER", help="Its name, from `ivr rota show`.")]
_LEVEL = typer.Option(min=1, max=99, help="1 is rung first.")
_ENGINEER = typer.Option("--engineer", help="Name or number; once for each turn, in their order.")
_EVERY = typer.Option(metavar="daily|WEEKDAY", parser=reads(hand_overs.rhythm), help="When the next one takes over; a new layer: daily.")
_AT = typer.Option(metavar="HH:MM", parser=reads(hand_overs.clock), help="At what time, in the zone. A new layer: 09:00.")
_ZONE = typer.Option(metavar="ZONE", parser=reads(moments.zone), help="Time zone, such as America/New_York.")
_FROM = typer.Option("--from", metavar="DAY", parser=reads(moments.day), help="First day; the first engineer is on call from 00:00 on.")
_UNTIL = typer.Option(
    "--until", metavar="DAY", parser=reads(moments.day), help="First day that is no longer the layer's; it ends at 00:00."
)


def add_layer(
    name: Annotated[str, typer.Argument(metavar="LAYER", parser=reads(a_name), help="A new name.")],
    engineers: Annotated[list[str], _ENGINEER],
    zone: Annotated[ZoneInfo, _ZONE],
    every: Annotated[Rhythm | None, _EVERY] = None,
    at: Annotated[time | None, _AT] = None,
    level: Annotated[int, _LEVEL] = 1,
    first: Annotated[date | None, _FROM] = None,
    until: Annotated[date | None, _UNTIL] = None,
    as_json: AsJson = False,
) -> None:
    """Add a layer: its engineers take turns on a level. The level is made if there is none yet; the default first day is today."""
    with records() as (_, store):
        rhythm, members = every or _DAILY, _members(store, engineers)
        layer = Layer(0, level, name, zone, rhythm.hand_over, rhythm.weekday, at or time(9), first or _today(zone), until, members)
        _in_order(layer)
        if until is not None and until <= _today(zone):
            refuse(f"The layer would be over: its first day without it ({until}) is not after today.")
        store.add_layer(layer)
        _tell(store, name, as_json)


def change_layer(
    named: Named,
    name: Annotated[str | None, typer.Option("--rename", parser=reads(a_name), help="A new name.")] = None,
    engineers: Annotated[list[str] | None, _ENGINEER] = None,
    zone: Annotated[ZoneInfo | None, _ZONE] = None,
    every: Annotated[Rhythm | None, _EVERY] = None,
    at: Annotated[time | None, _AT] = None,
    level: Annotated[int | None, _LEVEL] = None,
    first: Annotated[date | None, _FROM] = None,
    until: Annotated[date | None, _UNTIL] = None,
    as_json: AsJson = False,
) -> None:
    """Change a layer; it counts at once, for past turns too. To change it from a day on, end it that day and add another."""
    from ivr.cli.rota_names import layer_of

    with records() as (_, store):
        old = layer_of(store.rota(), named)
        rhythm = every or Rhythm(old.hand_over, old.weekday)
        layer = replace(
            old,
            name=name or old.name,
            members=_members(store, engineers) if engineers else old.members,
            zone=zone or old.zone,
            hand_over=rhythm.hand_over,
            weekday=rhythm.weekday,
            at=old.at if at is None else at,
            level=level or old.level,
            valid_from=first or old.valid_from,
            valid_until=until or old.valid_until,
        )
        _in_order(layer)
        if any(one.name == layer.name and one.id != layer.id for one in store.rota().layers):
            refuse(f"There is a layer named {layer.name} already.")
        store.change_layer(layer)
        _tell(store, layer.name, as_json)


def end_layer(
    named: Named,
    on: Annotated[date | None, typer.Option(metavar="DAY", parser=reads(moments.day), help="First day without it; default today.")] = None,
    as_json: AsJson = False,
) -> None:
    """End a layer: from 00:00 of that day on, in its zone, it counts no more; never longer than before. It stays for the past."""
    from ivr import oncall
    from ivr.cli.rota_names import layer_of

    with records() as (_, store):
        old = layer_of(store.rota(), named)
        if oncall.is_over(old, datetime.now(UTC)):
            refuse(f"The layer {old.name} is over since {old.valid_until}. `ivr rota change-layer` changes its term.")
        day = max(on or _today(old.zone), old.valid_from)
        store.change_layer(replace(old, valid_until=min(day, old.valid_until or day)))
        _tell(store, old.name, as_json)


def add_to(rota: typer.Typer) -> None:
    """The commands of ``ivr rota`` that are about layers."""
    for command in (add_layer, change_layer, end_layer):
        rota.command(command.__name__.replace("_", "-"))(command)


def _members(store: "Store", named: list[str]) -> tuple[int, ...]:
    """The engineers' ids. Fails for who isn't there, or has left."""
    written = store.rota()
    return tuple(serving(written, one).id for one in named)


def _in_order(layer: Layer) -> None:
    if layer.valid_until is not None and layer.valid_until <= layer.valid_from:
        refuse(f"The first day without the layer ({layer.valid_until}) must be later than its first day ({layer.valid_from}).")


def _today(zone: ZoneInfo) -> date:
    return datetime.now(zone).date()


def _tell(store: "Store", name: str, as_json: bool) -> None:
    """The layer as it stands now."""
    from ivr.cli import rota_text

    written = store.rota()
    layer = next(one for one in written.layers if one.name == name)
    data = rota_text.layer_data(layer, written, datetime.now(UTC))
    if as_json:
        return print_json(data)
    term = f"from {layer.valid_from}" + (f" to {layer.valid_until}" if layer.valid_until else "")
    turns = f"{', '.join(data['engineers'])} in turn, {data['weekday'] or 'daily'} {data['at']} {data['zone']}"
    return typer.echo(f"Layer {name} on level {layer.level}: {turns}, {term}. On call by it now: {data['on_call'] or 'nobody'}.")

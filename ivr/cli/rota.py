"""``ivr who-rings`` and ``ivr rota …``: who is on call. Layers are in :mod:`ivr.cli.layer`."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from ivr.administration import moments
from ivr.cli import layer as layers
from ivr.cli.engineer import serving
from ivr.cli.options import a_name, reads
from ivr.cli.shared import AsJson, Commands, answer, print_json, records, refuse, screen
from ivr.tables import plain, table

rota = Commands("rota", "Who is on call: levels, layers of engineers who take turns, overrides.")
layers.add_to(rota)

LevelNumber = Annotated[int, typer.Argument(metavar="LEVEL", min=1, max=99, help="1 is rung first.")]
Moment = typer.Option(metavar="TIME", parser=reads(moments.moment), help="Without an offset it is this machine's time.")


def who_rings(at: Annotated[datetime | None, Moment] = None, as_json: AsJson = False) -> None:
    """Who is rung now, or at another time, and in what order."""
    from ivr import oncall
    from ivr.cli import rota_text
    from ivr.rota_check import dialable, problems

    with records() as (given, store):
        written = store.rota()
        moment = at or datetime.now(UTC)
        usable = dialable(written, given.dial_prefixes)
        ladder = rota_text.ladder_data(oncall.levels(usable, moment), usable, moment, given.ring_seconds)
        found = problems(written, given.dial_prefixes, moment, moment + timedelta(days=30))
        found = [one for one in found if one.gap is None or one.gap.since <= moment]
    if as_json:
        return print_json({"at": moment.isoformat(), "levels": ladder, "problems": [rota_text.problem_data(one) for one in found]})
    typer.echo(f"At {rota_text.when(moment)}:")
    screen().print(rota_text.ladder_table(ladder)) if ladder else typer.echo("Nobody is rung but the failsafe phones.")
    for one in found:
        typer.echo(f"{plain(one.text)} {one.mend}", err=True)
    return None


@rota.command()
def show(
    everything: Annotated[bool, typer.Option("--all", help="Also layers and overrides that are over.")] = False, as_json: AsJson = False
) -> None:
    """Levels, layers and overrides that are not over, and who is on call now."""
    from ivr import oncall
    from ivr.cli import rota_text

    now = datetime.now(UTC)
    with records() as (given, store):
        written = store.rota(since=None if everything else now)
    begun = bool(written.layers)
    if not everything:
        written = replace(written, layers=tuple(layer for layer in written.layers if not oncall.is_over(layer, now)))
    if as_json:
        return print_json(
            {
                "levels": [rota_text.level_data(rule, given.ring_seconds) for rule in written.levels],
                "layers": [rota_text.layer_data(layer, written, now) for layer in written.layers],
                "overrides": [rota_text.override_data(one, written) for one in written.overrides],
            }
        )
    if not begun:
        typer.echo("There is no rota: every active engineer is rung, in the order of their positions. Begin with ivr rota add-layer.")
    for made in (
        rota_text.levels_table(written, given.ring_seconds),
        rota_text.layers_table(written, now),
        rota_text.overrides_table(written),
    ):
        if made.row_count:
            screen().print(made)
            typer.echo()
    return None


@rota.command()
def check(
    days: Annotated[int, typer.Option(min=1, max=3660, help="How far to look ahead.")] = 30,
    as_json: AsJson = False,
) -> None:
    """Gaps, phones that are never dialled, layers without engineers, who left and is still in the rota. Exit code 1 if there is any."""
    from ivr.cli import rota_text
    from ivr.rota_check import problems

    now = datetime.now(UTC)
    with records() as (given, store):
        found = problems(store.rota(), given.dial_prefixes, now, now + timedelta(days=days))
    if as_json:
        print_json([rota_text.problem_data(one) for one in found])
    elif found:
        screen().print(table(((one.text, one.mend) for one in found), "what is wrong", "what to do"))
    else:
        typer.echo(f"Somebody is on call on every level for the next {days} days.")
    if found:
        raise typer.Exit(1)


@rota.command()
def level(
    number: LevelNumber,
    together: Annotated[
        bool | None, typer.Option("--together/--one-by-one", help="Ring everybody on it at once, or one after another.")
    ] = None,
    ring_seconds: Annotated[int | None, typer.Option(min=5, max=120, help="How long each phone rings.")] = None,
    ring_default: Annotated[bool, typer.Option("--ring-default", help="As long as IVR_RING_SECONDS says.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make a level, or change how it is rung."""
    from ivr.cli import rota_text

    if ring_default and ring_seconds is not None:
        refuse("Give --ring-seconds or --ring-default, not both.")
    with records() as (given, store):
        store.set_level(number, together=together, ring_seconds=0 if ring_default else ring_seconds)
        rule = next(one for one in store.rota().levels if one.number == number)
    data = rota_text.level_data(rule, given.ring_seconds)
    return answer(data, f"Level {number}: {data['rung']}, {data['ring_seconds']} s each.", as_json)


@rota.command("end-level")
def end_level(number: LevelNumber, as_json: AsJson = False) -> None:
    """A level is no longer wanted: nobody on it is no gap any more. Its layers must be over; a new one begins it again."""
    from ivr import oncall
    from ivr.cli.rota_names import level_of

    now = datetime.now(UTC)
    with records() as (_, store):
        written = store.rota(since=now)
        level_of(written, number)
        staying = [f"the layer {layer.name}" for layer in written.layers if layer.level == number and not oncall.is_over(layer, now)]
        staying += [f"override {one.id}" for one in written.overrides if one.level == number]
        if staying:
            refuse(f"Level {number} still has {', '.join(staying)}. End that first.")
        store.end_level(number)
    return answer({"level": number, "ended": True}, f"Level {number} is ended.", as_json)


@rota.command()
def override(
    number: LevelNumber,
    engineer: Annotated[str, typer.Argument(help="Name or number of who is on call instead.")],
    since: Annotated[datetime, typer.Option("--from", metavar="TIME", parser=reads(moments.moment), help="From when on, or now.")],
    until: Annotated[datetime, typer.Option(metavar="TIME", parser=reads(moments.moment), help="Up to when.")],
    reason: Annotated[str, typer.Option(parser=reads(a_name), help="Why.")],
    as_json: AsJson = False,
) -> None:
    """Put an engineer on call on a level for some time, in the place of whom its layers say. Several at once share the level."""
    from ivr.cli import rota_text
    from ivr.cli.rota_names import level_of

    if until <= since:
        refuse(f"--until ({rota_text.when(until)}) must be later than --from ({rota_text.when(since)}).")
    if until <= datetime.now(UTC):
        refuse(f"--until ({rota_text.when(until)}) has passed: nobody would be on call by it.")
    with records() as (_, store):
        written = store.rota()
        chosen = serving(written, engineer)
        made = store.add_override(level_of(written, number), chosen.id, since, until, reason)
        one = next(one for one in store.rota().overrides if one.id == made)
    said = f"Override {made}: {chosen.name} on level {number} from {rota_text.when(one.since)} to {rota_text.when(one.until)}."
    return answer(rota_text.override_data(one, written), said, as_json)


@rota.command("end-override")
def end_override(
    number: Annotated[int, typer.Argument(metavar="OVERRIDE", min=1, help="Its number, from `ivr rota show`.")],
    at: Annotated[
        datetime | None, typer.Option(metavar="TIME", parser=reads(moments.moment), help="Up to when it counts; default now.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """End an override before its time. One that has not begun never will."""
    from ivr.cli import rota_text

    moment = at or datetime.now(UTC)
    with records() as (_, store):
        store.end_override(number, moment)
    data = {"id": number, "ended": moment.isoformat()}
    return answer(data, f"Override {number} counts no longer than {rota_text.when(moment)}.", as_json)

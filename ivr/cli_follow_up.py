"""``ivr follow-up``: the work that is left of stabilised incidents. Expected errors are sentences and exit code 1."""

from collections.abc import Sequence
from typing import Annotated

import typer
from rich.table import Table

from ivr.command_line import AsJson, Commands, fail, print_json, records, screen, table
from ivr.model import FollowUp
from ivr.timeline import follow_up_data, safe

follow_up = Commands("follow-up", "Follow-ups: work that goes on in office hours after a workaround.")

_LONGEST = 500


@follow_up.command(name="list")
def list_follow_ups(
    done_too: Annotated[bool, typer.Option("--all", help="Those that are done as well.")] = False, as_json: AsJson = False
) -> None:
    """What is left to do, oldest first."""
    with records() as (_, store):
        found = store.follow_ups(done_too=done_too)
    if as_json:
        return print_json([follow_up_data(one) for one in found])
    if not found:
        return typer.echo("There is no follow-up." if done_too else "No follow-up is open.")
    return screen().print(_table(found))


@follow_up.command()
def done(
    number: Annotated[int, typer.Argument(metavar="INCIDENT", help="The incident's number.")],
    by: Annotated[str, typer.Option(help="Who has done it; by default IVR_ACTOR, else your login name.")] = "",
    note: Annotated[str, typer.Option(help="What was done; it stands on the timeline.")] = "",
    as_json: AsJson = False,
) -> None:
    """Mark an incident's follow-up as done, once."""
    if len(by) > _LONGEST or len(note) > _LONGEST:
        fail(f"--by and --note take up to {_LONGEST} characters.")
    with records() as (given, store):
        store.follow_up_done(number, by.strip() or given.actor, note.strip() or None)
        found = store.follow_up(number)
    if as_json:
        return print_json(follow_up_data(found) if found else None)
    return typer.echo(f"The follow-up of incident {number} is done.")


def _table(found: Sequence[FollowUp]) -> Table:
    made = table("incident", "customer", "caller", "since", "done", "note")
    for one in found:
        customer = f"{one.customer} ({one.account})" if one.account else "not verified"
        since = f"{one.created_at.astimezone():%Y-%m-%d %H:%M}"
        finished = f"{one.done_at.astimezone():%Y-%m-%d %H:%M} by {one.done_by}" if one.done_at else "no"
        cells = (str(one.incident_id), customer, one.caller_id or "-", since, finished, one.note or "")
        made.add_row(*map(safe, cells))
    return made

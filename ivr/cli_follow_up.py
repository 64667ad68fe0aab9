"""``ivr follow-up``: the work that is left of stabilised incidents. Expected errors are sentences and exit code 1."""

from collections.abc import Sequence
from getpass import getuser
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from ivr.command_line import AsJson, Commands, fail, print_json, ready, screen
from ivr.model import FollowUp

follow_up = Commands("follow-up", "Follow-ups: work that goes on in office hours after a workaround.")

_LONGEST = 500


@follow_up.command(name="list")
def list_follow_ups(
    done_too: Annotated[bool, typer.Option("--all", help="Those that are done as well.")] = False, as_json: AsJson = False
) -> None:
    """What is left to do, oldest first."""
    from ivr import timeline
    from ivr.store import Store

    with ready() as given, Store(given) as store:
        found = store.follow_ups(done_too=done_too)
    if as_json:
        return print_json([timeline.follow_up_data(one) for one in found])
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
    from ivr import timeline
    from ivr.store import Store

    if len(by) > _LONGEST or len(note) > _LONGEST:
        fail(f"--by and --note take up to {_LONGEST} characters.")
    with ready() as given, Store(given) as store:
        store.follow_up_done(number, by.strip() or given.actor or getuser(), note.strip() or None)
        found = store.follow_up(number)
    if as_json:
        return print_json(timeline.follow_up_data(found) if found else None)
    return typer.echo(f"The follow-up of incident {number} is done.")


def _table(found: Sequence[FollowUp]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("incident", "customer", "caller", "since", "done", "note"):
        table.add_column(column)
    for one in found:
        customer = f"{one.customer} ({one.account})" if one.account else "not verified"
        since = f"{one.created_at.astimezone():%Y-%m-%d %H:%M}"
        finished = f"{one.done_at.astimezone():%Y-%m-%d %H:%M} by {one.done_by}" if one.done_at else "no"
        cells = (str(one.incident_id), customer, one.caller_id or "-", since, finished, one.note or "")
        table.add_row(*(escape(_printable(text)) for text in cells))
    return table


def _printable(text: str) -> str:
    """Without anything that would steer the terminal."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)

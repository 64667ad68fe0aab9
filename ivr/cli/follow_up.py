"""``ivr follow-up``: the work that is left of stabilised incidents. Expected errors are sentences and exit code 1."""

from typing import Annotated

import typer

from ivr.cli.shared import AsJson, Commands, answer, fail, print_json, records, screen
from ivr.event_words import whose
from ivr.model.report import FollowUp
from ivr.tables import minute, table
from ivr.timeline import follow_up_data

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
    return screen().print(table(map(_cells, found), "incident", "customer", "caller", "since", "done", "note"))


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
    return answer(follow_up_data(found) if found else None, f"The follow-up of incident {number} is done.", as_json)


def _cells(one: FollowUp) -> tuple[str, ...]:
    finished = f"{minute(one.done_at)} by {one.done_by}" if one.done_at else "no"
    return str(one.incident_id), whose(one.customer, one.account), one.caller_id or "-", minute(one.created_at), finished, one.note or ""

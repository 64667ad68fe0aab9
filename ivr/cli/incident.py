"""``ivr incident``: the newest incidents, and one with every second of it."""

from typing import Annotated

import typer

from ivr import timeline
from ivr.cli.shared import AsJson, Commands, answer, records

incident = Commands("incident", "Incidents and their timelines.")


@incident.command()
def show(number: Annotated[int, typer.Argument(help="The incident's number, as spoken to the caller.")], as_json: AsJson = False) -> None:
    """One incident: who called, who came, and every second of it."""
    with records() as (_, store):
        report = store.report(number)
        answer(timeline.as_data(report), timeline.render(report), as_json)


@incident.command(name="list")
def list_incidents(
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many, newest first.")] = 20, as_json: AsJson = False
) -> None:
    """The newest incidents."""
    with records() as (_, store):
        found = store.incidents(limit)
        answer([timeline.summary_data(one) for one in found], timeline.render_list(found), as_json)

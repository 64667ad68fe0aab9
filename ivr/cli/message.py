"""``ivr message``: what callers said whom nobody answered. Expected errors are sentences and exit code 1."""

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from ivr.cli.options import Once, a_name, reads
from ivr.cli.shared import AsJson, Commands, answer, print_json, records, screen
from ivr.config import Settings
from ivr.errors import SetupError, UnknownRecord
from ivr.event_words import duration, whose
from ivr.model.report import Message
from ivr.tables import minute, table

if TYPE_CHECKING:
    from ivr.store import Store  # at run time where it is needed

message = Commands("message", "Messages of callers whom nobody answered: list, play, mark as heard.")

Incident = Annotated[int, typer.Argument(metavar="INCIDENT", help="The incident's number.")]

PLAYERS: Final = (("ffplay", "-autoexit", "-nodisp", "-loglevel", "error"), ("aplay", "-q"), ("paplay",), ("afplay",), ("play", "-q"))
"""The first that is installed plays."""


@message.command(name="list", cls=Once)
def list_messages(
    unheard: Annotated[bool, typer.Option("--unheard", help="Only those that nobody has marked as heard.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many, newest first.")] = 20,
    as_json: AsJson = False,
) -> None:
    """The newest messages: who called, when, how long, heard or not."""
    with records() as (given, store):
        found = store.messages(unheard=unheard, limit=limit)
    if as_json:
        return print_json([_data(given, one) for one in found])
    if not found:
        return typer.echo("There is no message that nobody has heard." if unheard else "There is no message.")
    return screen().print(table(map(_cells, found), "incident", "when", "from", "number", "length", "heard"))


@message.command(cls=Once)
def show(incident: Incident, as_json: AsJson = False) -> None:
    """Everything about the messages of one incident."""
    with records() as (given, store):
        found = _of(store, incident)
    if as_json:
        return print_json([_data(given, one) for one in found])
    for one in found:
        _, when, who, number, length, heard = _cells(one)
        typer.echo(f"incident {incident}: {who}, {number}, {when}\n  length: {length}\n  heard:  {heard}\n  file:   {_place(given, one)}")
    return None


@message.command(cls=Once)
def play(incident: Incident, as_json: AsJson = False) -> None:
    """Say where the files are, and play them if this machine has a player. Mark them afterwards: ``ivr message heard``."""
    with records() as (given, store):
        found = [one for one in _of(store, incident) if one.seconds != 0]
        if not found:
            raise SetupError(f"Nothing was said about incident {incident}: call back {store.messages(incident)[0].caller_id or 'nobody'}.")
        paths = [_here(given, one) for one in found]
    if as_json:
        return print_json([{"file": str(path)} for path in paths])
    player = next((words for words in PLAYERS if shutil.which(words[0])), None)
    for path in paths:
        typer.echo(path)
        if player:
            subprocess.run([*player, str(path)], check=False)
    return None if player else typer.echo("No player is installed here; play the file elsewhere.", err=True)


@message.command(cls=Once)
def heard(
    incident: Incident,
    by: Annotated[str | None, typer.Option(parser=reads(a_name), metavar="NAME", help="Who has heard it; by default you.")] = None,
    as_json: AsJson = False,
) -> None:
    """Mark an incident's messages as heard, so that nobody else looks after them. It stands on the timeline with the name."""
    with records() as (given, store):
        _of(store, incident)
        name = by or given.actor
        marked = store.messages_heard(incident, name)
    said = f"Marked as heard by {name}: {marked}." if marked else f"Incident {incident} has no message that was not heard yet."
    return answer({"incident": incident, "marked": marked, "by": name}, said, as_json)


def _of(store: "Store", incident: int) -> list[Message]:
    """Oldest first. Raises UnknownRecord when there is none."""
    found = store.messages(incident)
    if not found:
        raise UnknownRecord(f"There is no message about incident {incident}. See: ivr message list")
    return found[::-1]


def _here(given: Settings, one: Message) -> Path:
    """The file on this machine. Raises SetupError when it is on another, or gone."""
    path = given.messages_folder / one.file
    if path.exists():
        return path
    if one.node != given.node:
        raise SetupError(f"The message is on the machine {one.node}: run this there, or fetch {_place(given, one)}.")
    raise SetupError(f"{path} is gone: it was deleted, or IVR_STATE_FOLDER is not what it was then. Call the caller back.")


def _place(given: Settings, one: Message) -> str:
    path = given.messages_folder / one.file
    return str(path) if one.node == given.node else f"{one.node}:{path}"


def _data(given: Settings, one: Message) -> dict[str, Any]:
    return asdict(one) | {"file": str(given.messages_folder / one.file)}


def _cells(one: Message) -> Sequence[str]:
    length = "not known yet" if one.seconds is None else duration(one.seconds) if one.seconds else "nothing was said"
    seen = f"{minute(one.heard_at)} by {one.heard_by}" if one.heard_at else "no"
    who = whose(one.customer, one.account)
    return str(one.incident_id), f"{one.began_at.astimezone():%Y-%m-%d %H:%M:%S}", who, one.caller_id or "withheld", length, seen

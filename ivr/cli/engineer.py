"""``ivr engineer …``: who can be on call, and on which phones."""

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from ivr.cli.options import a_name, reads
from ivr.cli.shared import AsJson, Commands, print_json, records, refuse, screen
from ivr.tables import plain, table

if TYPE_CHECKING:
    from ivr.config import Settings
    from ivr.model.rota import Engineer, Rota
    from ivr.store import Store

engineer = Commands("engineer", "Engineers and their phones.")

Named = Annotated[str, typer.Argument(metavar="ENGINEER", help="Name or number.")]
_PHONE = typer.Option("--phone", help="Once for each, in the order of ringing.")
_POSITION = typer.Option(min=0, max=100_000, help="The order in which all are rung when there is no rota.")


@engineer.command()
def add(
    name: Annotated[str, typer.Argument(parser=reads(a_name), help="As it is shown and listed.")],
    phones: Annotated[list[str], _PHONE],
    position: Annotated[int | None, _POSITION] = None,
    as_json: AsJson = False,
) -> None:
    """Add an engineer. Being on call is the rota's: ivr rota add-layer."""
    with records() as (given, store):
        numbers = _numbers(given, phones)
        _unused(store, name)
        _tell(store, given, store.add_engineer(name, numbers, position), as_json)


@engineer.command("list")
def list_engineers(
    everybody: Annotated[bool, typer.Option("--all", help="Also those who have left.")] = False, as_json: AsJson = False
) -> None:
    """Engineers in the order of their positions."""
    from ivr.cli import rota_text

    with records() as (given, store):
        found = [rota_text.engineer_data(one, given.dial_prefixes) for one in store.rota().engineers if one.active or everybody]
    if as_json:
        return print_json(found)
    rows = (
        (str(one["id"]), one["name"], str(one["position"]), ", ".join(one["phones"]) or "none", "" if one["active"] else "has left")
        for one in found
    )
    return screen().print(table(rows, "number", "engineer", "position", "phones", ""))


@engineer.command()
def show(named: Named, as_json: AsJson = False) -> None:
    """One engineer: phones, and which of them are never dialled."""
    from ivr.cli.rota_names import engineer_of

    with records() as (given, store):
        _tell(store, given, engineer_of(store.rota(), named).id, as_json)


@engineer.command()
def change(
    named: Named,
    name: Annotated[str | None, typer.Option("--rename", parser=reads(a_name), help="A new name.")] = None,
    phones: Annotated[list[str] | None, _PHONE] = None,
    position: Annotated[int | None, _POSITION] = None,
    active: Annotated[bool | None, typer.Option("--active", help="Takes back who had left.")] = None,
    pages: Annotated[
        bool, typer.Option("--pages", help="Read where to send pages from the standard input, one URL a line; nothing: no pages.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Change an engineer. --phone replaces all phones before: give every one of them."""
    from ivr.cli.rota_names import engineer_of

    with records() as (given, store):
        old = engineer_of(store.rota(), named)
        if name and name.casefold() != old.name.casefold():
            _unused(store, name)
        addresses = _addresses() if pages else []
        store.change_engineer(
            replace(
                old,
                name=name or old.name,
                phones=_numbers(given, phones) if phones else old.phones,
                position=old.position if position is None else position,
                active=active or old.active,
            )
        )
        if pages:
            store.set_page_urls(old.id, addresses)
        _tell(store, given, old.id, as_json)


@engineer.command()
def end(named: Named, as_json: AsJson = False) -> None:
    """An engineer leaves: is never rung again. What they did stays; in the rota the next one of their layers stands in."""
    from ivr.cli.rota_names import engineer_of

    with records() as (given, store):
        old = engineer_of(store.rota(), named)
        store.change_engineer(replace(old, active=False))
        _tell(store, given, old.id, as_json)
        if not as_json and (layers := [layer.name for layer in store.rota().layers if old.id in layer.members]):
            typer.echo(f"Still in the rota: {', '.join(layers)}. `ivr rota check` says what to change.")


def serving(rota: "Rota", named: str) -> "Engineer":
    """The engineer of this name or number. Exits with 2 for who has left. Raises UnknownRecord."""
    from ivr.cli.rota_names import engineer_of

    found = engineer_of(rota, named)
    if not found.active:
        refuse(f"{found.name} has left. {_way_back(found)}.")
    return found


def _way_back(one: "Engineer") -> str:
    return f"`ivr engineer change {one.id} --active` takes them back"


def _numbers(given: "Settings", phones: list[str]) -> tuple[str, ...]:
    """E.164, each once. Fails for what is never dialled."""
    from ivr.phone_numbers import e164, refusal

    numbers = [e164(phone, given.country) or phone for phone in phones]
    for typed, number in zip(phones, numbers, strict=True):
        if why := refusal(number, given.dial_prefixes):
            refuse(f"{typed[:40]!r} {why}: it would never be dialled.")
    return tuple(dict.fromkeys(numbers))


def _addresses() -> list[str]:
    """From the standard input. Fails for what no service takes; never repeats it, it may be a secret."""
    from ivr import pager

    lines = [line.strip() for line in sys.stdin if line.strip()]
    if wrong := [str(number) for number, line in enumerate(lines, 1) if not pager.is_address(line)]:
        refuse(f"No page could be sent to address {', '.join(wrong)}: Apprise knows no such service. Nothing was changed.")
    return lines


def _unused(store: "Store", name: str) -> None:
    for one in store.rota().engineers:
        if one.name.casefold() == name.casefold():
            left = "" if one.active else f", who has left; {_way_back(one)}"
            refuse(f"There is an engineer named {one.name} already (number {one.id}){left}.")


def _tell(store: "Store", given: "Settings", engineer_id: int, as_json: bool) -> None:
    """The engineer as they stand now."""
    from ivr.cli import rota_text

    one: Engineer = next(one for one in store.rota().engineers if one.id == engineer_id)
    data = rota_text.engineer_data(one, given.dial_prefixes) | {"pages": len(store.page_addresses([one.id]))}
    if as_json:
        return print_json(data)
    state = "" if one.active else " (has left)"
    typer.echo(f"Engineer {one.id}: {plain(one.name)}{state}, position {one.position}, {', '.join(one.phones) or 'no phone'}")
    if data["pages"]:
        typer.echo(f"  pages go to {data['pages']} address{'es' if data['pages'] > 1 else ''}")
    for phone, why in data["never_dialled"].items():
        typer.echo(f"  never dialled: {plain(phone)!r} {why}")
    return None

"""``ivr block``: phones that may not call. ``ivr changes``: who entered what."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError

from ivr.administration import forms, moments
from ivr.administration.entries import Block
from ivr.administration.forms import faults
from ivr.cli import administration_text
from ivr.cli.options import reads
from ivr.cli.shared import AsJson, Commands, Yes, answer, fail, records, refuse, sure
from ivr.config import Settings

block = Commands("block", "Phones that may not call the hotline.")

PhoneNumber = Annotated[str, typer.Argument(metavar="PHONE", help="As +12025550142, or as it is dialled here.")]


@block.command()
def add(
    phone: PhoneNumber,
    reason: Annotated[str, typer.Option(help="Why; for the next administrator.")],
    until: Annotated[
        datetime | None, typer.Option(parser=reads(moments.moment), metavar="TIME", help="From when on it may call again; never.")
    ] = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Block a phone: its caller is told so and sent to the portal."""
    with records() as (given, store):
        number, why = _checked(given, phone, reason)
        if until is not None and until <= datetime.now(UTC):
            refuse("--until: lies in the past.")
        if owners := store.phone_sharers("", [number]).get(number):
            sure(f"{number} is a phone of customer {', '.join(owners)}, who could then not call from it in an emergency. Block it?", yes)
        made = store.add_block(number, why, until)
        if made is None:
            fail(f"{number} is blocked already. `ivr block show {number}` says why; end that first to change it.")
        _shown([made], as_json)


@block.command()
def change(
    phone: PhoneNumber,
    reason: Annotated[str | None, typer.Option(help="Another reason.")] = None,
    until: Annotated[datetime | None, typer.Option(parser=reads(moments.moment), metavar="TIME", help="Another end.")] = None,
    as_json: AsJson = False,
) -> None:
    """Another reason or end for a block that stands."""
    with records() as (given, store):
        number, why = _checked(given, phone, "none" if reason is None else reason)
        if reason is None and until is None:
            refuse("Say what to change: --reason or --until.")
        if until is not None and until <= datetime.now(UTC):
            refuse("--until: lies in the past; `ivr block end` lets the phone call now.")
        changed = store.change_block(number, why if reason is not None else None, until)
        if changed is None:
            fail(f"{number} is not blocked.")
        _shown([changed], as_json)


@block.command()
def end(phone: PhoneNumber, as_json: AsJson = False) -> None:
    """Let a phone call again."""
    with records() as (given, store):
        number, _ = _checked(given, phone)
        ended = store.end_block(number)
        if ended is None:
            fail(f"{number} is not blocked.")
        _shown([ended], as_json)


@block.command()
def show(phone: PhoneNumber, as_json: AsJson = False) -> None:
    """Every block of one phone, also those that are over."""
    with records() as (given, store):
        number, _ = _checked(given, phone)
        found = store.blocks(number, ended=True)
        if not found:
            fail(f"{number} was never blocked.")
        _shown(found, as_json)


@block.command(name="list")
def list_blocks(
    ended: Annotated[bool, typer.Option("--ended", help="Also those that are over.")] = False,
    as_json: AsJson = False,
) -> None:
    """The blocked phones, newest first."""
    with records() as (_, store):
        _shown(store.blocks(ended=ended), as_json)


def changes(
    entity: Annotated[str | None, typer.Option(help="Only of this table: customer, customer_phone, agreement, rate …")] = None,
    key: Annotated[str | None, typer.Option(help="Only of this one: an account number finds all that belongs to the customer.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many, newest first.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Who entered, changed or removed what, and when."""
    with records() as (_, store):
        if entity is not None and entity not in (known := store.audited()):
            refuse(f"--entity: there is no {entity!r}; there are {', '.join(known)}.")
        found = store.changes(entity, key, limit)
    answer([asdict(one) for one in found], administration_text.changes_listed(found), as_json)


def _checked(given: Settings, phone: str, reason: str = "none") -> tuple[str, str]:
    """Phone and reason as the records take them. Exits with 2."""
    try:
        number = TypeAdapter(forms.Phone).validate_python(phone.strip(), context={"country": given.country})
    except ValidationError as wrong:
        refuse(*(f"PHONE: {fault}" for fault in faults(wrong)))
    try:
        return number, TypeAdapter(forms.Text).validate_python(reason)
    except ValidationError as wrong:
        refuse(*(f"--reason: {fault}" for fault in faults(wrong)))


def _shown(found: list[Block], as_json: bool) -> None:
    answer([asdict(one) for one in found], administration_text.blocks_listed(found), as_json)

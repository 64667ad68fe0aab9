"""``ivr rate``: what an emergency costs, and from when on."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic import ValidationError

from ivr.administration import moments
from ivr.administration.entries import RateRecord
from ivr.administration.forms import RateForm, faults
from ivr.cli import administration_text
from ivr.cli.options import reads
from ivr.cli.shared import AsJson, Commands, Yes, answer, fail, records, refuse, sure
from ivr.errors import UnknownRecord

if TYPE_CHECKING:
    from ivr.store import Store

rate = Commands("rate", "Rates: what an emergency costs, and from when on.")

_OPTIONS = {
    "cents": "--cents", "minimum": "--minimum", "increment": "--increment", "currency": "--currency", "tax_percent": "--tax",
    "blocks": "--blocks",
}  # fmt: skip

Number = Annotated[int, typer.Argument(metavar="RATE", help="The rate's number.", min=1, max=2**63 - 1)]


@rate.command()
def add(
    cents: Annotated[str, typer.Option(help="The price of a minute in cents, before tax.")],
    minimum: Annotated[str, typer.Option(help="Minutes that are charged at least.")],
    increment: Annotated[str, typer.Option(help="Beyond them, charged in steps of so many minutes.")] = "1",
    currency: Annotated[str, typer.Option(help="USD, or another whose unit is called a dollar.")] = "USD",
    tax: Annotated[str, typer.Option(help="Percent, as 8.25.")] = "0",
    blocks: Annotated[str, typer.Option(help="Minutes that can be prepaid, at most nine.")] = "15,30,60",
    valid_from: Annotated[
        datetime | None, typer.Option("--from", parser=reads(moments.moment), metavar="TIME", help="Valid from; now.")
    ] = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Enter a rate. From its moment on callers are told this price; who agreed to another before keeps that."""
    typed = {"cents": cents, "minimum": minimum, "increment": increment, "currency": currency, "tax_percent": tax, "blocks": blocks}
    try:
        form = RateForm.model_validate(typed)
    except ValidationError as wrong:
        refuse(*faults(wrong, _OPTIONS))
    now = datetime.now(UTC)
    if valid_from is not None and valid_from < now:
        refuse("--from: lies in the past; callers were told another price then.")
    with records() as (_, store):
        sure(f"Charge {cents} cents of {currency} a minute from {valid_from or 'now'} on?", yes)
        number = store.add_rate(form.rate(), valid_from or now)
        if number is None:
            fail("Another rate begins at that very moment. `ivr rate list` shows it.")
        _shown(store, number, as_json)
    _warn_of_length(form)


@rate.command()
def end(number: Number, yes: Yes = False, as_json: AsJson = False) -> None:
    """Take back a rate that is not valid yet. One that was said is ended by adding another."""
    with records() as (_, store):
        _found(store, number)
        sure(f"Take back rate {number}?", yes)
        if not store.withdraw_rate(number):
            fail(f"Callers are told rate {number}, or were: it stays as it is. `ivr rate add` makes another valid.")
    answer({"removed": number}, f"Rate {number} is taken back.", as_json)


@rate.command()
def show(number: Annotated[int | None, typer.Argument(metavar="RATE", help="Its number; the one that is valid now.")] = None,
         as_json: AsJson = False) -> None:  # fmt: skip
    """One rate, until when it is valid, and how many callers were told it."""
    with records() as (_, store):
        _shown(store, store.current_rate().id if number is None else number, as_json)


@rate.command(name="list")
def list_rates(as_json: AsJson = False) -> None:
    """Every rate, oldest first."""
    with records() as (_, store):
        found = store.rates()
    answer([_data(one) for one in found], administration_text.rates_listed(found, datetime.now(UTC)), as_json)


def _warn_of_length(form: RateForm) -> None:
    from ivr import disclosure  # brings the telephone with it

    try:
        lasts = disclosure.seconds(form.rate())
    except ValueError as unspeakable:
        return typer.echo(f"Warning: callers can't be told this rate, so nobody will be charged: {unspeakable}", err=True)
    if lasts > disclosure.LONGEST_SECONDS:
        typer.echo(f"Warning: telling it takes {lasts:.1f} s; it should be {disclosure.LONGEST_SECONDS:g} s at most.", err=True)
    return None


def _found(store: "Store", number: int) -> RateRecord:
    """Raises UnknownRecord."""
    for one in store.rates():
        if one.rate.id == number:
            return one
    raise UnknownRecord(f"There is no rate {number}. `ivr rate list` shows all.")


def _shown(store: "Store", number: int, as_json: bool) -> None:
    one = _found(store, number)
    answer(_data(one), administration_text.rates_listed([one], datetime.now(UTC)), as_json)


def _data(one: RateRecord) -> dict[str, Any]:
    return asdict(one.rate) | {"valid_from": one.valid_from, "until": one.until, "incidents": one.incidents}

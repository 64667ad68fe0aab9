"""``--pin``: where a command takes a PIN from. Never from an argument, which every user of the machine could read and the shell keeps."""

from enum import StrEnum
from typing import Annotated

import typer

from ivr.administration.pin_rules import make_pin, pin_fault
from ivr.cli.shared import refuse


class PinFrom(StrEnum):
    """The option's values."""

    NEW = "new"
    ASK = "ask"
    STDIN = "-"


def _pin_from(text: str) -> PinFrom:
    """The option's value. One that is no source may be a PIN: it is not repeated."""
    if text not in list(PinFrom):
        raise typer.BadParameter("A PIN is never part of a command, which others can read. Say new, ask or -.")
    return PinFrom(text)


Pin = Annotated[
    PinFrom | None,
    typer.Option(parser=_pin_from, metavar="new|ask|-", help="new: made here, shown once; ask: typed; -: read from the standard input."),
]


def chosen_pin(source: PinFrom, account: str) -> str:
    """The PIN: made, typed or read. Exits with 2 when the rules refuse it."""
    if source is PinFrom.NEW:
        return make_pin(account)
    pin = typer.get_text_stream("stdin").readline().strip() if source is PinFrom.STDIN else _typed_pin()
    if fault := pin_fault(pin, account):
        refuse(fault)
    return pin


def _typed_pin() -> str:
    return str(typer.prompt("PIN", hide_input=True, confirmation_prompt="The same PIN again", err=True))

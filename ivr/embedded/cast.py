"""The cast of the embedded stack: who may call, with which PIN, and who answers. The README lists them.

Phone numbers are of the range that is kept for fiction (555-01xx).
"""

from dataclasses import dataclass
from importlib.resources import files
from typing import Final

from pydantic import SecretStr

from ivr.migrate import run_script
from ivr.pins import hash_pin


@dataclass(frozen=True, slots=True)
class Customer:
    """``minutes``: of the agreement; None is unlimited. ``valid``: whether the agreement's term is running."""

    account: str
    name: str
    pin: str
    phone: str
    trunks: bool = False
    valid: bool = True
    minutes: int | None = None


@dataclass(frozen=True, slots=True)
class Engineer:
    name: str
    phone: str


COVERED: Final = Customer("1042", "Harbour Dental", "4711", "+15555550142")
SIXTY_MINUTES: Final = Customer("1043", "Mill Street Bakery", "2580", "+15555550143", minutes=60)
LAPSED: Final = Customer("1044", "Northgate Realty", "1357", "+15555550144", valid=False)
EXHAUSTED: Final = Customer("1045", "Lakeside Clinic", "8642", "+15555550145", minutes=0)
WITH_TRUNKS: Final = Customer("1046", "Orchard Freight", "9753", "+15555550146", trunks=True)
LAPSED_WITH_TRUNKS: Final = Customer("1047", "Pinecrest Hotel", "6420", "+15555550147", trunks=True, valid=False)
CUSTOMERS: Final = (COVERED, SIXTY_MINUTES, LAPSED, EXHAUSTED, WITH_TRUNKS, LAPSED_WITH_TRUNKS)

ANN: Final = Engineer("Ann", "+15555550101")
BEN: Final = Engineer("Ben", "+15555550102")
CLEO: Final = Engineer("Cleo", "+15555550103")
ENGINEERS: Final = (ANN, BEN, CLEO)
"""In the order in which they are rung."""

FAILSAFE: Final = ("+15555550191", "+15555550192")
"""Phones that ring when the software is down, one after another."""

MENU: Final = {"0": "+15555550180", "1": "+15555550181"}
"""Where the main menu's other digits lead: the operator, and sales."""


def load_cast(database_url: str, pepper: SecretStr) -> None:
    """Puts the cast into the records; what is there already is left alone. Raises ``SetupError``."""
    functions = files("ivr.embedded").joinpath("cast.sql").read_text()
    customers = [_call("cast_customer", *_customer(customer, pepper)) for customer in CUSTOMERS]
    run_script(database_url, "\n".join([functions, *customers, *_engineers()]))


def _customer(customer: Customer, pepper: SecretStr) -> tuple[str | int | bool | None, ...]:
    pin_hash = hash_pin(customer.pin, pepper)
    return customer.account, customer.name, pin_hash, customer.phone, customer.trunks, customer.valid, customer.minutes


def _engineers() -> list[str]:
    return [_call("cast_engineer", place, engineer.name, engineer.phone) for place, engineer in enumerate(ENGINEERS, 1)]


def _call(function: str, *arguments: str | int | bool | None) -> str:
    return f"SELECT pg_temp.{function}({', '.join(map(_literal, arguments))});"


def _literal(value: str | int | bool | None) -> str:
    """A constant of ours as SQL."""
    if value is None:
        return "NULL"
    return "'" + str(value).replace("'", "''") + "'"

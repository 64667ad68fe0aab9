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
    """``minutes``: of the agreement's term, or of each month when ``monthly``; None is unlimited.

    ``valid``: whether the term is running. ``emergencies``: whether the agreement covers them.
    """

    account: str
    name: str
    pin: str
    phone: str
    trunks: bool = False
    valid: bool = True
    minutes: int | None = None
    monthly: bool = False
    emergencies: bool = True


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
MONTHLY: Final = Customer("1048", "Riverside Books", "3141", "+15555550148", minutes=150, monthly=True)
OFFICE_HOURS: Final = Customer("1049", "Summit Printing", "2718", "+15555550149", emergencies=False)
CUSTOMERS: Final = (COVERED, SIXTY_MINUTES, LAPSED, EXHAUSTED, WITH_TRUNKS, LAPSED_WITH_TRUNKS, MONTHLY, OFFICE_HOURS)

ANN: Final = Engineer("Ann", "+15555550101")
BEN: Final = Engineer("Ben", "+15555550102")
CLEO: Final = Engineer("Cleo", "+15555550103")
ENGINEERS: Final = (ANN, BEN, CLEO)
"""In the order in which they are rung: each is always on call on a level of their own."""

FAILSAFE: Final = ("+15555550191", "+15555550192")
"""Phones that ring when the software is down, one after another."""

MENU: Final = {"0": "+15555550180", "1": "+15555550181"}
"""Where the main menu's other digits lead: the operator, and sales."""


def load_cast(database_url: str, pepper: SecretStr) -> None:
    """Puts the cast into the records; what is there already is left alone. Raises ``SetupError``."""
    functions = files("ivr.embedded").joinpath("cast.sql").read_text()
    customers = [_call("cast_customer", *_customer(customer, pepper)) for customer in CUSTOMERS]
    run_script(database_url, "\n".join([functions, *customers, *_engineers()]))


def give_mailboxes(database_url: str, mailbox_url: str) -> None:
    """Pages to engineers of the cast who have no address yet arrive in the mailbox, under their name. Raises ``SetupError``."""
    addresses = {engineer.name: f"{paging(mailbox_url)}/{engineer.name.lower()}" for engineer in ENGINEERS}
    statement = "UPDATE engineer SET page_urls = ARRAY[{}] WHERE name = {} AND page_urls = '{{}}';"
    run_script(database_url, "\n".join(statement.format(_literal(url), _literal(name)) for name, url in addresses.items()))


def paging(mailbox_url: str) -> str:
    """The mailbox as an address for pages."""
    return mailbox_url.replace("http://", "json://", 1)


def _customer(customer: Customer, pepper: SecretStr) -> tuple[str | int | bool | None, ...]:
    pin_hash = hash_pin(customer.pin, pepper)
    agreement = customer.valid, customer.minutes, customer.monthly, customer.emergencies
    return customer.account, customer.name, pin_hash, customer.phone, customer.trunks, *agreement


def _engineers() -> list[str]:
    added = [_call("cast_engineer", place, engineer.name, engineer.phone) for place, engineer in enumerate(ENGINEERS, 1)]
    return added + [_call("cast_layer", place, engineer.name) for place, engineer in enumerate(ENGINEERS, 1)]


def _call(function: str, *arguments: str | int | bool | None) -> str:
    return f"SELECT pg_temp.{function}({', '.join(map(_literal, arguments))});"


def _literal(value: str | int | bool | None) -> str:
    """A constant of ours as SQL."""
    if value is None:
        return "NULL"
    return "'" + str(value).replace("'", "''") + "'"

"""Customers, agreements, rates, blocks and the audit as a person reads them on a terminal. Pure."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ivr.administration.entries import AgreementRecord, Block, Change, CustomerRecord, RateRecord
from ivr.administration.moments import zone_or_utc
from ivr.event_words import duration, money
from ivr.model.customer import AgreementUse
from ivr.tables import minute, page, table

_PLUMBING: Final = ("id", "created_at", "customer_id", "request")
_FIELDS: Final = {"pin_hash": "PIN", "closed_at": "left"}


def listed(customers: Iterable[CustomerRecord]) -> Table:
    """One line a customer."""
    rows = (
        (one.account, one.name, ", ".join(one.phones) or "-", "ours" if one.trunks else "-", str(one.incidents),
         "left" if one.closed_at else "")
        for one in customers
    )  # fmt: skip
    return table(rows, "account", "name", "phones", "trunks", "incidents", "")


def shown(one: CustomerRecord, agreements: Sequence[AgreementRecord], sound: str | None) -> RenderableType:
    """One customer with agreements."""
    head = page({
        "account": one.account,
        "name": one.name,
        "whisper": "says the name" if sound else "says the account number",
        "phones": ", ".join(one.phones) or "none: asked for the account number",
        "e-mail": one.email or "none",
        "SIP trunks": "rents ours" if one.trunks else "none of ours",
        "hears": {"en": "English", "es": "Spanish"}[one.language],
        "since": f"{one.created_at.astimezone():%Y-%m-%d}",
        "incidents": str(one.incidents),
    } | ({"left": f"{minute(one.closed_at)}: recognised no more"} if one.closed_at else {}))  # fmt: skip
    return Group(head, Text(), agreements_listed(agreements) if agreements else Text("No agreement: every emergency is prepaid."))


def agreements_listed(agreements: Iterable[AgreementRecord]) -> Table:
    """One line an agreement."""
    rows = (
        (str(one.id), one.account, one.customer, *one.term(), minutes(one),
         _standing(one) + ("" if one.covers_emergencies else ", without emergencies"))
        for one in agreements
    )  # fmt: skip
    return table(rows, "no.", "account", "customer", "first day", "last day", "minutes", "now")


def agreement_shown(one: AgreementRecord, use: AgreementUse | None, others: Sequence[AgreementRecord]) -> RenderableType:
    """One agreement, what is used of it in this period, and which others run at the same time."""
    first, last = one.term()
    lines = {
        "agreement": f"{one.id}, {_standing(one)}",
        "customer": f"{one.customer} ({one.account})",
        "term": f"{first} to {last}, {one.zone}{'' if zone_or_utc(one.zone).key == one.zone else ' (unknown here: counts as UTC)'}",
        "minutes": minutes(one),
        "emergencies": "covered" if one.covers_emergencies else "not covered: they are prepaid",
        "rounding": f"up to {one.increment_minutes} min, once an incident" if one.increment_minutes else "to the second",
        "incidents": str(one.incidents),
    }
    also = [f"Agreement {other.id} runs at the same time; the unlimited one pays first, then the one with most left." for other in others]
    return Group(page(lines | (_used(use, one.zone) if use else {})), *map(Text, also))


def minutes(one: AgreementRecord) -> str:
    """``60 a month from day 15, carried over``."""
    if one.minutes is None:
        return "unlimited"
    if one.period == "term":
        return f"{one.minutes} in all"
    anchor = f" from {one.anchor}" if one.anchor else ""
    return f"{one.minutes} a {one.period}{anchor}{', carried over' if one.carry_over else ''}"


def rates_listed(rates: Sequence[RateRecord], now: datetime) -> Table:
    """One line a rate, the one that callers hear now marked."""
    rows = (_rate(one, now) for one in rates)
    return table(rows, "no.", "from", "until", "a minute", "tax", "charged", "blocks", "agreed", "")


def blocks_listed(blocks: Iterable[Block]) -> Table:
    """One line a block."""
    rows = ((one.phone, minute(one.since), minute(one.until) if one.until else "-", one.by, one.reason) for one in blocks)
    return table(rows, "phone", "since", "until", "by", "reason")


def changes_listed(changes: Iterable[Change]) -> Table:
    """One line a change, with what it was and what it became."""
    rows = (
        (f"{one.at.astimezone():%Y-%m-%d %H:%M:%S}", one.who, f"{one.action} {one.entity.replace('_', ' ')}", one.key, difference(one))
        for one in changes
    )
    return table(rows, "when", "who", "what", "which", "change")


def difference(change: Change) -> str:
    """What changed, field by field: ``name: Mill → Mill Street``; of what was added or removed all that is not empty."""
    before, after = change.before or {}, change.after or {}
    if change.before and change.after:
        differ = [name for name in after if before.get(name) != after[name]]
        return ", ".join(f"{_field(name)}: {_value(before.get(name))} → {_value(after[name])}" for name in differ)
    only = {name: value for name, value in (after or before).items() if value not in (None, "", []) and name not in _PLUMBING}
    return ", ".join(f"{_field(name)}: {_value(value)}" for name, value in only.items())


def _rate(one: RateRecord, now: datetime) -> tuple[str, ...]:
    rate = one.rate
    charged, blocks = f"{rate.minimum_minutes} min, then by {rate.increment_minutes}", ", ".join(map(str, rate.blocks))
    price, tax = money(rate.price_cents, rate.currency), f"{rate.tax_basis_points / 100:g} %"
    said = "now" if one.valid_from <= now and (one.until is None or now < one.until) else "to come" if now < one.valid_from else ""
    until = minute(one.until) if one.until else "-"
    return str(rate.id), minute(one.valid_from), until, price, tax, charged, blocks, str(one.incidents), said


def _used(use: AgreementUse, zone: str) -> dict[str, str]:
    where = zone_or_utc(zone)
    period = f"{use.start.astimezone(where):%Y-%m-%d} to {use.end.astimezone(where) - timedelta(seconds=1):%Y-%m-%d}"
    allotted = "unlimited" if use.allotted is None else duration(use.allotted)
    left = "unlimited" if use.left is None else duration(use.left)
    return {
        "this period": period,
        "allotted": allotted,
        "used": duration(use.used) + (f", and {duration(use.reserved)} reserved by calls that go on" if use.reserved else ""),
        "left": left,
    }


def _standing(one: AgreementRecord) -> str:
    now = datetime.now(UTC)
    return "in force" if one.is_valid(now) else "over" if one.ends_at <= now else "to come"


def _field(name: str) -> str:
    return _FIELDS.get(name, name.replace("_", " "))


def _value(value: Any) -> str:
    return "none" if value is None else "yes" if value is True else "no" if value is False else str(value)

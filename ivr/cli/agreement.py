"""``ivr agreement``: what covers a customer's emergencies, for how long and how many minutes."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic import ValidationError

from ivr.administration import moments
from ivr.administration.entries import AgreementRecord
from ivr.administration.forms import AgreementForm, faults
from ivr.cli import administration_text
from ivr.cli.options import reads
from ivr.cli.shared import AsJson, Commands, Yes, answer, fail, print_json, records, refuse, screen, sure
from ivr.tables import minute

if TYPE_CHECKING:
    from ivr.store import Store

agreement = Commands("agreement", "Agreements: what covers a customer's emergencies, for how long and how many minutes.")

_OPTIONS = {
    "account": "ACCOUNT",
    "first_day": "--first-day",
    "last_day": "--last-day",
    "zone": "--zone",
    "minutes": "--minutes",
    "period": "--period",
    "anchor": "--anchor",
    "carry_over": "--carry-over",
    "increment_minutes": "--increment",
}

Number = Annotated[int, typer.Argument(metavar="AGREEMENT", help="The agreement's number.", min=1, max=2**63 - 1)]
LastDay = Annotated[str, typer.Option(help="The last day, as 2026-12-31.")]
Minutes = Annotated[str, typer.Option(help="Minutes of each period, or `unlimited`.")]
Emergencies = Annotated[bool | None, typer.Option("--emergencies/--no-emergencies", help="Whether emergencies are covered; they are.")]
CarryOver = Annotated[bool | None, typer.Option("--carry-over/--no-carry-over", help="What a period leaves is added to the next.")]
Increment = Annotated[str | None, typer.Option(help="Use is rounded up to so many minutes, once an incident; else to the second.")]


@agreement.command()
def add(
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help="The customer's account number.")],
    first_day: Annotated[str, typer.Option(help="The first day, as 2026-01-01.")],
    last_day: LastDay,
    zone: Annotated[str, typer.Option(help="Where its days begin, as America/New_York.")],
    minutes: Minutes,
    period: Annotated[str | None, typer.Option(help="month, quarter or term: for how long the minutes are; the term.")] = None,
    anchor: Annotated[str | None, typer.Option(help="The first day of some period; the first day of the agreement.")] = None,
    carry_over: CarryOver = None,
    emergencies: Emergencies = None,
    increment: Increment = None,
    as_json: AsJson = False,
) -> None:
    """Enter an agreement. It may overlap with others; that is shown."""
    form = _form(
        account=account, first_day=first_day, last_day=last_day, zone=zone, minutes=minutes, period=period, anchor=anchor,
        carry_over=carry_over, covers_emergencies=emergencies, increment_minutes=increment,
    )  # fmt: skip
    with records() as (_, store):
        if (closed := store.customer_record(account).closed_at) is not None:
            fail(f"Customer {account} left on {closed.astimezone():%Y-%m-%d}. `ivr customer change {account} --reopen` takes that back.")
        numbers = store.write_agreements([form.row()])
        if not numbers:
            fail(f"The very same agreement of {account} is there already. `ivr agreement list --account {account}` shows it.")
        _shown(store, numbers[0], as_json)


@agreement.command()
def change(
    number: Number,
    last_day: Annotated[str | None, typer.Option(help="Another last day.")] = None,
    minutes: Annotated[str | None, typer.Option(help="Other minutes of each period, the present one too, or `unlimited`.")] = None,
    carry_over: CarryOver = None,
    emergencies: Emergencies = None,
    increment: Increment = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Change what is named. First day, period and zone stay: what was used is counted by them. End it and add another instead."""
    with records() as (_, store):
        before = store.agreement_record(number)
        typed = {
            "last_day": last_day, "minutes": minutes, "carry_over": carry_over, "covers_emergencies": emergencies,
            "increment_minutes": increment,
        }  # fmt: skip
        asked = {name: value for name, value in typed.items() if value is not None}
        if not asked:
            refuse("Say what to change: --last-day, --minutes, --carry-over, --emergencies or --increment.")
        form = _form(**(_as_typed(before) | asked))
        if (lost := _lost(before, form, asked)) is not None:
            sure(f"{lost} Change agreement {number} of {before.customer} ({before.account})?", yes)
        store.write_agreements([{"id": number} | {name: value for name, value in form.row().items() if name in _columns(asked)}])
        _shown(store, number, as_json)


@agreement.command()
def end(
    number: Number,
    at: Annotated[datetime | None, typer.Option(parser=reads(moments.moment), metavar="TIME", help="When; now.")] = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """End an agreement early. One that has not begun is removed."""
    with records() as (_, store):
        one = store.agreement_record(number)
        now = datetime.now(UTC)
        last = max(at or now, now)
        if one.ends_at <= last:
            fail(f"Agreement {number} is over on {minute(one.ends_at)} by itself.")
        sure(f"End agreement {number} of {one.customer} ({one.account})?", yes)
        if last <= one.starts_at:
            if not store.withdraw_agreement(number):
                fail(f"Agreement {number} has begun meanwhile. Try again.")
            return answer({"removed": number}, f"Agreement {number} had not begun: it is removed.", as_json)
        store.write_agreements([{"id": number, "ends_at": last}])
        return _shown(store, number, as_json)


@agreement.command()
def show(number: Number, as_json: AsJson = False) -> None:
    """One agreement, and what is used of it in this period."""
    with records() as (_, store):
        _shown(store, number, as_json)


@agreement.command(name="list")
def list_agreements(
    account: Annotated[str | None, typer.Option(help="Only this customer's.")] = None,
    ended: Annotated[bool, typer.Option("--ended", help="Also those that are over.")] = False,
    as_json: AsJson = False,
) -> None:
    """The agreements in force or to come, by customer."""
    with records() as (_, store):
        if account is not None:
            store.customer_record(account)  # or an empty list would hide a mistyped number
        found = store.agreement_records(*([account] if account else []), ended=ended)
    answer([one.as_data() for one in found], administration_text.agreements_listed(found), as_json)


def _form(**values: Any) -> AgreementForm:
    """What was typed, checked. Exits with 2."""
    try:
        return AgreementForm.model_validate({name: value for name, value in values.items() if value is not None})
    except ValidationError as wrong:
        refuse(*faults(wrong, _OPTIONS))


def _lost(before: AgreementRecord, form: AgreementForm, asked: dict[str, Any]) -> str | None:
    """What the customer loses by the change, if it is much."""
    if "last_day" in asked and form.ends_at <= datetime.now(UTC):
        return "It would be over."
    if "last_day" in asked and form.ends_at < before.ends_at:
        return "It would end earlier than now."
    if before.covers_emergencies and not form.covers_emergencies:
        return "It would cover emergencies no more."
    return None


def _as_typed(one: AgreementRecord) -> dict[str, Any]:
    """An agreement as its form, for what a change leaves alone."""
    zone = moments.zone_or_utc(one.zone)
    first, last = one.term()
    return {
        "account": one.account, "first_day": first[:10], "last_day": last[:10], "zone": zone,
        "minutes": "unlimited" if one.minutes is None else max(1, one.minutes), "period": one.period, "anchor": one.anchor,
        "carry_over": one.carry_over, "covers_emergencies": one.covers_emergencies, "increment_minutes": one.increment_minutes,
    }  # fmt: skip


def _columns(asked: dict[str, Any]) -> set[str]:
    return {"ends_at" if name == "last_day" else name for name in asked}


def _shown(store: "Store", number: int, as_json: bool) -> None:
    one = store.agreement_record(number)
    use = store.agreement_use(number)
    others = [
        other for other in store.agreement_records(one.account)
        if other.id != number and other.starts_at < one.ends_at and one.starts_at < other.ends_at
    ]  # fmt: skip
    if as_json:
        print_json(one.as_data() | {"use": use and asdict(use), "overlaps": [other.id for other in others]})
    else:
        screen().print(administration_text.agreement_shown(one, use, others))

"""Customers and agreements from a table: what a file would add or change, worked out before anything is written.

The same file a second time finds everything as it should be. A column that is not there, and an empty cell, leave alone what stands.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from ivr.administration import csv_file
from ivr.administration.csv_file import BadFile, Line
from ivr.administration.entries import AgreementRecord, CustomerRecord
from ivr.administration.forms import AgreementForm, CustomerForm, faults
from ivr.administration.pin_rules import make_pin, pin_fault
from ivr.config import Settings
from ivr.pins import check_pin, hash_pin
from ivr.store import Store
from ivr.tables import minute

CUSTOMER: Final = (("account", "name"), ("email", "trunks", "language", "phones", "pin"))
AGREEMENT: Final = (("account", "first_day", "last_day", "zone", "minutes"), ("period", "anchor", "carry_over", "emergencies", "increment"))
"""Columns that must be there, and those that may."""

_FIELDS: Final = {"emergencies": "covers_emergencies", "increment": "increment_minutes"}
_COLUMNS: Final = {field: column for column, field in _FIELDS.items()} | {"ends_at": "last_day"}


@dataclass(frozen=True, slots=True)
class Step:
    """What one line comes to. ``row`` is what the records are to write; None when all is as it should be."""

    line: int
    account: str
    action: str  # add, change, leave
    words: str  # what is added or changed, for a person
    row: dict[str, Any] | None = None
    pin: str | None = None  # made here; to be shown once


def customers(store: Store, settings: Settings, path: Path) -> list[Step]:
    """What the file would do. Raises BadFile with every fault, StoreUnavailable."""
    wrong: list[str] = []
    forms: dict[str, tuple[Line, CustomerForm]] = {}
    for line in csv_file.read(path, *CUSTOMER):
        form = _customer_form(line, settings, wrong)
        if form is not None and form.account in forms:
            wrong.append(f"line {line.number}: the account {form.account} is in line {forms[form.account][0].number} already")
        elif form is not None:
            forms[form.account] = line, form
    known = {one.account: one for one in store.customers(ended=True)}
    hashes = store.pin_hashes(list(forms))
    for account, (line, _) in forms.items():
        if account in known and known[account].closed_at is not None:
            wrong.append(f"line {line.number}: customer {account} left; `ivr customer change {account} --reopen` takes that back")
    if wrong:
        raise BadFile(sorted(wrong, key=_number))
    return [_customer_step(line, form, known.get(form.account), hashes, settings) for line, form in forms.values()]


def shared_phones(store: Store, steps: Sequence[Step]) -> dict[str, list[str]]:
    """Phones of the steps that several customers have, or would have after them, with the accounts."""
    rows = [step.row for step in steps if step.row is not None]
    phones = sorted({phone for row in rows for phone in row.get("add_phones", ())})
    owners = {phone: set(accounts) for phone, accounts in store.phone_sharers("", phones).items()}
    for row in rows:
        for phone in row.get("add_phones", ()):
            owners.setdefault(phone, set()).add(row["account"])
        for phone in set(row.get("drop_phones", ())) & owners.keys():
            owners[phone].discard(row["account"])
    return {phone: sorted(accounts) for phone, accounts in owners.items() if len(accounts) > 1}


def agreements(store: Store, path: Path) -> list[Step]:
    """The same for agreements: one of the same customer with the same first day is the same agreement."""
    wrong: list[str] = []
    forms: list[tuple[Line, AgreementForm]] = []
    for line in csv_file.read(path, *AGREEMENT):
        cells = {_FIELDS.get(name, name): cell for name, cell in line.cells.items() if cell or name in AGREEMENT[0]}
        try:
            forms.append((line, AgreementForm.model_validate(cells)))
        except ValidationError as refused:
            wrong += _line_faults(line, refused)
    accounts = {form.account for _, form in forms}
    known = {one.account: one for one in store.customers(ended=True) if one.account in accounts}
    there = store.agreement_records(*sorted(accounts)) if accounts else []
    steps: list[Step] = []
    seen: dict[tuple[object, ...], int] = {}
    for line, form in forms:
        key = (form.account, form.starts_at)
        step = _agreement_step(line, form, there) if form.account in known else f"there is no customer {form.account}"
        if form.account in known and known[form.account].closed_at is not None:
            step = f"customer {form.account} left; `ivr customer change {form.account} --reopen` takes that back"
        if key in seen:
            step = f"the same agreement is in line {seen[key]} already (account {form.account}, first day {form.first_day})"
        seen.setdefault(key, line.number)
        wrong += [f"line {line.number}: {step}"] if isinstance(step, str) else []
        steps += [] if isinstance(step, str) else [step]
    if wrong:
        raise BadFile(sorted(wrong, key=_number))
    return steps


def _customer_form(line: Line, settings: Settings, wrong: list[str]) -> CustomerForm | None:
    cells = {name: cell for name, cell in line.cells.items() if name != "pin" and (cell or name in CUSTOMER[0])}
    try:
        form = CustomerForm.model_validate(cells, context={"country": settings.country})
    except ValidationError as refused:
        wrong += _line_faults(line, refused)
        return None
    pin = line.cells.get("pin", "")
    if pin and (fault := pin_fault(pin, form.account)):
        wrong.append(f"line {line.number}: pin: {fault}")
    return form


def _customer_step(line: Line, form: CustomerForm, known: CustomerRecord | None, hashes: Mapping[str, str], settings: Settings) -> Step:
    pin = line.cells.get("pin", "")
    row: dict[str, Any] = {"account": form.account}
    if known is None:
        made = None if pin else make_pin(form.account)
        row |= {"name": form.name, "email": form.email, "trunks": form.trunks, "language": form.language, "add_phones": form.phones}
        row |= {"pin_hash": hash_pin(pin or str(made), settings.pin_pepper)}
        return Step(line.number, form.account, "add", f"{form.name}, {', '.join(form.phones) or 'no phone'}", row, made)
    differ = dict(_differences(form, known))
    words = [f"{name}: {was or 'none'} → {now or 'none'}" for name, (was, now) in differ.items()]
    row |= {name: now for name, (_, now) in differ.items() if name != "phones"}
    if "phones" in differ:
        row |= {"add_phones": form.phones, "drop_phones": sorted(set(known.phones) - set(form.phones))}
    if pin and not check_pin(pin, hashes[form.account], settings.pin_pepper):
        row |= {"pin_hash": hash_pin(pin, settings.pin_pepper)}
        words.append("another PIN")
    return Step(line.number, form.account, "change" if words else "leave", ", ".join(words), row if words else None)


def _differences(form: CustomerForm, known: CustomerRecord) -> Iterator[tuple[str, tuple[Any, Any]]]:
    """Field by field what stands and what the file says, where they differ."""
    for name in ("name", "email", "trunks", "language"):
        was, now = getattr(known, name), getattr(form, name)
        if now is not None and (was or None) != (now or None):
            yield name, (was, now)
    if "phones" in form.model_fields_set and set(form.phones) != set(known.phones):
        yield "phones", (", ".join(known.phones), ", ".join(form.phones))


def _agreement_step(line: Line, form: AgreementForm, there: Sequence[AgreementRecord]) -> Step | str:
    """What to do, or why it can't be done."""
    row = form.row()
    same = [one for one in there if one.account == form.account and one.starts_at == form.starts_at]
    if not same:
        return Step(line.number, form.account, "add", f"{form.first_day} to {form.last_day}, {_minutes(form)}", row)
    names = [name for name in row if name not in ("account", "starts_at") and _said(line, name)]
    differences = [[name for name in names if getattr(one, name) != row[name]] for one in same]
    if [] in differences:
        return Step(line.number, form.account, "leave", "")
    if len(same) > 1:
        return f"{len(same)} agreements of {form.account} begin on that day; `ivr agreement change` changes one of them"
    [one], [names] = same, differences
    if fixed := [name for name in names if name in ("period", "anchor", "zone")]:
        return f"{fixed[0]} of agreement {one.id} can't be changed: what was used is counted by it; end it and add another"
    if form.minutes is None and one.carry_over and "carry_over" not in names:
        return f"agreement {one.id} carries over, which makes no sense without a number of minutes; say no in the column carry_over too"
    if "ends_at" in names and one.ends_at <= datetime.now(UTC):
        how = f"`ivr agreement change {one.id} --last-day {form.last_day}` takes that back"
        return f"agreement {one.id} is over since {minute(one.ends_at)}, and no table makes it valid again; {how}"
    words = ", ".join(f"{_COLUMNS.get(name, name)}: {_shown(one, name)} → {_shown_new(form, name)}" for name in names)
    return Step(line.number, form.account, "change", f"agreement {one.id}: {words}", {"id": one.id} | {name: row[name] for name in names})


def _said(line: Line, field: str) -> bool:
    return bool(line.cells.get(_COLUMNS.get(field, field)))


def _shown(one: AgreementRecord, name: str) -> str:
    return one.term()[1] if name == "ends_at" else str(getattr(one, name))


def _shown_new(form: AgreementForm, name: str) -> str:
    return str(form.last_day if name == "ends_at" else getattr(form, name))


def _minutes(form: AgreementForm) -> str:
    return "unlimited" if form.minutes is None else f"{form.minutes} minutes a {form.period.value}"


def _line_faults(line: Line, refused: ValidationError) -> list[str]:
    return [f"line {line.number}: {fault}" for fault in faults(refused, _COLUMNS)]


def _number(fault: str) -> int:
    return int(fault.split()[1].rstrip(":"))

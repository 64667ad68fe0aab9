"""``ivr customer import`` and ``ivr agreement import``: a whole table, or nothing of it (``docs/import.md``)."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from ivr.cli.shared import AsJson, print_json, records, screen
from ivr.config import Settings
from ivr.tables import table

if TYPE_CHECKING:
    from ivr.administration.imports import Step

PATIENCE: Final = 120.0
"""Seconds that a large table may take in the database."""

File = Annotated[Path, typer.Argument(metavar="FILE", help="CSV in UTF-8, comma or semicolon; its first line names the columns.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")]


def import_customers(file: File, dry_run: DryRun = False, as_json: AsJson = False) -> None:
    """Enter or change the customers of a table. Columns: account, name; email, trunks, language, phones, pin. All lines or none."""
    from ivr.administration import imports

    with records(database_seconds=PATIENCE) as (given, store):
        steps = imports.customers(store, given, file)
        if not dry_run:
            store.write_customers([step.row for step in steps if step.row is not None], "both")
        shared = imports.shared_phones(store, steps)
    _report(steps, dry_run, as_json)
    for phone, accounts in shared.items():
        typer.echo(f"Warning: {phone} is a phone of {', '.join(accounts)}: calls from it are recognised as nobody's.", err=True)
    if not dry_run:
        _forget_old_names(given, steps)


def import_agreements(file: File, dry_run: DryRun = False, as_json: AsJson = False) -> None:
    """Enter or change the agreements of a table. Columns: account, first_day, last_day, zone, minutes; period, anchor, carry_over,
    emergencies, increment. All lines or none."""
    from ivr.administration import imports

    with records(database_seconds=PATIENCE) as (_, store):
        steps = imports.agreements(store, file)
        if not dry_run:
            store.write_agreements([step.row for step in steps if step.row is not None])
    _report(steps, dry_run, as_json)


def _forget_old_names(given: Settings, steps: "Sequence[Step]") -> None:
    from ivr import name_sounds

    renamed = [step.account for step in steps if step.row is not None and "name" in step.row]
    for account in renamed:
        if warning := name_sounds.forget_gently(given, account):
            typer.echo(warning, err=True)
    if renamed:
        typer.echo("Hint: names that are new have no sound yet; `ivr customer speak --missing` makes them.", err=True)


def _report(steps: "Sequence[Step]", dry_run: bool, as_json: bool) -> None:
    """What was done, or would be. A PIN that was made is shown once, when it counts."""
    if as_json:
        data = [{name: value for name, value in asdict(step).items() if name not in ("row", "pin")} for step in steps]
        pins = {} if dry_run else {step.account: step.pin for step in steps if step.pin}
        return print_json({"dry_run": dry_run, "lines": data, "pins": pins})
    done = [step for step in steps if step.action != "leave"]
    rows = [
        (str(step.line), step.account, f"would {step.action}" if dry_run else step.action, step.words, "" if dry_run else step.pin or "")
        for step in done
    ]
    if done:
        screen().print(table(rows, "line", "account", "", "", "PIN" if not dry_run and any(step.pin for step in done) else ""))
    counts = ", ".join(f"{word} {sum(step.action == word for step in steps)}" for word in ("add", "change", "leave"))
    return typer.echo(f"{'Nothing is written; this would ' if dry_run else ''}{counts}.")

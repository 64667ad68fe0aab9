"""``ivr doctor``."""

from dataclasses import asdict

import typer
from pydantic import ValidationError

from ivr.cli.shared import AsJson, print_json, quiet


def doctor(as_json: AsJson = False) -> None:
    """Check settings, database, Asterisk, prompts, Stripe, the rota of the next 30 days. Exit code 1 when there is a fault."""
    from ivr.config import settings
    from ivr.doctor import State, examine, settings_faults
    from ivr.tables import plain

    quiet()
    try:
        found = examine(settings())
    except ValidationError as wrong:
        found = settings_faults(wrong)
    if as_json:
        print_json([asdict(one) for one in found])
    else:
        for one in found:
            typer.echo(f"{one.state:<8} {one.part:<9} {plain(one.text)}")
            if one.mend:
                typer.echo(f"{'':<18} → {plain(one.mend)}")
    if any(one.state is State.FAULT for one in found):
        raise typer.Exit(1)

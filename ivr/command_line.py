"""What every command shares: settings, errors as sentences, a terminal, JSON."""

import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, NoReturn

import typer
from pydantic import ValidationError
from rich.console import Console

from ivr.config import Settings, settings
from ivr.errors import HotlineError, StoreUnavailable, StripeUnavailable

AsJson = Annotated[bool, typer.Option("--json", help="For programs: JSON on the standard output.")]


@contextmanager
def ready(*, logs: bool = False) -> Iterator[Settings]:
    """The settings; expected errors become one clear text on the standard error and exit code 1."""
    logging.basicConfig(level=logging.INFO if logs else logging.CRITICAL, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        yield settings()
    except ValidationError as wrong:
        fail(_settings_text(wrong))
    except StoreUnavailable as away:
        fail(f"The database does not answer. Start it, or mend IVR_DATABASE_URL. ({away})")
    except StripeUnavailable as away:
        fail(f"Stripe does not answer; what was asked may have been done all the same. Try again. ({away})")
    except HotlineError as error:
        fail(str(error))


def fail(text: str) -> NoReturn:
    """Say why and exit with 1."""
    typer.echo(text, err=True)
    raise typer.Exit(1)


def screen() -> Console:
    """A terminal's width where there is one; never cut lines in a pipe."""
    return Console(width=None if sys.stdout.isatty() else 200, highlight=False)


def print_json(data: object) -> None:
    """For a program."""
    typer.echo(json.dumps(data, ensure_ascii=False, indent=2, default=str))


def _settings_text(wrong: ValidationError) -> str:
    """Which settings are missing or wrong, and where to set them. Never their values: some are secrets."""
    lines = [f"  IVR_{'_'.join(map(str, error['loc'])).upper()}: {error['msg']}" for error in wrong.errors(include_input=False)]
    return "\n".join(["Settings are missing or wrong:", *lines, "Set them in the environment or in a file .env in this folder."])

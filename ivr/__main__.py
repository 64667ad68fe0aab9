"""The command line: parses, delegates, and turns every expected error into a sentence."""

import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.console import Console

from ivr.config import Settings, settings
from ivr.errors import HotlineError, StoreUnavailable

app = typer.Typer(name="ivr", help="The paid emergency hotline.", no_args_is_help=True, pretty_exceptions_enable=False)
incident = typer.Typer(help="Incidents and their timelines.", no_args_is_help=True)
app.add_typer(incident, name="incident")

AsJson = Annotated[bool, typer.Option("--json", help="For programs: JSON on the standard output.")]


@app.command()
def serve() -> None:
    """Take calls: the FastAGI server beside Asterisk. SIGTERM lets calls in progress finish."""
    from ivr import serve as process

    with _ready(logs=True) as given:
        process.main(given)


@app.command()
def console() -> None:
    """The web console: health and readiness."""
    from ivr.console import app as process

    with _ready(logs=True) as given:
        process.main(given)


@app.command()
def worker() -> None:
    """The jobs beside the calls: sweeping up after killed processes."""
    from ivr import jobs as process

    with _ready(logs=True) as given:
        process.main(given)


@app.command()
def migrate() -> None:
    """Bring the database up to date. Safe to run at any time."""
    from ivr.migrate import migrate as bring_up_to_date

    with _ready() as given:
        bring_up_to_date(str(given.database_url))


@incident.command()
def show(number: Annotated[int, typer.Argument(help="The incident's number, as spoken to the caller.")], as_json: AsJson = False) -> None:
    """One incident: who called, who came, and every second of it."""
    from ivr import timeline
    from ivr.store import Store

    with _ready() as given, Store(given) as store:
        report = store.report(number)
        _print_json(timeline.as_data(report)) if as_json else _screen().print(timeline.render(report))


@incident.command(name="list")
def list_incidents(
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many, newest first.")] = 20, as_json: AsJson = False
) -> None:
    """The newest incidents."""
    from ivr import timeline
    from ivr.store import Store

    with _ready() as given, Store(given) as store:
        found = store.incidents(limit)
        _print_json([timeline.summary_data(one) for one in found]) if as_json else _screen().print(timeline.render_list(found))


@contextmanager
def _ready(*, logs: bool = False) -> Iterator[Settings]:
    """The settings; expected errors become one clear text on the standard error and exit code 1."""
    logging.basicConfig(level=logging.INFO if logs else logging.CRITICAL, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        yield settings()
    except ValidationError as wrong:
        _fail(_settings_text(wrong))
    except StoreUnavailable as away:
        _fail(f"The database does not answer. Start it, or mend IVR_DATABASE_URL. ({away})")
    except HotlineError as error:
        _fail(str(error))


def _settings_text(wrong: ValidationError) -> str:
    """Which settings are missing or wrong, and where to set them. Never their values: some are secrets."""
    lines = [f"  IVR_{'_'.join(map(str, error['loc'])).upper()}: {error['msg']}" for error in wrong.errors(include_input=False)]
    return "\n".join(["Settings are missing or wrong:", *lines, "Set them in the environment or in a file .env in this folder."])


def _fail(text: str) -> None:
    typer.echo(text, err=True)
    raise typer.Exit(1)


def _screen() -> Console:
    """A terminal's width where there is one; never cut lines in a pipe."""
    return Console(width=None if sys.stdout.isatty() else 200, highlight=False)


def _print_json(data: object) -> None:
    typer.echo(json.dumps(data, ensure_ascii=False, indent=2))


if __name__ == "__main__":
    app()

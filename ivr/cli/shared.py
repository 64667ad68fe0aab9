"""What every command shares: settings, errors as sentences, a terminal, JSON."""

import getpass
import json
import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from pydantic import ValidationError
from rich.console import Console, RenderableType

from ivr.cli.options import Once
from ivr.config import Settings, faults, settings
from ivr.errors import HotlineError, StoreUnavailable, StripeUnavailable

if TYPE_CHECKING:
    from ivr.store import Store

AsJson = Annotated[bool, typer.Option("--json", help="For programs: JSON on the standard output.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask whether to go on.")]


class Commands(typer.Typer):
    """A group of commands that refuse an option given twice."""

    def __init__(self, name: str, summary: str) -> None:
        super().__init__(name=name, help=summary, no_args_is_help=True)

    def command(self, name: str | None = None, **more: Any) -> Callable[[Any], Any]:
        """As the library's."""
        return super().command(name, **({"cls": Once} | more))


@contextmanager
def ready(*, logs: bool = False) -> Iterator[Settings]:
    """The settings; expected errors become one clear text on the standard error and exit code 1."""
    try:
        given = settings()
        if logs:
            from ivr import logs as lines  # at run time only for the processes: a command says what it has to say itself

            lines.start(given)
        else:
            quiet()
        yield given if logs or given.actor else given.model_copy(update={"actor": login()})
    except ValidationError as wrong:
        fail(_settings_text(wrong))
    except StoreUnavailable as away:
        from ivr.migrate import refusal  # PostgreSQL's own words: the store knows only that it waited in vain

        fail(f"The database does not answer. Start it, or mend IVR_DATABASE_URL. ({refusal(str(given.database_url)) or away})")
    except StripeUnavailable as away:
        fail(f"Stripe does not answer; what was asked may have been done all the same. Try again. ({away})")
    except HotlineError as error:
        fail(str(error))


@contextmanager
def records(**changed: Any) -> Iterator[tuple[Settings, "Store"]]:
    """The settings, some of them ``changed``, and the records by them; expected errors as :func:`ready` says."""
    from ivr.store import Store  # at run time only where it is needed: it takes PostgreSQL's library with it

    with ready() as given:
        mine = given.model_copy(update=changed)
        with Store(mine) as store:
            yield mine, store


def quiet() -> None:
    """A command says itself what is wrong: no lines of libraries between. PostgreSQL's has a level of its own."""
    logging.basicConfig(level=logging.CRITICAL)
    logging.getLogger("psycopg").setLevel(logging.CRITICAL)


def fail(text: str) -> NoReturn:
    """Say why and exit with 1."""
    typer.echo(text, err=True)
    raise typer.Exit(1)


def refuse(*faults: str) -> NoReturn:
    """Say what is wrong with what was typed, line by line, and exit with 2."""
    typer.echo("\n".join(faults), err=True)
    raise typer.Exit(2)


def sure(question: str, yes: bool) -> None:
    """Go on only after a yes: by ``--yes``, or on a terminal by hand. Exits with 1 otherwise."""
    if yes:
        return
    if not sys.stdin.isatty():
        fail(f"{question} Nothing was changed. Say --yes to go on without being asked.")
    if not typer.confirm(question, err=True):
        fail("Nothing was changed.")


def login() -> str:
    """Who runs this command, for the audit: the login name, also under sudo."""
    try:
        return os.environ.get("SUDO_USER") or getpass.getuser()
    except (OSError, KeyError):
        return f"uid {os.getuid()}"


def screen() -> Console:
    """A terminal's width where there is one; never cut lines in a pipe."""
    return Console(width=None if sys.stdout.isatty() else 200, highlight=False)


def answer(data: object, shown: RenderableType, as_json: bool) -> None:
    """``data`` for a program, ``shown`` for a person: a sentence as it stands, all else as wide as the terminal."""
    if as_json:
        print_json(data)
    elif isinstance(shown, str):
        typer.echo(shown)
    else:
        screen().print(shown)


def print_json(data: object) -> None:
    """For a program."""
    typer.echo(json.dumps(data, ensure_ascii=False, indent=2, default=str))


def _settings_text(wrong: ValidationError) -> str:
    """Which settings are missing or wrong, and where to set them."""
    lines = [f"  {name}: {why}" for name, why in faults(wrong)]
    return "\n".join(["Settings are missing or wrong:", *lines, "Set them in the environment or in a file .env in this folder."])

"""A hotline that runs for the commands of the documentation; each page has records and a Stripe sandbox of its own on it."""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from ivr.embedded import cast
from ivr.embedded.given_settings import settings_from
from ivr.embedded.postgres import USER
from ivr.embedded.stack import Stack
from ivr.embedded.stripe_sandbox import KEY, WEBHOOK_SECRET, running
from ivr.migrate import migrate
from ivr.store import Store
from ivr.stripe_gateway import StripeGateway
from tests.docs.pages import ROOT
from tests.docs.shell import Shell
from tests.docs.story import tell
from tests.e2e.running import FOLDER, ports_of

TEMPLATE = "docs_template"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page's commands run, and the ways by which situations come about."""

    shell: Shell
    store: Store
    gateway: StripeGateway


@pytest.fixture(scope="session")
def stack(worker_id: str) -> Iterator[Stack]:
    """A stack that answers, with the cast in a database that others are copied from."""
    place = int(worker_id.removeprefix("gw")) if worker_id.startswith("gw") else 0
    stack = Stack(ports_of(place, slot=0), FOLDER / f"docs{place}")
    shutil.rmtree(stack.folder / "messages", ignore_errors=True)
    try:
        stack.up()
        _template(stack)
        yield stack
    finally:
        stack.down()


def _template(stack: Stack) -> None:
    """The database that each page's is a copy of."""
    stack.postgres.drop(TEMPLATE)
    url = stack.postgres.database(TEMPLATE)
    migrate(url)
    cast.load_cast(url, stack.settings.pin_pepper)
    cast.give_mailboxes(url, stack.mailbox_url)


@pytest.fixture
def place(stack: Stack, tmp_path: Path) -> Iterator[Place]:
    """Records in which the story has happened, at a Stripe that knows it."""
    name = "docs_page"
    stack.postgres.drop(name)
    stack.postgres._sql(f"CREATE DATABASE {name} OWNER {USER} TEMPLATE {TEMPLATE} STRATEGY FILE_COPY")
    with ExitStack() as opened:
        stripe = opened.enter_context(running(tmp_path / "stripe"))
        settings = {
            **stack.environment,
            "IVR_DATABASE_URL": stack.postgres.database(name),
            "IVR_STRIPE_URL": stripe.url,
            "IVR_STRIPE_KEY": KEY,
            "IVR_STRIPE_WEBHOOK_SECRET": WEBHOOK_SECRET,
            "IVR_ACTOR": "ann",
        }
        given = settings_from(settings)
        gateway = StripeGateway(given)
        opened.callback(gateway.close)
        store = opened.enter_context(Store(given))
        tell(store, gateway, given.messages_folder)
        yield Place(Shell(_folder(tmp_path, stack), _environment() | settings, stack.ports), store, gateway)
    stack.postgres.drop(name)


def _folder(tmp_path: Path, stack: Stack) -> Path:
    """What a reader has around them: ``var``, and the tables that are imported."""
    folder = tmp_path / "ivr"
    folder.mkdir()
    (folder / "var").symlink_to(stack.folder)
    for example in (ROOT / "docs" / "examples").glob("*.csv"):
        shutil.copy(example, folder)
    return folder


def _environment() -> dict[str, str]:
    """None of the tester's settings, times in UTC, ``ivr`` on the path."""
    mine = {name: value for name, value in os.environ.items() if not name.startswith("IVR_")}
    return mine | {"TZ": "UTC", "PYTHONPATH": str(ROOT), "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}

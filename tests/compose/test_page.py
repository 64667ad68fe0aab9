"""Every command of docs/compose.md is run, in the page's order, by somebody who follows it from a fresh clone to two nodes.

The tests are one way: each begins where the one before has ended.
"""

import hashlib
import re
import shutil
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from threading import Event, Thread
from typing import Final

import psycopg
import pytest
from dotenv import dotenv_values
from psycopg import sql

from ivr.embedded.cast import LAPSED, load_cast
from ivr.embedded.stripe_sandbox import KEY, WEBHOOK_SECRET, running
from ivr.model.money import HoldStatus
from ivr.prompts.texts import SOUNDS
from tests.compose.composed import PORTS, PROXY_PORT, READER, B, usual
from tests.compose.conftest import FOLDER, called
from tests.compose.reader import Reader
from tests.docs.pages import ROOT, SHELL, blocks, commands
from tests.e2e.world import World, wait_until

_BLOCKS: Final = blocks(ROOT / "docs" / "compose.md")
BEGIN, PROMPT, SECRETS, UPGRADE, BACK_UP, RESTORE, SCALE = ([*commands(one)] for one in _BLOCKS if one.language in SHELL)
"""Whoever writes another block writes what becomes of it."""
[TWO_NODES] = (one.text for one in _BLOCKS if one.language == "ini")

SERVICES: Final = {
    "asterisk": "healthy", "console": "healthy", "postgres": "healthy", "serve": "healthy", "serve2": "healthy", "worker": "",
}  # fmt: skip
OURS: Final = ("serve", "serve2", "worker", "console")
"""Those that read settings and secrets, and run what is upgraded."""
NODE_B: Final = {"asterisk-b": "healthy", "kamailio": "healthy", "serve-b": "healthy", "serve2-b": "healthy", "worker-b": ""}
FAULTS_AT_FIRST: Final = {"rate", "rota"}
"""Doctor's, before anything is entered."""
NO_CARRIER: Final = {"routes"}
"""Another one of doctor's, as soon as Asterisk has asked in vain."""
OWN_PROMPT: Final = SOUNDS["en"] / "whisper.wav"
"""Recorded as another one: the sound of ``lines_full`` in this trial."""
LOOKS: Final = 0.2
"""Seconds from one look at both ``serve`` to the next."""
MOVED: Final = {"5060": PORTS.sip_port, "5062": PROXY_PORT, "5063": B["IVR_B_SIP_PORT"], "5070": PORTS.pstn_port}
"""The page's ports, and the trial's: the proxy takes the one on which one node's Asterisk was."""
NEVER_AT_REST: Final = ("node", "procrastinate_%")
"""Tables that heartbeats and jobs write to all the time."""


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    """Who has a clone of the project, a docker engine, and a Stripe account."""
    reader = Reader(FOLDER / "page")
    try:
        with running(reader.folder / "stripe", PORTS.stripe_port, KEY, WEBHOOK_SECRET):
            yield reader
    finally:
        (FOLDER / "page.log").write_text(reader.logs())
        reader.loses_everything()


def test_the_first_commands_bring_up_a_healthy_hotline(reader: Reader) -> None:
    """Doctor finds fault with what the page says is still to be entered, and with nothing else."""
    copied, *rest = BEGIN
    reader.follows([copied])
    reader.sets(usual() | {"IVR_SIP_HOST": "127.0.0.1", "IVR_TRUNK_HOST": "127.0.0.1", "IVR_DID": "+18552528788"})
    *_, doctor, helped = reader.follows(rest)
    assert set(re.findall(r"^fault +(\w+)", doctor, re.M)) - NO_CARRIER == FAULTS_AT_FIRST, doctor
    assert re.search(r"^ok +database", doctor, re.M), doctor
    assert re.search(r"\bserve\b", helped)
    assert reader.services() == SERVICES


def test_a_prompt_of_ones_own_is_where_asterisk_plays_it(reader: Reader) -> None:
    shutil.copy(OWN_PROMPT, reader.place / "lines_full.wav")
    assert not has_own_prompt(reader)
    reader.follows(PROMPT)
    assert has_own_prompt(reader)


def test_a_secret_is_its_readers_alone_and_used(reader: Reader) -> None:
    """Nobody else on the machine can read Stripe's key, its sandbox believes it, and each service is made anew to read it, also the second
    time, when nothing has changed that compose would see."""
    renewed = f"docker compose ps --quiet {' '.join(OURS)}"
    before = reader.shell(renewed).split()
    reader.follows(SECRETS)
    between = reader.shell(renewed).split()
    reader.follows(SECRETS[-1:])
    assert len({*before, *between, *reader.shell(renewed).split()}) == 3 * len(OURS)
    file = reader.place / "secrets" / "ivr_stripe_key"
    assert file.read_text() == KEY
    assert (file.stat().st_uid, stat.S_IMODE(file.stat().st_mode)) == (READER, 0o400)
    assert "ok       stripe" in reader.shell("docker compose exec serve ivr doctor || true")
    assert reader.services() == SERVICES


def test_an_upgrade_goes_on_under_a_paid_talk(reader: Reader) -> None:
    """What was published runs in each service, a connection to the scripts was taken all along, and the talk was not disturbed."""
    load_cast(str(reader.settings.database_url), reader.settings.pin_pepper)
    reader.publishes("ivr/next_version.py")
    with called(reader, PORTS) as world:
        caller = world.caller()
        world.pays(caller, LAPSED)
        world.accepts(world.ann)
        world.talk_goes_on(caller, world.ann)
        with always_taken(PORTS.agi_port, PORTS.agi_second_port):
            reader.follows(UPGRADE)
        world.talk_goes_on(caller, world.ann)
        world.ann.presses("*1")
        world.ann.hears("confirm_resolved")
        world.ann.presses("1")
        caller.hears("goodbye_resolved", within=30)
        caller.wait_hung_up(within=20)
        assert world.rung() == [world.ann.number]
        wait_until(lambda: captured(world), 90, "the talk is not settled")
    for service in OURS:
        reader.inside(service, "test -f /opt/ivr/ivr/next_version.py")
    assert reader.services() == SERVICES


def test_what_is_backed_up_is_restored_on_an_empty_machine(reader: Reader) -> None:
    """The same rows, a recorded message, the prompt of one's own up to Asterisk, and Stripe agrees."""
    reader.inside("serve", "mkdir -p messages && echo help > messages/1.wav")
    before = rows(reader)
    reader.follows(BACK_UP)
    backups = [reader.place / name for name in ("ivr.dump", "state.tar", "secrets.tar")]
    reader.loses_everything()
    reader.clones("empty-machine")
    for backup in backups:
        shutil.copy(backup, reader.place)
    reader.shell("tar -x -f secrets.tar")
    *_, audit = reader.follows(RESTORE)
    assert "1 hold agrees with Stripe." in audit
    assert rows(reader) == before
    assert reader.inside("serve", "cat messages/1.wav") == "help\n"
    assert has_own_prompt(reader)
    assert reader.services() == SERVICES


def test_two_nodes_take_calls_behind_the_proxy(reader: Reader) -> None:
    """On the machine on which one node ran until now."""
    written = re.sub(r"\b50[67]\d\b", lambda found: str(MOVED[found[0]]), TWO_NODES)
    reader.sets({name: value for name, value in dotenv_values(stream=StringIO(written)).items() if value} | in_words(B))
    reader.follows(SCALE)
    assert reader.services() == SERVICES | NODE_B
    wait_until(lambda: reader.shell(SCALE[-1].line).count("FLAGS: AP") == 2, 20, "the proxy does not see two nodes")


def in_words(settings: dict[str, int]) -> dict[str, str]:
    """As they stand in a file."""
    return {name: str(value) for name, value in settings.items()}


def has_own_prompt(reader: Reader) -> bool:
    """Whether Asterisk would play the reader's recording."""
    found = reader.inside("asterisk", "sha256sum /srv/asterisk/data/sounds/en/ivr/lines_full.wav")
    return hashlib.sha256(OWN_PROMPT.read_bytes()).hexdigest() in found


def captured(world: World) -> bool:
    """Whether the money of this scenario's talk was taken."""
    return [hold.status for hold in world.store.holds(world.incident_id())] == [HoldStatus.CAPTURED]


def rows(reader: Reader) -> dict[str, tuple[int, str]]:
    """How many rows each table has, and a sum over what is in them."""
    with psycopg.connect(str(reader.settings.database_url), autocommit=True) as records:
        named = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND NOT tablename LIKE ANY (%s)"
        tables = [str(name) for (name,) in records.execute(named, (list(NEVER_AT_REST),))]
        summed = sql.SQL("SELECT count(*), coalesce(md5(string_agg(t::text, ' ' ORDER BY t::text)), '') FROM {} t")
        found = {table: records.execute(summed.format(sql.Identifier(table))).fetchone() for table in tables}
    return {table: row for table, row in found.items() if row}


@contextmanager
def always_taken(*ports: int) -> Iterator[None]:
    """At every look inside of the block one of the ports takes a connection. Raises AssertionError when none did."""
    looks, over = list[bool](), Event()

    def look() -> None:
        while not over.wait(LOOKS):
            looks.append(any(map(takes_connections, ports)))

    watcher = Thread(target=look, name="looks at serve")
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()
    assert looks
    assert all(looks), f"at {looks.count(False)} of {len(looks)} looks nobody took a call"


def takes_connections(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1.0).close()
    except OSError:
        return False
    return True

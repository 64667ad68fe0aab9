"""The embedded stack: starts, mends itself, ends; and its Asterisk has just what the hotline needs."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BufferedRWPair
from pathlib import Path

import pytest

from ivr.embedded import asterisk, probes
from ivr.embedded.polling import wait_until
from ivr.embedded.ports import Ports
from ivr.embedded.stack import Stack
from ivr.embedded.supervise import MARK
from ivr.errors import SetupError
from ivr.switchboard import Switchboard

pytestmark = pytest.mark.timeout(120)
WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
PORTS = Ports.from_base(25_000 + 2_000 * WORKER)
"""Each test worker has its own, so that the tests of this file may run in several."""
OTHER_PORTS = Ports.from_base(26_000 + 2_000 * WORKER)
PROGRAMS = ("hotline-asterisk", "pstn-asterisk", "stripe", "mailbox", "serve", "worker", "console")
DIALPLAN = asterisk.PROJECT / "dialplan"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    made = Stack(PORTS, tmp_path_factory.mktemp("stack"))
    try:
        made.up()
        yield made
    finally:
        made.down()
        made.postgres.destroy()


def processes_of(stack: Stack) -> list[int]:
    mark = f"{MARK}={stack.folder}".encode()
    return [int(entry.name) for entry in Path("/proc").glob("[0-9]*") if mark in _environment(entry)]


def _environment(process: Path) -> list[bytes]:
    try:
        return (process / "environ").read_bytes().split(b"\0")
    except OSError:
        return []


def cli(stack: Stack, command: str) -> str:
    """Asterisk's own console, as an administrator uses it."""
    found = asterisk.find()
    assert found is not None
    words = [*found.command, "-C", str(stack.folder / "hotline/etc/asterisk.conf"), "-rx", command]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout


def test_everything_answers_when_up_returns(stack: Stack) -> None:
    """`up` waits for what callers need, not for processes."""
    assert [name for name in PROGRAMS if not stack.is_ready(name)] == []
    assert not stack.pid("serve2")


def test_up_again_changes_nothing(stack: Stack) -> None:
    """A second `up` leaves every process running."""
    before = {name: stack.pid(name) for name in PROGRAMS}
    stack.up()
    assert {name: stack.pid(name) for name in PROGRAMS} == before


def test_up_mends_what_was_stopped(stack: Stack) -> None:
    """`up` starts what does not run, and only that."""
    before = stack.pid("hotline-asterisk")
    stack.stop_program("console")
    assert not stack.is_ready("console")
    stack.up()
    assert stack.is_ready("console")
    assert stack.pid("hotline-asterisk") == before


def test_a_killed_program_comes_back(stack: Stack) -> None:
    """supervisord starts a killed `serve` again."""
    before = stack.pid("serve")
    stack.signal("serve", signal.SIGKILL)
    assert wait_until(lambda: stack.pid("serve") not in (0, before) and stack.is_ready("serve"), 15)


def test_the_second_serve_starts_on_request(stack: Stack) -> None:
    """`serve2` answers on its own port, beside `serve`."""
    stack.start_program("serve2")
    assert stack.is_ready("serve2")
    assert stack.is_ready("serve")
    stack.stop_program("serve2")
    assert not stack.is_ready("serve2")


def test_one_database_can_be_cut_off(stack: Stack) -> None:
    """A test can take the database away from one stack and give it back."""
    stack.postgres.cut(stack.database)
    assert not stack.is_ready("console")
    stack.postgres.mend(stack.database)
    assert wait_until(lambda: stack.is_ready("console"), 10)


def test_secrets_are_the_owners_alone(stack: Stack) -> None:
    """Nobody else on the machine can read them."""
    for name in ("secrets.env", "supervisord.conf", "postgres/access.json", "hotline/etc/manager.conf", "pstn/etc/manager.conf"):
        assert (stack.folder / name).stat().st_mode & 0o077 == 0, name


def test_asterisk_started_without_complaint(stack: Stack) -> None:
    """No error and no missing module: what a module needs is loaded, and every file was understood."""
    complaints = [
        line
        for line in (stack.folder / "hotline/log/messages.log").read_text().splitlines()
        if " ERROR[" in line or "loader.c: Some" in line
    ]
    assert complaints == []


def test_every_application_and_function_of_the_dialplan_is_loaded(stack: Stack) -> None:
    """An application that is missing would be found only by the call that needs it."""
    text = "\n".join(re.sub(r"^\s*;.*$", "", file.read_text(), flags=re.M) for file in DIALPLAN.glob("*.conf"))
    applications = set(re.findall(r"(?:n(?:\(\w+\))?|1),(\w+)\(", text)) | set(re.findall(r"ExecIf\(.*\?(\w+)\(", text))
    functions = set(re.findall(r"\$\{([A-Z_]+)\(", text)) | set(re.findall(r"Set\(([A-Z]+)\(", text))
    loaded_applications = {name.lower() for name in re.findall(r"^ +(\w+):", cli(stack, "core show applications"), flags=re.M)}
    loaded_functions = set(re.findall(r"^(\w+) ", cli(stack, "core show functions"), flags=re.M))
    assert len(applications) > 5
    assert {name for name in applications if name.lower() not in loaded_applications} == set()
    assert functions - loaded_functions == set()


def test_only_the_named_modules_are_loaded(stack: Stack) -> None:
    """What is not in modules.conf does not run."""
    wanted = set(re.findall(r"^load = (\S+)", (asterisk.PROJECT / "asterisk-conf/modules.conf").read_text(), flags=re.M))
    assert set(re.findall(r"^(\S+\.so) ", cli(stack, "module show"), flags=re.M)) == wanted


def test_asterisk_knows_the_keys_of_the_talk(stack: Stack) -> None:
    """One wrong line in features.conf would make Asterisk drop all of it, and no key would work."""
    assert set(re.findall(r"^(ess_\w+) ", cli(stack, "features show"), flags=re.M)) == {
        "ess_time_left",
        "ess_resolved",
        "ess_stabilised",
        "ess_caller_stopped",
        "ess_verified",
        "ess_no_charge",
    }


def test_only_the_trunk_is_let_in(stack: Stack) -> None:
    """Another address gets nothing but a refusal, whatever it asks for."""
    with socket.socket(type=socket.SOCK_DGRAM) as stranger:
        stranger.bind(("127.0.0.2", 0))
        stranger.settimeout(1)
        stranger.connect(("127.0.0.1", stack.ports.sip_port))
        stranger.send(probes.options(stack.ports.sip_port, stranger.getsockname()[1]))
        assert stranger.recv(4096).startswith(b"SIP/2.0 403 ")


def test_the_manager_lets_nobody_run_commands(stack: Stack) -> None:
    """The switchboard's user can't run a command, a shell, read the configuration or write a file."""
    secret = stack.settings.ami_secret.get_secret_value()
    with socket.create_connection(("127.0.0.1", stack.ports.ami_port), 5) as link, link.makefile("rwb") as stream:
        assert _ask(stream, Action="Login", Username="ivr", Secret=secret, Events="off") == "Success"
        assert _ask(stream, Action="Command", Command="core show version") == "Error"
        assert _ask(stream, Action="GetConfig", Filename="manager.conf") == "Error"
        assert _ask(stream, Action="Originate", Channel="Local/s@ess", Application="System", Data="id") == "Error"
        assert _ask(stream, Action="DBPut", Family="x", Key="y", Val="z") == "Error"


def test_asterisk_says_when_it_was_started(stack: Stack) -> None:
    """Now or a little ago, in this machine's time: legs from before it are gone by no hang-up."""
    board = Switchboard(stack.settings)
    board.start()
    assert board.wait_connected(5)
    started = board.started()
    board.stop()
    assert started is not None
    assert timedelta(0) <= datetime.now(UTC) - started < timedelta(hours=1)


def _ask(stream: BufferedRWPair, **headers: str) -> str:
    stream.write("".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode() + b"\r\n")
    stream.flush()
    while not (line := stream.readline()).startswith(b"Response: "):
        assert line, "the connection was closed"
    return str(line.decode().removeprefix("Response: ").strip())


def test_down_leaves_nothing_even_after_supervisord_was_killed(tmp_path: Path, stack: Stack) -> None:
    """Two stacks run side by side; the one that lost its supervisord is ended whole, the other goes on."""
    other = Stack(OTHER_PORTS, tmp_path / "other", postgres=stack.postgres, database="other")
    try:
        other.up()
        assert len(processes_of(other)) == 1 + len(PROGRAMS)
        supervisord = int((other.folder / "supervisord.pid").read_text())
        os.kill(supervisord, signal.SIGKILL)
    finally:
        other.down()
    assert processes_of(other) == []
    stack.wait_ready()


def test_down_of_a_stack_that_never_ran(tmp_path: Path) -> None:
    """`down` may be said at any time."""
    Stack(OTHER_PORTS, tmp_path / "never").down()


def test_a_taken_port_is_named_with_the_way_out(tmp_path: Path, stack: Stack) -> None:
    """One sentence: which port, and the setting that moves it."""
    other = Stack(OTHER_PORTS, tmp_path / "other", postgres=stack.postgres, database="other")
    with socket.socket() as squatter:
        squatter.bind(("127.0.0.1", other.ports.console_port))
        squatter.listen()
        with pytest.raises(SetupError, match=rf"Port {other.ports.console_port} is taken .* IVR_CONSOLE_PORT="):
            other.up()


def test_a_program_can_be_launched_otherwise(tmp_path: Path, stack: Stack) -> None:
    """A trial puts its own command in a program's place; the others are as ever."""
    idle = (sys.executable, "-c", "import time; time.sleep(600)")
    other = Stack(OTHER_PORTS, tmp_path / "other", postgres=stack.postgres, database="other", launchers={"worker": idle})
    try:
        other.up()
        assert Path(f"/proc/{other.pid('worker')}/cmdline").read_bytes().split(b"\0")[1:3] == [word.encode() for word in idle[1:]]
        assert b"ivr" in Path(f"/proc/{other.pid('serve')}/cmdline").read_bytes().split(b"\0")
    finally:
        other.down()


def test_an_unknown_program_is_named(tmp_path: Path, stack: Stack) -> None:
    """Or a trial would try nothing."""
    other = Stack(OTHER_PORTS, tmp_path / "other", postgres=stack.postgres, database="other", launchers={"wurker": ("true",)})
    with pytest.raises(SetupError, match="no program wurker"):
        other.up()


def test_a_wrong_setting_is_named(tmp_path: Path, stack: Stack) -> None:
    """Nothing is started with a setting that makes no sense."""
    other = Stack(OTHER_PORTS, tmp_path / "other", {"IVR_KEY_SECONDS": "-1"}, postgres=stack.postgres, database="other")
    with pytest.raises(SetupError, match="IVR_KEY_SECONDS is wrong"):
        other.up()
    assert processes_of(other) == []

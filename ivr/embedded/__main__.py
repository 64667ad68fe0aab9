"""``python -m ivr.embedded up|down|shell``: what ``make`` calls."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

from dotenv import dotenv_values

from ivr.embedded.asterisk import PROJECT
from ivr.embedded.ports import Ports
from ivr.embedded.stack import Stack
from ivr.errors import SetupError


def default_stack() -> Stack:
    """The machine's own stack: the contract's ports and ``var/``, changed by ``IVR_…`` in the environment or in ``.env``."""
    given = {name: value for name, value in {**dotenv_values(PROJECT / ".env"), **os.environ}.items() if name.startswith("IVR_") and value}
    folder = Path(given.pop("IVR_STATE_FOLDER", str(PROJECT / "var")))
    return Stack(Ports.from_environment(given), folder, given)


def up() -> None:
    """Starts the stack and says where it is."""
    stack = default_stack()
    stack.up(lambda what, seconds: print(f"✓ {seconds:5.1f} s  {what}", flush=True))
    print(f"  calls    sip:{stack.settings.did.removeprefix('+')}@127.0.0.1:{stack.ports.sip_port}")
    print(f"  console  http://127.0.0.1:{stack.ports.console_port}/ready")
    print(f"  pages    {stack.mailbox_url}")
    print(f"  logs     {stack.folder}/log")


def down() -> None:
    """Stops all of it."""
    default_stack().down()
    print("✓ everything is stopped")


def shell() -> None:
    """A shell in which ``ivr`` works on this stack."""
    stack = default_stack()
    stack.postgres.ensure_running()
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    program = os.environ.get("SHELL", "/bin/sh")
    os.execvpe(program, [program], {**os.environ, **stack.environment, "PATH": path})  # noqa: S606


COMMANDS: dict[str, Callable[[], None]] = {"up": up, "down": down, "shell": shell}


def main() -> None:
    """Entry point."""
    if len(sys.argv) != 2 or sys.argv[1] not in COMMANDS:
        sys.exit(f"say one of: {', '.join(COMMANDS)}")
    try:
        COMMANDS[sys.argv[1]]()
    except SetupError as problem:
        sys.exit(f"✗ {problem}")


if __name__ == "__main__":
    main()

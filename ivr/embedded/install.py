"""``python3 -m ivr.embedded.install [embedded|dev|speech]``: from a bare machine to one that can run the stack.

Runs on the system's Python with its standard library only. Says what it does, asks nothing, is quiet when there is nothing to do,
and can be broken off at any moment: the next run mends it.
"""

import fcntl
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import IO, Final

OLDEST_PYTHON: Final = (3, 11)
if sys.version_info < OLDEST_PYTHON:
    sys.exit(f"Python {sys.version.split()[0]} is too old; install Python 3.11 or newer and run 'make PYTHON=python3.11 …'.")

from collections.abc import Iterator  # noqa: E402

from ivr.embedded import asterisk, python_env  # noqa: E402
from ivr.errors import SetupError  # noqa: E402


def install(lock: str) -> None:
    """Gets the Python packages and Asterisk, both at once. Raises ``SetupError``."""
    stages: list[Callable[[], None]] = []
    if python_env.missing(lock):
        stages.append(lambda: _stage(f"Python packages of requirements/{lock}.txt, into .venv", lambda: python_env.install(lock)))
    if asterisk.find() is None:
        asterisk.check_machine()
        stages.append(lambda: _stage("Asterisk, the telephone switch, 110 MB from Debian into var/", asterisk.unpack))
    with ThreadPoolExecutor() as pool:
        for done in [pool.submit(stage) for stage in stages]:
            done.result()


def main() -> None:
    """Entry point: one lock's name, ``embedded`` when none is given."""
    lock = sys.argv[1] if len(sys.argv) > 1 else "embedded"
    try:
        with _alone():
            install(lock)
    except SetupError as problem:
        sys.exit(f"✗ {problem}")
    except PermissionError as problem:
        sys.exit(f"✗ {problem.filename} can't be written; make its folder yours (chown) or run this as its owner.")
    except OSError as problem:
        sys.exit(f"✗ {problem}; the disk may be full: free 1 GB and run this again.")


def _stage(what: str, work: Callable[[], None]) -> None:
    began = time.monotonic()
    _say(f"… getting {what}")
    work()
    _say(f"✓ {time.monotonic() - began:5.1f} s  {what.partition(',')[0]}")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")  # in one piece: two stages talk at once
    sys.stdout.flush()


@contextmanager
def _alone() -> Iterator[IO[str]]:
    """Two runs at once would unpack over each other: the second waits for the first."""
    folder = asterisk.UNPACKED.parent
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "install.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock


if __name__ == "__main__":
    main()

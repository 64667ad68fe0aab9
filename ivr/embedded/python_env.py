"""Gets the Python packages: a virtual environment with exactly what the lock files name, checked by hash.

Uses the standard library only, because it runs before anything else is installed.
"""

import hashlib
import subprocess
import sys
from pathlib import Path

from ivr.errors import SetupError

PROJECT = Path(__file__).resolve().parents[2]
FOLDER = PROJECT / ".venv"
STAMP = FOLDER / "installed"
NO_VENV = "Python can't make a virtual environment; run 'apt-get install python3-venv' first"
LOCKS = ("embedded", "dev", "speech", "bench", "hearing")
"""``embedded`` runs the stack; ``dev`` adds what tests it, ``speech`` what makes prompts,
``bench`` what is compared, ``hearing`` what listens to prompts."""


def missing(lock: str) -> bool:
    """Whether the environment lacks what ``requirements/<lock>.txt`` names."""
    return _wanted(lock) not in _installed()


def install(lock: str) -> None:
    """Makes the environment hold the lock. Raises ``SetupError``."""
    if not STAMP.exists():
        _run([sys.executable, "-m", "venv", "--clear", str(FOLDER)], NO_VENV)
    pip = [str(FOLDER / "bin/python"), "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check", "--no-compile"]
    unreachable = "The Python packages can't be had, is there a network and room on the disk? Mend it and run this again"
    _run([*pip, "--require-hashes", "-r", str(PROJECT / f"requirements/{lock}.txt")], unreachable)
    _run([*pip, "--no-deps", "--no-build-isolation", "--no-index", "--editable", str(PROJECT)], "The project itself can't be installed")
    STAMP.write_text("\n".join(sorted(_covered(lock) | {_wanted(lock)})))


def _installed() -> set[str]:
    return set(STAMP.read_text().split("\n")) if STAMP.exists() else set()


def _covered(lock: str) -> set[str]:
    """The others contain ``embedded``; installing one leaves the other's packages in place if nothing changed."""
    return {_wanted("embedded")} | {wanted for wanted in map(_wanted, LOCKS) if wanted in _installed()}


def _wanted(lock: str) -> str:
    """A line that changes when the lock, the project's own metadata or the interpreter changes."""
    parts = (PROJECT / f"requirements/{lock}.txt", PROJECT / "pyproject.toml")
    digest = hashlib.sha256(b"".join(part.read_bytes() for part in parts)).hexdigest()
    return f"{lock} {sys.version_info.major}.{sys.version_info.minor} {PROJECT} {digest}"


def _run(command: list[str], meaning: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = [line for line in (done.stderr or done.stdout).splitlines() if line.strip() and "WARNING" not in line]
        raise SetupError(f"{meaning}. ({lines[-1].strip() if lines else 'no reason given'})")

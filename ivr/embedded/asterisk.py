"""Gets an Asterisk: the machine's own when it is new enough, else one unpacked beside the project, never installed.

Uses the standard library only, because it runs before anything else is installed.
"""

import os
import platform
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from ivr.errors import SetupError

PROJECT = Path(__file__).resolve().parents[2]
UNPACKED = PROJECT / "var" / "asterisk-root"
PACKAGES = ("asterisk", "asterisk-core-sounds-en-wav", "asterisk-moh-opsound-wav")
OLDEST = 20
MEGABYTES = 500  # 110 of packages, 220 unpacked, and room to work
SUITE = "sid"  # the only suite of Debian that has Asterisk 22
KEYS = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
NOT_NEEDED = ("etc", "usr/bin", "usr/share/doc", "usr/share/man", "usr/share/locale", "usr/share/perl", "usr/lib/*/perl*", "usr/share/mime")
TRIPLES = {"x86_64": ("x86_64-linux-gnu", "ld-linux-x86-64.so.2"), "aarch64": ("aarch64-linux-gnu", "ld-linux-aarch64.so.1")}


@dataclass(frozen=True)
class Asterisk:
    """One usable Asterisk. ``command`` starts it; the folders are where its parts lie."""

    command: tuple[str, ...]
    modules: Path
    sounds: Path
    music: Path
    documentation: Path


def find() -> Asterisk | None:
    """The machine's own Asterisk if it is new enough and whole, else the unpacked one, else None."""
    return _installed() or (_unpacked(UNPACKED) if UNPACKED.exists() else None)


def unpack() -> None:
    """Downloads Debian's packages with apt and unpacks them to ``UNPACKED``. Needs no root and changes nothing else on the machine.

    A broken-off run leaves no ``UNPACKED``, so the next one begins again. Raises ``SetupError``. Ask :func:`check_machine` first.
    """
    work = UNPACKED.with_name("asterisk-unpacking")
    shutil.rmtree(work, ignore_errors=True)
    try:
        _download(work)
        _unpack_all(work / "archives", work / "root")
        _version(_unpacked(work / "root").command)
        (work / "root").rename(UNPACKED)
    except OSError as problem:
        raise SetupError(f"Asterisk can't be unpacked: {problem}. Free {MEGABYTES} MB at {UNPACKED.parent}, run this again.") from problem
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _installed() -> Asterisk | None:
    binary = shutil.which("asterisk")
    triple = TRIPLES.get(platform.machine(), ("", ""))[0]
    modules = _first_with("chan_pjsip.so", Path(f"/usr/lib/{triple}/asterisk/modules"), Path("/usr/lib/asterisk/modules"))
    share = _first_with("moh", Path("/usr/share/asterisk"), Path("/var/lib/asterisk"))
    if not binary or not modules or not share or _version((binary,)) < OLDEST:
        return None
    return Asterisk((binary,), modules, share / "sounds" / "en", share / "moh", share / "documentation")


def _first_with(name: str, *folders: Path) -> Path | None:
    return next((folder for folder in folders if (folder / name).exists()), None)


def _unpacked(root: Path) -> Asterisk:
    triple, loader = TRIPLES[platform.machine()]
    libraries = root / "usr/lib" / triple
    command = (str(libraries / loader), "--library-path", str(libraries), str(root / "usr/sbin/asterisk"))
    share = root / "usr/share/asterisk"
    return Asterisk(command, libraries / "asterisk/modules", share / "sounds/en_US_f_Allison", share / "moh", share / "documentation")


def _version(command: tuple[str, ...]) -> int:
    said = subprocess.run([*command, "-V"], capture_output=True, text=True, check=False).stdout
    version = re.search(r"Asterisk (?:certified/)?(\d+)", said)
    if not version:
        raise SetupError(f"{command[-1]} does not say its version; remove it or take it off the PATH, and run this again.")
    return int(version.group(1))


def check_machine() -> None:
    """Raises ``SetupError`` when ``unpack`` can't work here."""
    if platform.machine() not in TRIPLES:
        raise SetupError(f"Debian has no Asterisk for a {platform.machine()}; install Asterisk {OLDEST} or newer, then run this again.")
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        raise SetupError(f"This distribution has no apt; install Asterisk {OLDEST} or newer by its own means, then run this again.")
    if not KEYS.exists():
        raise SetupError("Debian's signing keys are missing; run 'apt-get install debian-archive-keyring', then this again.")
    UNPACKED.parent.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(UNPACKED.parent).free // 1_000_000
    if free < MEGABYTES:
        raise SetupError(f"{UNPACKED.parent} has {free} MB free, Asterisk takes {MEGABYTES} MB; free some, then run this again.")


def _download(work: Path) -> None:
    """apt with folders of its own: it knows of no installed package, so it fetches every library that Asterisk needs."""
    for folder in ("lists/partial", "archives/partial", "preferences.d"):
        (work / folder).mkdir(parents=True)
    (work / "status").touch()
    (work / "sources.list").write_text(f"deb [signed-by={KEYS}] {_mirror()} {SUITE} main\n")
    options = _apt_options(work)
    for step in (["update"], ["--yes", "--download-only", "install", *PACKAGES]):
        _run_apt(["apt-get", "--quiet", *options, *step])


def _mirror() -> str:
    """Where this machine's own apt gets Debian's packages from. Raises ``SetupError`` where that is nowhere."""
    release = platform.freedesktop_os_release()
    listing = ["apt-get", "update", "--print-uris", "--option=Debug::NoLocking=true"]  # asks nobody, changes nothing
    targets = subprocess.run(listing, capture_output=True, text=True, check=False).stdout
    found = re.search(rf"^'(\S+)/dists/{release.get('VERSION_CODENAME')}/InRelease'", targets, re.MULTILINE)
    if release.get("ID") != "debian" or found is None:
        raise SetupError(
            f"{release.get('PRETTY_NAME', 'This system')} is not a Debian whose apt knows where its packages are; "
            f"install Asterisk {OLDEST} or newer by its own means, then run this again."
        )
    return found.group(1)


def _apt_options(work: Path) -> list[str]:
    settings = {
        "Dir::State": work, "Dir::State::Lists": work / "lists", "Dir::State::status": work / "status",
        "Dir::Cache": work, "Dir::Cache::Archives": work / "archives", "Dir::Etc::SourceList": work / "sources.list",
        "Dir::Etc::SourceParts": "/dev/null", "Dir::Etc::Preferences": "/dev/null", "Dir::Etc::PreferencesParts": work / "preferences.d",
        "APT::Install-Recommends": "false", "APT::Sandbox::User": "", "APT::Update::Error-Mode": "any",
        "Acquire::Languages": "none", "Acquire::Check-Valid-Until": "false", "Acquire::Retries": "2", "Debug::NoLocking": "true",
    }  # fmt: skip
    return [f"--option={name}={value}" for name, value in settings.items()]


def _run_apt(command: list[str]) -> None:
    environment = {**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode == 0:
        return
    said = (done.stderr or done.stdout).strip() or "it did not say why"
    if "No space left" in said or "enough free space" in said:
        raise SetupError(f"The disk is full; free {MEGABYTES} MB at {UNPACKED.parent} and run this again.")
    if "Failed to fetch" in said or "Temporary failure" in said:
        raise SetupError(f"Debian's packages can't be reached, is there a network? Connect it and run this again. ({said.splitlines()[0]})")
    raise SetupError(f"apt can't get Asterisk ({said.splitlines()[0]}); install Asterisk {OLDEST} or newer by other means.")


def _unpack_all(archives: Path, root: Path) -> None:
    for name in ("bin", "sbin", "lib", "lib64"):  # as on every Debian now: /lib is /usr/lib
        (root / "usr" / name).mkdir(parents=True)
        (root / name).symlink_to(f"usr/{name}")
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(lambda package: _unpack_one(package, root), sorted(archives.glob("*.deb"))))


def _unpack_one(package: Path, root: Path) -> None:
    excluded = [f"--exclude=./{path}" for path in NOT_NEEDED]
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", str(package)], stdout=subprocess.PIPE) as archive:
        tar = ["tar", "-x", "--keep-directory-symlink", "--no-same-owner", "-C", str(root), *excluded]
        done = subprocess.run(tar, stdin=archive.stdout, capture_output=True, text=True, check=False)
    if done.returncode or archive.returncode:
        raise OSError(f"{package.name}: {done.stderr.strip() or 'broken package'}")

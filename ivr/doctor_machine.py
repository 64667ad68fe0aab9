"""What `ivr doctor` looks at on the machine: `serve`, worker and console run, the certificate is good, the clock is right,
the disk has room, backups are young."""

import ctypes
import os
import shutil
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Final

from ivr.config import Settings
from ivr.findings import ANEW, Finding, fault, ok, warning
from ivr.health_parts import asked_serves
from ivr.store import Store

SECONDS: Final = 2.0
"""How long a connection may take."""

WORKER_SILENT: Final = timedelta(seconds=60)
"""A worker says each 10 s that it lives."""

RENEW: Final = timedelta(days=21)
"""So long before its end a certificate should have been renewed: Let's Encrypt's are 30 days before."""

OLDEST_BACKUP: Final = timedelta(hours=26)
"""A daily one that is two hours late."""

DISK_LOW: Final = 1_000_000_000
DISK_FULL: Final = 100_000_000
"""Bytes. A message of three minutes takes 3 MB."""

_TIME_ERROR: Final = 5
"""What adjtimex(2) returns while nobody keeps the clock."""


def serve(settings: Settings) -> Iterator[Finding]:
    """Somebody runs the scripts of calls, on each port that Asterisk tries; one that hangs is nobody."""
    ports, gone = asked_serves(settings)
    where = " and ".join(f"{settings.agi_host}:{port}" for port in gone or ports)
    if not gone:
        yield ok("serve", f"answers on {where}")
    elif len(gone) == len(ports):
        text = f"nobody answers on {where}: callers go to the failsafe phones"
        yield fault("serve", text, "Start ivr serve, or mend IVR_AGI_HOST and IVR_AGI_PORT; its log says why it ended or hangs.")
    else:
        mend = "Start that ivr serve; its log says why it ended, or on what it hangs. IVR_SERVES=1 if there is to be one alone."
        yield warning("serve", f"nobody answers on {where}: the other serve takes every call", mend)


def worker(settings: Settings) -> Iterator[Finding]:
    """Somebody settles and pages."""
    with Store(settings) as store:
        seen, late = store.worker()
    if seen is None or seen > WORKER_SILENT:
        text = "none runs" if seen is None else f"the last one was heard {seen.total_seconds():.0f} s ago"
        yield fault("worker", f"{text}: nothing is captured or released, nobody is paged", "Start ivr worker; its log says why it ended.")
    elif late:
        yield warning("worker", f"{late} jobs are over two minutes late", "Look for ERROR in its log: Stripe or a paging service is away.")
    else:
        yield ok("worker", "runs, and is not late")


def console(settings: Settings) -> Iterator[Finding]:
    """Somebody takes Stripe's webhooks and answers to who watches. Calls don't need it."""
    where = f"{settings.agi_host}:{settings.console_port}"
    connection = HTTPConnection(settings.agi_host, settings.console_port, timeout=SECONDS)
    try:
        connection.request("GET", "/healthz")
        status = f"{connection.getresponse().status}"
    except (OSError, HTTPException) as away:
        status = f"{type(away).__name__}"
    finally:
        connection.close()
    if status == "200":
        yield ok("console", f"answers on {where}")
    else:
        text = f"does not answer on {where} ({status}): Stripe's webhooks are not taken, /health tells nobody anything"
        yield warning("console", text, "Start ivr console, or mend IVR_CONSOLE_PORT; its log says why it ended.")


def certificate(settings: Settings) -> Iterator[Finding]:
    """The certificate that Asterisk shows: others can verify it, and it lasts."""
    if settings.tls_certificate is None:
        yield ok("tls", "there is no certificate: no carrier and no phone by TLS")
        return
    where = f"{settings.sip_host}:{settings.sip_tls_port}"
    try:
        context = ssl.create_default_context(cafile=str(settings.tls_ca))
        context.check_hostname = False
        with socket.create_connection((settings.sip_host, settings.sip_tls_port), SECONDS) as connection:
            left = _left(context.wrap_socket(connection, server_hostname=settings.sip_host))
    except ssl.SSLCertVerificationError as bad:
        yield fault(
            "tls",
            f"the certificate on {where} is not good: {bad.verify_message}",
            f"Renew IVR_TLS_CERTIFICATE, with its whole chain; Asterisk shows that of its last start ({ANEW}).",
        )
    except OSError as away:
        mend = "Asterisk must be able to read IVR_TLS_CERTIFICATE and IVR_TLS_KEY, doctor IVR_TLS_CA; then restart Asterisk."
        yield fault("tls", f"no TLS on {where}: {away.strerror or away}", mend)
    else:
        text = f"the certificate on {where} is good for {left.days} days"
        yield ok("tls", text) if left > RENEW else warning("tls", text, f"Renew it; Asterisk takes it when it starts anew ({ANEW}).")


def clock(settings: Settings) -> Iterator[Finding]:
    """The rota, holds and receipts go by the clock; talks do not."""
    if _kept():
        yield ok("clock", "is kept by a time service")
    else:
        yield warning(
            "clock", "no time service keeps it", "apt-get install chrony (or systemd-timesyncd); then look at “chronyc tracking”."
        )


def disk(settings: Settings) -> Iterator[Finding]:
    """The state folder can be written, and its disk has room. PostgreSQL's may be another one."""
    folder = settings.state_folder.absolute()
    place = next(each for each in (folder, *folder.parents) if each.exists())
    if not os.access(place, os.W_OK | os.X_OK):
        text = f"{place} can't be written: no caller's message is recorded"
        yield fault("disk", text, "Give it to the user who runs ivr serve, or mend IVR_STATE_FOLDER; then run this as that user.")
        return
    free = shutil.disk_usage(place).free
    text = f"{free / 1e9:.1f} GB are free in {folder}"
    mend = "Make room: old logs, heard messages, docker image prune. A full disk stops messages, and PostgreSQL if it is there too."
    if free < DISK_FULL:
        yield fault("disk", text, mend)
    else:
        yield warning("disk", text, mend) if free < DISK_LOW else ok("disk", text)


def backups(settings: Settings) -> Iterator[Finding]:
    """The newest file in the folder of backups is young. That it can be restored only a trial shows. ``.NAME`` is not done yet."""
    folder = settings.backup_folder
    mend = "Make one by hand and see what it says: /etc/cron.daily/ivr-backup of docs/go-live.md, “Backups”."
    if folder is None:
        yield warning("backups", "nobody says where they are", "Make them as in docs/go-live.md, and set IVR_BACKUP_FOLDER.")
    elif not os.access(folder, os.R_OK | os.X_OK):
        text = f"the folder {folder} {'can not be read' if folder.exists() else 'does not exist'} here"
        yield fault("backups", text, "Make it, let this user read it, in a container mount it there: docs/go-live.md, “Backups”.")
    elif (age := _age_of_newest(folder)) is None:
        yield fault("backups", f"there is none in {folder}", mend)
    elif age > OLDEST_BACKUP:
        yield fault("backups", f"the newest in {folder} is {age.total_seconds() / 3600:.0f} h old", mend)
    else:
        yield ok("backups", f"the newest is {age.total_seconds() / 3600:.0f} h old; restore one now and then")


def _age_of_newest(folder: Path) -> timedelta | None:
    """None when there is no file with anything in it."""
    files = [file.stat() for file in folder.glob("[!.]*") if file.is_file()]
    times = [file.st_mtime for file in files if file.st_size]
    return datetime.now(UTC) - datetime.fromtimestamp(max(times), UTC) if times else None


def _kept() -> bool:
    """Whether the kernel is told the time; asked without changing anything (``modes`` is 0)."""
    timex = ctypes.create_string_buffer(512)
    return ctypes.CDLL(None).adjtimex(timex) not in (-1, _TIME_ERROR)


def _left(connection: ssl.SSLSocket) -> timedelta:
    with connection:
        shown = connection.getpeercert() or {}
        return timedelta(seconds=ssl.cert_time_to_seconds(str(shown["notAfter"])) - datetime.now(UTC).timestamp())

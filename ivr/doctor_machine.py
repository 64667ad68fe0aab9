"""What `ivr doctor` looks at on the machine: `serve` and the worker run, the certificate is good, the clock is right, backups are young."""

import ctypes
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from ivr.config import Settings
from ivr.findings import Finding, fault, ok, warning
from ivr.store import Store

SECONDS: Final = 2.0
"""How long a connection may take."""

WORKER_SILENT: Final = timedelta(seconds=60)
"""A worker says each 10 s that it lives."""

RENEW: Final = timedelta(days=21)
"""So long before its end a certificate should have been renewed: Let's Encrypt's are 30 days before."""

OLDEST_BACKUP: Final = timedelta(hours=26)
"""A daily one that is two hours late."""

_TIME_ERROR: Final = 5
"""What adjtimex(2) returns while nobody keeps the clock."""


def serve(settings: Settings) -> Iterator[Finding]:
    """Somebody runs the scripts of calls."""
    where = f"{settings.agi_host}:{settings.agi_port}"
    try:
        socket.create_connection((settings.agi_host, settings.agi_port), SECONDS).close()
        yield ok("serve", f"listens on {where}")
    except OSError as away:
        text = f"nobody listens on {where} ({away.strerror or away}): callers go to the failsafe phones"
        yield fault("serve", text, "Start ivr serve, or mend IVR_AGI_HOST and IVR_AGI_PORT; its log says why it ended.")


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
            "tls", f"the certificate on {where} is not good: {bad.verify_message}", "Renew IVR_TLS_CERTIFICATE, with its whole chain."
        )
    except OSError as away:
        mend = "Asterisk must be able to read IVR_TLS_CERTIFICATE and IVR_TLS_KEY, doctor IVR_TLS_CA; then restart Asterisk."
        yield fault("tls", f"no TLS on {where}: {away.strerror or away}", mend)
    else:
        text = f"the certificate on {where} is good for {left.days} days"
        yield ok("tls", text) if left > RENEW else warning("tls", text, "Renew it, and let Asterisk read it: “pjsip reload” or a restart.")


def clock(settings: Settings) -> Iterator[Finding]:
    """The rota, holds and receipts go by the clock; talks do not."""
    if _kept():
        yield ok("clock", "is kept by a time service")
    else:
        yield warning(
            "clock", "no time service keeps it", "apt-get install chrony (or systemd-timesyncd); then look at “chronyc tracking”."
        )


def backups(settings: Settings) -> Iterator[Finding]:
    """The newest file in the folder of backups is young. That it can be restored only a trial shows."""
    folder = settings.backup_folder
    if folder is None:
        yield warning("backups", "nobody says where they are", "Make them as in docs/go-live.md, and set IVR_BACKUP_FOLDER.")
        return
    times = [file.stat().st_mtime for file in folder.glob("*") if file.is_file() and file.stat().st_size] if folder.is_dir() else []
    age = datetime.now(UTC) - datetime.fromtimestamp(max(times), UTC) if times else None
    if age is None:
        yield fault("backups", f"there is none in {folder}", "See why the timer has made none: docs/go-live.md, “Backups”.")
    elif age > OLDEST_BACKUP:
        yield fault("backups", f"the newest in {folder} is {age.total_seconds() / 3600:.0f} h old", "See why the timer makes none.")
    else:
        yield ok("backups", f"the newest is {age.total_seconds() / 3600:.0f} h old; restore one now and then")


def _kept() -> bool:
    """Whether the kernel is told the time; asked without changing anything (``modes`` is 0)."""
    timex = ctypes.create_string_buffer(512)
    return ctypes.CDLL(None).adjtimex(timex) not in (-1, _TIME_ERROR)


def _left(connection: ssl.SSLSocket) -> timedelta:
    with connection:
        shown = connection.getpeercert() or {}
        return timedelta(seconds=ssl.cert_time_to_seconds(str(shown["notAfter"])) - datetime.now(UTC).timestamp())

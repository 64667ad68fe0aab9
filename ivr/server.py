"""The threaded FastAGI server: one connection, one thread, one script by its name."""

import logging
import socket
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from threading import Condition, Thread
from time import monotonic, sleep
from typing import Final

from ivr import logs, metrics
from ivr.agi_protocol import clean
from ivr.config import Settings
from ivr.errors import CallerGone, SetupError
from ivr.phone import Phone

log = logging.getLogger(__name__)

Handler = Callable[[Phone], None]

BEGINS_A_CALL: Final = "call"
"""The script of a new call. Every other one belongs to a call in progress."""

_BACKLOG: Final = 1024
_PAUSE_SECONDS: Final = 0.05
"""Between two tries to accept while the process is out of file descriptors."""


class Server:
    """Serves from its construction on (connections queue) until :meth:`drain`. Threads are daemons: they end with the process."""

    def __init__(self, settings: Settings, handlers: Mapping[str, Handler], *, port: int | None = None) -> None:
        """Listen on ``agi_host`` and ``port`` (default ``agi_port``). Raises SetupError when that is not to be had."""
        self._settings = settings
        self._handlers = dict(handlers)
        metrics.expect(self._handlers)
        self._running = 0
        self._changed = Condition()
        self._draining = self._closed = False  # plain flags
        self._listener = _listen(settings.agi_host, port or settings.agi_port)

    def serve_forever(self) -> None:
        """Accept connections until :meth:`drain` is done."""
        while not self._closed:
            try:
                connection, _ = self._listener.accept()
            except OSError as error:
                if not self._closed:
                    log.error("Cannot accept a call: %s", error.strerror)
                    sleep(_PAUSE_SECONDS)
                continue
            self._admit(connection)

    def drain(self, seconds: float) -> bool:
        """Send new calls elsewhere and serve those in progress until no script runs; then stop listening.

        A call in progress still needs scripts of its own: its engineer's, its keys', its ending's. Returns whether all
        ended within so many seconds.
        """
        self._draining = True
        with self._changed:
            done = self._changed.wait_for(lambda: self._running == 0, seconds)
        self._closed = True
        _close(self._listener)
        return done

    @property
    def running(self) -> int:
        """Scripts that are running now."""
        return self._running

    def _admit(self, connection: socket.socket) -> None:
        """A thread for this connection; over the limit it is closed at once, so that the dialplan goes on."""
        with self._changed:
            if self._running >= self._settings.agi_connections:
                log.error("More than %d scripts at once: connection closed", self._settings.agi_connections)
                metrics.SCRIPTS.labels("?", "refused").inc()
                _close(connection)
                return
            self._running += 1
        try:
            Thread(target=self._serve, args=(connection,), name="script", daemon=True).start()
        except RuntimeError:
            log.error("No thread to be had: connection closed")
            metrics.SCRIPTS.labels("?", "refused").inc()
            self._ended(connection)

    def _serve(self, connection: socket.socket) -> None:
        began = monotonic()
        script, end, phone = "?", "hung_up", None
        try:
            phone = Phone(connection, self._settings)
            script = phone.script
            logs.bind(script=clean(script)[:32], call=phone.uniqueid)
            end = self._run(phone)
        except CallerGone:
            pass
        except Exception as error:
            end = "failed"
            log.error("Script %s failed: %s", clean(script)[:32], _where(error))
        finally:
            self._ended(connection)
            self._count(script, end, phone, began)

    def _run(self, phone: Phone) -> str:
        """How the script ended, in the words of ``metrics.SCRIPTS``."""
        handler = self._handlers.get(phone.script)
        if handler is None:
            log.error("There is no script %r: connection closed", phone.script[:64])
            return "unknown"
        if self._draining and phone.script == BEGINS_A_CALL:
            return "draining"  # the dialplan tries the next serve
        handler(phone)
        return "done"

    def _count(self, script: str, end: str, phone: Phone | None, began: float) -> None:
        """After the leg was given back. ``began``: when it came, monotonic."""
        metrics.SCRIPTS.labels(script if script in self._handlers else "?", end).inc()
        if phone is None:
            return
        if script == BEGINS_A_CALL and phone.first_sound is not None:
            metrics.SETUP_SECONDS.observe(phone.first_sound - began)
        metrics.PROMPTS_MISSING.inc(len(phone.unheard))

    def _ended(self, connection: socket.socket) -> None:
        _close(connection)
        with self._changed:
            self._running -= 1
            self._changed.notify_all()


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), backlog=_BACKLOG)
    except OSError as error:
        raise SetupError(
            f"FastAGI cannot listen on {host}:{port} ({error.strerror}). Asterisk would reach no script, so every caller would get the "
            f"failsafe phones. Stop the program that holds the port, or set IVR_AGI_PORT to a free one."
        ) from None


def _where(error: Exception) -> str:
    """The kind of an exception and its way through the code. Its text only when it is our own: another's may quote what was typed."""
    text = f": {error}" if type(error).__module__ == "ivr.errors" else ""
    return f"{type(error).__name__}{text}\n{''.join(traceback.format_tb(error.__traceback__))}"


def _close(connection: socket.socket) -> None:
    """Close for good, also for a thread that is waiting in accept or recv."""
    with suppress(OSError):  # not connected any more
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()

"""Health and readiness, asked over HTTP as a load balancer would."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import sleep
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
import uvicorn

from ivr.config import Settings
from ivr.console.app import create_app
from tests.integration.postgres_server import PostgresServer

GREETING = b"Asterisk Call Manager/11.0.0\r\n"


@contextmanager
def listening(greeting: bytes) -> Iterator[int]:
    """Something on a port that greets everyone with ``greeting`` and says no more."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def greet() -> None:
            try:
                while True:
                    connection, _ = server.accept()
                    with connection:
                        connection.sendall(greeting)
                        if not greeting:
                            connection.recv(1)
            except OSError:
                return

        thread = threading.Thread(target=greet, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
    thread.join(5)


class Client:
    """Asks the console at this address."""

    def __init__(self, port: int) -> None:
        self._address = f"http://127.0.0.1:{port}"

    def ask(self, path: str, method: str = "GET") -> tuple[int, Any]:
        """The status and the JSON of the answer (None when it is no JSON)."""
        try:
            with urlopen(Request(self._address + path, method=method), timeout=10) as answer:
                return answer.status, json.load(answer)
        except HTTPError as refused:
            with refused:
                body = refused.read()
            return refused.code, json.loads(body) if body.startswith(b"{") else None


@contextmanager
def console(settings: Settings, ami_port: int) -> Iterator[Client]:
    """The console served by its real server."""
    given = settings.model_copy(update={"ami_port": ami_port, "ami_seconds": 0.3, "database_seconds": 0.5})
    with socket.create_server(("127.0.0.1", 0)) as listener:
        web = uvicorn.Server(uvicorn.Config(create_app(given), log_level="warning"))
        thread = threading.Thread(target=web.run, kwargs={"sockets": [listener]})
        thread.start()
        while not web.started:
            sleep(0.005)
        try:
            yield Client(listener.getsockname()[1])
        finally:
            web.should_exit = True
            thread.join(10)


def test_ready_when_both_parts_answer(settings: Settings) -> None:
    """200, and each part is named."""
    with listening(GREETING) as port, console(settings, port) as client:
        status, answer = client.ask("/ready")
        assert (status, answer["ready"]) == (200, True)
        assert answer["database"]["ok"]
        assert answer["asterisk"]["ok"]


@pytest.mark.parametrize("greeting", [b"SSH-2.0-OpenSSH", b""], ids=["another program", "silence"])
def test_not_ready_when_asterisk_is_something_else(settings: Settings, greeting: bytes) -> None:
    """An open port is not enough."""
    with listening(greeting) as port, console(settings, port) as client:
        status, answer = client.ask("/ready")
        assert status == 503
        assert not answer["asterisk"]["ok"]
        assert answer["database"]["ok"]


def test_not_ready_without_asterisk_but_alive(settings: Settings) -> None:
    """Liveness is about this process alone: restarting it would mend nothing."""
    with console(settings, 1) as client:
        assert client.ask("/ready")[0] == 503
        assert client.ask("/healthz") == (200, {"alive": True})


def test_not_ready_without_the_database(settings: Settings, server: PostgresServer) -> None:
    """Also when it is stopped and answers nothing; ready again as soon as it goes on."""
    with listening(GREETING) as port, console(settings, port) as client:
        server.freeze()
        try:
            status, answer = client.ask("/ready")
        finally:
            server.thaw()
        assert (status, answer["database"]["ok"], answer["asterisk"]["ok"]) == (503, False, True)
        while client.ask("/ready")[0] != 200:
            sleep(0.05)


def test_not_ready_before_the_migrations(settings: Settings, server: PostgresServer) -> None:
    """A database without tables takes no calls."""
    bare = settings.model_copy(update={"database_url": server.create("bare_console")})
    with listening(GREETING) as port, console(bare, port) as client:
        assert client.ask("/ready")[1]["database"]["ok"] is False


@pytest.mark.parametrize("method", ["POST", "DELETE", "PUT"])
def test_nothing_can_be_changed_here(settings: Settings, method: str) -> None:
    """The console of this issue only reads."""
    with console(settings, 1) as client:
        assert client.ask("/ready", method)[0] == 405
        assert client.ask("/incidents", method)[0] == 404

"""A fake Asterisk over real sockets, for what the real one says only on bad days: one AGI session, one manager."""

import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from threading import Event, Thread
from typing import Final, Self

from ivr.config import Settings

ENVIRONMENT: Final = {
    "agi_network": "yes",
    "agi_network_script": "call",
    "agi_channel": "PJSIP/trunk-00000001",
    "agi_uniqueid": "1700000000.1",
    "agi_callerid": "+15550001111",
}
GOOD: Final = "200 result=0"
SET: Final = "200 result=1"


def settings(**changes: object) -> Settings:
    """Settings without any environment: a database that nobody needs, short patience."""
    values: dict[str, object] = {
        "database_url": "postgresql://nobody@127.0.0.1/none",
        "pin_pepper": "p",
        "ami_secret": "s",
        "ami_seconds": 1.0,
    }
    return Settings.model_validate(values | changes)


Reply = Callable[[Mapping[str, str]], list[dict[str, str]]]


def _success(_: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Response": "Success"}]


class FakeCall:
    """Asterisk's side of one AGI session. ``answers`` maps the beginning of a command to what is written back, whole lines or not."""

    def __init__(self, connection: socket.socket, answers: Mapping[str, str] | None = None) -> None:
        self.connection = connection
        self.answers = {"SET VARIABLE": SET, "SET MUSIC": GOOD, "CHANNEL STATUS": "200 result=6", "HANGUP": SET, **(answers or {})}
        self.commands: list[str] = []
        self.closed = Event()

    def sends_environment(self, **changes: str) -> Self:
        """The lines that Asterisk begins with."""
        lines = [f"{name}: {value}\n" for name, value in (ENVIRONMENT | changes).items()]
        return self.sends("".join(lines) + "\n")

    def sends(self, text: str | bytes) -> Self:
        """Exactly these bytes; a side that has closed already is no error."""
        with suppress(OSError):
            self.connection.sendall(text if isinstance(text, bytes) else text.encode())
        return self

    def answering(self) -> Self:
        """Answer commands in the background until the other side closes, or a command's answer is EOF."""
        Thread(target=self._answer, daemon=True).start()
        return self

    def leaves(self) -> None:
        """Close without a word."""
        self.connection.close()

    def _answer(self) -> None:
        with suppress(OSError), self.connection.makefile("r", encoding="utf-8", newline="\n") as lines:
            for line in lines:
                self.commands.append(line.rstrip("\n"))
                answer = next((text for start, text in self.answers.items() if line.startswith(start)), "510 Invalid or unknown command")
                if answer == "EOF":
                    self.connection.shutdown(socket.SHUT_RDWR)
                    break
                if answer:
                    self.sends(answer + "\n")
        self.closed.set()


@contextmanager
def session(answers: Mapping[str, str] | None = None, **environment: str) -> Iterator[tuple[socket.socket, FakeCall]]:
    """The script's end of an AGI session whose environment is sent, and Asterisk's end, answering."""
    with tcp_pair() as (ours, theirs):
        yield ours, FakeCall(theirs, answers).sends_environment(**environment).answering()


@contextmanager
def tcp_pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_connection(listener.getsockname()) as theirs:
        ours, _ = listener.accept()
        with ours:
            yield ours, theirs


class FakeManager:
    """An AMI server for one connection at a time. ``replies``: per action, the messages sent back (headers without ``ActionID``)."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.replies: dict[str, Reply] = {}
        self.actions: list[dict[str, str]] = []
        self.mute = False  # reads on, says nothing
        self.logins = 0
        self._peer: socket.socket | None = None
        Thread(target=self._serve, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cuts()

    def cuts(self) -> None:
        """End the present connection."""
        if self._peer:
            with suppress(OSError):
                self._peer.shutdown(socket.SHUT_RDWR)

    def event(self, kind: str, **headers: str) -> None:
        """Send an event."""
        self.sends({"Event": kind, "Privilege": "call,all", **headers})

    def sends(self, message: Mapping[str, str]) -> None:
        """Send a message as it is."""
        self.raw("".join(f"{name}: {value}\r\n" for name, value in message.items()).encode() + b"\r\n")

    def raw(self, data: bytes) -> None:
        """Send bytes."""
        if self._peer and not self.mute:
            with suppress(OSError):
                self._peer.sendall(data)

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                self._peer, _ = self._listener.accept()
                with self._peer, suppress(OSError):
                    self.raw(b"Asterisk Call Manager/11.0.0\r\n")
                    self._converse(self._peer)

    def _converse(self, peer: socket.socket) -> None:
        action: dict[str, str] = {}
        with peer.makefile("r", encoding="utf-8", newline="\r\n") as lines:
            for line in lines:
                name, _, value = line.strip().partition(": ")
                if name:
                    action[name] = f"{action[name]}&{value}" if name in action else value
                    continue
                self._reply(action)
                action = {}

    def _reply(self, action: dict[str, str]) -> None:
        self.actions.append(action)
        self.logins += action["Action"] == "Login"
        replies = self.replies.get(action["Action"], _success)
        for message in replies(action):
            self.sends({**message, "ActionID": action["ActionID"]})

"""The part of panoramisk 1.4 that bench/rivals/panoramisk_server.py uses."""

from asyncio import StreamReader, StreamWriter
from collections.abc import Awaitable, Callable
from typing import Any

class Request:
    headers: dict[str, str]
    async def send_command(self, command: str) -> dict[str, Any]: ...

class Application:
    def __init__(self, default_encoding: str = ...) -> None: ...
    def add_route(self, path: str, endpoint: Callable[[Request], Awaitable[None]]) -> None: ...
    async def handler(self, reader: StreamReader, writer: StreamWriter) -> None: ...

"""Rival: FastAGI on asyncio by panoramisk, with psycopg's asynchronous pool; the PIN is checked on a thread, or all calls would wait."""

import asyncio
import os
import sys

from argon2 import PasswordHasher
from panoramisk.fast_agi import Application, Request
from psycopg_pool import AsyncConnectionPool

from bench.rivals import covered, words


class _Calls:
    def __init__(self, records: AsyncConnectionPool) -> None:
        self._records = records

    async def call(self, request: Request) -> None:
        """From the digit 9 to the goodbye."""
        async with self._records.connection() as records:
            row = await (await records.execute(covered.BEGIN, (request.headers.get("agi_callerid"),))).fetchone()
        number = row[0] if row else None
        for name in words.PRICE:
            await _stream(request, name, "")
        if (consent := await _ask(request, words.TERMS)) != "1":
            return
        category = await _ask(request, words.CATEGORY)
        account = await _digits(request, words.ACCOUNT, 12)
        pin = await _digits(request, words.PIN, 8)
        if not await self._identified(account, pin, consent, category, number):
            return
        await _say(request, words.COVERED)
        await request.send_command(f'EXEC Dial "{covered.dial(request.headers["agi_channel"])}"')
        reason = (await request.send_command("GET VARIABLE SHARED(RIVAL_ENDED)"))["result"][1]
        for name in words.GOODBYE:
            await _stream(request, name, "")
        async with self._records.connection() as records:
            await records.execute(covered.END, (reason, number))

    async def _identified(self, account: str, pin: str, consent: str, category: str, number: int | None) -> bool:
        async with self._records.connection() as records:
            row = await (await records.execute(covered.CUSTOMER, (account,))).fetchone()
        if row is None or not await asyncio.to_thread(PasswordHasher().verify, row[0], pin):
            return False
        async with self._records.connection() as records:
            await records.execute(covered.IDENTIFIED, (consent, category, account, number))
        return True


async def _stream(request: Request, name: str, keys: str) -> str:
    value = (await request.send_command(f'STREAM FILE ivr/{name} "{keys}"'))["result"][0]
    if value == "-1":
        raise ConnectionError("the caller is gone")
    return "" if value == "0" else chr(int(value))


async def _say(request: Request, sounds: tuple[str, ...]) -> str:
    for name in sounds:
        if key := await _stream(request, name, "0123456789*#"):
            return key
    return ""


async def _ask(request: Request, sounds: tuple[str, ...]) -> str:
    if key := await _say(request, sounds):
        return key
    value = (await request.send_command(f"WAIT FOR DIGIT {words.KEY_MS}"))["result"][0]
    return "" if value == "0" else chr(int(value))


async def _digits(request: Request, sounds: tuple[str, ...], longest: int) -> str:
    return str((await request.send_command(f"GET DATA ivr/{sounds[0]} {words.KEY_MS} {longest}"))["result"][0])


async def _main(port: int) -> None:
    async with AsyncConnectionPool(os.environ[covered.DATABASE], min_size=1, max_size=10, kwargs={"autocommit": True}) as records:
        application = Application()
        application.add_route("call", _Calls(records).call)
        server = await asyncio.start_server(application.handler, "127.0.0.1", port, backlog=512)
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1])))

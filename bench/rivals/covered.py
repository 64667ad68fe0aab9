"""The covered call in straight lines on pyst2's ``AGI``, and the records that the three Python rivals keep.

Each rival brings its own ``connect``: here a connection is made where one is needed, and closed again.
"""

import os
from typing import Final

import psycopg
from argon2 import PasswordHasher
from asterisk.agi import AGI

from bench.rivals import words

TABLES: Final = """
CREATE TABLE IF NOT EXISTS rival_customer (account text PRIMARY KEY, pin_hash text NOT NULL, covered boolean NOT NULL);
CREATE TABLE IF NOT EXISTS rival_call (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, caller_id text, began_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    consent text, category text, account text REFERENCES rival_customer, cover text, ended_at timestamptz, reason text
);
"""
BEGIN: Final = "INSERT INTO rival_call (caller_id) VALUES (%s) RETURNING id"
CUSTOMER: Final = "SELECT pin_hash FROM rival_customer WHERE account = %s AND covered"
IDENTIFIED: Final = "UPDATE rival_call SET consent = %s, category = %s, account = %s, cover = 'agreement' WHERE id = %s"
END: Final = "UPDATE rival_call SET ended_at = clock_timestamp(), reason = %s WHERE id = %s"
DATABASE: Final = "RIVAL_DATABASE_URL"
ENGINEER: Final = "RIVAL_ENGINEER"


def connect() -> psycopg.Connection:
    """A new connection to PostgreSQL."""
    return psycopg.connect(os.environ[DATABASE], autocommit=True)


def call(agi: AGI) -> None:
    """From the digit 9 to the goodbye."""
    with connect() as records:
        row = records.execute(BEGIN, (agi.env.get("agi_callerid"),)).fetchone()
    number = row[0] if row else None
    for name in words.PRICE:
        agi.stream_file(f"ivr/{name}")
    if (consent := ask(agi, words.TERMS)) != "1":
        return
    category = ask(agi, words.CATEGORY)
    account = digits(agi, words.ACCOUNT, 12)
    pin = digits(agi, words.PIN, 8)
    with connect() as records:
        row = records.execute(CUSTOMER, (account,)).fetchone()
        if row is None or not PasswordHasher().verify(row[0], pin):
            return
        records.execute(IDENTIFIED, (consent, category, account, number))
    say(agi, words.COVERED)
    agi.execute("EXEC", "Dial", dial(agi.env["agi_channel"]))
    reason = agi.get_variable("SHARED(RIVAL_ENDED)")
    for name in words.GOODBYE:
        agi.stream_file(f"ivr/{name}")
    with connect() as records:
        records.execute(END, (reason, number))


def dial(channel: str) -> str:
    """Ring the engineer with music for the caller; the whisper, in the dialplan, lets only a 1 through."""
    return f"PJSIP/{os.environ[ENGINEER]}@trunk,{words.RING_SECONDS},gmU(rival-whisper^{channel})"


def say(agi: AGI, sounds: tuple[str, ...]) -> str:
    """Play until a key is pressed; the key."""
    return next(filter(None, (agi.stream_file(f"ivr/{name}", "0123456789*#") for name in sounds)), "")


def ask(agi: AGI, sounds: tuple[str, ...]) -> str:
    """One key, in the prompts or after them."""
    return say(agi, sounds) or agi.wait_for_digit(words.KEY_MS)


def digits(agi: AGI, sounds: tuple[str, ...], longest: int) -> str:
    """Digits up to the pound key."""
    return agi.execute("GET DATA", f"ivr/{sounds[0]}", words.KEY_MS, longest)["result"][0]

"""What administrators enter: customers, agreements, rates, blocked phones, and the audit of every change."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from ivr.administration.entries import AgreementRecord, Block, Change, CustomerRecord, RateRecord
from ivr.errors import UnknownRecord
from ivr.model.money import Rate
from ivr.records.database import Database, Row
from ivr.records.people import rate_of_row

Mode = Literal["add", "change", "both"]


class Administration:
    """All methods raise StoreUnavailable. Every write is one statement: all of it or nothing, with its lines in the audit."""

    _db: Database

    def is_blocked(self, e164: str) -> bool:
        """Whether this phone may not call."""
        row = self._db.row("is_blocked", phone=e164)
        return row is not None and bool(row["blocked"])

    def blocks(self, phone: str | None = None, *, ended: bool = False) -> list[Block]:
        """Blocked phones, newest first; ``ended``: also those that may call again."""
        return [Block(**row) for row in self._db.rows("blocks", phone=phone, ended=ended)]

    def add_block(self, phone: str, reason: str, until: datetime | None) -> Block | None:
        """Block a phone from now on; None when it is blocked already."""
        row = self._db.row("add_block", phone=phone, reason=reason, until=until)
        return Block(**row) if row else None

    def change_block(self, phone: str, reason: str | None, until: datetime | None) -> Block | None:
        """Another reason or end of the block that stands; None when the phone is not blocked."""
        row = self._db.row("change_block", phone=phone, reason=reason, until=until)
        return Block(**row) if row else None

    def end_block(self, phone: str) -> Block | None:
        """Let a phone call again; None when it was not blocked."""
        row = self._db.row("end_block", phone=phone)
        return Block(**row) if row else None

    def customers(self, find: str | None = None, *, ended: bool = False) -> list[CustomerRecord]:
        """Customers by account; ``find`` is a part of account, name or phone; ``ended``: also those who left."""
        return [_customer(row) for row in self._db.rows("customer_records", account=None, find=find, ended=ended)]

    def customer_record(self, account: str) -> CustomerRecord:
        """One customer, ended or not. Raises UnknownRecord."""
        row = self._db.row("customer_records", account=account, find=None, ended=True)
        if row is None:
            raise UnknownRecord(f"There is no customer with the account number {account}. `ivr customer list` shows all.")
        return _customer(row)

    def write_customers(self, rows: Sequence[Mapping[str, Any]], mode: Mode) -> dict[str, bool]:
        """Write customers, all or none; the accounts that were written, with whether each was added.

        A row has ``account`` and what shall be otherwise: name, email ("" is none), trunks, pin_hash, closed, add_phones, drop_phones.
        ``mode`` add leaves known accounts alone, change leaves unknown ones alone; they are missing in the answer.
        """
        found = self._db.rows("write_customers", rows=_rows(rows), mode=mode)
        return {row["account"]: row["added"] for row in found}

    def pin_hashes(self, accounts: Sequence[str]) -> dict[str, str]:
        """The hashes of these customers' PINs, by account."""
        return {row["account"]: row["pin_hash"] for row in self._db.rows("pin_hashes", accounts=list(accounts))}

    def phone_sharers(self, account: str, phones: Sequence[str]) -> dict[str, list[str]]:
        """Which of these phones other customers have too, with their accounts."""
        shared: dict[str, list[str]] = {}
        for row in self._db.rows("phone_sharers", account=account, phones=list(phones)):
            shared.setdefault(row["phone"], []).append(row["account"])
        return shared

    def agreement_records(self, *accounts: str, ended: bool = True) -> list[AgreementRecord]:
        """These customers' agreements, or everybody's; without ``ended`` only those in force or to come."""
        return [AgreementRecord(**row) for row in self._agreements(accounts=list(accounts) or None, ended=ended)]

    def agreement_record(self, agreement_id: int) -> AgreementRecord:
        """One agreement. Raises UnknownRecord."""
        found = self._agreements(agreement_id=agreement_id)
        if not found:
            raise UnknownRecord(f"There is no agreement {agreement_id}. `ivr agreement list` shows all.")
        return AgreementRecord(**found[0])

    def write_agreements(self, rows: Sequence[Mapping[str, Any]]) -> list[int]:
        """Write agreements, all or none; their numbers. A row with ``id`` changes what it names (not the start), one without is added
        to the customer ``account``; the very same once more is left out."""
        return [row["id"] for row in self._db.rows("write_agreements", rows=_rows(rows))]

    def withdraw_agreement(self, agreement_id: int) -> bool:
        """Remove an agreement that has not begun; False when it has."""
        return self._db.row("withdraw_agreement", agreement_id=agreement_id) is not None

    def rates(self) -> list[RateRecord]:
        """Every rate, oldest first."""
        return [_rate(row) for row in self._db.rows("rate_records")]

    def add_rate(self, rate: Rate, valid_from: datetime | None) -> int | None:
        """Add a rate (its id is not used) from that moment, or from now; its number, or None when another begins at that very moment."""
        row = self._db.row(
            "add_rate",
            valid_from=valid_from,
            price_cents=rate.price_cents,
            minimum_minutes=rate.minimum_minutes,
            increment_minutes=rate.increment_minutes,
            currency=rate.currency,
            blocks=list(rate.blocks),
            tax_basis_points=rate.tax_basis_points,
        )
        return row["id"] if row else None

    def withdraw_rate(self, rate_id: int) -> bool:
        """Take back a rate that is not valid yet; False when it is, or was."""
        return self._db.row("withdraw_rate", rate_id=rate_id) is not None

    def changes(self, entity: str | None = None, key: str | None = None, limit: int = 50) -> list[Change]:
        """The audit, newest first. ``key``: the row's own, or the account of the customer to whom it belongs."""
        return [Change(**row) for row in self._db.rows("changes", entity=entity, key=key, limit=limit)]

    def audited(self) -> list[str]:
        """The tables whose changes are in the audit."""
        return [row["entity"] for row in self._db.rows("audited")]

    def _agreements(self, *, accounts: list[str] | None = None, agreement_id: int | None = None, ended: bool = True) -> list[Row]:
        return self._db.rows("agreement_records", accounts=accounts, agreement_id=agreement_id, ended=ended)


def _rows(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {"rows": [dict(row) for row in rows]}


def _customer(row: Row) -> CustomerRecord:
    return CustomerRecord(**(row | {"phones": tuple(row["phones"])}))


def _rate(row: Row) -> RateRecord:
    own = {name: row.pop(name) for name in ("valid_from", "until", "incidents")}
    return RateRecord(rate_of_row(row), **own)

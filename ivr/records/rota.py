"""The rota: who is on call, and what an administrator changes about it."""

import logging
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time
from typing import Any, TypeVar
from uuid import uuid4
from zoneinfo import ZoneInfo

from ivr import oncall
from ivr.errors import IllegalChange, UnknownRecord
from ivr.model.rota import Engineer, HandOver, Layer, Level, LevelRule, Override, Rota
from ivr.records.database import Database, Row
from ivr.rota_check import dialable, refusals

log = logging.getLogger(__name__)
T = TypeVar("T")


class Rotas:
    """All methods raise StoreUnavailable."""

    _db: Database
    _dial_prefixes: tuple[str, ...]

    def rota(self, since: datetime | None = None) -> Rota:
        """As it is written, with phones that are never dialled; overrides that were over at ``since`` are left out.

        A row that can't be read is left out too, and named in ``faults``.
        """
        row = self._db.row("rota", since=since and since.isoformat()) or {}
        faults: list[str] = []
        return Rota(
            engineers=_read(row.get("engineers", ()), _engineer, faults),
            levels=_read(row.get("levels", ()), _level, faults),
            layers=_read(row.get("layers", ()), _layer, faults),
            overrides=_read(row.get("overrides", ()), _override, faults),
            faults=tuple(faults),
        )

    def levels(self, at: datetime | None = None) -> list[Level]:
        """The ladder at this moment (None: now). What is wrong with the rota is left out, logged as an error, and the rest is rung."""
        moment = at or datetime.now(UTC)
        rota = self.rota(since=moment)
        for fault in rota.faults:
            log.error("the rota has a fault: %s", fault)
        usable = _dialable_alone(rota, self._dial_prefixes)
        if oncall.nobody_on_call(usable, moment):
            log.error("nobody is on call by the rota: every active engineer is rung, in the order of their positions")
        return oncall.levels(usable, moment)

    def busy_engineers(self) -> set[int]:
        """Ids of the engineers who are talking to a caller now, or have just accepted one."""
        return {int(row["engineer_id"]) for row in self._db.rows("busy_engineers")}

    def set_level(self, number: int, *, together: bool | None = None, ring_seconds: int | None = None) -> None:
        """Make the level, or change how it is rung. None leaves as it is; 0 seconds: as the settings say."""
        self._db.rows("set_level", number=number, together=together, ring_seconds=ring_seconds)

    def end_level(self, number: int) -> None:
        """Nobody on it is no gap any more, until a layer is put on it again. Raises UnknownRecord."""
        if self._db.row("end_level", number=number) is None:
            raise UnknownRecord(f"There is no level {number}.")

    def add_layer(self, layer: Layer) -> None:
        """Its id counts for nothing. Raises IllegalChange when the name is taken, UnknownRecord for a member who isn't there."""
        if self._db.row("add_layer", **_values(layer)) is None:
            raise IllegalChange(f"There is a layer named {layer.name} already.")

    def change_layer(self, layer: Layer) -> None:
        """Everything of the layer with this id. Raises UnknownRecord."""
        if self._db.row("change_layer", layer_id=layer.id, **_values(layer)) is None:
            raise UnknownRecord(f"There is no layer {layer.id}.")

    def add_override(self, level: int, engineer_id: int, since: datetime, until: datetime, reason: str) -> int:
        """Its id. Raises UnknownRecord for a level or an engineer who isn't there."""
        row = self._db.row(
            "add_override",
            level=level,
            engineer_id=engineer_id,
            since=since.isoformat(),
            until=until.isoformat(),
            reason=reason,
            request=uuid4(),
        )
        return int(row["id"]) if row else 0

    def end_override(self, override_id: int, at: datetime) -> None:
        """It is over from ``at`` on. Raises UnknownRecord."""
        if self._db.row("end_override", override_id=override_id, at=at.isoformat()) is None:
            raise UnknownRecord(f"There is no override {override_id}.")

    def add_engineer(self, name: str, phones: Sequence[str], position: int | None = None) -> int:
        """Their id. Position None: rung behind everybody when there is no rota."""
        row = self._db.row("add_engineer", name=name, phones=list(phones), position=position, request=uuid4())
        return int(row["id"]) if row else 0

    def change_engineer(self, engineer: Engineer) -> None:
        """Everything of the engineer with this id. Raises UnknownRecord."""
        row = self._db.row(
            "change_engineer",
            engineer_id=engineer.id,
            name=engineer.name,
            position=engineer.position,
            active=engineer.active,
            phones=list(engineer.phones),
        )
        if row is None:
            raise UnknownRecord(f"There is no engineer {engineer.id}.")


def _dialable_alone(rota: Rota, prefixes: Sequence[str]) -> Rota:
    """The same without the phones that are never dialled; each of them is logged as an error."""
    for engineer in rota.engineers:
        for phone, why in refusals(engineer, prefixes).items():
            log.error("engineer %s (%s): a phone is skipped: %r %s", engineer.id, engineer.name, phone, why)
    return dialable(rota, prefixes)


def _read(rows: Sequence[Row], make: Callable[[Row], T], faults: list[str]) -> tuple[T, ...]:
    """Every row that can be read."""
    found = []
    for row in rows:
        try:
            found.append(make(row))
        except (ValueError, KeyError, TypeError, OSError) as wrong:
            faults.append(f"{make.__name__.strip('_')} {row.get('name', row.get('id'))}: {wrong}")
    return tuple(found)


def _engineer(row: Row) -> Engineer:
    return Engineer(**(row | {"phones": tuple(row["phones"])}))


def _level(row: Row) -> LevelRule:
    return LevelRule(**row)


def _layer(row: Row) -> Layer:
    return Layer(
        id=row["id"],
        level=row["level"],
        name=row["name"],
        zone=ZoneInfo(row["time_zone"]),
        hand_over=HandOver(row["hand_over"]),
        weekday=row["weekday"],
        at=time.fromisoformat(row["hand_over_at"]),
        valid_from=date.fromisoformat(row["valid_from"]),
        valid_until=date.fromisoformat(row["valid_until"]) if row["valid_until"] else None,
        members=tuple(row["members"]),
    )


def _override(row: Row) -> Override:
    since, until = datetime.fromisoformat(row["from_at"]), datetime.fromisoformat(row["until_at"])
    return Override(row["id"], row["level"], row["engineer_id"], since, until, row["reason"])


def _values(layer: Layer) -> dict[str, Any]:
    return {
        "level": layer.level,
        "name": layer.name,
        "time_zone": layer.zone.key,
        "hand_over": layer.hand_over.value,
        "weekday": layer.weekday,
        "at": layer.at.isoformat(),
        "valid_from": layer.valid_from.isoformat(),
        "valid_until": layer.valid_until and layer.valid_until.isoformat(),
        "members": list(layer.members),
    }

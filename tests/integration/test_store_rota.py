"""The rota in the records: what is written is what is rung, and nothing that is wrong with it keeps the rest from being rung."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from ivr.config import Settings
from ivr.errors import IllegalChange, StoreUnavailable, UnknownRecord
from ivr.model.offer import Rung
from ivr.model.rota import HandOver, Layer, Level
from ivr.store import Store
from tests.integration.cast import connecting, offered, rungs, talking
from tests.integration.conftest import Sql

BEN, ANN, OFF_DUTY = 1, 2, 3
NEW_YORK = ZoneInfo("America/New_York")
NOW = datetime.now(UTC)
DAILY = Layer(0, 1, "primary", NEW_YORK, HandOver.DAILY, None, time(9), date(2026, 1, 1), None, (ANN, BEN))
PREMIUM = ("+19005550100", "+19765550100", "+12025550100x", "+12029765550", "+442071838750", "+4490912345678")


def test_without_a_rota_the_active_engineers_are_rung_in_order(store: Store) -> None:
    """By position of the engineer, then of the phone."""
    ann, ben = (Rung(2, "Ann", "+12025550191"), Rung(2, "Ann", "+12025550192")), (Rung(1, "Ben", "+12025550181"),)
    assert store.levels() == [Level(1, ann, False, None), Level(2, ben, False, None)]


def test_what_was_written_is_read(store: Store) -> None:
    """Layers with their members in turn, rules of levels, overrides."""
    weekly = replace(DAILY, name="second", level=2, zone=ZoneInfo("Europe/Berlin"), hand_over=HandOver.WEEKLY, weekday=5, members=(BEN,))
    store.add_layer(DAILY)
    store.add_layer(replace(weekly, valid_until=date(2030, 1, 1)))
    store.set_level(2, together=True, ring_seconds=40)
    number = store.add_override(1, BEN, NOW, NOW + timedelta(hours=2), "Ann is ill")
    rota = store.rota()
    assert [replace(layer, id=0) for layer in rota.layers] == [DAILY, replace(weekly, valid_until=date(2030, 1, 1))]
    assert [(rule.number, rule.together, rule.ring_seconds) for rule in rota.levels] == [(1, False, None), (2, True, 40)]
    assert [(one.id, one.level, one.engineer_id, one.since, one.until) for one in rota.overrides] == [
        (number, 1, BEN, NOW, NOW + timedelta(hours=2))
    ]
    assert [(level.number, level.rungs[0].name, level.together) for level in store.levels()] == [(1, "Ben", False), (2, "Ben", True)]


def test_the_ladder_of_another_moment(store: Store) -> None:
    """Any time, past or to come."""
    store.add_layer(DAILY)
    one, two = datetime(2026, 7, 1, 12, 59, tzinfo=UTC), datetime(2026, 7, 1, 13, tzinfo=UTC)
    assert [[level.rungs[0].name for level in store.levels(at)] for at in (one, two)] == [["Ann"], ["Ben"]]


def test_an_override_ends_when_it_is_ended(store: Store) -> None:
    """At once, or never begins; it is not made longer."""
    store.add_layer(DAILY)
    running = store.add_override(1, BEN, NOW - timedelta(hours=1), NOW + timedelta(hours=1), "x")
    planned = store.add_override(1, BEN, NOW + timedelta(days=1), NOW + timedelta(days=2), "x")
    store.end_override(running, NOW)
    store.end_override(running, NOW + timedelta(days=9))
    store.end_override(planned, NOW)
    assert [(one.id, one.until) for one in store.rota().overrides] == [(running, NOW)]
    with pytest.raises(UnknownRecord):
        store.end_override(99, NOW)


def test_a_level_keeps_what_is_not_changed(store: Store) -> None:
    store.set_level(3, together=True, ring_seconds=30)
    store.set_level(3, ring_seconds=0)
    assert [(rule.together, rule.ring_seconds) for rule in store.rota().levels] == [(True, None)]
    store.set_level(3, together=False)
    assert [(rule.together, rule.ring_seconds) for rule in store.rota().levels] == [(False, None)]


def test_a_layer_is_changed_as_a_whole_or_not_at_all(store: Store) -> None:
    """Members too; a member who isn't there changes nothing, a name that is taken adds nothing."""
    store.add_layer(DAILY)
    written = store.rota().layers[0]
    with pytest.raises(UnknownRecord):
        store.change_layer(replace(written, name="other", members=(ANN, 99)))
    assert store.rota().layers == (written,)
    store.change_layer(replace(written, name="other", members=(BEN, BEN, ANN)))
    assert store.rota().layers == (replace(written, name="other", members=(BEN, BEN, ANN)),)
    with pytest.raises(IllegalChange):
        store.add_layer(replace(DAILY, name="other"))
    with pytest.raises(UnknownRecord):
        store.change_layer(replace(written, id=99))


def test_engineers_are_added_and_changed(store: Store) -> None:
    """A new one comes last; one who leaves is never rung again."""
    number = store.add_engineer("Cleo", ["+12025550103", "+12025550104"])
    assert rungs(store)[-2:] == [Rung(number, "Cleo", "+12025550103"), Rung(number, "Cleo", "+12025550104")]
    cleo = next(one for one in store.rota().engineers if one.id == number)
    store.change_engineer(replace(cleo, name="Cleopatra", position=0, phones=("+12025550105",)))
    assert rungs(store)[0] == Rung(number, "Cleopatra", "+12025550105")
    store.change_engineer(replace(cleo, active=False))
    assert number not in {rung.engineer_id for rung in rungs(store)}
    with pytest.raises(UnknownRecord):
        store.change_engineer(replace(cleo, id=99))


@pytest.mark.parametrize("phone", PREMIUM)
def test_bad_input_5_a_phone_that_may_not_be_dialled_is_left_out(
    store: Store, sql: Sql, phone: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Premium-rate, or not of the allowed prefixes: alarmed, and the next phone is rung."""
    sql("UPDATE engineer_phone SET phone = %s WHERE phone = '+12025550191'", phone)
    assert [rung.phone for rung in rungs(store)] == ["+12025550192", "+12025550181"]
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert phone in caplog.text


def test_other_prefixes_can_be_allowed(settings: Settings, sql: Sql) -> None:
    sql("UPDATE engineer_phone SET phone = '+442071838750' WHERE phone = '+12025550191'")
    with Store(settings.model_copy(update={"dial_prefixes": ("+1", "+4420")})) as store:
        assert rungs(store)[0].phone == "+442071838750"


def test_fault_31_malformed_numbers_are_skipped_and_alarmed(store: Store, sql: Sql, caplog: pytest.LogCaptureFixture) -> None:
    """One bad row never empties the ladder; an engineer without another phone is left out, and the next level is rung."""
    for position, phone in enumerate(["", "555-0100", "0012025550100", "+1 202 555 0100", "+1202", "+1900&PJSIP/x", "+999999999999999"]):
        sql("INSERT INTO engineer_phone VALUES (1, %s, %s)", 10 + position, phone)
    assert [rung.phone for rung in rungs(store)] == ["+12025550191", "+12025550192", "+12025550181"]
    assert caplog.text.count("a phone is skipped") == 7
    sql("DELETE FROM engineer_phone WHERE phone LIKE '+12025550_9_'")
    assert [level.number for level in store.levels()] == [1]


def test_fault_31_a_gap_is_alarmed_and_everybody_is_rung(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    """A rota that is over, and one that never had anybody in it."""
    store.add_layer(replace(DAILY, valid_until=date(2026, 1, 2)))
    store.add_layer(replace(DAILY, name="empty", members=()))
    assert [rung.name for rung in rungs(store)] == ["Ann", "Ann", "Ben"]
    assert "nobody is on call" in caplog.text


def test_fault_31_a_row_that_cannot_be_read_leaves_the_others(store: Store, sql: Sql, caplog: pytest.LogCaptureFixture) -> None:
    """A zone that this machine does not know (the database's trigger was off, or its list is another)."""
    store.add_layer(DAILY)
    store.add_layer(replace(DAILY, name="second", level=2, members=(BEN,)))
    sql("ALTER TABLE rota_layer DISABLE TRIGGER USER")
    for zone in ("Mars/Olympus", "../../etc/passwd", "America", ""):
        sql("UPDATE rota_layer SET time_zone = %s WHERE name = 'primary'", zone)
        assert [(level.number, level.rungs[0].name) for level in store.levels()] == [(2, "Ben")]
        assert "primary" in store.rota().faults[0]
    assert "the rota has a fault" in caplog.text


def test_the_database_refuses_a_zone_that_there_is_not(store: Store, sql: Sql) -> None:
    """Also from who writes SQL."""
    store.add_layer(DAILY)
    with pytest.raises(Exception, match="no time zone Mars/Olympus"):
        sql("UPDATE rota_layer SET time_zone = 'Mars/Olympus'")


def test_without_a_database_nothing_is_made_up(settings: Settings) -> None:
    away = settings.model_copy(update={"database_url": "postgresql://postgres@127.0.0.1:1/x", "database_seconds": 0.2})
    with Store(away) as store, pytest.raises(StoreUnavailable):
        store.levels()


def test_who_talks_is_busy(store: Store, sql: Sql) -> None:
    """From the accept on, while the meter writes; not while their phone rings, nor after the end."""
    assert store.busy_engineers() == set()
    offered(store)
    assert store.busy_engineers() == set()
    offer = talking(store)
    assert store.busy_engineers() == {offer.engineer_id}
    talk = store.talk_began(offer.uniqueid, "c.1", "bridge", 10.0)
    sql("UPDATE offer SET ended_at = now() - interval '1 hour' WHERE id = %s", offer.id)
    assert store.busy_engineers() == {offer.engineer_id}
    store.talk_ended(talk, 5.0)
    assert store.busy_engineers() == set()


def test_a_talk_that_a_lost_node_left_open_keeps_nobody_from_being_rung(store: Store, sql: Sql) -> None:
    """The meter has not written for half a minute."""
    offer = talking(store)
    store.talk_began(offer.uniqueid, "c.1", "bridge", 10.0)
    sql("UPDATE offer SET ended_at = now() - interval '1 hour'")
    sql("UPDATE talk SET checkpoint_at = now() - interval '31 seconds'")
    assert store.busy_engineers() == set()
    assert connecting(store)

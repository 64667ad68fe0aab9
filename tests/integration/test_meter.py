"""The meter between a manager that is cut and records that are away. (Against PostgreSQL: test_store_talks, end to end.)"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from threading import RLock

import pytest

from ivr import meter as meter_module
from ivr.embedded.polling import wait_until
from ivr.errors import StoreUnavailable, UnknownRecord
from ivr.meter import Meter
from ivr.model.leg import OpenTalk
from ivr.records.talks import Talks as Records
from ivr.records.talks import boot_id
from ivr.switchboard import Switchboard

from .fake_asterisk import FakeManager, settings

OFFER, CALLER, BRIDGE = "ess-offer-7", "1700000000.1", "bridge-1"


@dataclass
class Row:
    """A talk in the records."""

    offer: str
    caller: str
    bridge: str
    began: float
    boot: str
    seconds: float = 0.0
    ended: bool = False


class Memory(Records):
    """The records' talks without a database; can be away or slow."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.away = False
        self.slow = 0.0
        self._lock = RLock()

    def _reach(self) -> None:
        time.sleep(self.slow)
        if self.away:
            raise StoreUnavailable("PostgreSQL is away.")

    def talk_began(self, offer_uniqueid: str, caller_uniqueid: str, bridge: str, monotonic: float) -> int:
        """As the store does."""
        self._reach()
        if offer_uniqueid == "ess-offer-none":
            raise UnknownRecord("no such offer")
        self.rows.append(Row(offer_uniqueid, caller_uniqueid, bridge, monotonic, boot_id()))
        return len(self.rows) - 1

    def talk_checkpoint(self, talk_id: int, seconds: float) -> None:
        """As the store does."""
        self._reach()
        self.rows[talk_id].seconds = max(seconds, self.rows[talk_id].seconds)

    def talk_ended(self, talk_id: int, seconds: float) -> None:
        """As the store does."""
        self.talk_checkpoint(talk_id, seconds)
        self.rows[talk_id].ended = True

    def open_talks(self) -> list[OpenTalk]:
        """As the store does."""
        self._reach()
        return [
            OpenTalk(number, 1001, row.offer, row.caller, row.bridge, row.began, row.boot, row.seconds)
            for number, row in enumerate(self.rows)
            if not row.ended
        ]


class Setting:
    """A manager, the records, and the meters between them."""

    def __init__(self, manager: FakeManager) -> None:
        self.manager = manager
        self.records = Memory()
        self.bridged: dict[str, str] = {}
        self.running: list[tuple[Meter, Switchboard]] = []
        manager.replies["Status"] = lambda _: [
            {"Response": "Success"},
            *({"Event": "Status", "Uniqueid": channel, "BridgeID": bridge} for channel, bridge in self.bridged.items()),
            {"Event": "StatusComplete", "EventList": "Complete"},
        ]

    def starts(self) -> Meter:
        """A process with a meter, connected and compared."""
        board = Switchboard(settings(ami_port=self.manager.port))
        meter = Meter(self.records, board)
        self.running.append((meter, board))
        board.start()
        meter.start()
        assert board.wait_connected(3)
        assert wait_until(lambda: meter.sure, 5)
        return meter

    def dies(self) -> None:
        """Killed: no last checkpoint."""
        meter, board = self.running.pop()
        meter._stopping.set()
        meter._wake.set()
        board.stop()

    def joins(self, *channels: str) -> None:
        """They come into the bridge."""
        for channel in channels:
            self.bridged[channel] = BRIDGE
            self.manager.event("BridgeEnter", Uniqueid=channel, BridgeUniqueid=BRIDGE)

    def parts(self, channel: str) -> None:
        """One leaves it."""
        del self.bridged[channel]
        self.manager.event("BridgeLeave", Uniqueid=channel, BridgeUniqueid=BRIDGE)

    def written(self) -> list[tuple[str, bool]]:
        """The talks in the records, and whether they ended."""
        return [(row.offer, row.ended) for row in self.records.rows]


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Iterator[Setting]:
    """Checkpoints every 0.2 s, so that a test need not wait."""
    monkeypatch.setattr(meter_module, "CHECKPOINT_SECONDS", 0.2)
    monkeypatch.setattr(meter_module, "RETRY_SECONDS", 0.05)
    with FakeManager() as manager:
        setting = Setting(manager)
        yield setting
        for meter, board in setting.running:
            meter.stop()
            board.stop()


def test_a_talk_is_written_as_it_begins_goes_on_and_ends(scene: Setting) -> None:
    """Begun at once, checkpointed, and its seconds right to the hundredth."""
    scene.starts()
    began = time.monotonic()
    scene.joins(OFFER, CALLER)
    assert wait_until(lambda: scene.written() == [(OFFER, False)], 5)
    assert wait_until(lambda: scene.records.rows[0].seconds > 0.2, 5)
    assert scene.records.rows[0].seconds <= time.monotonic() - began
    scene.parts(CALLER)
    assert wait_until(lambda: scene.written() == [(OFFER, True)], 5)
    assert abs(scene.records.rows[0].seconds - (time.monotonic() - began)) < 0.1


def test_records_that_are_away_only_delay_the_writing(scene: Setting) -> None:
    """The meter goes on counting, also a talk that began and ended meanwhile."""
    scene.starts()
    scene.records.away = True
    scene.joins(OFFER, CALLER)
    time.sleep(0.3)
    scene.parts(OFFER)
    time.sleep(0.3)
    assert scene.written() == []
    scene.records.away = False
    assert wait_until(lambda: scene.written() == [(OFFER, True)], 5)
    assert 0.25 < scene.records.rows[0].seconds < 0.5


def test_slow_records_do_not_delay_the_moment_of_an_event(scene: Setting) -> None:
    """The manager's thread never waits for the database."""
    scene.starts()
    scene.records.slow = 0.5
    scene.joins(OFFER, CALLER)
    time.sleep(0.2)
    scene.parts(OFFER)
    assert wait_until(lambda: scene.written() == [(OFFER, True)], 5)
    assert scene.records.rows[0].seconds < 0.3


def test_a_restarted_process_goes_on_with_the_talk(scene: Setting) -> None:
    """Nothing of the time without a process is lost, and there is one talk in the records."""
    scene.starts()
    began = time.monotonic()
    scene.joins(OFFER, CALLER)
    assert wait_until(lambda: scene.written() == [(OFFER, False)], 5)
    scene.dies()
    time.sleep(0.3)
    scene.starts()
    scene.parts(CALLER)
    assert wait_until(lambda: scene.written() == [(OFFER, True)], 5)
    assert abs(scene.records.rows[0].seconds - (time.monotonic() - began)) < 0.1


def test_a_talk_that_ended_without_a_process_ends_at_its_checkpoint(scene: Setting) -> None:
    """Nobody knows when it ended; what was written counts."""
    scene.starts()
    scene.joins(OFFER, CALLER)
    assert wait_until(lambda: scene.written() != [] and scene.records.rows[0].seconds > 0, 5)
    scene.dies()
    seconds = scene.records.rows[0].seconds
    del scene.bridged[CALLER]
    time.sleep(0.3)
    scene.starts()
    assert wait_until(lambda: scene.written() == [(OFFER, True)], 5)
    assert scene.records.rows[0].seconds == seconds


def test_another_boots_talks_are_left_alone(scene: Setting) -> None:
    """They may be another node's, on which they go on."""
    scene.records.rows.append(Row("ess-offer-9", "1.9", "b9", 1.0, "another-boot", seconds=12.0))
    scene.starts()
    scene.joins(OFFER, CALLER)
    assert wait_until(lambda: scene.written() == [("ess-offer-9", False), (OFFER, False)], 5)


def test_a_manager_that_is_cut_does_not_end_the_talk(scene: Setting) -> None:
    """It is held against the channels when the connection is back."""
    scene.starts()
    began = time.monotonic()
    scene.joins(OFFER, CALLER)
    assert wait_until(lambda: scene.written() == [(OFFER, False)], 5)
    scene.manager.cuts()
    assert wait_until(lambda: scene.manager.logins == 2, 5)
    assert wait_until(lambda: scene.running[0][0].sure and scene.running[0][1].connected, 5)
    assert scene.running[0][0].talking() == 1
    scene.parts(OFFER)
    assert wait_until(lambda: scene.written() == [(OFFER, True)], 5)
    assert abs(scene.records.rows[0].seconds - (time.monotonic() - began)) < 0.15


def test_a_talk_that_ends_while_the_manager_is_cut(scene: Setting) -> None:
    """It ended at its last checkpoint, and none is made while nobody can see it."""
    scene.starts()
    began = time.monotonic()
    scene.joins(OFFER, CALLER)
    assert wait_until(lambda: scene.written() != [] and scene.records.rows[0].seconds > 0, 5)
    del scene.bridged[OFFER]
    cut = time.monotonic()
    scene.manager.cuts()
    assert wait_until(lambda: scene.written() == [(OFFER, True)], 5)
    assert scene.records.rows[0].seconds <= cut - began


def test_stopping_leaves_a_last_checkpoint_and_the_talk_open(scene: Setting) -> None:
    """The next process goes on."""
    scene.starts()
    scene.joins(OFFER, CALLER)
    assert wait_until(lambda: scene.written() != [], 5)
    time.sleep(0.1)
    meter, _ = scene.running[0]
    meter.stop()
    assert scene.written() == [(OFFER, False)]
    assert scene.records.rows[0].seconds >= 0.1


def test_a_channel_that_only_looks_like_an_offer(scene: Setting, caplog: pytest.LogCaptureFixture) -> None:
    """It is not metered, said once, and disturbs no other talk."""
    scene.starts()
    scene.manager.event("BridgeEnter", Uniqueid="ess-offer-none", BridgeUniqueid="b")
    scene.manager.event("BridgeEnter", Uniqueid="1.5", BridgeUniqueid="b")
    scene.joins(OFFER, CALLER)
    assert wait_until(lambda: scene.written() == [(OFFER, False)], 5)
    assert caplog.text.count("cannot be metered") == 1

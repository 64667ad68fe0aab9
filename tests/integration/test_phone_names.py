"""A customer's name on the line: only a path that we made reaches Asterisk, as one argument."""

from array import array
from pathlib import Path

import pytest

from ivr import name_sounds
from ivr.phone import Phone
from ivr.prompts.level import Samples
from ivr.prompts.voice import write_wav
from tests.integration.fake_asterisk import session, settings


@pytest.fixture
def name(tmp_path: Path) -> str:
    """The sound of a name that lasts a second, as Asterisk is told."""
    folder = tmp_path / "state folder" / "names"
    folder.mkdir(parents=True)
    write_wav(folder / "1042.wav", a_second_of_nothing())
    found = name_sounds.sound_of(settings(state_folder=tmp_path / "state folder"), "1042")
    assert found is not None
    return found


def a_second_of_nothing() -> Samples:
    """A second of nothing."""
    return array("h", [0] * 8000)


def test_a_name_is_played_whole_or_until_a_key(name: str) -> None:
    """One quoted argument; among prompts as well."""
    with session({"STREAM FILE": "200 result=49 endpos=800"}) as (ours, fake):
        phone = Phone(ours, settings())
        phone.play_file(name)
        assert phone.play_until_key(name, keys="1") == "1"
    assert [command for command in fake.commands if command.startswith("STREAM")] == [
        f'STREAM FILE "{name}" ""',
        f'STREAM FILE "{name}" "1"',
    ]


@pytest.mark.parametrize("path", ["/etc/passwd", "/x/names/../../etc/passwd", '/x/names/1" "', "/x/names/1\nEXEC System id", "/x&/names/1"])
def test_another_path_never_reaches_asterisk(path: str) -> None:
    """Nothing is said, and the call goes on."""
    with session() as (ours, fake):
        Phone(ours, settings()).play_file(path)
    assert fake.commands == []

"""The sound of a customer's name: where it lies, what is spoken, and that Asterisk is told to play nothing else."""

from array import array
from math import sin
from pathlib import Path

import pytest

from ivr import name_sounds
from ivr.config import Settings
from ivr.errors import SetupError
from ivr.prompts import voice


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """With a state folder of this test's own."""
    return Settings.model_validate(
        {"database_url": "postgresql://x/y", "pin_pepper": "p", "ami_secret": "s", "state_folder": tmp_path / "state"}
    )


@pytest.fixture
def spoken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the voice was asked to say; it hums for half a second."""
    said: list[str] = []

    def speak(texts: list[str], pace: float) -> list["array[int]"]:
        said.extend(texts)
        return [array("h", (round(8000 * sin(n / 3)) for n in range(4000))) for _ in texts]

    monkeypatch.setattr(voice, "speak", speak)
    return said


def test_a_name_is_made_found_and_forgotten(settings: Settings, spoken: list[str]) -> None:
    """What Asterisk is told to play is the path without its ending; its length is known."""
    assert name_sounds.sound_of(settings, "1042") is None
    name_sounds.make(settings, "1042", "Harbour Dental")
    path = name_sounds.sound_of(settings, "1042")
    assert path is not None
    assert path == str(settings.state_folder.absolute() / "names" / "1042")
    assert name_sounds.is_ours(path)
    assert name_sounds.seconds(path) == pytest.approx(0.5, abs=0.15)
    name_sounds.make(settings, "1042", "Another")
    assert [file.name for file in name_sounds.folder(settings).iterdir()] == ["1042.wav"]
    name_sounds.forget(settings, "1042")
    name_sounds.forget(settings, "1042")
    assert name_sounds.sound_of(settings, "1042") is None
    assert spoken == ["Harbour Dental", "Another"]


@pytest.mark.parametrize(
    ("name", "said"),
    [("Quay & Sons, Ltd.", "Quay & Sons, Ltd."), ("a\nb\x00c", "a b c"), ("${SHELL(id)}", "SHELL id"),
     ("'; DROP TABLE call;--", "' DROP TABLE call --"), ("<b>Müller_Söhne</b>", "b Müller Söhne b")],
)  # fmt: skip
def test_only_words_are_spoken(settings: Settings, spoken: list[str], name: str, said: str) -> None:
    """One line without marks: the voice reads a file of lines."""
    name_sounds.make(settings, "1042", name)
    assert spoken == [said]


def test_what_cannot_be_spoken_is_said_so(settings: Settings, spoken: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """No words in it, or a voice that is silent: no file, and the engineers hear the account number."""
    with pytest.raises(SetupError, match="1042"):
        name_sounds.make(settings, "1042", "☎ !!")
    assert spoken == []
    monkeypatch.setattr(voice, "speak", lambda texts, pace: [array("h", [0] * 4000)])
    with pytest.raises(SetupError, match="account number"):
        name_sounds.make(settings, "1042", "Hush")
    assert name_sounds.sound_of(settings, "1042") is None


@pytest.mark.parametrize(
    "path",
    ["", "1042", "/x/1042", "/x/names/../1042", "/x/../names/1042", "/x/names/1042.wav", "/x/names/a", "/x/names/1042\n",
     "/x&PJSIP/names/1", '/x"/names/1'],
)  # fmt: skip
def test_no_other_path_is_ours(path: str) -> None:
    """Nothing that somebody could have typed."""
    assert not name_sounds.is_ours(path)


@pytest.mark.parametrize("account", ["../1042", "", "10 42", "a", "1" * 21])
def test_an_account_that_is_none_has_no_sound(settings: Settings, account: str) -> None:
    assert name_sounds.sound_of(settings, account) is None


def test_a_broken_file_lasts_no_time(settings: Settings) -> None:
    """It is passed over like a missing one."""
    name_sounds.folder(settings).mkdir(parents=True)
    (name_sounds.folder(settings) / "1042.wav").write_bytes(b"RIFF")
    path = name_sounds.sound_of(settings, "1042")
    assert path is not None
    assert name_sounds.seconds(path) == 0.0

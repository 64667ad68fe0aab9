"""The folder that Asterisk plays prompts from."""

import shutil
from pathlib import Path

import pytest
from pydantic import SecretStr

from ivr import prompts
from ivr.config import Settings
from ivr.embedded.asterisk import Asterisk
from ivr.embedded.layout import write_configuration
from ivr.embedded.ports import Ports
from ivr.prompts.texts import SOUNDS


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        state_folder=tmp_path, database_url="postgresql://nobody@127.0.0.1/none", pin_pepper=SecretStr("x"), ami_secret=SecretStr("y")
    )


def laid(settings: Settings) -> Path:
    """The folder after a start of the stack."""
    asterisk = Asterisk(("asterisk",), Path("/modules"), Path("/sounds"), Path("/music"), Path("/documentation"))
    write_configuration(settings.state_folder, asterisk, settings, Ports(), ("+15555550101",))
    return settings.state_folder / "asterisk" / "sounds" / "en" / "ivr"


def test_every_prompt_is_there(settings: Settings) -> None:
    assert {file.stem for file in laid(settings).glob("*.wav")} == prompts.NAMES


def test_an_operators_recording_is_played_instead_of_ours(settings: Settings) -> None:
    (settings.recordings_folder / "en").mkdir(parents=True)
    own = settings.recordings_folder / "en" / "goodbye.wav"
    shutil.copy(SOUNDS["en"] / "disclosure.wav", own)
    assert (laid(settings) / "goodbye.wav").resolve() == own
    prompts.use_overrides(settings.recordings_folder)
    try:
        assert prompts.seconds("goodbye") == pytest.approx(prompts.seconds("disclosure"), abs=0.05)
        assert "+" in prompts.version("goodbye")
    finally:
        prompts.use_overrides(None)


def test_a_recording_taken_away_gives_ours_back(settings: Settings) -> None:
    (settings.recordings_folder / "en").mkdir(parents=True)
    own = settings.recordings_folder / "en" / "goodbye.wav"
    shutil.copy(SOUNDS["en"] / "disclosure.wav", own)
    laid(settings)
    own.unlink()
    assert (laid(settings) / "goodbye.wav").resolve() == SOUNDS["en"] / "goodbye.wav"


def test_the_tone_before_a_recording_is_asterisks_own(settings: Settings) -> None:
    assert (laid(settings).parent / "beep.wav").readlink() == Path("/sounds/beep.wav")

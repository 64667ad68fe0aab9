"""What a container of Asterisk is given to read."""

from pathlib import Path

from ivr.asterisk_files import Installation, write
from ivr.config import Settings
from ivr.prompts.texts import SOUNDS


def settings(state: Path) -> Settings:
    """Without any environment."""
    needed = {"database_url": "postgresql://nobody@127.0.0.1/none", "pin_pepper": "p", "ami_secret": "s", "node": "node-7"}
    return Settings.model_validate(needed | {"state_folder": state})


def test_configuration_and_sounds_are_written_whole(tmp_path: Path) -> None:
    """Every prompt as a file of its own, Asterisk's own parts where Asterisk has them, the node's name before each uniqueid."""
    folder = tmp_path / "asterisk"
    write(settings(tmp_path), Installation.below(Path("/opt/asterisk")), folder)
    configuration = (folder / "etc/asterisk.conf").read_text()
    assert f"astetcdir = {folder}/etc\n" in configuration
    assert "systemname = node-7 " in configuration
    assert "astmoddir = /opt/asterisk/modules" in configuration
    for language, ours in SOUNDS.items():
        spoken = list((folder / "data/sounds" / language / "ivr").iterdir())
        assert {file.name for file in spoken} == {file.name for file in ours.glob("*.wav")}
        assert not any(file.is_symlink() for file in spoken)
    assert (folder / "data/sounds/en/beep.wav").readlink() == Path("/opt/asterisk/sounds/beep.wav")
    assert (folder / "etc/manager.conf").stat().st_mode & 0o077 == 0


def test_the_operators_recording_goes_before_ours_and_goes_when_it_is_taken_away(tmp_path: Path) -> None:
    """Also what was never ours."""
    given = settings(tmp_path)
    own = given.recordings_folder / "en" / "main_menu.wav"
    own.parent.mkdir(parents=True)
    own.write_bytes(b"own")
    played = tmp_path / "asterisk/data/sounds/en/ivr"
    for _ in range(2):
        write(given, Installation.below(Path("/opt/asterisk")), tmp_path / "asterisk")
        assert (played / "main_menu.wav").read_bytes() == b"own"
    own.unlink()
    (played / "stale.wav").touch()
    write(given, Installation.below(Path("/opt/asterisk")), tmp_path / "asterisk")
    assert (played / "main_menu.wav").read_bytes() == (SOUNDS["en"] / "main_menu.wav").read_bytes()
    assert not (played / "stale.wav").exists()

"""Everything that the hotline's Asterisk reads, in a folder that a container shares with it: its configuration and its sounds."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ivr.asterisk_conf import render
from ivr.config import Settings
from ivr.prompts.texts import ENGLISH, SOUNDS


@dataclass(frozen=True, slots=True)
class Installation:
    """Where the parts of Asterisk lie, as Asterisk itself sees them."""

    modules: Path
    music: Path
    sounds: Path
    documentation: Path

    @classmethod
    def below(cls, folder: Path) -> "Installation":
        """All of them in one folder, as ``docker/asterisk.Dockerfile`` makes it."""
        return cls(folder / "modules", folder / "music", folder / "sounds", folder / "documentation")


BEEP: Final = "beep.wav"


def write(settings: Settings, asterisk: Installation, folder: Path) -> None:
    """Configuration into ``folder/etc``, sounds into ``folder/data``; what lies there and is not ours any more goes.

    Sounds are copied, because Asterisk does not see this container's files. Raises SetupError for a setting that Asterisk can't hold.
    """
    data = folder / "data"
    places = {"asterisk_modules": asterisk.modules, "asterisk_music": asterisk.music, "asterisk_data": data, "hotline_folder": folder}
    render(settings, {name: str(place) for name, place in places.items()}, folder / "etc")
    for language, ours in SOUNDS.items():
        _copy_prompts(ours, settings.recordings_folder / language, data / "sounds" / language / "ivr")
    _link(data / "sounds" / ENGLISH / BEEP, asterisk.sounds / BEEP)  # before a recording
    _link(data / "documentation", asterisk.documentation)  # without it Asterisk does not start


def _copy_prompts(ours: Path, recordings: Path, target: Path) -> None:
    """One language: the operator's own recordings where there are any, else ours. A sound that it lacks Asterisk looks for in English."""
    target.mkdir(parents=True, exist_ok=True)
    wanted = {file.name: file for place in (ours, recordings) for file in place.glob("*.wav")}
    for stale in target.iterdir():
        if stale.name not in wanted:
            stale.unlink()
    for name, file in wanted.items():
        unfinished = target / f"{name}.unfinished"  # Asterisk may be playing the old one
        shutil.copyfile(file, unfinished)
        unfinished.rename(target / name)


def _link(place: Path, target: Path) -> None:
    place.unlink(missing_ok=True)
    place.symlink_to(target)

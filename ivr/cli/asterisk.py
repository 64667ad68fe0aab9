"""``ivr asterisk-files``."""

from pathlib import Path
from typing import Annotated

import typer

from ivr.cli.shared import ready

Folder = Annotated[Path, typer.Argument(help="Where Asterisk will find it: etc and data are made in there.")]
Parts = Annotated[Path, typer.Option("--parts", help="Where Asterisk has its modules, music, sounds and documentation.")]


def asterisk_files(folder: Folder = Path("/srv/asterisk"), parts: Parts = Path("/opt/asterisk")) -> None:
    """Write Asterisk's configuration and sounds from the settings. Asterisk reads the configuration when it is started."""
    from ivr import asterisk_files as files

    with ready() as given:
        files.write(given, files.Installation.below(parts), folder)

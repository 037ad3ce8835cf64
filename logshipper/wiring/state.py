"""Where the state is kept, and whether the logs can be there."""

import os
import re
from pathlib import Path

from logshipper.errors import UserError
from logshipper.settings.options import Settings


def state_folder(settings: Settings) -> Path:
    """Return the folder for checkpoints and quarantine."""
    if settings.logshipper.state_dir:
        return Path(settings.logshipper.state_dir).absolute()
    if os.geteuid() == 0:
        return Path("/var/lib/logshipper")
    base = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local/state")
    return Path(base) / "logshipper"


def check_files(settings: Settings) -> None:
    """Refuse files whose folder is not there; wildcards may stand for folders to come."""
    for given in settings.inputs:
        for name in given.files:
            folder = Path(name).absolute().parent
            if not re.search(r"[*?\[]", str(folder)) and not folder.is_dir():
                fix = f"check files, or mkdir -p {folder}"
                raise UserError(f"there is no folder {folder} for the log {name}", where=given.at("files"), fix=fix)

"""The state folder, and a check that the folders of the logs exist."""

import os
import re
from pathlib import Path

from logshipper.errors import UserError
from logshipper.settings.options import Settings
from logshipper.wiring.folders import folder_problem
from logshipper.wiring.service_folders import state_directory


def state_folder(settings: Settings) -> Path:
    """Return the folder for checkpoints and quarantine."""
    if settings.logshipper.state_dir:
        return Path(settings.logshipper.state_dir).absolute()
    if given := state_directory():
        return given
    if os.geteuid() == 0:
        return Path("/var/lib/logshipper")
    base = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local/state")
    return Path(base) / "logshipper"


def check_files(settings: Settings) -> None:
    """Raise UserError for a file whose folder is missing.

    Folders with wildcards are not checked, since they may appear later.
    """
    for input_ in settings.inputs:
        for name in input_.files:
            folder = Path(name).absolute().parent
            if not re.search(r"[*?\[]", str(folder)) and not os.path.isdir(folder):
                what, fix = folder_problem(folder)
                raise UserError(f"{what} for the log {name}", where=input_.at("files"), fix=f"correct files, or {fix}")

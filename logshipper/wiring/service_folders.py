"""The folders that systemd makes for a service, used without any setting: state and credentials."""

import os
from collections.abc import Mapping
from pathlib import Path


def state_directory(environment: Mapping[str, str] = os.environ) -> Path | None:
    """Return the first folder of `StateDirectory=`, None without one."""
    first = environment.get("STATE_DIRECTORY", "").partition(":")[0]
    return Path(first) if first else None


def credential(name: str, environment: Mapping[str, str] = os.environ) -> str:
    """Return the file that `LoadCredential=NAME:…` has made, "" without one."""
    folder = environment.get("CREDENTIALS_DIRECTORY", "")
    file = Path(folder) / name
    return str(file) if folder and file.is_file() else ""

"""What is wrong with a folder that settings name, and the fix."""

import os
from pathlib import Path


def folder_problem(folder: Path) -> tuple[str, str]:
    """Return why a folder cannot be used, and the fix; two empty texts if it can."""
    try:
        os.stat(folder)
    except PermissionError:
        return f"this user may not enter the folder {folder}", f"`namei -l {folder}` shows which rights are missing"
    except FileNotFoundError:
        return f"there is no folder {folder}", f"mkdir -p {folder}"
    except OSError as error:
        return f"cannot use the folder {folder}: {error.strerror}", "name another one"
    return ("", "") if os.path.isdir(folder) else (f"{folder} is a file, not a folder", "name another one")

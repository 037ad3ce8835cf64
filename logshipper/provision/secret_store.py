"""Where passwords and tokens go that the set-up makes: into a folder, or out to whoever asked for them."""

import secrets
from pathlib import Path
from typing import Protocol

from logshipper.atomic_write import replace_private
from logshipper.errors import RunError, UserError
from logshipper.printable import keep_secret


class SecretStore(Protocol):
    """Knows secrets by name, such as `influxdb-shipper-token`."""

    def read(self, name: str) -> str:
        """Return the secret, "" if it is not known."""

    def write(self, name: str, value: str) -> None:
        """Keep the secret."""

    def where(self, name: str) -> str:
        """Return where it is, for a message: "is in FILE"."""


class SecretFolder:
    """A folder with a file for each secret, which its owner alone can read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self, name: str) -> str:
        """Return the file's content. Raises UserError if it cannot be read."""
        try:
            value = (self.folder / name).read_text("utf-8").strip()
        except FileNotFoundError:
            return ""
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            fix = "run as the user who may read it, or name another folder"
            raise UserError(f"cannot read the secret: {reason}", where=str(self.folder / name), fix=fix) from None
        keep_secret(value)
        return value

    def write(self, name: str, value: str) -> None:
        """Write the file whole or not at all, mode 0600. Raises RunError."""
        keep_secret(value)
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            replace_private(self.folder / name, value.encode())
        except OSError as error:
            fix = "make the folder writable, or give another with --secrets"
            raise RunError(
                f"cannot write the secret: {error.strerror}", where=str(self.folder / name), fix=fix
            ) from error

    def where(self, name: str) -> str:
        """Return the file's path."""
        return f"is in {self.folder / name}"


class ShownSecrets:
    """Secrets that nobody keeps: they are shown once, at the end."""

    def __init__(self) -> None:
        self.made: dict[str, str] = {}

    def read(self, name: str) -> str:
        """Return the secret if it was made just now."""
        return self.made.get(name, "")

    def write(self, name: str, value: str) -> None:
        """Remember it until it is shown."""
        self.made[name] = value

    def where(self, name: str) -> str:
        """Return that there is no file."""
        return "is printed below"


class NoSecrets:
    """For a dry run: reads what is known, and keeps nothing."""

    def __init__(self, known: SecretStore) -> None:
        self._known = known

    def read(self, name: str) -> str:
        """Return the secret, "" if it is not known."""
        return self._known.read(name)

    def write(self, name: str, value: str) -> None:
        """Do nothing."""

    def where(self, name: str) -> str:
        """Return where it would be."""
        return self._known.where(name)


def new_password() -> str:
    """Return a password that nobody guesses."""
    return secrets.token_urlsafe(24)

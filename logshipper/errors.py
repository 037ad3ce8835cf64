"""Errors that a user can fix; `cli.main` prints each on one line."""


class UserError(Exception):
    """Wrong usage or settings: what is wrong, where, and the fix.

    The message is one line and never contains a secret.
    """

    exit_code = 2

    def __init__(self, what: str, *, where: str = "", fix: str = "") -> None:
        self.what, self.where, self.fix = what, where, fix
        location = f"{where}: " if where else ""
        advice = f"; {fix}" if fix else ""
        super().__init__(f"{location}{what}{advice}".replace("\n", " "))


class RunError(UserError):
    """A failure at run time that the settings did not cause."""

    exit_code = 1

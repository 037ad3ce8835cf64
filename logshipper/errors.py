"""Errors that a user can fix; `cli.main` prints each as one line."""


class UserError(Exception):
    """Wrong usage or settings: what is wrong, where, and what to do.

    The message is one line without a trailing full stop being required; it never holds a secret.
    """

    exit_code = 2

    def __init__(self, what: str, *, where: str = "", fix: str = "") -> None:
        self.what, self.where, self.fix = what, where, fix
        place = f"{where}: " if where else ""
        advice = f"; {fix}" if fix else ""
        super().__init__(f"{place}{what}{advice}".replace("\n", " "))


class RunError(UserError):
    """Something failed while running that is not the user's settings."""

    exit_code = 1

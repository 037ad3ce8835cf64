"""Errors that a user can fix; `cli.main` prints each on one line."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any


@dataclass(frozen=True, slots=True)
class Location:
    """A line of a file or a setting; `line` is 0 where only the name is known."""

    name: str
    line: int = 0

    def __str__(self) -> str:
        return f"{self.name}, line {self.line}" if self.line else self.name

    def below(self, lines: int) -> "Location":
        """Return the location a number of lines further down."""
        return Location(self.name, self.line + lines)


class UserError(Exception):
    """Wrong usage or settings: what is wrong, where, and the fix.

    The message is one line and never contains a secret.
    """

    exit_code = 2

    def __init__(self, what: str, *, where: str | Location = "", fix: str = "") -> None:
        self.what, self.where, self.fix = what, str(where), fix
        self.line = where.line if isinstance(where, Location) else 0
        location = f"{where}: " if self.where else ""
        advice = f"; {fix}" if fix else ""
        super().__init__(f"{location}{what}{advice}".replace("\n", " "))

    def __reduce__(self) -> tuple[Any, ...]:
        """Return what another process makes the error of."""
        return partial(type(self), self.what, where=self.where, fix=self.fix), ()

    def each(self) -> Sequence["UserError"]:
        """Return the single errors."""
        return (self,)

    def at(self, where: str | Location) -> "UserError":
        """Return the error with this location, unless it has one of its own."""
        return self if self.where else type(self)(self.what, where=where, fix=self.fix)


class CombinedUserError(UserError):
    """Several errors that are reported together, each on its own line."""

    def __init__(self, errors: Sequence[UserError]) -> None:
        self.errors = tuple(errors)
        first = self.errors[0]
        super().__init__(first.what, where=first.where, fix=first.fix)
        self.args = ("\n".join(str(error) for error in self.errors),)

    def each(self) -> Sequence[UserError]:
        """Return the single errors."""
        return self.errors


def raise_all(errors: Sequence[UserError]) -> None:
    """Raise the errors together; do nothing if there are none."""
    single = [one for error in errors for one in error.each()]
    if len(single) == 1:
        raise single[0]
    if single:
        raise CombinedUserError(single)


class RunError(UserError):
    """A failure at run time that the settings did not cause."""

    exit_code = 1

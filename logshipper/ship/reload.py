"""SIGHUP: read the settings again and continue with them, from the saved positions."""

import logging
import os
from collections.abc import Callable, Mapping, Sequence

from logshipper.errors import UserError
from logshipper.settings.options import Settings

log = logging.getLogger(__name__)

# By an output's state name: since when it cannot be written, by the monotonic clock; None if it can.
Troubles = Mapping[str, float | None]


class Reload:
    """Reads the settings when it is `asked`; `settings` are those to continue with, None as long as nothing is new."""

    def __init__(
        self, read: Callable[[], Settings], *, happened: bool = False, troubles: Troubles | None = None
    ) -> None:
        """`read` raises UserError for settings that cannot be used. `happened`: the present ones came by a reload.

        `troubles` are those of the outputs before it.
        """
        self._read, self.happened, self.troubles = read, happened, troubles or {}
        self._had_terminal = os.isatty(0)
        self.asked = False
        self.settings: Settings | None = None

    def is_hang_up(self) -> bool:
        """Return whether the signal means that the terminal is gone, and not that somebody wants a reload."""
        return self._had_terminal and not os.isatty(0)

    def read(self) -> bool:
        """Read the settings; return whether they can be used. If not, say why."""
        self.asked = False
        try:
            self.settings = self._read()
        except UserError as error:
            for one in error.each():
                log.error("%s", one)
            log.error("the settings were not reloaded; keeping the previous ones")
            return False
        log.info("the settings were reloaded; continuing from the saved positions")
        return True


def predecessors(before: Sequence[str], now: Sequence[str]) -> dict[str, str]:
    """Return the output of the earlier settings that each present one continues or replaces, by their state names.

    It is the same output, or the one of the same kind that is gone: somebody corrected its address.
    """
    gone, same = [name for name in before if name not in now], [name for name in now if name in before]
    found = {name: name for name in same}
    for name in now:
        if name not in found and (old := next((one for one in gone if _kind(one) == _kind(name)), None)):
            gone.remove(old)
            found[name] = old
    return found


def _kind(state_name: str) -> str:
    return state_name.partition("-")[0]

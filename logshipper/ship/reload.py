"""SIGHUP: read the settings again and continue with them, from the saved positions."""

import logging
import os
from collections.abc import Callable, Mapping

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

"""Warns once of a log whose times cannot be right: a wrong time zone hides its requests from everybody who looks."""

import logging

from logshipper.points import AnyPoints

log = logging.getLogger(__name__)

# Seconds that a request may be ahead of the clock, and that a line may be older than its writing.
AHEAD, OLD = 300.0, 120.0
# A log that is off by the same number of half hours this often in a row is in another zone.
ZONE_STEP, OFTEN = 1800, 3
_FIX = "if uWSGI runs in another time zone, set timezone (run --timezone UTC); otherwise check the clocks"


class TimeCheck:
    """Compares the times of one log's requests with the clock."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._said = False
        self._steps: list[int] = []

    def see(self, points: AnyPoints, now: float, *, fresh: bool) -> None:
        """Take the points of the next lines; `fresh` if these were written just now. `now` is in seconds since 1970."""
        if self._said or not points:
            return
        ahead = points.last_time() / 1e9 - now
        if ahead > AHEAD:
            self._say(f"the newest request is {_lasting(ahead)} in the future")
        elif fresh:
            steps = round(ahead / ZONE_STEP)
            off = abs(ahead - steps * ZONE_STEP)
            self._steps = [*self._steps, steps][-OFTEN:] if off < OLD else []
            if steps and self._steps == [steps] * OFTEN:
                self._say(f"each new request is {_lasting(-ahead)} old when it is written")

    def _say(self, what: str) -> None:
        self._said = True
        log.warning("%s: %s; %s", self.path, what, _FIX)


def _lasting(seconds: float) -> str:
    minutes = round(seconds / 60)
    hours, rest = divmod(minutes, 60)
    return f"{minutes} min" if not hours else f"{hours} h {rest} min" if rest else f"{hours} h"

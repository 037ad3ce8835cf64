"""Thirty days of a made-up shop: its requests and events, and what a dashboard must say of any window of them.

By day it is busier than by night. Four hours before the end comes a reload after which searches take three times as
long, for two hours; then nobody is served for twenty minutes.
"""

import random
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from tests.support.traffic import ROUTES, SECOND, Request, Route, parsed, request

MINUTE, HOUR, DAY = 60, 3_600, 86_400
DAYS = 30
RELOAD, SLOW_FOR = 4 * HOUR, 2 * HOUR  # before the end, and how long searches are slow after it
OUTAGE = (100 * MINUTE, 80 * MINUTE)  # before the end
HOSTS = 2
DEATHS = (30 * MINUTE, 9 * HOUR, 4 * DAY, 11 * DAY, 23 * DAY)  # before the end
TRACEBACK_EVERY = 7 * HOUR


@dataclass(frozen=True)
class Traffic:
    """The requests of the days up to `end` (epoch seconds, a whole minute), always the same for the same end."""

    end: int

    @property
    def start(self) -> int:
        """The first second."""
        return self.end - DAYS * DAY

    @cached_property
    def lines(self) -> list[str]:
        """Line protocol of all requests, in order of time."""
        chance = random.Random(5)
        shares = [route.share for route in ROUTES]
        served = [0] * 4
        found = []
        for number, second in enumerate(self.seconds(), 1):
            worker = chance.randrange(4)
            served[worker] += 1
            route = self.slower(chance.choices(ROUTES, shares)[0], second)
            found.append(request(chance, route, (worker, served[worker], number), second * SECOND, HOSTS))
        return found

    @cached_property
    def requests(self) -> list[Request]:
        """The same as dashboards count them."""
        return [parsed(line) for line in self.lines]

    @cached_property
    def times(self) -> list[int]:
        """The seconds of all requests; no two of them have the same."""
        return list(self.seconds())

    def seconds(self) -> Iterator[int]:
        """Yield the seconds with a request: every other one in the end, before that by the hour of the day."""
        second = self.start
        while second < self.end:
            left = self.end - second
            if not OUTAGE[1] < left <= OUTAGE[0]:
                yield second
            by_day = 7 <= second % DAY // HOUR < 20
            second += 2 if left <= 6 * HOUR else 20 if by_day else 60

    def slower(self, route: Route, second: int) -> Route:
        """Return the route, or what the reload made of it."""
        slow = self.end - RELOAD <= second < self.end - RELOAD + SLOW_FOR
        return replace(route, typical=3 * route.typical) if slow and route.rule == "/search" else route

    def window(self, start: int, end: int) -> list[Request]:
        """Return the requests from `start` to `end`, both included, as InfluxQL's time filter does."""
        return self.requests[bisect_left(self.times, start) : bisect_right(self.times, end)]

    def deaths(self, start: int, end: int) -> int:
        """Return how many workers died in the window."""
        return sum(start <= self.end - before <= end for before in DEATHS)

    def tracebacks(self, start: int, end: int) -> int:
        """Return how many tracebacks the log has in the window."""
        return sum(start <= second <= end for second in self.traceback_seconds())

    def traceback_seconds(self) -> range:
        """Return when they came: the newest five minutes before the end."""
        return range(self.end - 5 * MINUTE, self.start, -TRACEBACK_EVERY)

    def events(self) -> Iterator[str]:
        """Yield the line protocol of all events."""
        head = "uwsgi_event,host=web1,path=/var/log/uwsgi.log"
        for before in DEATHS:
            yield (
                f'{head},kind=worker_died message="worker 2 (pid 102) died, killed by signal 9",pid=102i '
                f"{(self.end - before) * SECOND}"
            )
        yield f'{head},kind=reload message="gracefully reloading" {(self.end - RELOAD) * SECOND}'
        yield f'{head},kind=start message="uWSGI started" {(self.end - OUTAGE[1]) * SECOND}'
        for second in self.traceback_seconds():
            yield (
                f"{head},kind=traceback,exception=KeyError message=\"'month-7'\","
                'frame="/srv/flaskapp/views.py:31 in report",text="Traceback (most recent call last): …",pid=101i '
                f"{second * SECOND}"
            )

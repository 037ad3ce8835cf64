"""Logs of an application that was reloaded: what each route takes, how often it fails, and what the reloads change."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.support.request_lines import START, line

RELOAD = (
    "...gracefully killing workers...\nGracefully killing worker 1 (pid: 13)...\nworker 1 buried after 1 seconds\n"
    "binary reloading uWSGI...\nchdir() to /srv/app\nclosing all non-uwsgi socket fds > 2 (max_fd = 1024)...\n"
)


@dataclass(frozen=True)
class Behaviour:
    """How a route behaves: its share of the requests, its median in ms, its spread, the share that fails."""

    weight: float
    median: float
    sigma: float = 0.6
    fails: float = 0.0


@dataclass(frozen=True)
class Release:
    """What the application is like from a reload on: `changed` replaces the behaviour of some routes."""

    requests: int
    changed: Mapping[str, Behaviour] = field(default_factory=dict)


ROUTES: Mapping[str, Behaviour] = {
    "/": Behaviour(30, 4), "/api/obj": Behaviour(20, 40), "/api/list": Behaviour(15, 90), "/login": Behaviour(8, 60),
    "/search": Behaviour(10, 150, 0.9), "/static/app.css": Behaviour(25, 1), "/pay": Behaviour(6, 120, 0.5, 0.001),
    "/health": Behaviour(5, 1), "/report": Behaviour(1, 900, 0.4), "/admin": Behaviour(0.3, 70),
}  # fmt: skip


def banner(moment: datetime) -> str:
    """Return what uWSGI writes when it starts."""
    return f"*** Starting uWSGI 2.0.28 (64bit) on [{moment:%a %b %e %H:%M:%S %Y}] ***\ncompiled with version: 12.2.0\n"


def lines_of(seed: int, releases: Sequence[Release], every: float = 0.4, start: datetime = START) -> Iterator[str]:
    """Yield the log: each release begins with a reload, the first with a start."""
    dice, at, number = random.Random(seed), start, 0
    for index, release in enumerate(releases):
        routes = {**ROUTES, **release.changed}
        yield (RELOAD if index else "") + banner(at)
        at += timedelta(seconds=3)
        for uri in dice.choices(list(routes), [one.weight for one in routes.values()], k=release.requests):
            one, number = routes[uri], number + 1
            at += timedelta(seconds=dice.expovariate(1 / every))
            took = int(dice.lognormvariate(0, one.sigma) * one.median)
            status = 500 if dice.random() < one.fails else 404 if dice.random() < 0.01 else 200
            yield line(uri, ms=took, status=status, at=at, number=number, method="POST" if uri == "/pay" else "GET")
        at += timedelta(seconds=2)

"""What each deploy changed: p95 and errors of the minutes before and after a start or reload that the log tells.

A page cannot ask that itself: InfluxQL has no window around each event. So there is a point for each deploy of a log on
a host. It is there within a minute, with what has come since, and complete when the minutes after it have passed;
late lines change it. Then its requests are asked for again only if the rollups have found new ones in those minutes.
Writing a point twice leaves one.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlencode

from logshipper.model import DEPLOYS, SAME_DEPLOY
from logshipper.outputs.api import Api
from logshipper.provision.plan import DEPLOYS_ROLLUP, EVENTS, RAW, YEAR
from logshipper.provision.rollup import between
from logshipper.provision.rollup_points import ERROR, series_key
from logshipper.words import counted

MINUTE = 60  # seconds
AROUND = 15 * MINUTE  # of requests before a deploy, and after it
LOOK = 2 * AROUND  # what a page shows around a deploy, each way
MOST = 200  # the newest deploys of each log: a server that starts again and again has thousands
MEASUREMENT = f'"{YEAR}"."{DEPLOYS_ROLLUP}"'
COMPARED = (
    "kind",
    "text",
    "look_to",
    "before_n",
    "before_p95",
    "before_errors",
    "after_n",
    "after_p95",
    "after_errors",
)
Tags = Mapping[str, str]
Fields = Mapping[str, str | float]
Period = tuple[int, int]  # epoch seconds, the end excluded


@dataclass(frozen=True)
class Deploy:
    """Messages of one log that belong together: the second of the first and of the last, and what the first says."""

    first: int
    last: int
    kind: str


@dataclass(frozen=True)
class Side:
    """The requests before or after a deploy: how many, their p95 in ms, and the share of 5xx answers in percent."""

    period: Period
    n: int = 0
    p95: float = 0
    errors: float = 0

    @property
    def size(self) -> str:
        """How much this says."""
        return f"{counted(self.n, 'request')} in {counted(round((self.period[1] - self.period[0]) / MINUTE), 'minute')}"


@dataclass(frozen=True)
class LastLook:
    """When all deploys were up to date (epoch seconds), and the beginnings of the minutes with new requests since."""

    moment: int = 0
    minutes: Collection[int] = ()

    def has_seen(self, before: Period, after: Period) -> bool:
        """Return whether these periods were over then, and have no new requests."""
        return after[1] <= self.moment and not any(before[0] < one + MINUTE and one < after[1] for one in self.minutes)


def catch_up(api: Api, database: str, start: int, now: int, last: LastLook = LastLook()) -> int:
    """Bring the points of the deploys from `start` to `now` (epoch seconds) up to date; return how many changed."""
    changed = []
    # From further back, as an earlier deploy shortens the time before a later one.
    for tags, moments in messages(api, database, start - AROUND - SAME_DEPLOY, now):
        known = written(api, database, tags, start)
        recent = [trio for trio in neighbors(together(moments)) if trio[1].first >= start]
        for earlier, deploy, later in recent[-MOST:]:
            complete = periods(earlier, deploy, later, deploy.last + LOOK)
            nearby = (one for one in (earlier, deploy, later) if one and one.first >= start)
            if last.has_seen(*complete) and all(map(partial(is_in, known), nearby)):
                continue
            before, after = periods(earlier, deploy, later, now)
            fields = fields_of(deploy, measured(api, database, tags, before), measured(api, database, tags, after))
            if known.get(deploy.first) != {name: fields.get(name) for name in COMPARED}:
                changed.append(line(tags, fields, deploy.first))
    if changed:
        where = urlencode({"db": database, "rp": YEAR, "precision": "s"})
        api.request("POST", f"/write?{where}", "\n".join(changed).encode(), "text/plain")
    return len(changed)


def is_in(known: Mapping[int, Mapping[str, Any]], deploy: Deploy) -> bool:
    """Return whether a deploy has a point, made of the same messages: a late one changes the times around it."""
    return known.get(deploy.first, {}).get("look_to") == look_to(deploy)


def look_to(deploy: Deploy) -> int:
    """Return where the time around a deploy ends that a page shows, in epoch milliseconds."""
    return (deploy.last + LOOK) * 1000


def messages(api: Api, database: str, start: int, end: int) -> Iterator[tuple[Tags, list[tuple[int, str]]]]:
    """Yield the tags of each log, and the second and kind of its starts and reloads."""
    kinds = " OR ".join(f"\"kind\" = '{kind}'" for kind in DEPLOYS)
    question = f'SELECT "message", "kind" FROM "{EVENTS}" WHERE {between((start, end))} AND ({kinds})'
    for series in api.influxql(f'{question} GROUP BY "host", "path"', db=database, epoch="s"):
        yield series["tags"], [(moment, kind) for moment, _, kind in series["values"]]


def together(moments: Iterable[tuple[int, str]]) -> list[Deploy]:
    """Join the messages that belong together: a reload writes several. The first names them, as it stays the first."""
    found: list[Deploy] = []
    for moment, kind in moments:
        if found and moment - found[-1].last <= SAME_DEPLOY:
            found[-1] = Deploy(found[-1].first, moment, found[-1].kind)
        else:
            found.append(Deploy(moment, moment, kind))
    return found


def neighbors(found: Sequence[Deploy]) -> list[tuple[Deploy | None, Deploy, Deploy | None]]:
    """Return each deploy between the ones before and after it."""
    return list(zip([None, *found[:-1]], found, [*found[1:], None], strict=True))


def periods(earlier: Deploy | None, deploy: Deploy, later: Deploy | None, now: int) -> tuple[Period, Period]:
    """Return the seconds before and after a deploy; they do not reach over another one."""
    begin = max(deploy.first - AROUND, earlier.last + 1 if earlier else 0)
    # A message has the time of a second in which the old code may still have answered.
    since = deploy.last + 1
    stop = min(since + AROUND, later.first if later else now, now)
    return (begin, deploy.first), (since, max(since, stop))


def fields_of(deploy: Deploy, before: Side, after: Side) -> Fields:
    """Return the fields of a deploy's point."""
    fields: dict[str, str | float] = {"kind": deploy.kind, "text": in_words(before, after)}
    fields |= {"look_from": (deploy.first - LOOK) * 1000, "look_to": look_to(deploy)}
    for name, side in (("before", before), ("after", after)):
        fields[f"{name}_n"] = side.n
        if side.n:
            fields |= {f"{name}_p95": float(side.p95), f"{name}_errors": side.errors}
    return fields


def measured(api: Api, database: str, tags: Tags, period: Period) -> Side:
    """Return what the requests of a log say of a period."""
    where = " AND ".join([between(period), *(same(*tag) for tag in tags.items())])
    asked = f'FROM "{RAW}" WHERE {where}'
    times = api.influxql(f'SELECT count("resTime"), percentile("resTime", 95) {asked}', db=database, epoch="s")
    if not times:
        return Side(period)
    failed = api.influxql(f'SELECT count("status") {asked} AND "status" >= {ERROR}', db=database, epoch="s")
    _, n, p95 = times[0]["values"][0]
    errors = failed[0]["values"][0][1] if failed else 0
    return Side(period, n, p95, round(100 * errors / n, 4))


def same(tag: str, value: str) -> str:
    """Return the condition that a tag has this value; both may come from strangers' names."""
    quoted = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"\"{tag}\" = '{quoted}'"


def in_words(before: Side, after: Side) -> str:
    """Return what a mark on a graph says."""
    if before.n and after.n:
        changes = f"p95 {before.p95:.0f} → {after.p95:.0f} ms, errors {before.errors:.2f} → {after.errors:.2f} %"
        return f"{changes} ({before.size} before, {after.size} after)"
    for name, side, other in (("before", before, "after"), ("after", after, "before")):
        if side.n:
            return f"{name}: p95 {side.p95:.0f} ms, errors {side.errors:.2f} % ({side.size}); no requests {other}"
    return "no requests before or after"


def written(api: Api, database: str, tags: Tags, start: int) -> dict[int, dict[str, Any]]:
    """Return what the points of a log hold, by their second."""
    names = ", ".join(f'"{name}"' for name in COMPARED)
    where = " AND ".join([f"time >= {start}s", *(same(*tag) for tag in tags.items())])
    found = api.influxql(f"SELECT {names} FROM {MEASUREMENT} WHERE {where}", db=database, epoch="s")
    return {row[0]: dict(zip(COMPARED, row[1:], strict=True)) for series in found for row in series["values"]}


def line(tags: Tags, fields: Fields, moment: int) -> str:
    """Return one line of line protocol."""
    values = ",".join(f"{name}={field(one)}" for name, one in fields.items())
    return f"{series_key(DEPLOYS_ROLLUP, tags)} {values} {moment}"


def field(one: str | float) -> str:
    """Return a field's value as line protocol has it."""
    if isinstance(one, str):
        return f'"{one}"'
    return f"{one}i" if isinstance(one, int) else f"{one}"

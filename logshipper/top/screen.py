"""The screen as lines of styled text: the same for the live view and for `--once`."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from logshipper.printable import in_columns
from logshipper.report.comparison import Route
from logshipper.report.periods import SECOND
from logshipper.report.statistics import SHARES
from logshipper.report.tally import Request
from logshipper.report.wording import EIGHTHS, millis, percent, rate
from logshipper.top.window import ShownEvent, Snapshot

Line = Sequence[tuple[str, str]]
"""The parts of a line, each with its style: "", bold, dim, red, green or reverse."""

SORTS: Mapping[str, Callable[[Route], float]] = {
    "time": lambda route: route.times.sum,
    "requests": lambda route: route.requests,
    "errors": lambda route: route.classes.get(5, 0),
    "p50": lambda route: _at(route, 0.5),
    "p95": lambda route: _at(route, 0.95),
    "p99": lambda route: _at(route, 0.99),
}
KEYS = "s sort   / filter   ↑↓ move   p pause   q quit"
_HEAD = 4
_BAD_EVENTS = {"worker_died", "harakiri", "listen_queue_full", "write_error", "out_of_memory", "traceback"}


@dataclass(frozen=True, slots=True)
class View:
    """What the reader has chosen: the column that sorts, a text that names must contain, whether time stands still."""

    title: str
    sort: str = "time"
    text: str = ""
    paused: bool = False
    first: int = 0  # of the routes that are shown


def _at(route: Route, share: float) -> int:
    return route.times.percentile(share) if route.times.size else 0


def screen(snapshot: Snapshot, view: View, width: int, height: int, zone: tzinfo = UTC) -> list[Line]:
    """Return at most `height` lines of at most `width` characters."""
    room = max(6, height - _HEAD)
    events = min(len(snapshot.events), max(1, room // 6))
    room -= events + 1 if events else 0
    # A third is for the lists, and what the routes leave; what nobody needs stays empty below.
    routes = min(room - max(3, room // 3), len(chosen(snapshot, view)) + 2)
    lists = min(room - routes, max(len(snapshot.slowest), len(snapshot.addresses)) + 2)
    lines = [
        *_head(snapshot, view, width, zone),
        *_routes(snapshot, view, width, routes),
        *_lists(snapshot, width, lists, zone),
        *_events(snapshot.events, events, width, zone),
    ]
    return lines[:height]


def plain(lines: Sequence[Line]) -> str:
    """Return the lines as text, with one empty line where several would be."""
    texts = ["".join(text for text, _ in line).rstrip() for line in lines]
    return "".join(f"{text}\n" for text, before in zip(texts, ["", *texts], strict=False) if text or before)


def _fit(text: str, width: int) -> str:
    text = in_columns(text)
    return f"{text:{width}}" if len(text) <= width else f"{text[: width - 1]}…"


def _head(snapshot: Snapshot, view: View, width: int, zone: tzinfo) -> list[Line]:
    total, moment = snapshot.all, datetime.fromtimestamp(snapshot.now // SECOND, zone)
    state = f"filter: {view.text}  " if view.text else ""
    right = (
        f"{'PAUSED  ' if view.paused else ''}{moment:%H:%M:%S %Z}  last {snapshot.seconds:.0f} s: {total.requests:,}"
    )
    space = max(10, width - len(right) - 2)
    title = view.title if len(state) + len(view.title) <= space else os.path.basename(view.title)
    left = _fit(f"{state}{title}", space)
    rates = f"{rate(total.requests / snapshot.seconds)}  "
    failed, refused = percent(total.share(5)), percent(total.share(4))
    times = "  ".join(f"{name} {millis(_at(total, share))}" for name, share in _SHARES) if total.times.size else ""
    busy = f"busy workers {snapshot.busy:.1f} of {snapshot.workers} seen" if snapshot.workers else ""
    unread = f"  {snapshot.unread:,} lines not read" if snapshot.unread else ""
    most = max((*snapshot.rates, 0.0))
    bars = "".join(EIGHTHS[round(one * 8 / most)] if most else " " for one in snapshot.rates)
    bars = bars[-max(10, width - 24 - len(busy) - len(unread)) :]
    return [
        [(f"{left}  ", "bold"), (right, "reverse" if view.paused else "dim")],
        [(rates, "bold"), (f"5xx {failed}", "red" if total.share(5) else ""), (f"  4xx {refused}  ", ""), (times, "")],
        [(f"{busy}  ", ""), (bars, "green"), (f"  up to {rate(most)}" if most else "", "dim"), (unread, "red")],
        [],
    ]  # fmt: skip


_SHARES = SHARES[:-1]
_COLUMNS = (("requests", 9), ("per s", 8), ("errors", 7), ("p50", 9), ("p95", 9), ("p99", 9), ("time", 5))


def chosen(snapshot: Snapshot, view: View) -> Sequence[Route]:
    """Return the routes that the view shows, in its order."""
    wanted = view.text.lower()
    found = [route for route in snapshot.routes.values() if wanted in route.name.lower()]
    return sorted(found, key=lambda route: (-SORTS[view.sort](route), -route.requests, route.name))


def _routes(snapshot: Snapshot, view: View, width: int, height: int) -> list[Line]:
    found, total = chosen(snapshot, view), max(1, snapshot.all.times.sum)
    shown = found[view.first : view.first + height - 1]
    # Figures far from their name are hard to read, so a wide screen stays empty on the right.
    longest = max((len(route.name) for route in shown), default=0)
    name = min(width - sum(size for _, size in _COLUMNS), max(24, longest + 2))
    label = "route" if len(shown) == len(found) else f"route {view.first + 1}-{view.first + len(shown)} of {len(found)}"
    head: Line = [
        (f"{label:{name}}", "dim"),
        *((f"{label:>{size}}", "bold" if label == view.sort else "dim") for label, size in _COLUMNS),
    ]
    lines: list[Line] = [head]
    for route in shown:
        cells = [
            f"{route.requests:,}", f"{route.requests / snapshot.seconds:,.1f}", f"{route.classes.get(5, 0):,}",
            *(millis(_at(route, share)) if route.times.size else "-" for _, share in _SHARES),
            f"{route.times.sum * 100 / total:.0f}%",
        ]  # fmt: skip
        texts = [f"{cell:>{size}}" for cell, (_, size) in zip(cells, _COLUMNS, strict=True)]
        style = "red" if route.classes.get(5) else ""
        lines.append(
            [(_fit(route.name, name), ""), (f"{texts[0]}{texts[1]}", ""), (texts[2], style), ("".join(texts[3:]), "")]
        )
    return lines + [[]] * (height - len(lines))


def _lists(snapshot: Snapshot, width: int, height: int, zone: tzinfo) -> list[Line]:
    """Return the slowest requests, and beside them the busiest addresses."""
    slowest = [_slow(one, zone) for one in snapshot.slowest[: height - 1]]
    right = 26
    left = min(width - right - 2, max([78, *(len(in_columns(one)) + 2 for one in slowest)]), 96)
    lines: list[Line] = [
        [(_fit("slowest requests", left), "dim"), ("  ", ""), (_fit("busiest addresses", right), "dim")]
    ]
    for at in range(height - 1):
        slow, address = slowest[at] if at < len(slowest) else "", ""
        if at < len(snapshot.addresses):
            name, count = snapshot.addresses[at]
            address = f"{count:>7,}  {name}"
        lines.append([(_fit(slow, left), ""), ("  ", ""), (_fit(address, right), "")])
    return lines


def _slow(one: Request, zone: tzinfo) -> str:
    moment = datetime.fromtimestamp(one.time // SECOND, zone)
    return f"{millis(one.ms):>9}  {moment:%H:%M:%S}  {one.status:3} {one.name.partition(' ')[0]} {one.uri}"


def _events(events: Sequence[ShownEvent], height: int, width: int, zone: tzinfo) -> list[Line]:
    if not height:
        return []
    lines: list[Line] = [[("events", "dim")]]
    for one in list(events)[-height:]:
        moment = datetime.fromtimestamp(one.time // SECOND, zone)
        text = _fit(f"{moment:%H:%M:%S}  {one.kind:18} {one.message}", width)
        lines.append([(text, "red" if one.kind in _BAD_EVENTS else "")])
    return lines

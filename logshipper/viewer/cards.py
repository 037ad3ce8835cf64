"""The rows of the page's cards, made of sums: numbers, charts and tables."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from logshipper.histogram import nearest_rank
from logshipper.rfc3339 import whole
from logshipper.viewer.sums import Sum, Sums, Times

Rows: TypeAlias = list[dict[str, Any]]

SHARES = (("p50", 0.50), ("p95", 0.95), ("p99", 0.99))
_BARS, _ROWS = 12, 20


def cards(sums: Sums) -> dict[str, Rows]:
    """Return the rows of each card."""
    first, last = sums.first, sums.last
    bars = _by_bar(sums)
    uris, routes = _table(sums.uris, "uri"), _table(sums.routes, "route")
    return {
        **_metrics(sums, _added(bars.values()), last - first + 1),
        "throughput": _throughput(sums, first, last + 1),
        "classes": [{"status_class": name, "requests": one.requests} for name, one in sorted(_by_class(sums).items())],
        "latency": _latency(bars, sums.window.step),
        "busy": _busy(bars, sums.window.step, first, last + 1),
        "by_uri": _spread(sums.uris),
        "slowest": uris[:_ROWS],
        "failing": sorted((row for row in uris if row["5xx"]), key=lambda row: -row["5xx"])[:_ROWS],
        "routes": routes[:_ROWS],
    }


def percentile(times: Times, share: float) -> float | None:
    """Return the time in whole milliseconds that `share` of all do not exceed, None if there is none."""
    time = nearest_rank(times, share)
    return None if time is None else round(time)


def _metrics(sums: Sums, whole: Sum, seconds: int) -> dict[str, Rows]:
    shares = {name: percentile(whole.times, share) for name, share in SHARES}
    about = "" if sums.is_exact else "≈ "
    times = {name: [] if ms is None else [{"value": f"{about}{ms:,}"}] for name, ms in shares.items()}
    if not whole.requests:
        return {"total": [{"value": "0"}], "rate": [], "failed": [], **times}
    return {
        "total": [{"value": f"{whole.requests:,}"}],
        "rate": [{"value": f"{whole.requests / seconds:.2f}"}],
        "failed": [{"value": f"{_failed(sums, whole.requests):.2f}"}],
        **times,
    }


def summary(sums: Sums) -> dict[str, Any]:
    """Return requests, the share that failed in percent, and the percentiles."""
    whole = _added(sums.bars.values())
    failed = round(_failed(sums, whole.requests), 2) if whole.requests else None
    return {
        "requests": whole.requests,
        "5xx %": failed,
        **{f"{name} (ms)": percentile(whole.times, share) for name, share in SHARES},
    }


def _failed(sums: Sums, requests: int) -> float:
    """Return how many percent of all requests failed."""
    failed = sum(one.requests for (_, status_class), one in sums.bars.items() if status_class == "5xx")
    return 100 * failed / requests


def _throughput(sums: Sums, first: int, end: int) -> Rows:
    """Return the stacked bars.

    The first and the last may cover less than a step: they are divided by what they cover.
    """
    rows, step = Rows(), sums.window.step
    high: dict[int, float] = defaultdict(float)
    for (start, status_class), one in sorted(sums.bars.items()):
        rate = one.requests / max(1, min(start + step, end) - max(start, first))
        low, high[start] = high[start], high[start] + rate
        rows.append({
            "time": utc(start), "until": utc(start + step), "status_class": status_class, "rate": rate,
            "high": high[start], "low": low,
        })  # fmt: skip
    return rows


def _latency(by_bar: Mapping[int, Sum], step: int) -> Rows:
    """Return the percentiles of each bar, and None for the first bar of a gap, so that no line is drawn across it."""
    bars = {start: one.times for start, one in by_bar.items() if one.times}
    last = max(bars, default=0)
    gaps: dict[int, Times] = {start + step: {} for start in bars if start < last}
    return [
        {"time": utc(start), "name": name, "ms": percentile(times, share)}
        for start, times in sorted((gaps | bars).items())
        for name, share in SHARES
    ]


def _busy(by_bar: Mapping[int, Sum], step: int, first: int, end: int) -> Rows:
    """Return for each bar how many requests were worked on at once, on average: that many workers were busy."""
    rows = Rows()
    for start, one in sorted(by_bar.items()):
        seconds = max(1, min(start + step, end) - max(start, first))
        if one.times:
            busy = sum(time * count for time, count in one.times.items()) / 1000 / seconds
            rows.append({"time": utc(start), "until": utc(start + step), "busy": round(busy, 3)})
    return rows


def _by_bar(sums: Sums) -> dict[int, Sum]:
    found: dict[int, Sum] = defaultdict(Sum)
    for (start, _), one in sums.bars.items():
        found[start].add(one.requests, one.times)
    return found


def _by_class(sums: Sums) -> dict[str, Sum]:
    found: dict[str, Sum] = defaultdict(Sum)
    for (_, status_class), one in sums.bars.items():
        found[status_class].add(one.requests, {})
    return found


def _table(values: Mapping[tuple[str, str, str], Sum], name: str) -> Rows:
    """Return a row for each method and value, the slowest first."""
    found: dict[tuple[str, str], list[tuple[str, Sum]]] = defaultdict(list)
    for (method, value, status_class), one in values.items():
        found[method, value].append((status_class, one))
    rows = Rows()
    for (method, value), parts in found.items():
        whole = _added(one for _, one in parts)
        failed = sum(one.requests for status_class, one in parts if status_class == "5xx")
        shares = {label: percentile(whole.times, share) for label, share in SHARES}
        largest = round(max(whole.times)) if whole.times else None
        rows.append(
            {"method": method, name: value, "requests": whole.requests, "5xx": failed, **shares, "max": largest}
        )
    return sorted(rows, key=lambda row: (-(row["p95"] or 0), -row["requests"], row[name]))


def _spread(values: Mapping[tuple[str, str, str], Sum]) -> Rows:
    """Return the percentiles of the uris with the most requests, of all methods together."""
    found: dict[str, Sum] = defaultdict(Sum)
    for (_, uri, _), one in values.items():
        found[uri].add(one.requests, one.times)
    busiest = sorted(found, key=lambda uri: (-found[uri].requests, uri))[:_BARS]
    rows = [
        {"uri": uri, "name": name, "ms": percentile(found[uri].times, share), "requests": found[uri].requests}
        for uri in busiest
        for name, share in SHARES
    ]
    return [row for row in rows if row["ms"] is not None]


def _added(sums: Iterable[Sum]) -> Sum:
    whole = Sum()
    for one in sums:
        whole.add(one.requests, one.times)
    return whole


def utc(second: int) -> str:
    """Return a second since 1970 as RFC 3339."""
    return f"{whole(second)}Z"

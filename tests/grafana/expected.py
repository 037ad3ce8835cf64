"""What the big numbers of each dashboard must say, computed from the requests themselves."""

import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from flaskapp.metrics import BUCKETS
from logshipper.provision.rollup_histogram import ERROR
from tests.grafana.scrapes import LAG, USERS, rejected, retries
from tests.grafana.traffic import HOUR, Traffic
from tests.support.traffic import Request

# What Grafana writes behind a number -> how many of the base unit (ms, bytes, one) that is.
UNITS = {
    "": 1.0, "%": 1, "req/s": 1, "B": 1, "kB": 1e3, "MB": 1e6, "GB": 1e9, "µs": 1e-3, "ms": 1, "s": 1e3,
    "mins": 6e4, "min": 6e4,
}  # fmt: skip
NUMBER = re.compile(r"(-?\d+(?:\.(\d+))?)\s*(%|req/s|[kMG]?B|µs|ms|mins?|s)?(?![\w.])")


@dataclass(frozen=True)
class Number:
    """The true value, and how far from it a dashboard may be, as a share of it."""

    value: float
    within: float = 0.0


Expected = Mapping[str, Sequence[Number] | str]  # title -> the numbers of the panel in order, or its words


def differences(shown: str, wanted: Sequence[Number] | str) -> str:
    """Return "" where the panel's text says what it must, else both."""
    if isinstance(wanted, str):
        return "" if shown.strip() == wanted else f"{shown!r}, not {wanted!r}"
    found = [read(match) for match in NUMBER.finditer(re.sub(r"\bp\d\d\b", "", shown))]
    fits = len(found) == len(wanted) and all(
        abs(value - number.value) <= number.value * number.within + half * 1.01
        for (value, half), number in zip(found, wanted, strict=False)
    )
    return "" if fits else f"{shown!r}, not {[number.value for number in wanted]}"


def read(match: re.Match[str]) -> tuple[float, float]:
    """Return a number on the page, and half of what its last digit is worth."""
    unit = UNITS[match[3] or ""]
    return float(match[1]) * unit, 0.5 * 10 ** -len(match[2] or "") * unit


def uwsgi(traffic: Traffic, start: int, end: int) -> Expected:
    """Return the numbers of *uWSGI requests*, which begins with the first whole minute or hour of a long window."""
    seconds = end - start
    step = 1 if seconds <= 3 * HOUR else 60 if seconds <= 30 * HOUR else HOUR
    known = traffic.window(-(-start // step) * step, end)
    ranked = traffic.window(-(-start // 300) * 300, end) if step == 60 else known  # from histograms of five minutes
    return {
        "Requests": [Number(len(known) / seconds)],
        "Error rate": [Number(100 * failed(known) / len(known))],
        "Response times": [Number(rank(ranked, percent), ERROR if step > 1 else 0) for percent in (50, 95, 99)],
        "Sent": [Number(sum(one.size for one in known))],
        "Worker deaths": [Number(traffic.deaths(start, end))],
        "Tracebacks": [Number(traffic.tracebacks(start, end))],
        "Source": {1: "requests", 60: "minutes", HOUR: "hours"}[step],
    }


def failed(known: Sequence[Request]) -> int:
    """Return how many requests failed."""
    return sum(one.status >= 500 for one in known)


def rank(known: Sequence[Request], percent: float) -> float:
    """Return the percentile in ms as InfluxDB defines it."""
    times = sorted(one.time for one in known)
    return times[max(1, int(len(times) * percent / 100 + 0.5)) - 1]


def flask(traffic: Traffic, start: int, end: int) -> Expected:
    """Return the numbers of *Flask (Prometheus)*, whose counters Prometheus extrapolates between its scrapes."""
    known = traffic.window(start + 1, end)
    about = 0.03
    return {
        "Requests": [Number(len(known) / (end - start), about)],
        "Error rate": [Number(100 * failed(known) / len(known), about)],
        "Mean time": [Number(sum(one.time for one in known) / len(known), about)],
        "p95": [Number(of_buckets(known, 0.95), about)],
        "Users": [Number(USERS)],
        "App": "up",
    }


def of_buckets(known: Sequence[Request], share: float) -> float:
    """Return the percentile in ms that Prometheus reads from the histogram's buckets."""
    counts = [0] * (len(BUCKETS) + 1)
    for one in known:
        counts[bisect_left(BUCKETS, one.time / 1000)] += 1
    wanted, below = share * len(known), 0
    for (low, high), count in zip(pairwise((0.0, *BUCKETS)), counts, strict=False):
        if below + count >= wanted:
            return 1000 * (low + (high - low) * (wanted - below) / count)
        below += count
    return 1000 * BUCKETS[-1]


def shipper(traffic: Traffic, start: int, end: int) -> Expected:
    """Return the numbers of *Shipper*."""
    first, last = (bisect_left(traffic.times, second) for second in (start + 1, end + 1))
    return {
        "Shipper": "up",
        "Behind": [Number(1000 * LAG)],
        "Still to read": [Number(0)],
        "Rejected": [Number(rejected(last) - rejected(first), 0.03)],
        "Retries": [Number(retries(last) - retries(first), 0.03)],
        "Account": [Number(0)],
    }


BY_DASHBOARD = {"uwsgi-requests": uwsgi, "flask": flask, "shipper": shipper}

"""A report as JSON. Times are RFC 3339 in UTC, durations milliseconds, shares between 0 and 1."""

import json
from collections.abc import Mapping
from typing import Any

from logshipper.report.comparison import ALPHA, FEW, Change, Route
from logshipper.report.statistics import SHARES
from logshipper.report.summary import Part, Report
from logshipper.report.tally import UNKNOWN, Request
from logshipper.report.wording import verdict
from logshipper.rfc3339 import whole

VERSION = 1


def as_json(report: Report) -> str:
    """Return the report as a JSON object on several lines, with a newline at the end."""
    source = report.source
    account = source.account
    found = {
        "version": VERSION,
        "source": list(source.names),
        "notes": list(source.notes),
        "lines": {
            "read": account.read, "requests": account.written, "rejected": account.rejected.total(),
            "not_a_request": account.not_request.total(),
        } if account else None,
        "deploy": _time(report.deploy) if report.deploy else None,
        "verdict": verdict(report),
        "changes": [_finding(one) for one in report.changes.findings],
        "routes_compared": report.changes.compared,
        "routes_with_few_requests": report.changes.few,
        "few": FEW,
        "alpha": ALPHA,
        "now": _part(report.now),
        "before": _part(report.before) if report.before else None,
        "slowest": [_request(one) for one in report.slowest],
        "over_time": [
            {"start": _time(bar.start), "requests": bar.requests, "failed": bar.failed} for bar in report.bars
        ],
    }  # fmt: skip
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"


def _time(nanoseconds: int) -> str:
    return f"{whole(nanoseconds // 10**9)}Z"


def _part(part: Part) -> Mapping[str, Any]:
    return {
        "start": _time(part.start),
        "end": _time(part.end),
        "requests_per_second": round(part.rate, 4),
        **_route(part.all),
        "statuses": {
            str(status) if status != UNKNOWN else "none": part.statuses[status] for status in sorted(part.statuses)
        },
        "events": dict(sorted(part.events.items())),
        "routes": {name: _route(route) for name, route in sorted(part.routes.items(), key=_most_first)},
    }


def _most_first(pair: tuple[str, Route]) -> tuple[int, str]:
    return -pair[1].requests, pair[0]


def _route(route: Route) -> Mapping[str, Any]:
    times = route.times
    return {
        "requests": route.requests,
        "status_classes": {f"{known}xx": route.classes[known] for known in sorted(route.classes) if known > 0},
        "ms": {name: times.percentile(share) for name, share in SHARES} | {"sum": times.sum} if times.size else None,
    }


def _finding(one: Change) -> Mapping[str, Any]:
    found: dict[str, Any] = {"kind": one.kind, "route": one.name, "p": one.p}
    if one.shift:
        shift = one.shift
        found |= {"percentile": one.percentile, "factor": shift.factor, "factor_bounds": [shift.low, shift.high]}
    elif one.bounds != (0.0, 0.0):
        found["share_bounds"] = list(one.bounds)
    elif one.factor:
        found["factor"] = one.factor
    return found


def _request(one: Request) -> Mapping[str, Any]:
    return {
        "ms": one.ms if one.ms != UNKNOWN else None, "time": _time(one.time), "route": one.name, "uri": one.uri,
        "status": one.status, "address": one.address,
    }  # fmt: skip

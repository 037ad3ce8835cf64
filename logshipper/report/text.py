"""A report as text for a terminal, 80 columns or more."""

from collections.abc import Callable, Sequence
from datetime import UTC, tzinfo

from logshipper.printable import in_columns
from logshipper.report.comparison import BETTER, WORSE, Route
from logshipper.report.statistics import SHARES
from logshipper.report.summary import Report
from logshipper.report.tally import UNKNOWN
from logshipper.report.wording import (
    EIGHTHS,
    TITLES,
    by,
    compared_with,
    millis,
    moment_exact,
    percent,
    rate,
    sentence,
    verdict,
)

Paint = Callable[[str, str], str]
_SLOWEST = 8


def plain(text: str, style: str) -> str:
    """Return the text without colours."""
    return text


def as_text(report: Report, zone: tzinfo = UTC, width: int = 80, paint: Paint = plain) -> str:
    """Return the report. `paint(text, style)` adds the colours of a terminal: bold, red, green or dim."""
    blocks = [
        _head(report, zone, width), _overview(report), _traffic(report, width), _changes(report, width, paint),
        _slow(report, width), _failing(report, width), _statuses(report), _slowest(report, zone, width),
        _events(report), "\n".join(report.source.notes),
    ]  # fmt: skip
    return "\n\n".join(_titled(block, paint) for block in blocks if block) + "\n"


def _titled(block: str, paint: Paint) -> str:
    first, newline, rest = block.partition("\n")
    return paint(first, "bold") + newline + rest


def _head(report: Report, zone: tzinfo, width: int) -> str:
    names = ", ".join(report.source.names[:4]) + (" …" if len(report.source.names) > 4 else "")
    return "\n".join(
        [in_columns(names), *(part for one in compared_with(report, zone) for part in _wrapped(one, width))]
    )


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> list[str]:
    """Return lines with the first column on the left, cut to the width that is left, and the others on the right."""
    sizes = [max(len(row[at]) for row in (head, *rows)) for at in range(len(head))]
    sizes[0] = max(12, min(sizes[0], width - sum(sizes[1:]) - 2 * len(sizes[1:])))
    return [
        "  ".join(
            [_cut(row[0], sizes[0]).ljust(sizes[0]), *(c.rjust(s) for c, s in zip(row[1:], sizes[1:], strict=True))]
        )
        for row in (head, *rows)
    ]


def _cut(text: str, width: int) -> str:
    """Return the text in this width: its end says more than its middle."""
    text = in_columns(text)
    if len(text) <= width:
        return text
    keep = width - 1
    return f"{text[: keep - keep // 2]}…{text[len(text) - keep // 2 :]}"


def _overview(report: Report) -> str:
    rows = []
    parts = [part for part in (report.before, report.now) if part]

    def add(label: str, cells: Sequence[str], change: str = "") -> None:
        rows.append([label, *cells, change] if len(parts) == 2 else [label, *cells])

    add("requests", [f"{part.all.requests:,}" for part in parts])
    rates = [part.rate for part in parts]
    add(
        "requests a second",
        [rate(one) for one in rates],
        by(rates[-1] / rates[0]) if len(rates) == 2 and all(rates) else "",
    )
    for status_class, label in ((5, "failed (5xx)"), (4, "refused (4xx)")):
        add(label, [percent(part.all.share(status_class)) for part in parts])
    if all(part.all.times.size for part in parts):
        for label, share in SHARES[:-1]:
            at = [part.all.times.percentile(share) for part in parts]
            add(label, [millis(one) for one in at], by(at[-1] / at[0]) if all(at) else "")
        add("slowest", [millis(part.all.times.percentile(1)) for part in parts])
    head = ["All requests", "before", "now", "change"] if len(parts) == 2 else ["All requests", "now"]
    return "\n".join(_table(head, rows, 60))


def _traffic(report: Report, width: int) -> str:
    bars = report.bars[-(width - 2) :]
    most = max((bar.requests for bar in bars), default=0)
    if len(bars) < 2 or not most:
        return ""
    failed = max(bar.failed for bar in bars)
    lines = [f"Requests over time (at most {most:,} in a column)", _bars([bar.requests for bar in bars], most)]
    if failed:
        lines += [f"Failures over time (at most {failed:,} in a column)", _bars([bar.failed for bar in bars], failed)]
    return "\n".join(lines)


def _bars(values: Sequence[int], most: int) -> str:
    return "".join(EIGHTHS[-(-value * 8 // most)] for value in values)


def _changes(report: Report, width: int, paint: Paint) -> str:
    lines = ["What changed", *_wrapped(verdict(report), width)]
    for one in report.changes.findings:
        style = "red" if one.kind in WORSE else "green" if one.kind in BETTER else "dim"
        lines.append(f"{paint(f'  {TITLES[one.kind]:12}', style)} {_cut(one.name, width - 15)}")
        lines += [f"{' ' * 15}{line}" for line in _wrapped(sentence(one, report), width - 15)]
    return "\n".join(lines)


def _wrapped(text: str, width: int) -> list[str]:
    lines = [""]
    for word in text.split(" "):
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append("")
        lines[-1] += f" {word}" if lines[-1] else word
    return lines


def _slow(report: Report, width: int) -> str:
    total = report.now.all.times.sum
    rows = [
        [route.name, f"{route.requests:,}", *_percentiles(route), f"{route.times.sum * 100 / total:.0f} %"]
        for route in report.slow_routes()
        if total
    ]
    head = ["Where the time goes", "requests", "p50", "p95", "p99", "max", "time"]
    return "\n".join(_table(head, rows, width)) if rows else ""


def _percentiles(route: Route) -> list[str]:
    return [millis(route.times.percentile(share)) for _, share in SHARES]


def _failing(report: Report, width: int) -> str:
    rows = [
        [route.name, f"{route.requests:,}", f"{route.classes[5]:,}", percent(route.share(5))]
        for route in report.failing_routes()
    ]
    return "\n".join(_table(["What fails", "requests", "5xx", "share"], rows, width)) if rows else ""


def _statuses(report: Report) -> str:
    counts = report.now.statuses
    if not counts:
        return ""
    total = sum(counts.values())
    listed = [
        f"{'none' if status == UNKNOWN else status} {count:,} ({percent(count / total)})"
        for status, count in sorted(counts.items())
    ]
    return "\n".join(["Status", *("  " + line for line in _wrapped("   ".join(listed), 76))])


def _slowest(report: Report, zone: tzinfo, width: int) -> str:
    found = report.slowest[:_SLOWEST]
    if not found or found[0].ms == UNKNOWN:
        return ""
    lines = ["The slowest requests"]
    for one in found:
        front = f"  {millis(one.ms):>9}  {moment_exact(one.time, zone)}  {one.status if one.status > 0 else '-':>3}  "
        lines.append(front + _cut(f"{one.name.partition(' ')[0]} {one.uri}", width - len(front)))
    return "\n".join(lines)


def _events(report: Report) -> str:
    found = sorted(((kind, count) for kind, count in report.now.events.items()), key=lambda pair: -pair[1])
    if not found:
        return ""
    return "\n".join(["What else uWSGI's log says", *(f"  {count:>7,}  {kind}" for kind, count in found)])

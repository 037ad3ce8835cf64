"""A report as one HTML page: no script, nothing loaded from elsewhere, light or dark as the reader's system is."""

from collections.abc import Iterable, Sequence
from datetime import UTC, tzinfo
from html import escape

from logshipper.report.comparison import BETTER, WORSE, Change, Route
from logshipper.report.statistics import SHARES
from logshipper.report.summary import Bar, Part, Report
from logshipper.report.tally import UNKNOWN
from logshipper.report.wording import (
    TITLES,
    by,
    compared_with,
    millis,
    moment,
    moment_exact,
    percent,
    rate,
    sentence,
    verdict,
)


def as_html(report: Report, zone: tzinfo = UTC) -> str:
    """Return the page."""
    names = ", ".join(report.source.names)
    body = [
        f"<header><h1>Requests</h1><p class=source>{_text(names)}</p>",
        *(f"<p>{_text(line)}</p>" for line in compared_with(report, zone)),
        "</header>",
        _changes(report),
        _tiles(report),
        _chart(report.bars, zone),
        _slow(report),
        _failing(report),
        _statuses(report),
        _slowest(report, zone),
        _events(report.now),
        "".join(f"<p class=note>{_text(note)}</p>" for note in report.source.notes),
    ]
    return (
        '<!doctype html>\n<html lang=en><head><meta charset=utf-8><meta name=viewport content="width=device-width">'
        f'<meta name=color-scheme content="light dark"><title>Requests: {_text(names)}</title>'
        f"<style>{_STYLE}</style></head>\n<body>{''.join(filter(None, body))}</body></html>\n"
    )


def _text(text: object) -> str:
    return escape(str(text).encode("utf-8", "replace").decode())


def _section(title: str, content: str, about: str = "") -> str:
    note = f"<p class=about>{_text(about)}</p>" if about else ""
    return f"<section><h2>{_text(title)}</h2>{note}{content}</section>\n"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; cells are HTML already, the first of each row is its name."""
    top = "".join(f"<th>{_text(one)}</th>" for one in head)
    body = "".join(f"<tr><th scope=row>{row[0]}</th>{''.join(f'<td>{c}</td>' for c in row[1:])}</tr>" for row in rows)
    return f"<div class=wide><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>"


def _changes(report: Report) -> str:
    cards = "".join(_card(one, report) for one in report.changes.findings)
    worse = any(one.kind in WORSE for one in report.changes.findings)
    state = "bad" if worse else "good" if report.changes.compared else ""
    return _section("What changed", f"<p class='verdict {state}'>{_text(verdict(report))}</p>{cards}")


def _card(finding: Change, report: Report) -> str:
    state = "bad" if finding.kind in WORSE else "good" if finding.kind in BETTER else ""
    return (
        f"<div class='card {state}'><b>{_text(TITLES[finding.kind])}</b> <code>{_text(finding.name)}</code>"
        f"<br>{_text(sentence(finding, report))}</div>"
    )


def _tiles(report: Report) -> str:
    now, before = report.now, report.before
    found = [("requests", f"{now.all.requests:,}", f"{before.all.requests:,}" if before else "", "")]
    found.append(("a second", rate(now.rate), rate(before.rate) if before else "", ""))
    for status_class, label in ((5, "failed (5xx)"), (4, "refused (4xx)")):
        shares = [percent(part.all.share(status_class)) if part else "" for part in (now, before)]
        found.append((label, shares[0], shares[1], ""))
    for label, share in SHARES[:3] if now.all.times.size else ():
        value, old = now.all.times.percentile(share), 0
        if before and before.all.times.size:
            old = before.all.times.percentile(share)
        found.append((label, millis(value), millis(old) if before else "", by(value / old) if old and value else ""))
    tiles = "".join(
        f"<div class=tile><span>{_text(label)}</span><b>{_text(value)}</b>"
        f"<small>{_text(f'before: {old}' if old else '')}</small><small>{_text(change)}</small></div>"
        for label, value, old, change in found
    )
    return _section("All requests", f"<div class=tiles>{tiles}</div>")


def _chart(bars: Sequence[Bar], zone: tzinfo) -> str:
    """Return the requests over time as a drawing: a bar for each span, the failed requests in red at its foot."""
    most = max((bar.requests for bar in bars), default=0)
    if len(bars) < 2 or not most:
        return ""
    width, height, drawn = 960 / len(bars), 160, []
    for index, bar in enumerate(bars):
        tall, red = bar.requests * height / most, bar.failed * height / most
        label = f"{moment(bar.start, zone)}: {bar.requests:,} requests, {bar.failed:,} failed"
        left, wide = f"{index * width:.2f}", f"{max(0.5, width - 1):.2f}"
        drawn.append(
            f"<g><title>{_text(label)}</title>"
            f"<rect class=all x={left} y={height - tall:.2f} width={wide} height={tall:.2f} />"
            f"<rect class=failed x={left} y={height - max(red, bar.failed and 1.5):.2f} width={wide}"
            f" height={max(red, bar.failed and 1.5):.2f} /></g>"
        )
    svg = f'<svg viewBox="0 0 960 {height}" role=img aria-label="Requests over time">{"".join(drawn)}</svg>'
    first, last = (_text(moment(bars[at].start, zone)) for at in (0, -1))
    ends = f"<div class=ends><span>{first}</span><span>{last}</span></div>"
    return _section("Requests over time", f"<figure>{svg}{ends}</figure>", f"Up to {most:,} in a bar; red: failed.")


def _name(route: Route) -> str:
    return f"<code>{_text(route.name)}</code>"


def _slow(report: Report) -> str:
    routes, total = report.slow_routes(), report.now.all.times.sum
    if not routes or not total:
        return ""
    rows = [
        [
            _name(route), f"{route.requests:,}",
            *(_text(millis(route.times.percentile(share))) for _, share in SHARES),
            _bar(route.times.sum * 100 / total),
        ]
        for route in routes
    ]  # fmt: skip
    head = ["route", "requests", *(name for name, _ in SHARES), "of all time"]
    return _section("Where the time goes", _table(head, rows), "Routes by the time that all their requests took.")


def _bar(share: float) -> str:
    return f"<span class=bar style='--share:{share:.1f}%'>{share:.0f} %</span>"


def _failing(report: Report) -> str:
    rows = [
        [_name(route), f"{route.requests:,}", f"{route.classes[5]:,}", percent(route.share(5))]
        for route in report.failing_routes()
    ]
    return _section("What fails", _table(["route", "requests", "5xx", "share"], rows)) if rows else ""


def _statuses(report: Report) -> str:
    total = sum(report.now.statuses.values())
    rows = [
        ["none" if status == UNKNOWN else str(status), f"{count:,}", percent(count / total)]
        for status, count in sorted(report.now.statuses.items())
    ]
    return _section("Status", _table(["status", "requests", "share"], rows)) if rows else ""


def _slowest(report: Report, zone: tzinfo) -> str:
    rows = [
        [
            f"<code>{_text(one.name.partition(' ')[0])} {_text(one.uri[:300])}</code>", _text(millis(one.ms)),
            _text(moment_exact(one.time, zone)), str(one.status if one.status > 0 else ""), _text(one.address),
        ]
        for one in report.slowest
        if one.ms != UNKNOWN
    ]  # fmt: skip
    head = ["request", "took", "began", "status", "client"]
    return _section("The slowest requests", _table(head, rows)) if rows else ""


def _events(part: Part) -> str:
    rows = [[_text(kind), f"{count:,}"] for kind, count in sorted(part.events.items(), key=lambda pair: -pair[1])]
    return _section("What else uWSGI's log says", _table(["event", "times"], rows)) if rows else ""


_STYLE = """
:root{--ink:#1c2330;--soft:#5b6575;--line:#dfe3ea;--paper:#fff;--field:#f5f7fa;--bar:#4c7bd9;--bad:#c0362c;--good:#1d7f4e}
@media (prefers-color-scheme:dark){:root{--ink:#e4e8ef;--soft:#98a3b5;--line:#333b48;--paper:#151a21;--field:#1e252f;
--bar:#6f9bf0;--bad:#ff7b6e;--good:#55c98b}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1040px;padding:28px 24px 48px;background:var(--paper);color:var(--ink);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;font-variant-numeric:tabular-nums}
h1{font-size:26px;margin:0}
h2{font-size:17px;margin:30px 0 8px}
p{margin:2px 0}
code{font:13px/1.4 ui-monospace,"DejaVu Sans Mono",monospace;overflow-wrap:anywhere}
.source{color:var(--soft);overflow-wrap:anywhere}
.about,.note{color:var(--soft);font-size:13px;margin:0 0 8px}
.note{margin-top:16px}
.verdict{padding:10px 14px;border-left:4px solid var(--soft);background:var(--field)}
.verdict.bad{border-color:var(--bad)}
.verdict.good{border-color:var(--good)}
.card{padding:8px 14px;margin-top:8px;border:1px solid var(--line);border-radius:6px;break-inside:avoid}
.card.bad b{color:var(--bad)}
.card.good b{color:var(--good)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(122px,1fr));gap:8px}
.tile{background:var(--field);border-radius:6px;padding:8px 12px}
.tile span,.tile small{display:block;color:var(--soft);font-size:12px}
.tile b{font-size:19px;font-weight:600;white-space:nowrap}
figure{margin:0}
svg{display:block;width:100%;height:auto;border-bottom:1px solid var(--line)}
.all{fill:var(--bar)}
.failed{fill:var(--bad)}
.ends{display:flex;justify-content:space-between;color:var(--soft);font-size:12px}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%}
th,td{padding:5px 10px;border-bottom:1px solid var(--line);text-align:right;white-space:nowrap;font-weight:400}
thead th{color:var(--soft);font-size:12px}
th:first-child{text-align:left;padding-left:0;white-space:normal}
td:last-child,th:last-child{padding-right:0}
tr{break-inside:avoid}
.bar{display:inline-block;min-width:84px;padding:0 4px;
background:linear-gradient(90deg,color-mix(in srgb,var(--bar) 34%,transparent) var(--share),transparent var(--share))}
@media print{:root{--ink:#000;--soft:#444;--line:#bbb;--paper:#fff;--field:#f4f4f4;--bar:#4c7bd9;--bad:#b00;--good:#063}
body{max-width:none;padding:0;font-size:11pt}
h2{break-after:avoid}
*{print-color-adjust:exact}}
"""

"""Numbers, times and findings in words, the same in the text and on the page."""

from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo

from logshipper.report.comparison import FEW, Change, Kind, Route, no_route
from logshipper.report.periods import SECOND
from logshipper.report.summary import Part, Report
from logshipper.words import counted

EIGHTHS = " ▁▂▃▄▅▆▇█"  # bars of a chart in text, by their height
_UNITS = ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s"))
TITLES: dict[Kind, str] = {
    "fails": "fails more", "slower": "slower", "refused": "more 4xx", "recovered": "fails less", "faster": "faster",
    "gone": "gone", "new": "new", "busier": "more traffic", "quieter": "less traffic",
}  # fmt: skip


def moment(time: int, zone: tzinfo = UTC) -> str:
    """Return nanoseconds since 1970 as a date and time to the minute."""
    return f"{datetime.fromtimestamp(time // SECOND, zone):%Y-%m-%d %H:%M}"


def moment_exact(time: int, zone: tzinfo = UTC) -> str:
    """Return nanoseconds since 1970 as a date and time to the second."""
    return f"{datetime.fromtimestamp(time // SECOND, zone):%Y-%m-%d %H:%M:%S}"


def zone_name(time: int, zone: tzinfo) -> str:
    """Return what the zone is called at that time."""
    return datetime.fromtimestamp(time // SECOND, zone).tzname() or ""


def length(nanoseconds: int) -> str:
    """Return a duration in its two largest units."""
    seconds = round(nanoseconds / SECOND)
    index = next((at for at, (size, _) in enumerate(_UNITS) if seconds >= size), len(_UNITS) - 1)
    words: list[str] = []
    for size, unit in _UNITS[index : index + 2]:
        count, seconds = divmod(seconds, size)
        if count or not words:
            words.append(f"{count} {unit}")
    return " ".join(words)


def percent(share: float) -> str:
    """Return a share in percent, with as many digits as say something."""
    value = share * 100
    if value in (0, 100):
        return f"{value:.0f} %"
    if value < 0.005:
        return "<0.01 %"
    return f"{value:.2f} %" if value < 1 else f"{value:.1f} %" if value < 99.95 else "99.9 %"


def millis(ms: float) -> str:
    """Return milliseconds, as seconds where that is shorter."""
    if ms < 10_000:
        return f"{ms:,.0f} ms"
    return f"{ms / 1000:,.1f} s" if ms < 600_000 else length(round(ms * 1e6))


def rate(per_second: float) -> str:
    """Return requests a second, or a minute where that is easier to imagine."""
    return f"{per_second:,.1f}/s" if per_second >= 0.95 else f"{per_second * 60:,.1f}/min"


def by(factor: float) -> str:
    """Return a factor as words: +30 %, -12 %, x3.2."""
    if factor >= 2:
        return f"x{factor:,.1f}"
    return f"{'+' if factor >= 1 else '-'}{abs(factor - 1) * 100:.0f} %"


def chance(p: float) -> str:
    """Return a p-value as words."""
    return "1 in a million or less" if p <= 1e-6 else f"1 in {float(f'{1 / p:.2g}'):,.0f}"


def sentence(finding: Change, report: Report) -> str:
    """Return what changed, with its uncertainty."""
    before, now = _route(report.before, finding.name), _route(report.now, finding.name)
    counts = f"{before.requests:,} → {now.requests:,} requests"
    if finding.shift:
        shift, name = finding.shift, f"p{finding.percentile * 100:.0f}"
        at = [millis(route.times.percentile(finding.percentile)) for route in (before, now)]
        return (
            f"{name} {at[0]} → {at[1]}: {by(shift.factor)} (95 % sure: {by(shift.low)} to {by(shift.high)}), "
            f"{counts}, by chance: {chance(finding.p)}"
        )
    if finding.kind in ("fails", "recovered", "refused"):
        status_class = 4 if finding.kind == "refused" else 5
        shares = [percent(route.share(status_class)) for route in (before, now)]
        low, high = finding.bounds
        return (
            f"{status_class}xx {shares[0]} → {shares[1]} (95 % sure: {percent(low)} to {percent(high)}), "
            f"{counts}, by chance: {chance(finding.p)}"
        )
    if finding.factor:
        return f"{by(finding.factor)} against the other routes, {counts}"
    return counts


def _route(part: Part | None, name: str) -> Route:
    return part.routes.get(name) or no_route(name) if part else no_route(name)


def verdict(report: Report) -> str:
    """Return what changed in one sentence."""
    if report.before is None:
        return "There is nothing to compare with: no request before this period is in the log."
    found, kinds = report.changes, [one.kind for one in report.changes.findings]
    if not report.now.all.requests:
        return "This period has no requests."
    worse, better = kinds.count("slower") + kinds.count("fails"), kinds.count("faster") + kinds.count("recovered")
    if not found.compared:
        text = f"Too few requests to judge: no route has {FEW} in both periods."
    elif worse:
        text = f"{counted(worse, 'route')} got worse; chance alone does not explain it."
    elif better:
        text = f"{counted(better, 'route')} got better, none worse."
    else:
        text = "No route got slower, faster, or fails more often than chance explains."
    few = f"; {found.few:,} with too few requests to judge (under {FEW})" if found.few else ""
    return f"{text} {counted(found.compared, 'route')} compared{few}." if found.compared else text


def compared_with(report: Report, zone: tzinfo) -> Sequence[str]:
    """Return the sentences that say which periods these are."""
    now, before = report.now, report.before
    name = zone_name(now.start, zone)
    lines = [f"{moment(now.start, zone)} to {moment(now.end, zone)} {name} ({length(now.end - now.start)})"]
    if report.deploy:
        lines[0] += f", since the start or reload at {moment_exact(report.deploy, zone)}"
    if before:
        lines.append(
            f"compared with {moment(before.start, zone)} to {moment(before.end, zone)}"
            f" ({length(before.end - before.start)})"
        )
    return lines

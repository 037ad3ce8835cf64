"""What other programs put before a line of a log: syslog, journald, containers, and loggers such as oslo's."""

import re
from dataclasses import dataclass

_ISO = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?"
_SHORT = r"[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d"
_PROGRAM = r"[\w./@+-]+"
# Programs that carry lines; none of their text says what happened.
_CARRIERS = re.compile(
    "|".join(
        (
            # syslog and journald: Aug 10 09:43:27 www1 demo[12893]:
            rf"(?:<\d{{1,3}}>)?(?P<short>{_SHORT})(?:\.\d+)? \S+ {_PROGRAM}(?:\[\d+\])?: ?",
            # rsyslog and journald: 2024-04-17T00:19:30.123+00:00 www1 demo[12893]:
            rf"(?:<\d{{1,3}}>)?(?P<iso>{_ISO}) \S+ {_PROGRAM}\[\d+\]: ?",
            # syslog of RFC 5424: <34>1 2024-04-17T00:19:30.123Z www1 demo 12893 - -
            rf"<\d{{1,3}}>1 (?P<rfc5424>{_ISO}) \S+ \S+ \S+ \S+ (?:-|(?:\[[^\]]*\])+) ?(?:\xef\xbb\xbf)?",
            # Kubernetes: 2024-04-17T00:19:30.123456789Z stderr F
            rf"(?P<cri>{_ISO}) std(?:out|err) [FP] ",
            # docker logs --timestamps, always with nine digits: 2024-04-17T00:19:30.123456789Z
            r"(?P<docker>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z) ",
            # s6-log: 2024-04-17 00:19:30.123456789 and two spaces
            r"(?P<s6>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{9})  ",
            # Heroku: 2024-04-17T00:19:30.123456+00:00 app[web.1]:
            rf"(?P<heroku>{_ISO}) \w+\[\w[\w.-]*\]: ?",
            # kubectl logs --prefix: [pod/web-7d9/uwsgi]
            r"\[pod/[^\] ]+\] ",
            # multilog: @4000000066b7178100000000
            r"@[0-9a-f]{24} ",
            # docker compose: web-1  |
            r"[\w.-]+[-_]\d+ +\| ",
        )
    )
)
# A logger's own prefix, which oslo repeats on each line: 2024-04-17 00:19:30.123 18 ERROR nova.api [req-1] Traceback
# Or only a date, which uWSGI's format encoder often writes: [2024-04-17 00:19:30] Traceback
_LOGGER = re.compile(
    rf"(?P<date>{_ISO}) \d+ (?:DEBUG|INFO|WARNING|ERROR|CRITICAL|TRACE|AUDIT) [\w.:-]+ (?:\[[^\]]*\] )?"
    rf"|\[(?P<bracketed>{_ISO})\] "
)
_DATED = ("iso", "rfc5424", "cri", "docker", "s6", "heroku")
_DATE = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,]\d+)?(?:(Z)|([+-]\d\d):?(\d\d))?")


@dataclass(frozen=True, slots=True)
class Prefixed:
    """The text after a prefix, and the prefix's date: ISO (RFC 3339 with a zone), or without a year; "" for none."""

    text: str
    date: str = ""


def carried(line: str) -> Prefixed | None:
    """Return what a carrier's line holds, None for a line without such a prefix."""
    found = _CARRIERS.match(line)
    if not found:
        return None
    iso = next((found[name] for name in _DATED if found[name]), "")
    return Prefixed(line[found.end() :], _plain(iso) if iso else found["short"] or "")


def logged(line: str) -> Prefixed | None:
    """Return what is after a logger's prefix, None for a line without one."""
    found = _LOGGER.match(line)
    return Prefixed(line[found.end() :], _plain(found["date"] or found["bracketed"])) if found else None


def _plain(date: str) -> str:
    found = _DATE.match(date)
    if not found:
        return ""
    zone = "Z" if found[3] else f"{found[4]}:{found[5]}" if found[4] else ""
    return f"{found[1]}T{found[2]}{zone}" if zone else f"{found[1]} {found[2]}"

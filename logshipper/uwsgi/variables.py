"""The variables of uWSGI's log-format: how each is written, and what it is called in the database.

The list is that of uWSGI 2.0 (core/logging.c). Names that the plain request line has are kept, so that dashboards
work with either; what only log-format knows keeps uWSGI's own name.
"""

import re
from dataclasses import dataclass

from logshipper.uwsgi.strftime import date_format


@dataclass(frozen=True, slots=True)
class Variable:
    """One `%(name)`: `grok` is the name of the pattern of its text, "" for free text.

    `shape` is an expression for the text where no pattern of the library says it, "" where nothing is known of it;
    the name `FTIME` is to be defined by it.
    `field` is its name in the database and `modifier` its grok modifier. `time` is the modifier that makes it the
    point's time, "" where it cannot be that; `rank` says which of several times is taken, the smallest first.
    `dash`: uWSGI writes `-` where there is no value, and that is no value here either.
    """

    field: str
    modifier: str = ""
    grok: str = ""
    time: str = ""
    rank: int = 0
    dash: bool = False
    shape: str = ""


NUMBER = "UWSGI_NUMBER"
FTIME = "UWSGI_FTIME"
_NAMES = {
    "status": "status", "rsize": "resSize", "hsize": "headersSize", "size": "size", "cl": "cl",
    "micros": "resTimeMicros", "msecs": "resTime", "pid": "pid", "wid": "wid", "switches": "switches",
    "vars": "CGIVar", "core": "core", "vsz": "vsz", "rss": "rss", "vszM": "vszM", "rssM": "rssM",
    "pktsize": "CGISize", "modifier1": "modifier1", "modifier2": "modifier2", "headers": "headers",
    "werr": "werr", "rerr": "rerr", "ioerr": "ioerr",
}  # fmt: skip
_KNOWN = {
    **{name: Variable(field, "int", NUMBER) for name, field in _NAMES.items()},
    "secs": Variable("resTimeSecs", "float", "UWSGI_DECIMAL"),
    "method": Variable("method", "tag"),
    "uri": Variable("uri", "tag"),
    "user": Variable("remoteUser", dash=True),
    "addr": Variable("remoteAddr", dash=True),
    "host": Variable("httpHost", dash=True),
    "uagent": Variable("agent", dash=True),
    "referer": Variable("referer", dash=True),
    "proto": Variable("httpVer", "float", shape=r"(?:HTTP/[\d.]++|[^ /]*?)"),
    "tmicros": Variable("tmicros", "int", NUMBER, 'ts-"unix_us"', 1),
    "tmsecs": Variable("tmsecs", "int", NUMBER, "ts-epochmilli", 2),
    "ctime": Variable("timestamp", "", "UWSGI_DATE", "ts-ansic", 3),
    "ltime": Variable("ltime", "", "UWSGI_LTIME", "ts-httpd", 4),
    "time": Variable("startTime", "int", NUMBER, "ts-epoch", 5),
    "epoch": Variable("epoch", "int", NUMBER, "ts-epoch", 6),
}


def variable(name: str, date: str = "") -> Variable:
    """Return what is known of `%(name)`.

    `date` is the strftime format of `%(ftime)`, "" where the configuration leaves it to uWSGI.
    """
    if name == "ftime":
        if not date:
            return Variable("ftime", "", "UWSGI_LTIME", "ts-httpd", 4)
        form = date_format(date)
        time = f'ts-"{form.layout}"' if form.layout else ""
        return Variable("ftime", "", FTIME, time, 4, shape=form.expression)
    if name in _KNOWN:
        return _KNOWN[name]
    if name.startswith("metric."):
        return Variable(re.sub(r"\W", "_", name), "int", NUMBER)
    return Variable(re.sub(r"\W", "_", name), dash=True)  # %(var.NAME), or what the application has set

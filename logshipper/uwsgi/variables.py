"""The variables of uWSGI's log-format: how uWSGI writes each, and what it is called in the database.

The list is that of uWSGI 2.0 (core/logging.c). A value that the default request line has too gets the same name, so
dashboards work with both. Every other variable keeps uWSGI's name.
"""

import re
from dataclasses import dataclass

from logshipper.uwsgi.strftime import date_format


@dataclass(frozen=True, slots=True)
class Variable:
    """One `%(name)`: `field` is its name in the database, `modifier` its grok modifier.

    `grok` names the pattern of its text, "" for free text. `shape` is an expression for text that no pattern of the
    library describes, "" if it can be anything; it defines the pattern `FTIME`. `time` is the modifier that makes the
    value the point's time, "" if it cannot be; of several times the one with the lowest `rank` wins. `dash`: uWSGI
    writes `-` for a missing value, and no value is stored then.
    """

    field: str
    modifier: str = ""
    grok: str = ""
    time: str = ""
    rank: int = 0
    dash: bool = False
    shape: str = ""


NUMBER, DECIMAL = "UWSGI_NUMBER", "UWSGI_DECIMAL"
NUMBERS = (NUMBER, DECIMAL)
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
    "secs": Variable("resTimeSecs", "float", DECIMAL),
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

# CGI variables that say the same as one of uWSGI's, or that hold an address or a query.
_CGI = {
    "REQUEST_METHOD": _KNOWN["method"],
    "REQUEST_URI": _KNOWN["uri"],
    "REMOTE_ADDR": _KNOWN["addr"],
    "REMOTE_USER": _KNOWN["user"],
    "SERVER_PROTOCOL": _KNOWN["proto"],
    "HTTP_HOST": _KNOWN["host"],
    "HTTP_USER_AGENT": _KNOWN["uagent"],
    "HTTP_REFERER": _KNOWN["referer"],
    "HTTP_X_FORWARDED_FOR": Variable("forwardedFor", dash=True),
    "HTTP_X_REAL_IP": Variable("realIp", dash=True),
    "QUERY_STRING": Variable("queryString", dash=True),
}


def variable(name: str, date: str = "") -> Variable:
    """Return what is known about `%(name)`.

    `date` is the strftime format of `%(ftime)`, "" for uWSGI's default.
    """
    if name == "ftime":
        if not date:
            return Variable("ftime", "", "UWSGI_LTIME", "ts-httpd", 4)
        form = date_format(date)
        time = f'ts-"{form.layout}"' if form.layout else ""
        return Variable("ftime", "", FTIME, time, 4, shape=form.expression)
    if name in _KNOWN:
        return _KNOWN[name]
    if name.startswith("var.") and name[4:] in _CGI:
        return _CGI[name[4:]]
    if name.startswith("metric."):
        return Variable(re.sub(r"\W", "_", name), "int", NUMBER)
    return Variable(re.sub(r"\W", "_", name), dash=True)  # %(var.NAME), or one that the application sets

"""The columns of a point and the kinds of events: parsed from sample lines, so that none is missing here.

What a column means is written here once. A column without a meaning, or a meaning without a column, ends the build.
"""

from collections.abc import Iterator

from logshipper.model import Chunk
from logshipper.parse.events.reader import APP_OUTPUT, TRACEBACK
from logshipper.points import PointShape, rows_in
from logshipper.settings.options import Agent, Input, Settings
from logshipper.uwsgi import messages
from logshipper.wiring.parsers import build_parser

_LINE = (
    "[pid: 13|app: 0|req: 2/7] 10.0.2.2 (ann) {{40 vars in 672 bytes}} [Fri May  5 14:51:39 2017] "
    "GET /api/obj/124?a=b => generated 14 bytes in 5005 {unit} (HTTP/1.1 200) 2 headers in 79 bytes "
    "(1 switches on core 0)\n"
)
_TRACEBACK = (
    'Traceback (most recent call last):\n  File "app.py", line 3, in view\n    raise ValueError(1)\nValueError: 1\n'
)
_DIED = "DAMN ! worker 1 (pid: 13) died, killed by signal 9 :( trying respawn ...\n"
SAMPLE = _DIED + _TRACEBACK + _LINE.format(unit="msecs") + _LINE.format(unit="micros")

MEANINGS = {
    "uwsgi_log": {
        "host": "the machine, or `hostname` of `[agent]`",
        "path": "the live log, also for lines that were read from a rotated copy",
        "method": "the request's method",
        "uri": "the path of the address",
        "status_class": "`2xx`, `3xx`, …",
        "route": "the application's rule, such as `/api/obj/<int:id_num>`; needs `routes_file`",
        "query": "what follows the `?` in the address, secret parameters removed",
        "pid": "the worker's process",
        "id": "the number of the application in uWSGI",
        "currentReq": "requests of this application in this worker",
        "totalReq": "requests of this worker",
        "remoteAddr": "the client's address",
        "remoteUser": "the user who logged in by HTTP",
        "CGIVar": "variables of the request",
        "CGISize": "their size in bytes",
        "timestamp": "the date in the line, as it stands there",
        "resSize": "bytes of the answer's body",
        "resTime": "milliseconds until the answer was sent",
        "resTimeMicros": "the same in microseconds, with uWSGI's `log-micros`",
        "httpVer": "the version of HTTP",
        "status": "the answer's status",
        "headers": "headers of the answer",
        "headersSize": "their size in bytes",
        "coreInfo": "switches and core, as uWSGI writes them",
    },
    "uwsgi_event": {
        "host": "as above",
        "path": "as above",
        "kind": "see the kinds below",
        "message": "the first line; of a traceback, the last one",
        "text": "the whole text, up to 32 KiB",
        "exception": "the exception's class",
        "frame": "the line of the application where it was raised",
        "pid": "the worker's process, where the message names it",
    },
}  # fmt: skip
_TYPES = {int: "whole number", float: "number", str: "text"}


def columns() -> str:
    """Return a table for each measurement. Raises LookupError if a meaning is missing, or one is left over."""
    return "\n\n".join(_table(measurement, dict(found(measurement))) for measurement in MEANINGS)


def events() -> str:
    """Return the kinds of events."""
    kinds = [*messages.EVENTS, TRACEBACK, APP_OUTPUT]
    return " ".join(f"`{kind}`" for kind in kinds)


def found(measurement: str) -> Iterator[tuple[str, str]]:
    """Yield name and type of each column that the sample becomes."""
    for shape in _shapes():
        if shape.measurement == measurement:
            yield from ((name, "tag") for name in shape.tags)
            yield from ((name, _TYPES[kind]) for name, kind in shape.fields)
    if measurement == "uwsgi_log":
        yield "route", "tag"


def _shapes() -> Iterator[PointShape]:
    settings = Settings(agent=Agent(hostname="web1"))
    parser = build_parser(settings, Input(), rows=True)
    memory = parser.memory("/var/log/uwsgi/app.log")
    data = SAMPLE.encode()
    batch = parser.parse(Chunk("/var/log/uwsgi/app.log", 1, 0, data, len(data)), memory)
    for points in (batch.points, batch.events, parser.finish(memory)):
        yield from (shape for shape, _, _ in rows_in(points))


def _table(measurement: str, types: dict[str, str]) -> str:
    meanings = MEANINGS[measurement]
    if types.keys() != meanings.keys():
        raise LookupError(f"{measurement}: explain {sorted(types.keys() ^ meanings.keys())}")
    rows = "\n".join(f"| `{name}` | {types[name]} | {meaning} |" for name, meaning in meanings.items())
    return f"## `{measurement}`\n\n| column | type | |\n|---|---|---|\n{rows}"

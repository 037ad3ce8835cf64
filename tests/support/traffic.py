"""Traffic of a fictional shop as line protocol, with the tags and fields that the shipper writes, without running it.

The numbers come from a seeded generator, so a test knows what it gets: about 2 % server errors, 4 % client
errors, one slow route, four workers, and events of each kind four times an hour.
"""

import itertools
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

SECOND = 1_000_000_000  # nanoseconds


@dataclass(frozen=True)
class Route:
    """A Flask rule, the paths under it, its method, its share of the traffic and its typical time in ms."""

    rule: str
    path: str
    method: str
    share: int
    typical: int


ROUTES = (
    Route("/", "/", "GET", 40, 4),
    Route("/api/obj/<int:id_num>", "/api/obj/{n}", "GET", 30, 80),
    Route("/api/orders", "/api/orders", "POST", 10, 160),
    Route("/search", "/search", "GET", 15, 350),
    Route("/reports/<path:name>", "/reports/month-{n}", "GET", 3, 1800),
    Route("(none)", "/wp-login.php", "GET", 2, 2),
)
KINDS = ("start", "worker_spawn", "worker_died", "harakiri", "reload", "listen_queue_full", "traceback")
TRACEBACK = (
    'Traceback (most recent call last):\\n  File "/srv/flaskapp/views.py", line 31, in report\\n'
    "    total = sums[month]\\nKeyError: 'month-7'"
)


def requests(start: int, seconds: int, rate: int, seed: int = 1, hosts: int = 2) -> Iterator[str]:
    """Yield `seconds` x `rate` lines of `uwsgi_log`, beginning at `start` (epoch seconds), in order of time."""
    chance = random.Random(seed)
    shares = [route.share for route in ROUTES]
    served = [0] * 4
    for number in range(seconds * rate):
        second, slot = start + number // rate, number % rate
        route = chance.choices(ROUTES, shares)[0]
        worker = chance.randrange(4)
        served[worker] += 1
        yield request(chance, route, (worker, served[worker], number + 1), second * SECOND + slot, hosts)


def request(chance: random.Random, route: Route, count: tuple[int, int, int], time: int, hosts: int) -> str:
    """Return one line; `count` is the worker, its number of requests so far, and that of all workers."""
    worker, of_worker, of_all = count
    status = 404 if route.rule == "(none)" else chance.choices((200, 500, 302), (95, 2, 3))[0]
    spent = round(chance.lognormvariate(0, 0.6) * route.typical) + 1
    if chance.random() < 0.001:
        spent += 12_000  # a hiccup somewhere behind the application
    size = chance.randrange(200, 20_000)
    uri = route.path.format(n=chance.randrange(12))
    rule = route.rule.replace(" ", "\\ ").replace(",", "\\,").replace("=", "\\=")
    stamp = datetime.fromtimestamp(time // SECOND, UTC).strftime("%a %b %e %H:%M:%S %Y")
    tags = f"host=web{1 + worker % hosts},method={route.method},path=/var/log/uwsgi.log,route={rule}"
    fields = (
        f'pid={100 + worker}i,id=0i,currentReq={of_worker}i,totalReq={of_all}i,remoteAddr="10.0.2.{worker}",'
        f'CGIVar=40i,CGISize=672i,timestamp="[{stamp}]",resSize={size}i,resTime={spent}i,httpVer=1.1,'
        f'status={status}i,headers=2i,headersSize=79i,coreInfo="(1 switches on core 0)"'
    )
    return f"uwsgi_log,{tags},status_class={status // 100}xx,uri={uri} {fields} {time}"


@dataclass(frozen=True)
class Request:
    """The content of a line of `requests`: its tags, and the fields that dashboards use."""

    tags: Mapping[str, str]
    time: int
    size: int
    status: int


LINE = re.compile(r"uwsgi_log,(\S+) .*resSize=(\d+)i,resTime=(\d+)i.*status=(\d+)i")


def parsed(line: str) -> Request:
    """Parse a line of `requests`, whose tags contain no spaces."""
    match = LINE.match(line)
    assert match, line
    tags = dict(part.split("=", 1) for part in match[1].split(","))
    return Request(tags, int(match[3]), int(match[2]), int(match[4]))


def matches(request: Request, choice: Mapping[str, Sequence[str]]) -> bool:
    """Return whether the variables of a dashboard, name -> values, include the request."""
    names = {"status": "status_class"}
    return all(request.tags[names.get(name, name)] in values for name, values in choice.items())


def events(start: int, seconds: int) -> Iterator[str]:
    """Yield one event of each kind for each quarter of an hour of the period, including the last, partial one."""
    for begin in range(start, start + seconds, 900):
        for number, kind in enumerate(KINDS):
            time = (begin + 10 + 100 * number) * SECOND
            tags = f"host=web1,path=/var/log/uwsgi.log,kind={kind}"
            fields = f'message="{kind.replace("_", " ")} (made up)",text="{kind}",pid={100 + number}i'
            if kind == "traceback":
                tags += ",exception=KeyError"
                fields = (
                    f'message="\'month-7\'",text="{escaped(TRACEBACK)}",'
                    'frame="/srv/flaskapp/views.py:31 in report",pid=101i'
                )
            yield f"uwsgi_event,{tags} {fields} {time}"


def escaped(text: str) -> str:
    """Escape a string field; the two characters backslash and n become a line break, as in a real traceback."""
    return text.replace('"', '\\"').replace("\\n", "\n")


def batches(lines: Iterator[str], size: int = 10_000) -> Iterator[bytes]:
    """Join the lines to bodies of `size` lines for /write."""
    held: list[str] = []
    for line in lines:
        held.append(line)
        if len(held) == size:
            yield "\n".join(held).encode()
            held.clear()
    if held:
        yield "\n".join(held).encode()


def scrapes(start: int, seconds: int) -> Iterator[str]:
    """Yield a scrape every 15 s as OpenMetrics lines: the application, the shipper, and whether they are up.

    Samples of one metric are adjacent, as the format requires.
    """
    times = range(start, start + seconds, 15)
    for name, kind, found in SAMPLES:
        suffix = "_total" if kind == "counter" else ""
        yield f"# TYPE {name} {kind}"
        for (number, moment), (labels, rate) in itertools.product(enumerate(times), found.items()):
            value = rate * number if kind == "counter" else rate
            yield f"{name}{suffix}{{{labels}}} {value} {moment}"
    for name, labels, bounds in HISTOGRAMS:
        yield f"# TYPE {name} {'histogram' if bounds else 'summary'}"
        for number, moment in enumerate(times):
            for rank, bound in enumerate((*bounds, "+Inf") if bounds else (), 1):
                yield f'{name}_bucket{{{labels},le="{bound}"}} {number * 3 * rank} {moment}'
            yield f"{name}_count{{{labels}}} {number * 3 * (len(bounds) + 1)} {moment}"
            yield f"{name}_sum{{{labels}}} {number * 2.5} {moment}"


FLASK, SHIPPER = 'job="flask_app"', 'job="logshipper"'
FILE = f'{SHIPPER},file="/var/log/uwsgi.log",output="influxdb"'
# Metric, type, and for each set of labels what a counter gains in 15 s or a gauge is.
SAMPLES = (
    ("up", "gauge", {FLASK: 1, SHIPPER: 1}),
    ("request_count", "counter", {FLASK: 30}),
    ("error_count", "counter", {FLASK: 1}),
    ("current_users", "gauge", {FLASK: 27}),
    ("response_code_count", "counter", {f'{FLASK},status_code="200"': 29, f'{FLASK},status_code="500"': 1}),
    (
        "flask_http_requests",
        "counter",
        {
            f'{FLASK},route="/",method="GET",status_class="2xx"': 29,
            f'{FLASK},route="/",method="GET",status_class="5xx"': 1,
        },
    ),
    ("logshipper_lines_read", "counter", {FILE: 31}),
    ("logshipper_points_written", "counter", {FILE: 29}),
    ("logshipper_lines_rejected", "counter", {f'{FILE},reason="no match"': 1}),
    ("logshipper_lines_not_request", "counter", {f'{FILE},kind="app_output"': 1}),
    ("logshipper_lines_in_flight", "gauge", {FILE: 0}),
    ("logshipper_lag_bytes", "gauge", {FILE: 0}),
    ("logshipper_lag_messages", "gauge", {FILE: 3}),
    ("logshipper_lag_seconds", "gauge", {FILE: 0.4}),
    ("logshipper_account_difference", "gauge", {FILE: 0}),
    ("logshipper_tag_values", "gauge", {f'{FILE},tag="uri"': 14, f'{FILE},tag="method"': 2}),
    ("logshipper_tag_values_limit", "gauge", {SHIPPER: 10_000}),
    ("logshipper_retries", "counter", {f'{SHIPPER},output="influxdb",reason="unreachable"': 1}),
)
# Name, labels, upper ends of the buckets (none: a summary).
HISTOGRAMS: tuple[tuple[str, str, tuple[float, ...]], ...] = (
    ("request_processing_seconds", FLASK, ()),
    ("request_duration_seconds", FLASK, (0.1, 0.3, 0.5, 0.7, 1, 2, 5, 10)),
    ("flask_http_request_duration_seconds", f'{FLASK},route="/",method="GET"', (0.1, 0.3, 0.5, 1, 5)),
    ("logshipper_write_duration_seconds", f'{SHIPPER},output="influxdb"', (0.005, 0.05, 0.5, 5)),
)

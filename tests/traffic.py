"""Traffic of a made-up shop as line protocol: the tags and fields that the shipper writes, without running it.

The numbers come from a seeded generator, so a test knows what it gets: about 2 % server errors, 4 % client
errors, one slow route, four workers, and events of each kind four times an hour.
"""

import random
from collections.abc import Iterator
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
        yield request(chance, route, worker, (number + 1, served[worker]), second * SECOND + slot, hosts)


def request(chance: random.Random, route: Route, worker: int, count: tuple[int, int], time: int, hosts: int) -> str:
    """Return one line; `count` is the number of requests so far, in all and of this worker."""
    status = 404 if route.rule == "(none)" else chance.choices((200, 500, 302), (95, 2, 3))[0]
    spent = round(chance.lognormvariate(0, 0.6) * route.typical) + 1
    size = chance.randrange(200, 20_000)
    uri = route.path.format(n=chance.randrange(12))
    rule = route.rule.replace(" ", "\\ ").replace(",", "\\,").replace("=", "\\=")
    stamp = datetime.fromtimestamp(time // SECOND, UTC).strftime("%a %b %e %H:%M:%S %Y")
    tags = f"host=web{1 + worker % hosts},method={route.method},path=/var/log/uwsgi.log,route={rule}"
    fields = (
        f'pid={100 + worker}i,id=0i,currentReq={count[1]}i,totalReq={count[0]}i,remoteAddr="10.0.2.{worker}",'
        f'CGIVar=40i,CGISize=672i,timestamp="[{stamp}]",resSize={size}i,resTime={spent}i,httpVer=1.1,'
        f'status={status}i,headers=2i,headersSize=79i,coreInfo="(1 switches on core 0)"'
    )
    return f"uwsgi_log,{tags},status_class={status // 100}xx,uri={uri} {fields} {time}"


def events(start: int, seconds: int) -> Iterator[str]:
    """Yield one event of each kind for every started quarter of an hour of the period."""
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

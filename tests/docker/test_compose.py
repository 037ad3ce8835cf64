"""`docker-compose up` for real: Debian's influxd, Prometheus and nginx in containers, the project's own Dockerfile.

The tests share one set-up and run in this order.
"""

import base64
import contextlib
import itertools
import json
import os
import re
import signal
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from typing import Any
from urllib.error import HTTPError

import pytest

from tests.docker.stack import BASE, SERVERS, SERVICES, Docker, Stack, daemon, make_base, prepare
from tests.support.network import fetch
from tests.support.panels import Query, holds_something, queries
from tests.support.waiting import wait_until

pytestmark = pytest.mark.docker
DAC_OVERRIDE = 1 << 1  # the capability's bit: InfluxDB 1.8's image needs it
# Panels that stay empty while nothing goes wrong: their queries must only be valid.
QUIET = (
    "Tracebacks",
    "Newest tracebacks",
    "Retries",
    "Retries over time",
    "Rejected",
    "Rejected over time",
    "Quarantine growing",
    "Messages to read in Kafka",
    "annotation Worker deaths",
    "A worker died",
)


@pytest.fixture(scope="module")
def docker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Docker]:
    prepare()
    folder = tmp_path_factory.mktemp("docker")
    with daemon(folder) as address:
        docker = Docker(address)
        make_base(docker, folder)
        servers = ("--build-arg", f"BASE={BASE}", "--tag", SERVERS, "--file", "tests/docker/Dockerfile.servers")
        docker.run("build", "--network", "host", *servers, "tests/docker")
        yield docker


@pytest.fixture(scope="module")
def stack(docker: Docker) -> Iterator[Stack]:
    stack = Stack(docker, f"flaskfana{os.getpid()}")
    try:
        stack.compose("build", "flask_app")
        stack.up()
        yield stack
        print(stack.compose("logs", "--no-color", "--tail", "15"))
    finally:
        stack.compose("down", "--volumes", "--rmi", "local", check=False)


def ask(stack: Stack, influxql: str, user: str = "grafana") -> list[dict[str, Any]]:
    """Return the series of the result; raise HTTPError if the user lacks the permission."""
    password = stack.secrets()[f"influxdb-{user}-password"]
    form = urllib.parse.urlencode({"db": "telegraf", "q": influxql, "epoch": "s"}).encode()
    with urllib.request.urlopen(signed_in(stack.url("INFLUXDB", "/query"), form, user, password), timeout=30) as answer:
        found: list[dict[str, Any]] = json.load(answer)["results"][0].get("series", [])
        return found


def signed_in(url: str, body: bytes, user: str, password: str) -> urllib.request.Request:
    credentials = base64.b64encode(f"{user}:{password}".encode()).decode()
    return urllib.request.Request(url, body, {"Authorization": f"Basic {credentials}"})


def rows(stack: Stack, where: str) -> int:
    found = ask(stack, f'SELECT count("status") FROM uwsgi_log WHERE {where}')
    return int(found[0]["values"][0][1]) if found else 0


def visit(stack: Stack, path: str, port: str = "HTTP") -> int:
    return fetch(stack.url(port, path))[0]


def test_requests_through_nginx_become_rows(stack: Stack) -> None:
    for number in range(20):
        assert visit(stack, f"/?from={number}") == 200
    assert visit(stack, "/api/obj/1", "APP") == 200
    assert visit(stack, "/no/such/page") == 404
    wait_until(lambda: rows(stack, "uri = '/'") == 20)
    wait_until(lambda: rows(stack, "route = '/api/obj/<int:id_num>' AND status_class = '2xx'") == 1)
    wait_until(lambda: rows(stack, "route = '(none)' AND uri = '/no/such/page' AND status = 404") == 1)


def test_the_health_check_leaves_no_rows(stack: Stack) -> None:
    before = rows(stack, "time > 0")
    stack.compose("exec", "-T", "flask_app", "python3", "docker/healthcheck.py")
    visit(stack, "/?mark=health")
    wait_until(lambda: rows(stack, "time > 0") == before + 1)


def test_prometheus_collects_from_the_application_and_the_shipper(stack: Stack) -> None:
    def up() -> bool:
        answer = json.loads(fetch(stack.url("PROMETHEUS", "/api/v1/query?query=up"))[1])
        states = {result["metric"]["job"]: result["value"][1] for result in answer["data"]["result"]}
        assert states == {"flask_app": "1", "logshipper": "1", "prometheus": "1"}, states
        return True

    wait_until(up)
    assert b"request_count_total" in fetch(stack.url("METRICS", "/metrics"))[1]


def test_every_process_runs_as_an_ordinary_user(stack: Stack) -> None:
    users = stack.docker.run("top", stack.container("flask_app"), "-eo", "uid,pid,args").stdout.splitlines()[1:]
    assert len(users) >= 7, users
    assert {line.split()[0] for line in users} == {"10001"}, users


@pytest.mark.parametrize(("service", "capabilities"), [("flask_app", 0), ("prometheus", 0), ("influxdb", DAC_OVERRIDE)])
def test_a_container_has_no_privileges_and_cannot_change_its_image(
    stack: Stack, service: str, capabilities: int
) -> None:
    status = stack.compose("exec", "-T", service, "cat", "/proc/1/status")
    assert [int(mask, 16) for mask in re.findall(r"Cap(?:Eff|Bnd):\t(\w+)", status)] == [capabilities] * 2
    assert "NoNewPrivs:\t1" in status
    assert "Read-only file system" in stack.compose("exec", "-T", service, "touch", "/usr/bin/new", check=False)


def test_grafana_can_only_read_and_the_shipper_only_write(stack: Stack) -> None:
    with pytest.raises(HTTPError, match="403"):
        ask(stack, "DROP MEASUREMENT uwsgi_log")
    with pytest.raises(HTTPError, match="403"):
        ask(stack, "SELECT * FROM uwsgi_log", user="shipper")
    secrets = stack.secrets()
    url = stack.url("INFLUXDB", "/write?db=telegraf")
    with pytest.raises(HTTPError, match="403"):
        urllib.request.urlopen(signed_in(url, b"x y=1", "grafana", secrets["influxdb-grafana-password"]))
    with urllib.request.urlopen(signed_in(url, b"x y=1", "shipper", secrets["influxdb-shipper-password"])) as answer:
        assert answer.status == 204


@pytest.mark.parametrize("password", ["admin", ""])
def test_no_default_password_opens_the_database(stack: Stack, password: str) -> None:
    with pytest.raises(HTTPError, match="401"):
        urllib.request.urlopen(signed_in(stack.url("INFLUXDB", "/query"), b"q=SHOW+DATABASES", "admin", password))


def test_no_secret_is_shown_except_grafanas_password_once(stack: Stack) -> None:
    secrets = stack.secrets()
    images = [stack.docker.inspect(stack.container(service))[0]["Image"] for service in SERVICES]
    shown = json.dumps(stack.docker.inspect(*(stack.container(service) for service in ("secrets", *SERVICES)), *images))
    shown += "".join(stack.docker.run("history", "--no-trunc", image).stdout for image in images)
    logs = stack.compose("logs", "--no-color")
    for name, value in secrets.items():
        assert value not in shown, name
        assert logs.count(value) == (name == "grafana-password"), name
    line = next(line for line in logs.splitlines() if secrets["grafana-password"] in line)
    assert f"http://localhost:{stack.ports['GRAFANA']}  user: admin  password: " in line


def test_two_clones_have_different_secrets(docker: Docker, stack: Stack) -> None:
    other = Stack(docker, f"{stack.name}other")
    try:
        other.compose("run", "--rm", "secrets")
        ours, theirs = stack.secrets(), other.secrets()
        assert theirs
        assert not {ours[name] for name in theirs} & set(theirs.values())
    finally:
        other.compose("down", "--volumes", check=False)


def test_a_rotated_log_is_shipped_to_its_end(stack: Stack) -> None:
    before = rows(stack, "time > 0")
    rotate = "from docker.rotate import *; log = Path('/var/lib/flaskfana/uwsgi.log'); rotate(log, 1, 5)"
    reload = "; (log.parent / 'reload').touch()"
    assert visit(stack, "/?rotated=before") == 200
    stack.compose("exec", "-T", "flask_app", "python3", "-c", rotate + reload)

    def reopened() -> bool:
        assert visit(stack, "/?rotated=after") == 200
        return "uwsgi.log\n" in stack.compose("exec", "-T", "flask_app", "ls", "/var/lib/flaskfana")

    wait_until(reopened, "a new log")
    wait_until(lambda: rows(stack, "time > 0") == before + 1 + marks(stack, "rotated=after"), "every request's row")
    assert marks(stack, "rotated=before") == 1


def processes(stack: Stack) -> dict[int, str]:
    """Return the processes in the application's container: their process ids on the host, and their command lines."""
    lines = stack.docker.run("top", stack.container("flask_app"), "-ww", "-eo", "pid,args").stdout.splitlines()[1:]
    return {int(pid): " ".join(arguments) for pid, *arguments in (line.split() for line in lines)}


def test_killing_any_process_loses_no_request(stack: Stack) -> None:
    first = processes(stack)
    for name in ("nginx: master", "nginx: worker", "uwsgi --no-orphans", "logshipper run", "supervisord"):
        assert any(name in line for line in first.values()), (name, first)
    numbers = itertools.count()
    for pid in sorted(first, reverse=True):  # children before their parents, supervisord last
        with contextlib.suppress(ProcessLookupError):  # its parent took it along
            os.kill(pid, signal.SIGKILL)
        wait_until(lambda: visit(stack, f"/?kill={next(numbers)}") == 200, f"an answer after the kill of {first[pid]}")
    stack.healthy()
    assert not set(processes(stack)) & set(first)
    # A worker may be killed between its answer and its line, so the log is what counts.
    wait_until(lambda: sorted(shipped(stack)) == sorted(logged(stack)), "a row for each line of the log")
    assert len(shipped(stack)) >= len(first) - 4


def logged(stack: Stack) -> list[str]:
    """Return the query strings in the log, of the requests made while processes were being killed."""
    log = stack.compose("exec", "-T", "flask_app", "cat", "/var/lib/flaskfana/uwsgi.log")
    return re.findall(r"GET /\?(kill=\d+) =>", log)


def marks(stack: Stack, query: str) -> int:
    """Return the number of rows with this query."""
    return rows(stack, f"\"query\" = '{query}'")


def shipped(stack: Stack) -> list[str]:
    """Return the same query strings from the rows."""
    found = ask(stack, 'SELECT "query" FROM uwsgi_log WHERE "query" =~ /kill/')
    return [row[1] for series in found for row in series["values"]]


def test_down_and_up_keep_the_data_and_the_secrets(stack: Stack) -> None:
    before, secrets = rows(stack, "time > 0"), stack.secrets()
    stack.compose("down")
    stack.up()
    assert stack.secrets() == secrets
    assert rows(stack, "time > 0") == before
    assert visit(stack, "/?after=up") == 200
    wait_until(lambda: rows(stack, "time > 0") == before + 1)


def test_every_grafana_query_is_answered_by_the_running_stack(stack: Stack) -> None:
    wait_until(lambda: visit(stack, "/simulate_error") == 500, "the application fails now and then")
    wait_until(lambda: ask(stack, 'SELECT "errors" FROM "uwsgi_log_minutes"'), "a rollup of the failure", 200)
    # The two jobs are scraped at different times, and a rate needs two scrapes: ask until the last panel has an answer.
    missing = queries()

    def answered() -> bool:
        nonlocal missing
        end = int(time.time())
        shown = {query.panel for query in missing if answer(stack, query, end - 3600, end)}
        missing = [query for query in missing if query.panel not in shown and not query.panel.endswith(QUIET)]
        return not missing

    wait_until(answered, lambda: f"no data: {sorted({query.panel for query in missing})}", 200)


def answer(stack: Stack, query: Query, start: int, end: int) -> bool:
    """Return whether the query's result holds anything."""
    if query.source == "telegraf":
        return holds_something(ask(stack, query.influxql(start, end)))
    return bool(prometheus(stack, query.promql(start, end)))


def prometheus(stack: Stack, expression: str) -> list[Any]:
    status, body = fetch(stack.url("PROMETHEUS", "/api/v1/query?" + urllib.parse.urlencode({"query": expression})))
    assert status == 200, (expression, body)
    found: list[Any] = json.loads(body)["data"]["result"]
    return found


def test_compose_stop_ends_the_container_cleanly(stack: Stack) -> None:
    container = stack.container("flask_app")
    stack.compose("stop")
    state = stack.docker.inspect(container)[0]["State"]
    assert (state["ExitCode"], state["OOMKilled"]) == (0, False), state


def test_compose_files_are_valid() -> None:
    prepare()
    for override in ("compose.influxdb1.yml", "compose.influxdb3.yml", "compose.kafka.yml"):
        command = ["docker-compose", "--file", "docker-compose.yml", "--file", override, "config", "--quiet"]
        assert subprocess.run(command, check=False).returncode == 0

"""What deploys changed, on a real influxd: exactly what the requests say, again after late lines, and once."""

import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from logshipper.outputs.api import Api
from logshipper.provision import influxdb1, influxdb2, rollup
from logshipper.provision.deploys import LastLook, catch_up
from logshipper.provision.plan import ROLLUP_DAYS, YEAR, Administrator, Plan
from logshipper.provision.secret_store import SecretFolder
from tests.support.influxd import Influxd
from tests.support.influxd2 import Influxd2, patiently
from tests.support.traffic import SECOND

NOW = int(time.time()) // 60 * 60
RELOAD = NOW - 3_600
LOG = "host=web1,path=/var/log/uwsgi.log"
COLUMNS = ("before_n", "before_p95", "before_errors", "after_n", "after_p95", "after_errors")


@pytest.fixture(params=["1", "2"], ids=["InfluxDB 1", "InfluxDB 2"])
def api(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Api]:
    server = (Influxd if request.param == "1" else Influxd2)(tmp_path / "influxd")
    try:
        api = Api(server.start().url)
        if request.param == "1":
            api.influxql('CREATE DATABASE "telegraf"')
            influxdb1.keep(api, "telegraf", YEAR, None, ROLLUP_DAYS)
        else:
            admin = Administrator("a-token-of-the-admin", "admin", "a-password")
            list(influxdb2.set_up(api, admin, Plan(), SecretFolder(tmp_path / "secrets")))
            api = Api(server.url, influxdb2.signed(admin.token))
        yield api
    finally:
        server.kill()


def write(api: Api, lines: Sequence[str]) -> None:
    patiently(partial(api.request, "POST", "/write?db=telegraf", "\n".join(lines).encode(), "text/plain"))


def request(moment: int, spent: int, status: int = 200, log: str = LOG) -> str:
    return f"uwsgi_log,{log},route=/ resTime={spent}i,status={status}i {moment * SECOND}"


def message(moment: int, kind: str, log: str = LOG) -> str:
    return f'uwsgi_event,{log},kind={kind} message="{kind}" {moment * SECOND}'


def found(api: Api) -> dict[tuple[str, int], list[Any]]:
    """Return what the points say, by their host and second."""
    names = ", ".join(COLUMNS)
    series = api.influxql(f'SELECT {names} FROM "year"."uwsgi_log_deploys" GROUP BY "host"', db="telegraf", epoch="s")
    return {(one["tags"]["host"], row[0]): row[1:] for one in series for row in one["values"]}


def text(api: Api) -> str:
    ((row,),) = [one["values"] for one in api.influxql('SELECT "text" FROM "year"."uwsgi_log_deploys"', db="telegraf")]
    return str(row[1])


def test_a_deploy_has_p95_and_errors_of_the_minutes_before_and_after(api: Api) -> None:
    before = [request(RELOAD - 900 + second, 10 + second % 100) for second in range(900)]
    after = [
        request(RELOAD + 3 + second, 1_000 + second % 100, 503 if second % 9 == 0 else 200) for second in range(900)
    ]
    others = [request(RELOAD - 901, 9_999), request(RELOAD + 1, 9_999), request(RELOAD + 903, 9_999)]
    others += [request(RELOAD + 60, 9_999, log=LOG.replace(*change)) for change in (("1", "2"), ("uwsgi", "b"))]
    write(api, [*before, *after, *others, message(RELOAD, "reload"), message(RELOAD + 2, "start")])
    assert catch_up(api, "telegraf", NOW - 86_400, NOW) == 1
    assert found(api) == {("web1", RELOAD): [900, 104, 0, 900, 1_094, pytest.approx(100 / 9, abs=1e-4)]}
    assert catch_up(api, "telegraf", NOW - 10_800, NOW) == 0, "nothing has changed"
    assert text(api).startswith("p95 104 → 1094 ms, errors 0.00 → 11.11 % (900 requests in 15 minutes before")


def test_a_deploy_is_there_at_once_and_grows_with_what_comes_late(api: Api) -> None:
    write(api, [message(RELOAD, "reload"), request(RELOAD - 5, 40)])
    assert catch_up(api, "telegraf", RELOAD - 10_800, RELOAD + 5) == 1
    assert found(api) == {("web1", RELOAD): [1, 40, 0, 0, None, None]}
    write(api, [request(RELOAD + 10, 70, 500), message(RELOAD + 1, "start")])
    assert catch_up(api, "telegraf", RELOAD - 10_800, RELOAD + 65) == 1
    assert found(api) == {("web1", RELOAD): [1, 40, 0, 1, 70, 100]}
    write(api, [request(RELOAD - 3, 80)])
    assert catch_up(api, "telegraf", RELOAD - 10_800, NOW) == 1
    assert found(api) == {("web1", RELOAD): [2, 80, 0, 1, 70, 100]}


def test_deploys_in_a_row_and_logs_without_a_host_stand_alone(api: Api) -> None:
    starts = range(RELOAD, RELOAD + 900, 300)
    hostless = "path=/var/log/b.log"
    lines = [line for one in starts for line in (message(one, "start"), request(one + 100, one - RELOAD + 1))]
    write(api, [*lines, message(RELOAD, "start", hostless), request(RELOAD + 1, 5, log=hostless)])
    assert catch_up(api, "telegraf", NOW - 86_400, NOW) == 4
    wanted: dict[tuple[str, int], list[Any]] = {("", RELOAD): [0, None, None, 1, 5, 0]}
    for one in starts:
        earlier = [0, None, None] if one == RELOAD else [1, one - RELOAD - 299, 0]
        wanted["web1", one] = [*earlier, 1, one - RELOAD + 1, 0]
    assert found(api) == wanted
    # A look back that begins between two of them sees the same.
    assert catch_up(api, "telegraf", RELOAD + 1, NOW) == 0


def test_a_deploy_that_is_over_is_asked_for_again_if_something_came_late(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    influxql = Api.influxql

    def recorded(api: Api, question: str, **form: str) -> list[dict[str, Any]]:
        asked.append(question)
        return influxql(api, question, **form)

    def look(*late: str) -> int:
        """Return how many deploys changed after these lines; `asked` has the questions about their requests."""
        if late:
            write(api, late)
        minutes = rollup.catch_up(api, "telegraf", NOW - 10_800, NOW).minutes
        asked.clear()
        changed = catch_up(api, "telegraf", NOW - 10_800, NOW, LastLook(NOW, minutes))
        asked[:] = [question for question in asked if 'FROM "uwsgi_log"' in question]
        return changed

    after = [request(RELOAD + 10, 70), request(RELOAD + 30, 90)]
    write(api, [message(RELOAD, "reload"), request(RELOAD - 5, 40), *after])
    monkeypatch.setattr(Api, "influxql", recorded)
    assert (look(), len(asked)) == (1, 4), "it has no point yet"
    assert (look(), asked) == (0, [])
    assert (look(request(RELOAD - 7_000, 10)), asked) == (0, []), "of another time"
    assert (look(request(RELOAD - 3, 80)), len(asked)) == (1, 4)
    assert found(api) == {("web1", RELOAD): [2, 80, 0, 2, 90, 0]}
    assert look(message(RELOAD + 20, "start")) == 1, "the first request was part of the deploy"
    assert found(api) == {("web1", RELOAD): [2, 80, 0, 1, 90, 0]}
    assert look(message(RELOAD + 320, "start")) == 2, "it shortens the time after the other"
    assert (look(), asked) == (0, [])

"""Fixtures for all tests: free ports and real servers, stopped when the test ends."""

import gc
import pkgutil
import re
import signal
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from typing import Any

import hypothesis
import pytest

import logshipper
from logshipper import printable
from tests.support.http_server import Answer, Serve, http_server
from tests.support.influxd import Influxd
from tests.support.kafka import Kafka
from tests.support.network import free_port
from tests.support.uwsgi import Uwsgi

# The same examples in each run, so that a change is judged by the change. How long an example takes says more about the
# machine than about the program.
hypothesis.settings.register_profile("repeatable", deadline=None, derandomize=True)
# For `make check`: fewer examples. `make test` and CI take hypothesis's hundred.
hypothesis.settings.register_profile("quick", deadline=None, derandomize=True, max_examples=10)
# To look for what the others miss: --hypothesis-profile explore.
hypothesis.settings.register_profile("explore", deadline=None, max_examples=2_000)
hypothesis.settings.load_profile("repeatable")
# Hypothesis tries the constants of the modules that are loaded. Load all, or the examples depend on what ran before.
for _module in pkgutil.walk_packages(logshipper.__path__, "logshipper."):
    if not _module.name.endswith("__main__"):
        import_module(_module.name)
# A shell starts background jobs with SIGINT ignored, and children inherit it: they could not be interrupted.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Keep garbage collection away from thousands of tests that live to the end: it took a quarter of the time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Make a report that can be sent from process to process: file names may contain invalid UTF-8."""
    report = yield
    report.sections = [(name, text.encode("utf-8", "backslashreplace").decode()) for name, text in report.sections]
    return report


@pytest.fixture(autouse=True)
def _secrets_of_its_own() -> Iterator[None]:
    """Forget the secrets that a test made known: the words of the next one would be hidden."""
    known = set(printable._secrets)
    yield
    printable._secrets.intersection_update(known)


@pytest.fixture
def port() -> int:
    """A free port."""
    return free_port()


@pytest.fixture
def serve() -> Iterator[Serve]:
    """A function that starts a server of one answer: serve(status, body, headers) -> its URL, the requests' headers."""
    with ExitStack() as started:

        def start(
            status: int, body: bytes = b"", headers: Mapping[str, str] | None = None
        ) -> tuple[str, list[Mapping[str, str]]]:
            seen: list[Mapping[str, str]] = []

            def answer(asked: Mapping[str, str], _: bytes) -> Answer:
                seen.append(asked)
                return Answer(status, body, headers or {})

            return started.enter_context(http_server(answer)), seen

        yield start


@pytest.fixture(scope="session")
def influxd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Influxd]:
    """One influxd for the whole run; `influx_db` gives each test its own database in it."""
    server = Influxd(tmp_path_factory.mktemp("influxd")).start()
    yield server
    server.kill()


@pytest.fixture
def influx_db(influxd: Influxd, request: pytest.FixtureRequest) -> Iterator[str]:
    """The name of an empty database in `influxd`, dropped afterwards."""
    name = influxd.create(re.sub(r"\W+", "_", request.node.name))
    yield name
    influxd.query(f'DROP DATABASE "{name}"')


@pytest.fixture
def own_influxd(tmp_path: Path) -> Iterator[Callable[..., Influxd]]:
    """A function that starts an influxd of the test's own: own_influxd(settings={...})."""
    started: list[Influxd] = []

    def start(**options: Any) -> Influxd:
        server = Influxd(tmp_path / f"influxd{len(started)}", **options)
        started.append(server)
        return server.start()

    yield start
    for server in started:
        server.kill()


@pytest.fixture
def uwsgi(tmp_path: Path) -> Iterator[Callable[..., Uwsgi]]:
    """A function that starts real uWSGI with the app: uwsgi(workers=4, options=[...], env={...})."""
    started: list[Uwsgi] = []

    def start(**options: Any) -> Uwsgi:
        server = Uwsgi(tmp_path / f"uwsgi{len(started)}", **options)
        started.append(server)
        return server.start()

    yield start
    for server in started:
        server.kill()


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka]:
    """One broker for the whole run; each test makes topics of its own."""
    cluster = Kafka(tmp_path_factory.mktemp("kafka"))
    try:
        yield cluster.start()
    finally:
        cluster.kill()


@pytest.fixture
def topic(kafka: Kafka, request: pytest.FixtureRequest) -> str:
    """The name of an empty topic of three partitions."""
    return kafka.create(re.sub(r"\W+", "_", request.node.name))

"""The application under real uWSGI with flaskapp/uwsgi.ini: its log, its counters, and the failures it survives."""

import os
import re
import signal
import stat
import subprocess
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.support.flaskapp_server import App, ask_over_socket
from tests.support.needs import need_root
from tests.support.network import connects, fetch, free_port
from tests.support.processes import is_running
from tests.support.uwsgi import Uwsgi
from tests.support.waiting import wait_until


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., App]]:
    """A function that starts the application: start(workers=2, env={...})."""
    started: list[App] = []

    def begin(**options: Any) -> App:
        app = App(tmp_path / f"app{len(started)}", **options)
        started.append(app)
        return app.start()

    yield begin
    for app in started:
        app.kill()


@contextmanager
def load(app: App, paths: list[str]) -> Iterator[list[int]]:
    """Keep two clients asking for as long as the body runs; the list holds the statuses when it is over."""
    statuses: list[int] = []
    enough = threading.Event()

    def ask() -> None:
        while not enough.is_set():
            statuses.extend(app.get(paths, 50, clients=2))

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield statuses
    finally:
        enough.set()
        thread.join()


def test_each_request_is_logged_as_one_line_in_the_default_format(start: Callable[..., App]) -> None:
    app = start()
    paths = ["/", "/api/obj/124", "/nowhere", "/?q=1"]
    assert app.get(paths, 40) == [200, 200, 404, 200] * 10
    wait_until(lambda: len(app.requests()) == 40)
    assert Counter(app.requests()) == {
        ("GET", path, status): 10 for path, status in zip(paths, [200, 200, 404, 200], strict=True)
    }
    assert stat.S_IMODE(app.log.stat().st_mode) == 0o640


def test_sigterm_ends_all_processes(start: Callable[..., App]) -> None:
    app = start()
    pids = app.worker_pids().values()
    assert app.stop() == 0
    assert not any(is_running(pid) for pid in pids)
    assert not connects(app.port)
    assert not connects(app.metrics_port)


def test_the_counts_survive_killed_workers_and_a_reload(start: Callable[..., App]) -> None:
    app = start()
    paths = ["/", "/api/obj/1", "/simulate_error", "/nowhere"]
    statuses = app.get(paths, 300)
    wait_until(lambda: len(app.requests()) == 300)  # the line comes after the answer
    for worker in (1, 3):
        app.kill_worker(worker)
    statuses += app.get(paths, 300)
    app.reload()
    statuses += app.get(paths, 400)
    assert 0 not in statuses
    for port in (app.metrics_port, app.port):
        samples = app.scrape(port)
        assert samples["request_count_total"] == 1000
        assert samples["request_processing_seconds_count"] == 1000
        assert samples['request_duration_seconds_bucket{le="+Inf"}'] == 1000
        assert samples["error_count_total"] == statuses.count(500)
        for status, times in Counter(statuses).items():
            assert samples[f'response_code_count_total{{status_code="{status}"}}'] == times
    wait_until(lambda: len(app.requests()) == 1000)


def test_counts_start_at_zero_in_a_new_server(start: Callable[..., App]) -> None:
    app = start()
    app.get(["/"], 10)
    assert app.scrape()["request_count_total"] == 10
    app.stop()
    app.start()
    assert app.scrape()["request_count_total"] == 0


def test_a_refused_second_server_does_not_disturb_the_first(start: Callable[..., App]) -> None:
    app = start()
    app.get(["/"], 20)
    assert App(app.folder, port=app.port, metrics_port=app.metrics_port).refuses_to_start()
    assert "Address already in use" in app.text()
    app.get(["/"], 20)
    assert app.scrape()["request_count_total"] == 40


def test_workers_killed_under_load_lose_no_answered_request(start: Callable[..., App]) -> None:
    app = start()
    kills = 8
    with load(app, ["/", "/api/obj/1"]) as statuses:
        for number in range(kills):
            app.kill_worker(1 + number % 4)
    samples = app.scrape()
    answered, counted = len(statuses) - statuses.count(0), samples["request_count_total"]
    # A killed worker may have counted the one request that it was at, without answering or logging it.
    assert answered <= counted <= answered + kills
    wait_until(lambda: len(app.requests()) <= counted <= len(app.requests()) + kills)
    assert samples['response_code_count_total{status_code="200"}'] == counted
    assert len(app.counters) <= 4


def test_a_scrape_never_sees_a_half_written_value(start: Callable[..., App]) -> None:
    app = start(workers=2)
    with load(app, ["/", "/api/obj/1", "/nowhere"]) as statuses:
        scrapes = [app.scrape() for _ in range(100)]
    last = app.scrape()
    assert last["request_count_total"] == len(statuses)
    before = 0.0
    for samples in scrapes:
        count = samples["request_count_total"]
        assert before <= count <= len(statuses)
        assert count.is_integer()
        assert count == samples["request_processing_seconds_count"] == samples["request_duration_seconds_count"]
        assert count == sum(v for k, v in samples.items() if k.startswith("response_code_count_total"))
        assert count == sum(v for k, v in samples.items() if k.startswith("flask_http_requests_total"))
        assert 0 <= samples["request_processing_seconds_sum"] <= last["request_processing_seconds_sum"]
        before = count


def test_all_workers_report_the_same_number_of_users(start: Callable[..., App]) -> None:
    app = start()

    def numbers_shown() -> set[float]:
        with ThreadPoolExecutor(8) as pool:
            return set(pool.map(lambda _: app.scrape(app.port)["current_users"], range(40)))

    def the_only_number() -> float | None:
        numbers = numbers_shown()  # two where the five seconds of a number end in between
        return numbers.pop() if len(numbers) == 1 else None

    assert 10 <= (wait_until(the_only_number) or 0) <= 50


def test_scrapes_are_neither_counted_nor_logged(start: Callable[..., App]) -> None:
    app = start()
    app.get(["/"], 5)
    for _ in range(10):
        app.scrape()
        app.scrape(app.port)
    assert app.scrape(app.port)["request_count_total"] == 5
    wait_until(lambda: len(app.requests()) >= 5)
    assert [uri for _, uri, _ in app.requests()] == ["/"] * 5


def test_scrapes_are_answered_while_all_workers_are_busy(start: Callable[..., App]) -> None:
    app = start(workers=2, env={"FLASKAPP_WAIT_SCALE": "100"})
    with ThreadPoolExecutor(2) as pool:
        busy = [pool.submit(fetch, f"http://127.0.0.1:{app.port}/api/obj/1", timeout=300) for _ in range(2)]
        wait_until(lambda: sum(_cpu_waits(pid) for pid in app.worker_pids().values()) == 2)
        assert app.scrape()["request_count_total"] == 0
        assert not any(request.done() for request in busy)
        app.kill()


def _cpu_waits(pid: int) -> bool:
    """Say whether the process sleeps in the view (clock_nanosleep) and not in accept or poll."""
    return "nanosleep" in Path(f"/proc/{pid}/wchan").read_text()


def test_a_scrape_never_fails_while_workers_create_their_files(tmp_path: Path) -> None:
    (tmp_path / "counters").mkdir()
    port = free_port()
    env = {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "counters"), "METRICS_ADDRESS": f"127.0.0.1:{port}"}
    server = Uwsgi(tmp_path, workers=8, options=["--mule=flaskapp.exposition:serve"], env=env).start()
    url = f"http://127.0.0.1:{port}/metrics"
    try:
        wait_until(lambda: fetch(url)[0] == 200)
        with ThreadPoolExecutor(8) as pool:
            asked = [pool.submit(fetch, f"{server.url}/") for _ in range(400)]
            while not all(each.done() for each in asked):
                assert fetch(url)[0] == 200
        assert [each.result()[0] for each in asked] == [200] * 400
        assert b"\nrequest_count_total 400.0\n" in fetch(url)[1]
    finally:
        server.kill()


def test_a_killed_exporter_is_restarted(start: Callable[..., App]) -> None:
    app = start()
    app.get(["/"], 7)
    (mule,) = re.findall(r"spawned uWSGI mule 1 \(pid: (\d+)\)", app.text())
    os.kill(int(mule), signal.SIGKILL)
    wait_until(lambda: app.text().count("spawned uWSGI mule 1") == 2)
    assert wait_until(app.scrape)["request_count_total"] == 7


def test_a_request_killed_for_taking_too_long_is_not_counted(start: Callable[..., App]) -> None:
    app = start(workers=1, env={"FLASKAPP_WAIT_SCALE": "100", "APP_HARAKIRI": "1"})
    app.get(["/"], 3)
    assert app.get(["/api/obj/1"], 1) == [0]
    wait_until(lambda: "HARAKIRI" in app.text())
    wait_until(lambda: app.get(["/"], 1) == [200])
    wait_until(lambda: app.scrape()["request_count_total"] == len(app.requests()))
    assert Counter(uri for _, uri, _ in app.requests())["/api/obj/1"] == 0


def test_every_line_is_logged_while_the_master_is_stopped(start: Callable[..., App]) -> None:
    """Each worker writes its own lines; with log-master they would be dropped here."""
    app = start()
    os.kill(app.master, signal.SIGSTOP)
    try:
        assert app.get(["/"], 3000) == [200] * 3000
        wait_until(lambda: len(app.requests()) == 3000)
    finally:
        os.kill(app.master, signal.SIGCONT)


def test_rotation_by_rename_and_reload_loses_no_line(start: Callable[..., App]) -> None:
    app = start()
    (app.folder / "run" / "reload").touch()
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(app.get, ["/"], 3000)
        wait_until(lambda: len(app.requests()) > 500)
        old = app.log.rename(app.log.with_suffix(".1"))
        os.utime(app.folder / "run" / "reload", (2_000_000_000, 2_000_000_000))
        statuses = asked.result()
    wait_until(app.log.exists)
    assert statuses.count(200) == 3000
    wait_until(lambda: len(app.requests()) + old.read_text().count("GET / => generated") == 3000)
    assert wait_until(app.scrape)["request_count_total"] == 3000


def test_with_a_unix_socket_the_application_opens_no_http_port(tmp_path: Path) -> None:
    socket = tmp_path / "app.sock"
    app = App(tmp_path / "app", env={"APP_SOCKET": str(socket)})
    try:
        app.start()
        assert stat.S_IMODE(socket.stat().st_mode) == 0o660
        assert not connects(app.port)
        assert ask_over_socket(socket, "/api/obj/124").endswith(b"\r\n\r\nFetched result")
        wait_until(lambda: app.requests() == [("GET", "/api/obj/124", 200)])
        assert "] 192.0.2.7 () {" in app.text()
        app.stop()
        assert not socket.exists()
    finally:
        app.kill()


def test_an_invalid_setting_stops_the_server_with_one_line(tmp_path: Path) -> None:
    app = App(tmp_path / "app", env={"FLASKAPP_WAIT_SCALE": "slow"})
    assert app.refuses_to_start()
    assert "flaskapp: WAIT_SCALE is 'slow'; it must be a number from 0 to 1000" in app.text()
    assert "Traceback" not in app.text()


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """Mount a small file system."""
    need_root("to mount a small file system")
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def test_a_disk_that_fills_up_loses_neither_counts_nor_requests(start: Callable[..., App], tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "3m") as disk:
        app = start(env={"PROMETHEUS_MULTIPROC_DIR": str(disk)})
        with suppress(OSError), (disk / "full").open("wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))
        paths = ["/", "/api/obj/1", "/nowhere", "/simulate_work"]
        assert app.get(paths, 400) == [200, 200, 404, 200] * 100
        assert app.scrape()["request_count_total"] == 400
        assert "died" not in app.text()
        app.kill()


def test_the_server_does_not_start_on_a_full_disk(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "1m") as disk:
        app = App(tmp_path / "app", env={"PROMETHEUS_MULTIPROC_DIR": str(disk)})
        assert app.refuses_to_start()
        assert "No space left on device" in app.text()


def test_the_number_of_counter_files_does_not_grow_with_restarts(start: Callable[..., App]) -> None:
    app = start()
    paths = [f"/api/obj/{number}" for number in range(50)] + [f"/nowhere/{number}" for number in range(50)]
    for restart in range(5):
        app.get(paths, 400)
        app.kill_worker(1 + restart % 4)
    app.reload()
    assert app.scrape()["request_count_total"] == 2000
    assert [file.name for file in app.counters] == [f"histogram_{number}.db" for number in range(1, 5)]
    assert {file.stat().st_size for file in app.counters} == {1 << 19}

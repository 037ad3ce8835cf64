"""The shipper's metrics while it works: every scrape balances, and promtool has no complaints."""

import subprocess
from collections import defaultdict
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from tests.support.influxd import Influxd
from tests.support.needs import need
from tests.support.network import fetch, free_port
from tests.support.pipeline import OURS, settings, start
from tests.support.request_lines import LINE
from tests.support.waiting import wait_until

NOISE = "*** Operational MODE: preforking ***"
TORN = LINE[:90]


def scrape(url: str) -> dict[str, float]:
    status, body = fetch(f"{url}/metrics")
    assert status == 200
    sums: defaultdict[str, float] = defaultdict(float)
    for family in text_string_to_metric_families(body.decode()):
        for sample in family.samples:
            sums[sample.name.removeprefix("logshipper_")] += sample.value
    return sums


def balance(found: dict[str, float]) -> float:
    accounted = found["points_written_total"] + found["lines_rejected_total"]
    return found["lines_read_total"] - accounted - found["lines_not_request_total"] - found["lines_in_flight"]


def test_the_account_balances_at_every_scrape(tmp_path: Path, influxd: Influxd, influx_db: str) -> None:
    log, port = tmp_path / "uwsgi.log", free_port()
    log.write_text("")
    text = OURS.replace("[logshipper]", f'[logshipper]\n  metrics_address = "127.0.0.1:{port}"')
    shipper = start(settings(tmp_path, text, log=log, url=influxd.url, database=influx_db), tmp_path / "out")
    url, rounds = f"http://127.0.0.1:{port}", 40
    try:
        wait_until(lambda: fetch(f"{url}/healthz")[0] == 200)
        differences: list[float] = []  # of each scrape

        def has_read(lines: int) -> bool:
            found = scrape(url)
            differences.extend((balance(found), found["account_difference"]))
            return found["lines_read_total"] >= lines

        with log.open("a") as opened:
            for number in range(rounds):
                opened.write(f"{LINE}\n" * 500 + f"{NOISE}\n" * 3 + f"{TORN}\n" * 2)
                opened.flush()
                wait_until(lambda number=number: has_read(505 * number))  # type: ignore[misc]
        assert len(differences) >= 2 * rounds
        assert set(differences) == {0}
        wait_until(lambda: influxd.count(influx_db) == 500 * rounds)
        wait_until(lambda: scrape(url)["lag_bytes"] == 0)
        last = scrape(url)
        assert last["points_written_total"] == 500 * rounds
        assert last["lines_rejected_total"] == 2 * rounds
        assert last["lines_not_request_total"] == 3 * rounds
        assert last["lines_in_flight"] == last["lag_seconds"] == 0
        assert last["bytes_read_total"] == log.stat().st_size
        assert last["batches_total"] == last["write_duration_seconds_count"] > 0
    finally:
        shipper.stop()


def test_the_metrics_show_an_unreachable_output(tmp_path: Path) -> None:
    log, port = tmp_path / "uwsgi.log", free_port()
    log.write_text(f"{LINE}\n" * 10)
    text = OURS.replace("[logshipper]", f'[logshipper]\n  metrics_address = "127.0.0.1:{port}"')
    nobody = f"http://127.0.0.1:{free_port()}"
    shipper = start(settings(tmp_path, text, log=log, url=nobody, database="none"), tmp_path / "out")
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until(lambda: scrape(url)["retries_total"] > 0)
        assert fetch(f"{url}/healthz")[0] == 503
        found = scrape(url)
        assert found["lines_in_flight"] == 10
        assert found["lag_bytes"] == log.stat().st_size
        assert found["lag_seconds"] > 0
        assert found["points_written_total"] == balance(found) == 0
    finally:
        shipper.stop()


def test_promtool_finds_no_fault_in_the_metrics(tmp_path: Path, influxd: Influxd, influx_db: str) -> None:
    promtool = need("promtool", package="prometheus")
    log, port = tmp_path / "uwsgi.log", free_port()
    log.write_text(f"{LINE}\n{NOISE}\n{TORN}\n")
    text = OURS.replace("[logshipper]", f'[logshipper]\n  metrics_address = "127.0.0.1:{port}"')
    shipper = start(settings(tmp_path, text, log=log, url=influxd.url, database=influx_db), tmp_path / "out")
    try:
        url = f"http://127.0.0.1:{port}"
        wait_until(lambda: scrape(url)["lines_rejected_total"] == 1)
        metrics = fetch(f"{url}/metrics")[1]
    finally:
        shipper.stop()
    done = subprocess.run([promtool, "check", "metrics"], check=False, input=metrics, capture_output=True)
    assert (done.returncode, done.stdout + done.stderr) == (0, b"")

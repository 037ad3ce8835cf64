"""Starts and reloads are found in the log by uWSGI's own messages."""

import gzip
from datetime import timedelta
from pathlib import Path

import pytest

from logshipper.report import logs
from logshipper.report.deploys import deploys
from logshipper.report.logs import log_file
from logshipper.report.periods import SECOND
from tests.support.deploy_log import RELOAD, banner
from tests.support.reports import parser, write
from tests.support.request_lines import START, line, spread

BEGIN = int(START.timestamp())


def seconds(path: Path) -> list[int]:
    """Return the seconds after START of the deploys in a log."""
    file = log_file(str(path))
    assert file
    return [time // SECOND - BEGIN for time in deploys([file], parser())]


def test_a_start_has_the_date_of_its_banner_and_a_reload_that_of_the_line_before(tmp_path: Path) -> None:
    at = START + timedelta(seconds=30)
    log = write(tmp_path, [banner(START), line("/", at=at), RELOAD, banner(START + timedelta(seconds=40)), line("/")])
    assert seconds(log) == [0, 30, 40]


def test_the_words_of_a_client_are_not_uwsgi_s(tmp_path: Path) -> None:
    assert seconds(write(tmp_path, [line("/a?*** Starting uWSGI 2"), line("/killing workers...")])) == []


@pytest.mark.parametrize("name", ["app.log", "app.log.gz"])
def test_a_message_at_the_end_of_a_block_is_found_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(logs, "_SEARCH", 4096)
    before = spread(f"/{n}" for n in range(1000))
    text = "".join([*before, banner(START + timedelta(seconds=999)), *before]).encode()
    for shift in (0, 50, 4000):
        padded = b"x" * shift + b"\n" + text
        (tmp_path / name).write_bytes(gzip.compress(padded) if name.endswith("gz") else padded)
        assert seconds(tmp_path / name) == [999]

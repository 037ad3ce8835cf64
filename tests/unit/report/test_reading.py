"""Several processes count what one would."""

import gzip
import os
from pathlib import Path

import pytest

from logshipper.errors import RunError
from logshipper.report import logs, reading, routes
from logshipper.report.logs import LogFile, LogPart, log_file, parts
from logshipper.report.periods import HOUR, SECOND, Period
from logshipper.report.reading import Job, ReportCounts, count
from logshipper.report.routes import OTHER, Names, plain_path
from tests.support.reports import parser, write
from tests.support.request_lines import START, spread

BEGIN = int(START.timestamp()) * SECOND
PERIODS = Period(BEGIN, BEGIN + 500 * SECOND), Period(BEGIN + 500 * SECOND, BEGIN + HOUR)


def counted(*files: Path) -> ReportCounts:
    found = [file for name in files if (file := log_file(str(name)))]
    given = parser()
    cut = [part for file in found for part in parts(file, given, 0)]
    return count(Job(cut, given, PERIODS, Names(plain_path), str))


def log(folder: Path) -> Path:
    return write(folder, [*spread(f"/{n % 7}" for n in range(1000)), "output\n", "[pid: torn\n"])


def test_a_log_is_counted_whole(tmp_path: Path) -> None:
    found = counted(log(tmp_path))
    assert [tally.counts.total() for tally in found.tallies] == [500, 500]
    assert (found.account.read, found.account.rejected.total(), found.account.not_request.total()) == (1002, 1, 1)
    assert found.tallies[1].events == {"app_output": 1}


def test_processes_add_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = counted(log(tmp_path))
    monkeypatch.setattr(logs, "RANGE_BYTES", 10_000)
    monkeypatch.setattr(reading, "_WORTH_A_PROCESS", 1)
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 1, 2})
    many = counted(tmp_path / "app.log")
    assert [tally.counts for tally in many.tallies] == [tally.counts for tally in one.tallies]
    assert [tally.minutes for tally in many.tallies] == [tally.minutes for tally in one.tallies]
    assert many.account == one.account


def test_a_name_that_one_process_did_not_admit_is_other_in_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes, "MOST_ROUTES", 3)
    found = counted(log(tmp_path))
    names = {name for name, _, _ in found.tallies[0].counts}
    assert len(names) == 4
    assert OTHER in names
    assert found.tallies[0].counts.total() == 500


def test_compressed_files_count_too(tmp_path: Path) -> None:
    packed = tmp_path / "app.log.1.gz"
    packed.write_bytes(gzip.compress(log(tmp_path).read_bytes()))
    assert counted(packed).tallies[0].counts == counted(tmp_path / "app.log").tallies[0].counts


def test_a_file_that_is_gone_is_an_error(tmp_path: Path) -> None:
    file = log_file(str(log(tmp_path)))
    assert isinstance(file, LogFile)
    (tmp_path / "app.log").unlink()
    with pytest.raises(RunError, match="cannot read the file"):
        count(Job([LogPart(file, 0, file.size)], parser(), PERIODS, Names(plain_path), str))

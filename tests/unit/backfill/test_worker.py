"""A range of an old file: read, parsed, delivered and reported, in this process."""

import gzip
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from logshipper.backfill.ranges import FileRange, old_file
from logshipper.backfill.worker import RangeReport, Shipment
from logshipper.deliver.retry import DeliveryContext
from logshipper.outputs.file import FileOutput
from logshipper.outputs.protocol import Acknowledged, Output, Rejected
from logshipper.outputs.sqlite import SqliteOutput
from logshipper.points import Points
from tests.support.backfill_log import lines
from tests.support.parsing import parser


class _Picky:
    """An output that refuses the points with a text, and an empty write as InfluxDB 2 does."""

    connections = 0

    def __init__(self, text: bytes) -> None:
        self.text = text

    def write(self, points: Points) -> Acknowledged:
        if not points or self.text in points.body:
            raise Rejected("no")
        return Acknowledged()

    def sync(self) -> None:
        pass

    def close(self) -> None:
        pass


def _shipped(file: Path, outputs: Sequence[Output[Any]]) -> tuple[list[RangeReport], Shipment]:
    old = old_file(str(file), [[str(file.with_suffix(""))]])
    assert old
    shipment = Shipment(FileRange(old, 0, old.size), {}, [parser()])
    return list(shipment.steps([outputs], 1000, DeliveryContext(lambda event: None))), shipment


def test_a_line_refused_by_two_outputs_is_rejected_once(tmp_path: Path) -> None:
    file = tmp_path / "app.log.1"
    file.write_text(lines(3).replace("/api/obj/1", "/bad"))
    reports, _ = _shipped(file, [_Picky(b"/bad"), _Picky(b"/bad")])
    (report,) = reports
    assert [rejected.line for rejected in report.rejected] == [
        line.encode() for line in file.read_text().splitlines()[1:2]
    ]
    assert (report.lines, report.written) == (3, 2)


@pytest.mark.slow
def test_lines_that_are_not_requests_are_only_counted(tmp_path: Path) -> None:
    file = tmp_path / "app.log.1"
    file.write_text("*** Operational MODE: preforking ***\n" * 50_000)
    reports, shipment = _shipped(file, [_Picky(b"\0")])
    assert reports[0].noise.total() == 50_000
    assert shipment.held == []


@pytest.mark.parametrize(
    ("name", "live"),
    [("app.log.1", "app.log"), ("app.log.2.gz", "app.log"), ("alone.log", ""), ("alone.gz", ""), ("all.gz", "all*")],
)
def test_a_last_line_without_a_newline_is_shipped(tmp_path: Path, name: str, live: str) -> None:
    text = lines(3).rstrip("\n").encode()
    (tmp_path / name).write_bytes(gzip.compress(text) if name.endswith("gz") else text)
    old = old_file(str(tmp_path / name), [[f"{tmp_path}/{live or 'other.log'}"]])
    assert old
    (report,) = Shipment(FileRange(old, 0, old.size), {}, [parser()]).steps(
        [], 1000, DeliveryContext(lambda event: None)
    )
    assert (report.lines, report.written, report.unfinished) == (3, 3, False)


def test_an_unfinished_last_line_of_a_live_log_is_reported_and_left_for_the_next_run(tmp_path: Path) -> None:
    file, text = tmp_path / "app.log", lines(3)
    file.write_text(text[:-1])
    for complete in (False, True):
        old = old_file(str(file), [[str(file)]])
        assert old
        start = 0 if not complete else text.rindex("\n", 0, -1) + 1
        part = FileRange(old, start, old.size)
        (report,) = Shipment(part, {}, [parser()]).steps([], 1000, DeliveryContext(lambda event: None))
        assert (report.end, report.unfinished) == ((len(text), False) if complete else (text.rindex("[pid"), True))
        assert report.lines == (1 if complete else 2)
        file.write_text(text)


def test_nuls_at_the_end_of_a_live_log_are_not_a_line(tmp_path: Path) -> None:
    (tmp_path / "app.log").write_bytes(lines(2).encode() + bytes(8192))
    old = old_file(str(tmp_path / "app.log"), [[f"{tmp_path}/app.log"]])
    assert old
    (report,) = Shipment(FileRange(old, 0, old.size), {}, [parser()]).steps([], 9, DeliveryContext(lambda event: None))
    assert (report.end, report.unfinished) == (old.size, False)


def test_outputs_of_both_forms_get_the_same_points(tmp_path: Path) -> None:
    file = tmp_path / "app.log.1"
    file.write_text(lines(3) + "starting up\n")
    old = old_file(str(file), [[str(tmp_path / "app.log")]])
    assert old
    outputs = [FileOutput([str(tmp_path / "points")])], [SqliteOutput(tmp_path / "points.db")]
    shipment = Shipment(FileRange(old, 0, old.size), {}, [parser(), parser(rows=True)])
    (report,) = shipment.steps(outputs, 1000, DeliveryContext(lambda event: None))
    assert (report.lines, report.written) == (4, 3)
    assert (tmp_path / "points").read_text().count("\n") == 4
    with sqlite3.connect(tmp_path / "points.db") as database:
        assert database.execute("SELECT count(*) FROM uwsgi_log").fetchone() == (3,)
        assert database.execute("SELECT count(*) FROM uwsgi_event").fetchone() == (1,)

"""Old files: whose copies they are, and the ranges that they are shipped in."""

from pathlib import Path

import pytest

from logshipper.backfill import ranges as module
from logshipper.backfill.ranges import log_of, old_file, ranges
from tests.support.backfill_log import lines
from tests.support.parsing import parser


@pytest.mark.parametrize(
    ("name", "live"),
    [
        ("app.log.1", "app.log"), ("app.log-20260101.gz", "app.log"), ("app.log", "app.log"),
        ("other.log.1", "other.log.1"),
        ("old/app.log.1", "old/app.log.1"), ("web.access.log.2.xz", "web.access.log"), ("one.log", "one.log"),
    ],
)  # fmt: skip
def test_a_file_belongs_to_the_log_it_was_rotated_from(tmp_path: Path, name: str, live: str) -> None:
    for there in ("web.access.log", "web.log", "one.log"):
        (tmp_path / there).touch()
    inputs = [[f"{tmp_path}/app.log"], [f"{tmp_path}/[ow]*.log"]]
    assert log_of(f"{tmp_path}/{name}", inputs)[1] == f"{tmp_path}/{live}"


def test_an_empty_file_is_skipped(tmp_path: Path) -> None:
    (tmp_path / "a.log").touch()
    assert old_file(str(tmp_path / "a.log"), []) is None


@pytest.mark.parametrize("size", [3_000, 10_000, 100_000])
def test_ranges_are_adjacent_and_split_between_two_requests(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(module, "RANGE_BYTES", size)
    text = lines(2000)
    (tmp_path / "a.log").write_text(text)
    file = old_file(str(tmp_path / "a.log"), [])
    assert file
    found = list(ranges(file, parser(), 0))
    assert [part.start for part in found] == [0, *(part.end for part in found[:-1])]
    assert found[-1].end == len(text)
    assert all(size <= part.end - part.start < 3 * size for part in found[:-1])
    for part in found[1:]:
        before, after = text[: part.start].splitlines()[-1], text[part.start :].splitlines()[0]
        assert [line[:6] + line[-1] for line in (before, after)] == ["[pid: )"] * 2


def test_a_file_without_requests_is_one_range(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RANGE_BYTES", 1000)
    (tmp_path / "a.log").write_text("nothing\n" * 1000)
    file = old_file(str(tmp_path / "a.log"), [])
    assert file
    assert [(part.start, part.end) for part in ranges(file, parser(), 0)] == [(0, 8000)]

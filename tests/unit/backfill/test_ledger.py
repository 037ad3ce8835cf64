"""The ledger: which parts of which file have been shipped."""

from pathlib import Path

from logshipper.backfill.ledger import Ledger
from logshipper.backfill.ranges import OldFile
from logshipper.model import Fingerprint


def test_the_ledger_joins_adjacent_parts_and_survives_a_restart(tmp_path: Path) -> None:
    file = OldFile("/old", "/live", 0, Fingerprint(0, 5, 7), 100, 100, False)
    ledger = Ledger(tmp_path)
    for start, end in [(0, 10), (30, 40), (10, 30), (60, 70)]:
        ledger.add(file, start, end)
    assert Ledger(tmp_path).parts(file) == [(0, 40), (60, 70)]
    Ledger(tmp_path).forget(file)
    assert Ledger(tmp_path).parts(file) == []


def test_a_damaged_ledger_counts_as_empty(tmp_path: Path) -> None:
    file = OldFile("/old", "/live", 0, Fingerprint(0, 5, 7), 100, 100, False)
    Ledger(tmp_path).add(file, 0, 10)
    next(tmp_path.glob("*.json")).write_text('{"parts": [')
    assert Ledger(tmp_path).parts(file) == []
